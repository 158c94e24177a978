//! Creations that were sent and whose answer never came: for as long as a request may take they may still be carried out,
//! and nothing on the wire tells (facts.md §7: a segment is created as often as it is asked for).

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use crate::{flagsmith::SegmentName, world::Change};

/// No request is carried out so long after it was sent. Whoever waited for it is gone, if nobody found that out before.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

/// When each was sent, by the name of what it creates.
#[derive(Debug, Default)]
pub struct Unanswered(HashMap<SegmentName, Instant>);

impl Unanswered {
    /// The answer of a write was lost.
    pub fn lost(&mut self, change: &Change, sent: Instant) {
        if let Change::CreateSegment(new) = change {
            self.0.retain(|_, sent| sent.elapsed() < LONGEST);
            self.0.insert(new.name.clone(), sent);
        }
    }

    /// How long ago the creation of a segment of that name was sent, if its answer never came.
    #[must_use]
    pub fn since(&self, name: &SegmentName) -> Option<Duration> {
        self.0.get(name).map(Instant::elapsed)
    }

    /// It can no longer be carried out.
    pub fn forget(&mut self, name: &SegmentName) {
        self.0.remove(name);
    }
}
