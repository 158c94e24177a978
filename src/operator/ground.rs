//! What environments and flags stand on: their project, its session, and its mirror.

use std::sync::Arc;

use kube::runtime::reflector::ObjectRef;

use super::{condition, managed::Rooms, obstacle::Obstacle, project, session::Session, stores::lookup};
use crate::{
    crd::{ConditionType, FlagsmithConnection, FlagsmithProject, LocalReference, ServerIdentity},
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
    /// Its mirror.
    pub mirror: Arc<LiveMirror>,
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
    pub project: &'a LocalReference,
}

impl Reference<'_> {
    /// The project's object.
    #[must_use]
    pub fn project(&self, rooms: &Rooms) -> Option<Arc<FlagsmithProject>> {
        lookup(&rooms.stores.projects, self.namespace, &self.project.name)
    }

    /// Whether the project is on hold, and with it all that refers to it.
    #[must_use]
    pub fn is_suspended(&self, rooms: &Rooms) -> bool {
        self.project(rooms).is_some_and(|project| project.spec.suspend)
    }

    /// The connection of the project.
    #[must_use]
    pub fn connection(&self, rooms: &Rooms) -> Option<ObjectRef<FlagsmithConnection>> {
        self.project(rooms).map(|project| project::connection(&project))
    }

    /// The server and the project id that the reference leads to, as far as it was once found out.
    #[must_use]
    pub fn place(&self, rooms: &Rooms) -> Option<(ServerIdentity, i64)> {
        let project = self.project(rooms)?;
        let status = project.status.as_ref()?;
        Some((status.server.clone()?, status.id?))
    }

    /// The project, ready to be worked in.
    ///
    /// # Errors
    /// [`Obstacle::ProjectNotReady`] and [`Obstacle::ConnectionNotReady`].
    pub fn ground(&self, rooms: &Rooms) -> Result<ProjectGround, Obstacle> {
        let waiting = || Obstacle::ProjectNotReady { name: self.project.name.clone() };
        let project = self.project(rooms).ok_or_else(waiting)?;
        let connection = project::connection(&project);
        project::connected(&connection, rooms)?;
        let session = rooms.sessions.get(&connection)?;
        let id = usable_id(&project, &session.identity()).ok_or_else(waiting)?;
        let mirror = session.mirror(id);
        Ok(ProjectGround { session, project: id, mirror })
    }
}

/// The project's id, if it was found for this very spec, on this very server.
fn usable_id(project: &FlagsmithProject, identity: &ServerIdentity) -> Option<ProjectId> {
    let status = project.status.as_ref()?;
    let is_stalled = condition::find(&status.conditions, ConditionType::Stalled).is_some();
    let is_current = status.observed_generation == project.metadata.generation;
    let is_here = status.server.as_ref() == Some(identity);
    (is_current && is_here && !is_stalled).then_some(())?;
    status.id.map(ProjectId)
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
