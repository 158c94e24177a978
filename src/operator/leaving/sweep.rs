//! What is no longer needed once an object is gone.

use std::sync::Arc;

use kube::{ResourceExt as _, runtime::reflector::ObjectRef};

use super::exit;
use crate::operator::{
    ground::Reference,
    project,
    road::{
        finalizer,
        managed::{Managed, Rooms},
    },
    watch::stores::{Event, Stores},
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

/// Ends the mirror of a project whose object is gone, or shut out.
pub fn close(project: &ObjectRef<FlagsmithProject>, rooms: &Rooms) {
    if let Some(gone) = rooms.stores.whereabouts.recall(project) {
        end(&gone, rooms);
    }
}

/// Ends what goes on where a project was before: through a connection that it has left, or of an id that is its own no more.
pub fn leave(project: &FlagsmithProject, rooms: &Rooms) {
    let Some(former) = rooms.stores.whereabouts.recall(&ObjectRef::from_obj(project)) else { return };
    let has_moved = project::connection(&former) != project::connection(project);
    if has_moved || former.recorded_id() != project.recorded_id() {
        end(&former, rooms);
    }
    // Where it is now, nobody has let it in yet.
    if has_moved {
        rooms.stores.whereabouts.forget(project);
        watch_no_more(&former, rooms);
    }
}

/// Has the connection that a project has left ask no more what SDKs are served of its flags.
fn watch_no_more(former: &FlagsmithProject, rooms: &Rooms) {
    let Ok(session) = rooms.sessions.get(&project::connection(former)) else { return };
    let Some(lookouts) = session.lookouts() else { return };
    let project = ObjectRef::from_obj(former);
    for flag in rooms.stores.flags.state_filter(|flag| flag.reference().target() == project) {
        lookouts.forget(&flag.uid().unwrap_or_default(), &[]);
    }
}

/// Takes note of where a project is, which its connection lets in, and ends what goes on where it was before.
pub fn follow(project: Arc<FlagsmithProject>, rooms: &Rooms) {
    leave(&project, rooms);
    rooms.stores.whereabouts.remember(project);
}

/// Ends the mirror of a project as that object has it, unless another object that is let in looks at it.
pub fn end(project: &FlagsmithProject, rooms: &Rooms) {
    let (own, connection) = (ObjectRef::from_obj(project), project::connection(project));
    let looks = |one: &FlagsmithProject| {
        let is_the_same = one.recorded_id() == project.recorded_id() && project::connection(one) == connection;
        is_the_same && ObjectRef::from_obj(one) != own && !one.spec.suspend && !exit::is_shut_out(one, rooms)
    };
    let is_left = rooms.stores.projects.find(looks).is_some();
    if let (Some(id), Ok(session), false) = (project.recorded_id(), rooms.sessions.get(&connection), is_left) {
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
