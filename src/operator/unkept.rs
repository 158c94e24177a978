//! What Flagsmith took and did not keep, so that no look at the object writes it again before the resync interval is over.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use crate::world::Change;

/// The changes that were not kept, by object uid.
#[derive(Debug)]
pub struct Unkept {
    interval: Duration,
    changes: Mutex<HashMap<String, (Instant, Vec<Change>)>>,
}

impl Unkept {
    /// Nothing yet; each change is held for so long.
    #[must_use]
    pub fn new(interval: Duration) -> Self {
        Self { interval, changes: Mutex::default() }
    }

    /// Takes note of what was written for an object, and not kept.
    pub fn hold(&self, uid: &str, changes: Vec<Change>) {
        let mut held = self.changes.lock().unwrap_or_else(PoisonError::into_inner);
        let since = held.get(uid).map_or_else(Instant::now, |(since, _)| *since);
        held.insert(uid.to_owned(), (since, changes));
    }

    /// What is not to be written for an object now.
    #[must_use]
    pub fn held(&self, uid: &str) -> Vec<Change> {
        let mut held = self.changes.lock().unwrap_or_else(PoisonError::into_inner);
        held.retain(|_, (since, _)| since.elapsed() < self.interval);
        held.get(uid).map(|(_, changes)| changes.clone()).unwrap_or_default()
    }

    /// The object is as it should be, or gone.
    pub fn forget(&self, uid: &str) {
        self.changes.lock().unwrap_or_else(PoisonError::into_inner).remove(uid);
    }
}
