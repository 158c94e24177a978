//! Creations that were sent and whose answer never came, or told nothing: for as long as a request may take they may still be
//! carried out, and nothing on the wire tells (facts.md §7: a segment is created as often as it is asked for).

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use crate::{
    flagsmith::{EnvironmentKey, Error, SegmentName},
    world::Change,
};

/// What is known of each.
#[derive(Debug, Default)]
pub struct Unanswered {
    /// When a segment's was sent.
    segments: HashMap<SegmentName, Instant>,
    /// The keys under which the server failed to make an environment: there may be one, or there was one, or it failed.
    keys: Vec<EnvironmentKey>,
}

impl Unanswered {
    /// The answer of a write was lost.
    pub fn lost(&mut self, change: &Change, sent: Instant) {
        if let Change::CreateSegment(new) = change {
            self.segments.insert(new.name.clone(), sent);
        }
    }

    /// The answer of a write told that the server failed.
    pub fn failed(&mut self, change: &Change, error: &Error) {
        if let (Change::CreateEnvironment(new), Error::Server { status: 500 }) = (change, error)
            && !self.has_failed(&new.key)
        {
            self.keys.push(new.key.clone());
        }
    }

    /// Whether the server failed to make an environment under that key.
    #[must_use]
    pub fn has_failed(&self, key: &EnvironmentKey) -> bool {
        self.keys.contains(key)
    }

    /// How long ago the creation of a segment of that name was sent, if its answer never came.
    #[must_use]
    pub fn since(&self, name: &SegmentName) -> Option<Duration> {
        self.segments.get(name).map(Instant::elapsed)
    }

    /// It can no longer be carried out.
    pub fn forget(&mut self, name: &SegmentName) {
        self.segments.remove(name);
    }
}
