//! Keeps two writes of one cell apart, across all mirrors: of two that overlap, one is lost though both answer 200 (facts.md §6).

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError, Weak},
};

use tokio::sync::OwnedMutexGuard;

use crate::{flagsmith::ProjectId, world::Cell};

/// A cell of a project of a server, whatever connection leads there.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Place {
    /// The server, normalised.
    pub server: String,
    /// The project.
    pub project: ProjectId,
    /// The cell.
    pub cell: Cell,
}

/// The locks of all cells that are being written.
#[derive(Debug, Default)]
pub struct WriteLocks(Mutex<HashMap<Place, Weak<tokio::sync::Mutex<()>>>>);

impl WriteLocks {
    /// Waits until no other write of that place is under way, and keeps others out until the guard is dropped.
    pub async fn hold(&self, place: Place) -> OwnedMutexGuard<()> {
        let lock = {
            let mut locks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            locks.retain(|_, lock| lock.strong_count() > 0);
            let known = locks.get(&place).and_then(Weak::upgrade);
            known.unwrap_or_else(|| {
                let lock = Arc::new(tokio::sync::Mutex::new(()));
                locks.insert(place, Arc::downgrade(&lock));
                lock
            })
        };
        lock.lock_owned().await
    }
}
