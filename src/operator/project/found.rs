//! What is found of a project: through its mirror once it is recorded, else on the list of all.

use std::collections::BTreeSet;

use super::making::Refusal;
use crate::operator::obstacle::Obstacle;
use crate::{
    crd::ProjectStatus,
    flagsmith::{Error, NewProject, OrganisationId, Project, ProjectId, ProjectPatch, ProjectSettings, Uuid},
    mirror::LiveMirror,
    world::{
        Cell, Change, Plan, ProjectStep,
        difference::{Field, Place, Scope},
        project_difference,
    },
};

/// What was found of a project.
#[derive(Clone, Debug, PartialEq)]
pub enum Found {
    /// None of its name; and the creation of one that was refused lately.
    Absent(Option<Refusal>),
    /// It is recorded, and must be read.
    Unknown(Project),
    /// It is so.
    Present(Project),
}

/// A project as its author means it.
#[derive(Debug)]
pub struct DesiredProject {
    /// The project as it is to be made.
    pub wanted: NewProject,
    /// What was found before, for this very server.
    pub known: Option<Project>,
    /// False: one that is absent is waited for.
    pub may_be_made: bool,
}

impl DesiredProject {
    /// The same, without what is at those places.
    #[must_use]
    pub fn narrowed(&self, left: &BTreeSet<Place>, live: Option<&Project>) -> Self {
        Self {
            wanted: project_difference::narrowed_project(&self.wanted, left, live),
            known: self.known.clone(),
            may_be_made: self.may_be_made && !left.contains(&(Scope::Own, Field::Existence)),
        }
    }
}

/// What must be written.
#[must_use]
pub fn plan(desired: &DesiredProject, found: Option<&Found>) -> Plan {
    let DesiredProject { wanted, known: _, may_be_made } = desired;
    let is_refused = |refusal: &Option<Refusal>| refusal.as_ref().is_some_and(|one| one.asked == *wanted);
    let mut plan = Plan::default();
    match found {
        Some(Found::Absent(refusal)) if *may_be_made && !is_refused(refusal) => {
            plan.changes.push(Change::Project(ProjectStep::Create(wanted.clone())));
        }
        Some(Found::Unknown(_)) => plan.unknown.push(Cell::Project),
        Some(Found::Present(live)) => {
            let name = Some(wanted.name.clone());
            let patch = ProjectPatch { name, ..wanted.settings.clone() }.against(live);
            if patch != ProjectPatch::default() {
                plan.changes.push(Change::Project(ProjectStep::Update { project: live.id, patch }));
            }
        }
        Some(Found::Absent(_)) | None => {}
    }
    plan
}

/// What the mirror of a recorded project tells of it; nothing where it may be gone, so that the list is asked.
///
/// # Errors
/// [`Obstacle::Loading`] before it was read, or why it could not be: of what was not seen nothing is proved.
pub fn mirrored(known: &Project, mirror: &LiveMirror) -> Result<Option<Found>, Obstacle> {
    let health = mirror.health();
    // What the status says of freshness stays until there is news of it.
    if !health.loaded && health.error.is_none() {
        return Err(Obstacle::Loading);
    }
    // As long as its mirror reads it, it is there.
    match health.error {
        Some(error) if may_be_gone(&error) => return Ok(None),
        Some(error) if !health.loaded => return Err(error.into()),
        Some(_) | None => {}
    }
    let live = mirror.read(|world| world.project.clone());
    Ok(Some(live.map_or_else(|| Found::Unknown(known.clone()), Found::Present)))
}

/// By its recorded uuid, else by its name; and where there is none, whether one was refused.
///
/// # Errors
/// [`Obstacle::ProjectNotFound`] where a recorded one is none of them; [`Obstacle::AmbiguousName`].
pub fn find(desired: &DesiredProject, (projects, refusal): (Vec<Project>, Option<Refusal>)) -> Result<Found, Obstacle> {
    let uuid = desired.known.as_ref().map(|known| &known.uuid);
    let recorded = projects.iter().find(|one| Some(&one.uuid) == uuid);
    if let Some(recorded) = recorded {
        return Ok(Found::Present(recorded.clone()));
    }
    let name = &desired.wanted.name;
    let mut named = projects.into_iter().filter(|one| one.name == *name);
    match (named.next(), named.next()) {
        (Some(one), None) => Ok(Found::Present(one)),
        // The recorded one was deleted, or is hidden from this credential: the two look alike.
        (None, _) if uuid.is_some() => Err(Obstacle::ProjectNotFound { name: name.to_string() }),
        (None, _) => Ok(Found::Absent(refusal)),
        (Some(_), Some(_)) => Err(Obstacle::AmbiguousName { kind: "project", name: name.to_string() }),
    }
}

/// The recorded project, as far as it is recorded.
#[must_use]
pub fn known(status: &ProjectStatus) -> Option<Project> {
    Some(Project {
        id: ProjectId(status.id?),
        uuid: Uuid::from(status.uuid.clone()?),
        name: status.name.clone()?.into(),
        organisation: OrganisationId(status.server.as_ref()?.organisation_id),
        settings: ProjectSettings::default(),
    })
}

/// How Flagsmith answers the mirror of a project that is gone, or hidden (facts.md §1, §3).
#[must_use]
pub fn may_be_gone(error: &Error) -> bool {
    matches!(error, Error::NotFound | Error::Forbidden { .. } | Error::Refused { .. })
}
