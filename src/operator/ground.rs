//! What environments and flags stand on: their project, its session, and its mirror.

use std::sync::Arc;

use kube::runtime::reflector::ObjectRef;

use crate::operator::{
    connection::session::Session,
    leaving::{exit, sweep},
    obstacle::{InvalidSpec, Obstacle, unkept},
    ownership::{Rules, Say, permission::Crossing},
    project,
    road::{condition, managed::Rooms},
};
use crate::{
    crd::{ConditionType, FlagsmithConnection, FlagsmithProject, ObjectReference, ServerIdentity},
    flagsmith::ProjectId,
    mirror::LiveMirror,
};

/// A project that is ready to be worked in.
#[derive(Clone, Debug)]
pub struct ProjectGround {
    /// The connection in use.
    pub session: Arc<Session>,
    /// The project.
    pub project: ProjectId,
    /// Its name in Flagsmith, as its object last saw it.
    pub name: String,
    /// Its mirror.
    pub mirror: Arc<LiveMirror>,
    /// The label of the tag by which this cluster shows that it keeps a feature.
    pub managed_tag: Option<String>,
}

impl ProjectGround {
    /// The server and organisation that ids in this project belong to.
    #[must_use]
    pub fn identity(&self) -> ServerIdentity {
        self.session.identity()
    }
}

/// Where an object's project is, and whose it is.
#[derive(Clone, Copy, Debug)]
pub struct Reference<'a> {
    /// The namespace of the object that refers.
    pub namespace: Option<&'a str>,
    /// What it refers to.
    pub project: &'a ObjectReference,
    /// Whether the object that refers is to go.
    pub is_leaving: bool,
}

