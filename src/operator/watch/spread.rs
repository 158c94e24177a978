//! Who is to be woken by what happens: the object itself, and those that name it.

use kube::{Resource, runtime::reflector::ObjectRef};

use super::{
    stores::{Event, Stores},
    wake::Wakes,
};
use crate::crd::{FlagsmithConnection, FlagsmithProject};
use crate::operator::{ground::Reference, project};

impl Stores {
    /// Wakes every object.
    pub fn wake_everything(&self, wakes: &Wakes) {
        wakes.connections.wake_all(&self.connections, |_| true);
        wakes.projects.wake_all(&self.projects, |_| true);
        wakes.environments.wake_all(&self.environments, |_| true);
        wakes.segments.wake_all(&self.segments, |_| true);
        wakes.flags.wake_all(&self.flags, |_| true);
    }

    /// Wakes whom an event concerns: the object itself and those that name it.
    pub fn spread(&self, event: &Event, wakes: &Wakes) {
        match event {
            Event::Connection(connection, _) => {
                wakes.connections.wake(connection.clone());
                self.wake_dependants(connection, wakes);
            }
            Event::Project(project) => {
                wakes.projects.wake(project.clone());
                self.wake_project_dependants(project, wakes);
            }
            Event::Environment(environment, name) => {
                wakes.environments.wake(environment.clone());
                wakes.environments.wake_all(&self.environments, |one| one.flagsmith_name() == *name);
                // It may have let them in, or shut them out.
                wakes.flags.wake_all(&self.flags, |one| one.spec.environments.iter().any(|at| at.name == *name));
                self.wake_leaving(wakes);
            }
            Event::Segment(segment, name) => {
                wakes.segments.wake(segment.clone());
                wakes.segments.wake_all(&self.segments, |one| one.flagsmith_name() == *name);
                self.wake_leaving(wakes);
            }
            Event::Flag(flag, name) => {
                wakes.flags.wake(flag.clone());
                wakes.flags.wake_all(&self.flags, |one| one.flagsmith_name() == *name);
                self.wake_leaving(wakes);
            }
            Event::Secret(secret) => {
                self.wake_secret_users(secret, wakes);
                self.wake_writers(self.secrets.get(secret).as_deref(), wakes);
            }
            Event::ConfigMap(map) => {
                self.wake_config_map_users(map, wakes);
                self.wake_writers(self.config_maps.get(map).as_deref(), wakes);
            }
            Event::Namespace(name) => self.wake_namespace(name, wakes),
        }
    }

    fn wake_namespace(&self, name: &str, wakes: &Wakes) {
        fn is_in<K: Resource>(one: &K, name: &str) -> bool {
            one.meta().namespace.as_deref() == Some(name)
        }
        wakes.projects.wake_all(&self.projects, |one| is_in(one, name));
        wakes.environments.wake_all(&self.environments, |one| is_in(one, name));
        wakes.segments.wake_all(&self.segments, |one| is_in(one, name));
        wakes.flags.wake_all(&self.flags, |one| is_in(one, name));
    }

    /// Wakes what goes through a connection.
    pub fn wake_dependants(&self, connection: &ObjectRef<FlagsmithConnection>, wakes: &Wakes) {
        for project in self.projects_through(connection) {
            wakes.projects.wake(project.clone());
            self.wake_project_dependants(&project, wakes);
        }
    }

    /// The projects that go through a connection.
    #[must_use]
    pub fn projects_through(&self, connection: &ObjectRef<FlagsmithConnection>) -> Vec<ObjectRef<FlagsmithProject>> {
        let through = self.projects.state_filter(|project| project::connection(project) == *connection);
        let mut through: Vec<_> = through.iter().map(|project| ObjectRef::from_obj(project.as_ref())).collect();
        let gone =
            self.whereabouts.through(connection).into_iter().map(|project| ObjectRef::from_obj(project.as_ref()));
        through.extend(gone.filter(|project| self.projects.get(project).is_none()));
        through
    }

    /// Wakes what is to go and may be waiting for others to go first.
    pub fn wake_leaving(&self, wakes: &Wakes) {
        wakes.projects.wake_all(&self.projects, |one| one.metadata.deletion_timestamp.is_some());
        wakes.environments.wake_all(&self.environments, |one| one.metadata.deletion_timestamp.is_some());
        wakes.segments.wake_all(&self.segments, |one| one.metadata.deletion_timestamp.is_some());
    }

    fn wake_project_dependants(&self, project: &ObjectRef<FlagsmithProject>, wakes: &Wakes) {
        let refers = |reference: Reference<'_>| reference.target() == *project;
        wakes.environments.wake_all(&self.environments, |one| refers(one.reference()));
        wakes.segments.wake_all(&self.segments, |one| refers(one.reference()));
        wakes.flags.wake_all(&self.flags, |one| refers(one.reference()));
    }
}
