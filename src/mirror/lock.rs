//! Keeps writes apart that Flagsmith does not, across all mirrors.

use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Arc, Mutex, PoisonError, Weak},
};

use tokio::sync::{OwnedMutexGuard, OwnedRwLockReadGuard, OwnedRwLockWriteGuard, RwLock};

use crate::{
    flagsmith::{FeatureId, OrganisationId, ProjectId},
    world::{Cell, Change, EnvironmentStep},
};

/// A project of a server, whatever connection leads there.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Place {
    /// The server, normalised.
    pub server: String,
    /// The project.
    pub project: ProjectId,
}

/// The locks of all cells that are being written, and of all projects in which something is being created.
#[derive(Debug, Default)]
pub struct WriteLocks {
    cells: Registry<(Place, Cell), tokio::sync::Mutex<()>>,
    creations: Registry<Place, RwLock<()>>,
    weights: Registry<(Place, FeatureId), RwLock<()>>,
    projects: Registry<(String, OrganisationId), tokio::sync::Mutex<()>>,
}

/// Keeps others out until it is dropped.
#[derive(Debug)]
pub struct Turn {
    _cell: OwnedMutexGuard<()>,
    _creation: Creation,
    _weights: Weights,
}

#[derive(Debug)]
enum Weights {
    None,
    Some { _shared: OwnedRwLockReadGuard<()> },
    All { _alone: OwnedRwLockWriteGuard<()> },
}

#[derive(Debug)]
enum Creation {
    None,
    Feature { _shared: OwnedRwLockReadGuard<()> },
    Environment { _alone: OwnedRwLockWriteGuard<()> },
}

impl WriteLocks {
    /// Waits until the change may be sent.
    ///
    /// Of two writes of one cell that overlap, one is lost though both answer 200 (facts.md §6). An environment and a
    /// feature that are created at once do not see each other: the feature has no state there, and each request for it
    /// answers 500 (seen on 2.265.0).
    pub async fn hold(&self, place: Place, change: &Change) -> Turn {
        let cell = self.cells.lock(&(place.clone(), change.cell())).lock_owned().await;
        let creation = match change {
            Change::CreateFeature(_) => Creation::Feature { _shared: self.creations.lock(&place).read_owned().await },
            Change::CreateEnvironment(_) | Change::MakeEnvironment(EnvironmentStep::Clone { .. }) => {
                Creation::Environment { _alone: self.creations.lock(&place).write_owned().await }
            }
            _ => Creation::None,
        };
        Turn { _cell: cell, _creation: creation, _weights: self.weights(place, change).await }
    }

    /// Waits until no other makes a project in that organisation of that server.
    pub async fn hold_projects(&self, server: &str, organisation: OrganisationId) -> OwnedMutexGuard<()> {
        self.projects.lock(&(server.to_owned(), organisation)).lock_owned().await
    }

    /// A variant comes into every environment, or leaves it, while no state of its feature is being written: a version that
    /// is published meanwhile would lack its weight, for it copies what it read before.
    async fn weights(&self, place: Place, change: &Change) -> Weights {
        match change {
            Change::CreateVariant { feature, .. } | Change::DeleteVariant { feature, .. } => {
                Weights::All { _alone: self.weights.lock(&(place, feature.id)).write_owned().await }
            }
            Change::SetState { feature, .. } | Change::RestoreState { feature, .. } => {
                Weights::Some { _shared: self.weights.lock(&(place, feature.id)).read_owned().await }
            }
            _ => Weights::None,
        }
    }
}

/// Locks by name, each kept for as long as somebody holds it or waits for it.
#[derive(Debug)]
struct Registry<K, L>(Mutex<HashMap<K, Weak<L>>>);

impl<K, L> Default for Registry<K, L> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K: Clone + Eq + Hash, L: Default> Registry<K, L> {
    fn lock(&self, name: &K) -> Arc<L> {
        let mut locks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        locks.retain(|_, lock| lock.strong_count() > 0);
        locks.get(name).and_then(Weak::upgrade).unwrap_or_else(|| {
            let lock = Arc::new(L::default());
            locks.insert(name.clone(), Arc::downgrade(&lock));
            lock
        })
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt as _;

    use super::*;
    use crate::{
        flagsmith::{EnvironmentId, NewEnvironment, NewFeature, StatePatch, VariantId},
        world::FlagRef,
    };

    fn place(server: &str) -> Place {
        Place { server: server.to_owned(), project: ProjectId(1) }
    }

    fn feature(name: &str) -> Change {
        Change::CreateFeature(NewFeature::named(name.into()))
    }

    fn environment() -> Change {
        let (name, key) = ("production".into(), "key".into());
        Change::CreateEnvironment(NewEnvironment::named(name, ProjectId(1), key))
    }

    fn state(feature: i64) -> Change {
        let feature = FlagRef { id: FeatureId(feature), name: "checkout".into() };
        Change::SetState { environment: EnvironmentId(1), feature, patch: StatePatch::default() }
    }

    /// Whether the second may be sent while the first is under way.
    fn overlap(locks: &WriteLocks, first: &Change, second: &Change) -> bool {
        let _turn = locks.hold(place("here"), first).now_or_never().unwrap();
        locks.hold(place("here"), second).now_or_never().is_some()
    }

    #[test]
    fn an_environment_is_not_created_while_a_feature_is_nor_the_other_way_round() {
        let locks = WriteLocks::default();
        assert!(!overlap(&locks, &feature("a"), &environment()));
        assert!(!overlap(&locks, &environment(), &feature("a")));
        assert!(!overlap(&locks, &environment(), &environment()));
        assert!(overlap(&locks, &feature("a"), &feature("b")));
    }

    #[test]
    fn a_variant_neither_comes_nor_goes_while_a_state_of_its_feature_is_written() {
        let locks = WriteLocks::default();
        let feature = FlagRef { id: FeatureId(1), name: "checkout".into() };
        let gone = Change::DeleteVariant { feature, variant: VariantId(1) };
        assert!(!overlap(&locks, &gone, &state(1)));
        assert!(!overlap(&locks, &state(1), &gone));
        assert!(overlap(&locks, &state(2), &gone));
    }

    #[test]
    fn writes_overlap_unless_they_are_of_one_cell() {
        let locks = WriteLocks::default();
        assert!(!overlap(&locks, &state(1), &state(1)));
        assert!(overlap(&locks, &state(1), &state(2)));
        let _turn = locks.hold(place("here"), &state(1)).now_or_never().unwrap();
        assert!(locks.hold(place("there"), &state(1)).now_or_never().is_some(), "another server is another place");
    }
}