impl Reference<'_> {
    /// What it refers to, whether or not it may.
    #[must_use]
    pub fn target(&self) -> ObjectRef<FlagsmithProject> {
        let namespace = self.project.namespace.as_deref().or(self.namespace).unwrap_or_default();
        ObjectRef::new(&self.project.name).within(namespace)
    }

    /// The project's object, if it lets the reference in.
    #[must_use]
    pub fn project(&self, rooms: &Rooms) -> Option<Arc<FlagsmithProject>> {
        self.permitted(rooms).ok()
    }

    fn permitted(&self, rooms: &Rooms) -> Result<Arc<FlagsmithProject>, Obstacle> {
        let (target, from) = (self.target(), self.namespace.unwrap_or_default());
        let found = rooms.stores.projects.get(&target);
        let Some(found) = found else {
            let namespace = target.namespace.as_deref().unwrap_or_default();
            let crossing = Crossing { from, kind: "FlagsmithProject", to: (namespace, &target.name) };
            return Err(if namespace == from { self.waiting() } else { crossing.refusal().into() });
        };
        self.admitted(&found, rooms)?;
        Ok(found)
    }

    /// Whether that project, which is or was what it refers to, lets it in.
    ///
    /// # Errors
    /// [`Obstacle::Denied`].
    pub fn admitted(&self, project: &FlagsmithProject, rooms: &Rooms) -> Result<(), Obstacle> {
        let (target, from) = (self.target(), self.namespace.unwrap_or_default());
        let to = (target.namespace.as_deref().unwrap_or_default(), target.name.as_str());
        let crossing = Crossing { from, kind: "FlagsmithProject", to };
        let labels = |name: &str| rooms.stores.namespaces.labels(name);
        Ok(crossing.admit(project.spec.allowed_namespaces.as_ref(), labels)?)
    }

    /// The project as it is, or as it was before its object went.
    pub(in crate::operator) fn known(&self, rooms: &Rooms) -> Option<Arc<FlagsmithProject>> {
        if rooms.stores.projects.get(&self.target()).is_some() {
            return self.project(rooms);
        }
        let project = rooms.stores.whereabouts.recall(&self.target())?;
        self.admitted(&project, rooms).is_ok().then_some(project)
    }

    /// That the project is waited for.
    #[must_use]
    pub fn waiting(&self) -> Obstacle {
        Obstacle::ProjectNotReady { name: self.project.name.clone() }
    }

    /// Whether the project is on hold, and with it all that refers to it.
    #[must_use]
    pub fn is_suspended(&self, rooms: &Rooms) -> bool {
        self.known(rooms).is_some_and(|project| project.spec.suspend)
    }

    /// The connection of the project.
    #[must_use]
    pub fn connection(&self, rooms: &Rooms) -> Option<ObjectRef<FlagsmithConnection>> {
        self.known(rooms).map(|project| project::connection(&project))
    }

    /// What is in force for an object that says this itself, under what its connection and its project say.
    ///
    /// # Errors
    /// As [`Rules::inherited`].
    pub fn rules(&self, rooms: &Rooms, own: Say) -> Result<Rules, InvalidSpec> {
        let project = self.known(rooms);
        let connection = project.as_ref().and_then(|one| rooms.stores.connections.get(&project::connection(one)));
        let of_connection = connection.map(|one| Say::of(one.spec.management, one.spec.drift_grace_period.as_ref()));
        let of_project = project.map(|one| Say::of(one.spec.management, one.spec.drift_grace_period.as_ref()));
        Rules::inherited(&[of_connection.unwrap_or_default(), of_project.unwrap_or_default(), own])
    }

    /// The project, ready to be worked in.
    ///
    /// # Errors
    /// [`Obstacle::ProjectNotReady`] and [`Obstacle::ConnectionNotReady`]; [`Obstacle::Denied`].
    pub fn ground(&self, rooms: &Rooms) -> Result<ProjectGround, Obstacle> {
        if self.is_leaving {
            return exit::ground(self, rooms);
        }
        let project = self.permitted(rooms)?;
        if project.metadata.deletion_timestamp.is_some() {
            return Err(self.waiting());
        }
        let connection = project::connected(&project, rooms).map_err(|obstacle| match obstacle {
            Obstacle::ConnectionNotReady { .. } => obstacle,
            _ => self.waiting(),
        })?;
        let session = rooms.session(&connection)?;
        let id = usable_id(&project, &session.identity()).ok_or_else(|| self.waiting())?;
        let mirror = session.mirror(id);
        let (name, managed_tag) = (name(&project), project.spec.managed_tag.clone());
        sweep::follow(project, rooms);
        Ok(ProjectGround { session, project: id, name, mirror, managed_tag })
    }
}

/// The project's id, if it was found for this very spec, on this very server. A setting that it does not take keeps nobody from
/// working in it.
fn usable_id(project: &FlagsmithProject, identity: &ServerIdentity) -> Option<ProjectId> {
    let status = project.status.as_ref()?;
    let stalled = condition::find(&status.conditions, ConditionType::Stalled);
    let is_stalled = stalled.is_some_and(|stalled| !unkept::is_of_setting(stalled));
    let is_current = status.observed_generation == project.metadata.generation;
    let is_here = status.server.as_ref() == Some(identity);
    (is_current && is_here && !is_stalled).then_some(())?;
    status.id.map(ProjectId)
}

/// The name in Flagsmith of a project that was found.
#[must_use]
pub fn name(project: &FlagsmithProject) -> String {
    let seen = project.status.as_ref().and_then(|status| status.name.as_deref());
    seen.unwrap_or_else(|| project.flagsmith_name()).to_owned()
}

/// Whether a project's mirror may be planned on.
///
/// # Errors
/// [`Obstacle::Loading`] before the first reading, or why it failed.
pub fn loaded(mirror: &LiveMirror) -> Result<(), Obstacle> {
    let health = mirror.health();
    match health.error {
        _ if health.loaded => Ok(()),
        Some(error) => Err(error.into()),
        None => Err(Obstacle::Loading),
    }
}
