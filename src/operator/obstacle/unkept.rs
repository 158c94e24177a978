//! What Flagsmith took and did not keep, so that no look at the object writes it again before the resync interval is over.
//!
//! Of a thing that others build on it is one setting that is not as it should be: this is told, and holds up nothing else.

use std::{
    collections::HashMap,
    mem,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use kube::ResourceExt as _;

use super::Obstacle;
use crate::operator::road::{driver::Driver, managed::Managed, outlook::Outlook};
use crate::{crd::Reason, flagsmith::Error, world::Change};

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

impl Driver {
    /// Takes out of the plan what was written before and not kept, and gives what is to be told of it.
    ///
    /// # Errors
    /// The same, where it holds up all else.
    pub(in crate::operator) fn set_aside<K: Managed>(
        &self,
        object: &K,
        ground: &K::Ground,
        (outlook, written): (&mut Outlook, &[Change]),
    ) -> Result<Option<Obstacle>, Obstacle> {
        let changes = mem::take(&mut outlook.plan.changes);
        let (unkept, rest): (Vec<_>, Vec<_>) = changes.into_iter().partition(|change| written.contains(change));
        outlook.plan.changes = rest;
        let Some(change) = unkept.first().map(ToString::to_string) else { return Ok(None) };
        self.unkept.hold(&object.uid().unwrap_or_default(), unkept);
        let obstacle = Obstacle::NotKept { change };
        if object.stands(ground) { Ok(Some(obstacle)) } else { Err(obstacle) }
    }
}

/// Whether Flagsmith does not let something be written, whose thing may be of use all the same.
#[must_use]
pub fn is_refusal(obstacle: &Obstacle) -> bool {
    matches!(obstacle, Obstacle::Flagsmith(Error::Forbidden { .. } | Error::Refused { .. }))
}

/// Whether a thing is stalled for what is said of it alone: it was found, and may be used.
#[must_use]
pub fn is_of_setting(stalled: &Condition) -> bool {
    [Reason::NotKept, Reason::Forbidden, Reason::Refused].iter().any(|reason| stalled.reason == reason.as_ref())
}
