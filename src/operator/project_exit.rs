//! What is done in Flagsmith before a project's object may go: no mirror of a project can delete that project.

use std::sync::Arc;

use kube::ResourceExt as _;

use super::{departure::Departure, lack, managed::Rooms, obstacle::Obstacle, session::Session, tie};
use crate::{
    crd::FlagsmithProject,
    flagsmith::{Error, Project, Uuid},
    world::removal::{Removal, plan_project},
};

/// Deletes the recorded project, if it may be; one that is gone is done.
///
/// # Errors
/// [`Departure`] where something keeps it; else as the client.
pub async fn delete(object: &FlagsmithProject, rooms: &Rooms, session: &Arc<Session>) -> Result<(), Obstacle> {
    let recorded = object.status.as_ref().filter(|status| status.server.as_ref() == Some(&session.identity()));
    let uuid = recorded.and_then(|status| status.uuid.clone()).map(Uuid::from);
    let Some(removal) = uuid.and_then(|uuid| tie::of_project(object, uuid, rooms)) else { return Ok(()) };
    if !removal.is_confirmed && !removal.before.is_empty() {
        return Err(Departure::waiting(&removal).into());
    }
    let projects = session.client().projects(session.organisation()).await?;
    let Some(live) = projects.into_iter().find(|one| one.uuid == removal.uuid) else { return Ok(()) };
    if !removal.is_confirmed {
        judge(&removal, &live, session).await?;
    }
    tracing::info!(
        kind = "FlagsmithProject",
        namespace = object.namespace(),
        name = object.name_any(),
        "delete project {}",
        live.name
    );
    match session.client().delete_project(live.id).await {
        Ok(()) | Err(Error::NotFound) => {
            session.close(live.id);
            Ok(())
        }
        Err(error) => Err(error.into()),
    }
}

/// Reads what is in the project, just before it would go, and says what keeps it.
async fn judge(removal: &Removal, live: &Project, session: &Session) -> Result<(), Obstacle> {
    let mirror = session.resting(live.id);
    mirror.relist().await?;
    let plan = mirror.read(|known| plan_project(removal, (live.name.as_str(), known)));
    if !plan.unknown.is_empty() {
        mirror.look(&plan.unknown).await?;
        return Err(Obstacle::Unfinished);
    }
    plan.missing.first().map_or(Ok(()), |missing| Err(lack::obstacle(missing)))
}
