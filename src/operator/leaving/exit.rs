//! The way out: how an object that is to go reaches Flagsmith, also where what it refers to went first.
//!
//! A namespace is deleted in no order, and what has nothing to delete carries no finalizer: a connection, its Secret and a
//! project may be gone long before the flags. So what was last known of them still leads there, for this alone.

use std::sync::Arc;

use kube::{ResourceExt as _, runtime::reflector::ObjectRef};

use super::departure::{Departure, Missing};
use crate::operator::{
    connection::session::Session,
    ground::{self, ProjectGround, Reference},
    obstacle::{Denial, Obstacle},
    ownership::permission::Crossing,
    project,
    road::managed::Rooms,
};
use crate::{
    crd::{FlagsmithConnection, FlagsmithProject, ServerIdentity},
    flagsmith::ProjectId,
    mirror::LiveMirror,
};

/// The project of an object that is to go.
///
/// # Errors
/// [`Departure::Stranded`] where nothing leads there any more; [`Obstacle::Denied`]; else what may pass by itself.
pub fn ground(reference: &Reference<'_>, rooms: &Rooms) -> Result<ProjectGround, Obstacle> {
    let target = reference.target();
    let held = rooms.stores.projects.get(&target);
    if let Some(held) = &held {
        reference.admitted(held, rooms)?;
    }
    let found = held.clone().filter(|project| project.recorded_id().is_some());
    let project = found.or_else(|| rooms.stores.whereabouts.recall(&target)).or_else(|| held.clone());
    let project = project.ok_or_else(|| stranded(Missing::Project, &target.name))?;
    reference.admitted(&project, rooms)?;
    let session = session(&project, rooms)?;
    let is_still_found = held.as_ref().is_some_and(|held| held.metadata.deletion_timestamp.is_none());
    let id = recorded_id(&project, &session.identity())
        .ok_or_else(|| if is_still_found { reference.waiting() } else { stranded(Missing::Project, &target.name) })?;
    let (name, managed_tag) = (ground::name(&project), project.spec.managed_tag.clone());
    let mirror = mirror(&project, (&session, id), rooms);
    Ok(ProjectGround { session, project: id, name, mirror, managed_tag })
}

/// The mirror of a project, for what is to go: nobody keeps one fresh for that alone.
#[must_use]
pub fn mirror(project: &FlagsmithProject, (session, id): (&Session, ProjectId), rooms: &Rooms) -> Arc<LiveMirror> {
    let is_there = rooms.stores.projects.get(&ObjectRef::from_obj(project)).is_some();
    let is_in_use = is_there && rooms.sessions.get(&project::connection(project)).is_ok();
    if is_in_use { session.mirror(id) } else { session.resting(id) }
}

/// The session of a project, for what is to go: the one in use, or the last that worked before its connection or Secret went.
///
/// # Errors
/// As [`ground`].
pub fn session(project: &FlagsmithProject, rooms: &Rooms) -> Result<Arc<Session>, Obstacle> {
    let connection = project::connection(project);
    let found = rooms.stores.connections.get(&connection);
    if let Some(found) = &found {
        admitted(project, found, rooms)?;
    } else if connection.namespace != project.namespace() && !rooms.stores.whereabouts.was_connected(project) {
        return Err(stranded(Missing::Connection, &connection.name));
    }
    let why = match rooms.session(&connection) {
        Ok(session) => return Ok(session),
        Err(why) => why,
    };
    if let Some(last) = rooms.sessions.last(&connection) {
        return Ok(last);
    }
    let Some(found) = found else { return Err(stranded(Missing::Connection, &connection.name)) };
    let secret = found.credential().map(|(_, selector)| selector.name.clone()).unwrap_or_default();
    let held = rooms.stores.secrets.get(&ObjectRef::new(&secret).within(&found.namespace().unwrap_or_default()));
    let is_refused = matches!(why, Obstacle::ConnectionNotReady { .. });
    Err(if is_refused && held.is_none() { stranded(Missing::Secret, &secret) } else { why })
}

/// Whether the project's connection does not let it in, or did not when both were last there.
#[must_use]
pub fn is_shut_out(project: &FlagsmithProject, rooms: &Rooms) -> bool {
    let connection = project::connection(project);
    match rooms.stores.connections.get(&connection) {
        Some(found) => admitted(project, &found, rooms).is_err(),
        None => connection.namespace != project.namespace() && !rooms.stores.whereabouts.was_connected(project),
    }
}

fn admitted(project: &FlagsmithProject, connection: &FlagsmithConnection, rooms: &Rooms) -> Result<(), Denial> {
    let from = project.namespace().unwrap_or_default();
    let (namespace, name) = (connection.namespace().unwrap_or_default(), connection.name_any());
    let crossing = Crossing { from: &from, kind: "FlagsmithConnection", to: (&namespace, &name) };
    crossing.admit(connection.spec.allowed_namespaces.as_ref(), |name| rooms.stores.namespaces.labels(name))
}

/// The project's id on that server, however its object has been doing since.
fn recorded_id(project: &FlagsmithProject, identity: &ServerIdentity) -> Option<ProjectId> {
    let status = project.status.as_ref().filter(|status| status.server.as_ref() == Some(identity))?;
    status.id.map(ProjectId)
}

fn stranded(missing: Missing, name: &str) -> Obstacle {
    let kind = match missing {
        Missing::Project => "FlagsmithProject",
        Missing::Connection => "FlagsmithConnection",
        Missing::Secret => "Secret",
    };
    Departure::Stranded { what: format!("{kind} {name}"), missing }.into()
}
