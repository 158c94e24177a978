//! A mirror that nobody keeps fresh: it tells nobody anything, and whoever looks at it has it read first.

use std::time::{Duration, Instant};

use super::{Clock, Listener, Mirror, Touch, Transport};
use crate::flagsmith::{Error, ProjectId};

/// Tells nobody: whoever has such a mirror read is the one that wants to know, and would be woken by itself for ever.
#[derive(Debug)]
pub struct Silence;

impl Listener for Silence {
    fn touched(&self, _: ProjectId, _: Touch) {}
}

impl<T: Transport, C: Clock> Mirror<T, C> {
    /// Has the lists read, if nobody keeps the mirror fresh and it was not read so lately.
    ///
    /// # Errors
    /// As [`Mirror::relist`].
    pub async fn refresh(&self, lately: Duration) -> Result<(), Error> {
        let is_fresh = self.health().loaded && self.age() <= lately;
        if self.is_kept() || is_fresh { Ok(()) } else { self.relist().await }
    }

    /// Has the lists read anew for a proof, unless that was done since, for the same.
    ///
    /// # Errors
    /// As [`Mirror::relist`].
    pub async fn prove(&self, since: Instant) -> Result<(), Error> {
        if self.is_kept() { self.relist().await } else { self.refresh(since.elapsed()).await }
    }
}
