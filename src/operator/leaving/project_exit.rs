//! What is done in Flagsmith before a project's object may go: no mirror of a project can delete that project.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use kube::ResourceExt as _;

use super::{departure::Departure, exit, tie};
use crate::operator::{
    connection::session::Session,
    ground::loaded,
    obstacle::{Obstacle, lack},
    road::{driver::ROUNDS, event::Happening, managed::Rooms},
};
use crate::{
    crd::{FlagsmithProject, Origin, ProjectStatus},
    flagsmith::{Error, Project, Uuid},
    mirror::LiveMirror,
    world::{
        Change, ProjectStep,
        removal::{Removal, plan_project},
    },
};

/// Deletes the recorded project, if it may be; one that is gone is done.
///
/// # Errors
/// [`Departure`] where something keeps it; else as the client.
pub async fn delete(object: &FlagsmithProject, rooms: &Rooms, session: &Arc<Session>) -> Result<(), Obstacle> {
    let recorded = object.status.as_ref().filter(|status| status.server.as_ref() == Some(&session.identity()));
    let Some(recorded) = recorded else { return Ok(()) };
    let uuid = match &recorded.uuid {
        Some(uuid) => Some(Uuid::from(uuid.clone())),
        None => unrecorded(object, recorded, session).await?,
    };
    let Some(mut removal) = uuid.and_then(|uuid| tie::of_project(object, uuid, rooms)) else { return Ok(()) };
    // One that is not recorded is here only where it was proved ours.
    removal.is_ours |= recorded.uuid.is_none();
    if removal.waits() {
        return Err(Departure::waiting(&removal).into());
    }
    let projects = session.client().projects(session.organisation()).await?;
    let Some(live) = projects.into_iter().find(|one| one.uuid == removal.uuid) else { return Ok(()) };
    if !removal.is_confirmed {
        judge(&removal, &live, &exit::mirror(object, (session, live.id), rooms)).await?;
    }
    let change = Change::Project(ProjectStep::Delete { project: live.id, name: live.name });
    tracing::info!(kind = "FlagsmithProject", namespace = object.namespace(), name = object.name_any(), "{change}");
    match session.client().delete_project(live.id).await {
        Ok(()) => rooms.events.tell(object, &Happening::Wrote(&change)),
        Err(Error::NotFound) => {}
        Err(error) => return Err(error.into()),
    }
    session.close(live.id);
    Ok(())
}

/// The project that was asked for and never recorded.
async fn unrecorded(
    object: &FlagsmithProject,
    held: &ProjectStatus,
    session: &Arc<Session>,
) -> Result<Option<Uuid>, Obstacle> {
    let projects = session.client().projects(session.organisation()).await?;
    let is_ours = |one: &&Project| {
        one.name.as_str() == object.flagsmith_name() && object.origin(held, one, session) == Origin::Created
    };
    Ok(projects.iter().find(is_ours).map(|one| one.uuid.clone()))
}

/// Says what keeps the project: by what is known of it and, where that is nothing, by what is read just before it would go.
async fn judge(removal: &Removal, live: &Project, mirror: &LiveMirror) -> Result<(), Obstacle> {
    let began = Instant::now();
    mirror.refresh(Duration::ZERO).await?;
    loaded(mirror)?;
    weigh(removal, live, mirror).await?;
    mirror.prove(began).await?;
    weigh(removal, live, mirror).await
}

/// What is unknown is read until it is known: of a feature that is gone it takes more than one list to be sure.
async fn weigh(removal: &Removal, live: &Project, mirror: &LiveMirror) -> Result<(), Obstacle> {
    for _ in 0..ROUNDS {
        let plan = mirror.read(|known| plan_project(removal, (live.name.as_str(), known)));
        if plan.unknown.is_empty() {
            return plan.missing.first().map_or(Ok(()), |missing| Err(lack::obstacle(missing)));
        }
        mirror.look(&plan.unknown).await?;
    }
    Err(Obstacle::Unfinished)
}
