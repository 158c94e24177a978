//! Where projects were last known to be, so that what refers to one finds the way out after it is gone.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use kube::runtime::reflector::ObjectRef;

use crate::crd::{FlagsmithConnection, FlagsmithProject};
use crate::operator::project;

/// Each project whose connection let it in, as it last was. Kept after its object is gone, for as long as an object that refers
/// to it has something to delete; a restart forgets.
#[derive(Clone, Debug, Default)]
pub struct Whereabouts(Arc<Mutex<HashMap<ObjectRef<FlagsmithProject>, Arc<FlagsmithProject>>>>);

impl Whereabouts {
    /// Takes note of a project that its connection lets in. One that was never found in Flagsmith leads nowhere.
    pub fn remember(&self, project: Arc<FlagsmithProject>) {
        if project.recorded_id().is_some() {
            self.known().insert(ObjectRef::from_obj(project.as_ref()), project);
        }
    }

    /// The project as it last was.
    #[must_use]
    pub fn recall(&self, project: &ObjectRef<FlagsmithProject>) -> Option<Arc<FlagsmithProject>> {
        self.known().get(project).cloned()
    }

    /// Whether the connection, when both were last there, let the project in.
    #[must_use]
    pub fn was_connected(&self, project: &FlagsmithProject) -> bool {
        let held = self.recall(&ObjectRef::from_obj(project));
        held.is_some_and(|held| project::connection(&held) == project::connection(project))
    }

    /// The projects that went through a connection.
    #[must_use]
    pub fn through(&self, connection: &ObjectRef<FlagsmithConnection>) -> Vec<Arc<FlagsmithProject>> {
        let known = self.known();
        known.values().filter(|project| project::connection(project) == *connection).cloned().collect()
    }

    /// A project's connection does not let it in any more.
    pub fn forget(&self, project: &FlagsmithProject) {
        self.known().remove(&ObjectRef::from_obj(project));
    }

    /// Forgets those that are not needed any more.
    pub fn retain(&self, is_needed: impl Fn(&FlagsmithProject) -> bool) {
        self.known().retain(|_, project| is_needed(project));
    }

    fn known(&self) -> MutexGuard<'_, HashMap<ObjectRef<FlagsmithProject>, Arc<FlagsmithProject>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
