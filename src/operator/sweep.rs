//! What is no longer needed once an object is gone.

use kube::runtime::reflector::ObjectRef;

use super::{
    exit, finalizer,
    ground::Reference,
    managed::{Managed, Rooms},
    project,
    stores::{Event, Stores},
};
use crate::{
    crd::{FeatureFlag, FlagsmithConnection, FlagsmithProject},
    flagsmith::ProjectId,
};

/// Ends what nobody looks at any more: the mirror of a project whose object is gone, and what was kept in mind of projects and
/// connections for objects that had something to delete, once none is left.
pub fn sweep(event: &Event, rooms: &Rooms) {
    let stores = &rooms.stores;
    let is_gone = match event {
        Event::Connection(_, is_gone) => *is_gone,
        Event::Project(project) => {
            let is_gone = stores.projects.get(project).is_none();
            if is_gone {
                close(project, rooms);
            }
            is_gone
        }
        Event::Environment(environment, _) => stores.environments.get(environment).is_none(),
        Event::Segment(segment, _) => stores.segments.get(segment).is_none(),
        Event::Flag(flag, _) => {
            let held = stores.flags.get(flag);
            // Another of its name may be there already.
            if let Some(uid) =
                flag.extra.uid.as_deref().filter(|uid| held.as_ref().is_none_or(|one| !has_uid(one, uid)))
            {
                rooms.sessions.forget_flag(uid);
            }
            held.is_none()
        }
        Event::Secret(_) | Event::ConfigMap(_) | Event::Namespace(_) => false,
    };
    if is_gone {
        forget(rooms);
    }
}

/// Ends the mirror of a project whose object is gone, or shut out, unless another object that is let in looks at it.
pub fn close(project: &ObjectRef<FlagsmithProject>, rooms: &Rooms) {
    let Some(gone) = rooms.stores.whereabouts.recall(project) else { return };
    let connection = project::connection(&gone);
    let is_the_same = |one: &FlagsmithProject| {
        let is_there = one.recorded_id().is_none_or(|id| Some(id) == gone.recorded_id());
        let is_another = ObjectRef::from_obj(one) != *project && !exit::is_shut_out(one, rooms);
        is_another && is_there && project::connection(one) == connection
    };
    let is_left = rooms.stores.projects.find(is_the_same).is_some();
    if let (Some(id), Ok(session), false) = (gone.recorded_id(), rooms.sessions.get(&connection), is_left) {
        session.close(id);
    }
}

fn forget(rooms: &Rooms) {
    let stores = &rooms.stores;
    stores.whereabouts.retain(|project| {
        let project = ObjectRef::from_obj(project);
        stores.projects.get(&project).is_some() || has_farewell(&project, stores)
    });
    rooms.sessions.retain(|connection| {
        let has_farewell = |project: &ObjectRef<FlagsmithProject>| {
            let is_kept = stores.projects.get(project).is_some_and(|one| finalizer::is_kept(one.as_ref()));
            is_kept || has_farewell(project, stores)
        };
        stores.connections.get(connection).is_some() || stores.projects_through(connection).iter().any(has_farewell)
    });
    rooms.sessions.retain_resting(|connection, project| is_left(connection, project, stores));
}

fn has_uid(flag: &FeatureFlag, uid: &str) -> bool {
    flag.metadata.uid.as_deref() == Some(uid)
}

/// Whether something is to leave, through that connection, the project of that id.
fn is_left(connection: &ObjectRef<FlagsmithConnection>, id: ProjectId, stores: &Stores) -> bool {
    stores.projects_through(connection).iter().any(|project| {
        let held = stores.projects.get(project);
        let is_kept = held.as_ref().is_some_and(|one| finalizer::is_kept(one.as_ref()));
        let known = held.filter(|one| one.recorded_id().is_some()).or_else(|| stores.whereabouts.recall(project));
        known.is_some_and(|one| one.recorded_id() == Some(id)) && (is_kept || has_farewell(project, stores))
    })
}

/// Whether an object that refers to the project has, or will have, something to delete.
fn has_farewell(project: &ObjectRef<FlagsmithProject>, stores: &Stores) -> bool {
    fn waits<K: Managed>(one: &K, reference: Reference<'_>, project: &ObjectRef<FlagsmithProject>) -> bool {
        finalizer::is_kept(one) && reference.target() == *project
    }
    stores.flags.find(|one| waits(one, one.reference(), project)).is_some()
        || stores.environments.find(|one| waits(one, one.reference(), project)).is_some()
        || stores.segments.find(|one| waits(one, one.reference(), project)).is_some()
}
