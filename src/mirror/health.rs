//! How well a mirror is, and who is told when that changes.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::PoisonError,
    time::Duration,
};

use k8s_openapi::jiff::Timestamp;

use super::{Clock, Mirror, Touch, Transport};
use crate::flagsmith::{EnvironmentName, Error, FeatureName};

/// How well the mirror is.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Health {
    /// Whether the project was once read whole.
    pub loaded: bool,
    /// Why the last poll failed, if it did.
    pub error: Option<Error>,
    /// The environments whose document shows less than single reads do.
    pub lagging: BTreeSet<EnvironmentName>,
    /// The environments whose document cannot be had, each with the features whose weights exceed 100, which is why
    /// (facts.md §6).
    pub failing: BTreeMap<EnvironmentName, Vec<FeatureName>>,
    /// What the slowest document of the last poll took.
    pub slowest_document: Duration,
    /// The server's time at the last listing of the features.
    pub listed_at: Option<Timestamp>,
}

impl<T: Transport, C: Clock> Mirror<T, C> {
    /// Takes note of how well it is after a poll.
    pub(super) fn recover(&self, health: &Health) {
        let mut held = self.health.lock().unwrap_or_else(PoisonError::into_inner);
        let was = std::mem::replace(&mut *held, health.clone());
        drop(held);
        let says = |health: &Health| health.error.as_ref().map(ToString::to_string);
        let is_news = says(&was) != says(health);
        if is_news && matches!(health.error, Some(Error::CredentialRefused { .. } | Error::RouteMissing)) {
            self.send(Touch::Connection);
        }
        let is_back = health.error.is_none() && was.error.is_some();
        if is_back || (health.loaded && !was.loaded) {
            self.send(Touch::Everything);
        } else if is_news || (&was.lagging, &was.failing) != (&health.lagging, &health.failing) {
            self.send(Touch::Project);
        }
    }
}
