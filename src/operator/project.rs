//! `FlagsmithProject` on the road: found by its name, kept by its uuid, and mirrored.

use std::sync::Arc;

use kube::{ResourceExt as _, runtime::reflector::ObjectRef};

use super::{
    condition::Word,
    interval::Interval,
    managed::{Managed, Rooms, Settled},
    obstacle::{InvalidSpec, Obstacle, reason_of},
    permission::Crossing,
    session::{Session, Terms},
};
use crate::{
    crd::{ConditionType, FlagsmithConnection, FlagsmithProject, ObjectReference, ProjectStatus, Reason},
    flagsmith::{Error, OrganisationId, Project, ProjectId, Uuid},
    mirror::Health,
    world::Plan,
};

super::managed::status!(ProjectStatus, |status| status.uuid.is_some());

/// A project as its author means it.
#[derive(Debug)]
pub struct DesiredProject {
    name: String,
    /// What was found before, for this very spec and server.
    known: Option<Project>,
}

/// A project as it was found, and how well its mirror is.
#[derive(Debug)]
pub struct Seen {
    project: Project,
    health: Health,
}

impl Managed for FlagsmithProject {
    type Status = ProjectStatus;
    type Ground = Arc<Session>;
    type Desired = DesiredProject;
    type Seen = Seen;

    fn is_suspended(&self, _rooms: &Rooms) -> bool {
        self.spec.suspend
    }

    fn rest(&self, rooms: &Rooms) {
        if let (Some(id), Ok(session)) = (self.recorded_id(), rooms.sessions.get(&connection(self))) {
            session.close(id);
        }
    }

    fn status(&self) -> Option<&ProjectStatus> {
        self.status.as_ref()
    }

    fn connection(&self, _rooms: &Rooms) -> Option<ObjectRef<FlagsmithConnection>> {
        Some(connection(self))
    }

    async fn fetch(&self, rooms: &Rooms) -> Result<Arc<Session>, Obstacle> {
        let connection = connected(self, rooms)?;
        rooms.sessions.get(&connection)
    }

    fn resolve(&self, ground: &Arc<Session>) -> Result<DesiredProject, Obstacle> {
        let recorded = self.status.as_ref().filter(|status| {
            // An id means something only for the server and organisation recorded beside it, and the name it was found by.
            status.server.as_ref() == Some(&ground.identity())
        });
        let name = self.flagsmith_name().to_owned();
        let is_unrenamed = recorded.is_some_and(|status| status.observed_generation == self.metadata.generation);
        let known = recorded.filter(|_| is_unrenamed).and_then(known);
        Ok(DesiredProject { name, known })
    }

    async fn observe(&self, ground: &Arc<Session>, desired: &DesiredProject) -> Result<Seen, Obstacle> {
        if let Some(known) = &desired.known {
            let health = ground.mirror(known.id).health();
            // What the status says of freshness stays until there is news of it.
            if !health.loaded && health.error.is_none() {
                return Err(Obstacle::Loading);
            }
            // As long as its mirror reads it, it is there.
            if !health.error.as_ref().is_some_and(may_be_gone) {
                return Ok(Seen { project: known.clone(), health });
            }
        }
        let projects = ground.client().projects(ground.organisation()).await?;
        let project = find(desired, projects)?;
        let health = ground.mirror(project.id).health();
        Ok(Seen { project, health })
    }

    async fn freshen(&self, ground: &Arc<Session>) -> Result<(), Obstacle> {
        if let Some(id) = self.recorded_id() {
            // Where it fails, the mirror's health says so, and `observe` judges it.
            let _ = ground.mirror(id).relist().await;
        }
        Ok(())
    }

    async fn publish(&self, _rooms: &Rooms, ground: Arc<Session>, seen: &Seen) -> Result<(), Obstacle> {
        ground.pace(seen.project.id, interval(self, ground.terms())?.duration);
        Ok(())
    }

    fn settle(&self, ground: &Arc<Session>, seen: &Seen, _plan: &Plan) -> Settled<ProjectStatus> {
        let Seen { project, health } = seen;
        let status = ProjectStatus {
            observed_generation: None,
            last_handled_reconcile_at: None,
            conditions: Vec::new(),
            name: Some(project.name.to_string()),
            id: Some(project.id.0),
            uuid: Some(project.uuid.to_string()),
            poll_interval: interval(self, ground.terms()).ok().map(|interval| interval.text),
            server: Some(ground.identity()),
        };
        Settled { status, extra: vec![freshness(health)], obstacles: Vec::new(), recheck: None }
    }
}

/// The connection that a project goes through.
#[must_use]
pub fn connection(project: &FlagsmithProject) -> ObjectRef<FlagsmithConnection> {
    let ObjectReference { name, namespace } = &project.spec.connection_ref;
    let own = project.namespace().unwrap_or_default();
    ObjectRef::new(name).within(namespace.as_deref().unwrap_or(&own))
}

/// The connection that a project goes through, which is there and lets it in.
///
/// # Errors
/// [`Obstacle::ConnectionNotReady`]; [`Obstacle::Denied`].
pub fn connected(project: &FlagsmithProject, rooms: &Rooms) -> Result<ObjectRef<FlagsmithConnection>, Obstacle> {
    let (connection, from) = (connection(project), project.namespace().unwrap_or_default());
    let namespace = connection.namespace.as_deref().unwrap_or_default();
    let crossing = Crossing { from: &from, kind: "FlagsmithConnection", to: (namespace, &connection.name) };
    let Some(found) = rooms.stores.connections.get(&connection) else {
        let waiting = Obstacle::ConnectionNotReady { name: connection.name.clone() };
        return Err(if namespace == from { waiting } else { crossing.refusal().into() });
    };
    crossing.admit(found.spec.allowed_namespaces.as_ref(), |name| rooms.stores.namespaces.labels(name))?;
    Ok(connection)
}

/// How often the project is read: its own word, or its connection's.
fn interval(project: &FlagsmithProject, terms: &Terms) -> Result<Interval, InvalidSpec> {
    project.spec.poll_interval.as_deref().map_or_else(|| Ok(terms.poll_interval.clone()), Interval::of_polls)
}

/// By its recorded uuid, else by its name.
fn find(desired: &DesiredProject, projects: Vec<Project>) -> Result<Project, Obstacle> {
    let uuid = desired.known.as_ref().map(|known| &known.uuid);
    let recorded = projects.iter().find(|one| Some(&one.uuid) == uuid);
    if let Some(recorded) = recorded {
        return Ok(recorded.clone());
    }
    let name = &desired.name;
    let mut named = projects.into_iter().filter(|one| one.name.as_str() == name);
    match (named.next(), named.next()) {
        (Some(one), None) => Ok(one),
        (None, _) => Err(Obstacle::ProjectNotFound { name: name.clone() }),
        (Some(_), Some(_)) => Err(Obstacle::AmbiguousName { kind: "project", name: name.clone() }),
    }
}

fn known(status: &ProjectStatus) -> Option<Project> {
    Some(Project {
        id: ProjectId(status.id?),
        uuid: Uuid::from(status.uuid.clone()?),
        name: status.name.clone()?.into(),
        organisation: OrganisationId(status.server.as_ref()?.organisation_id),
    })
}

/// How Flagsmith answers the mirror of a project that is gone, or hidden (facts.md §1, §3).
fn may_be_gone(error: &Error) -> bool {
    matches!(error, Error::NotFound | Error::Forbidden { .. } | Error::Refused { .. })
}

fn freshness(health: &Health) -> Word {
    let (holds, reason, message) = match &health.error {
        Some(error) => (false, reason_of(error), error.to_string()),
        None if !health.loaded => {
            (false, Reason::Progressing, "the project is being read for the first time".to_owned())
        }
        None if !health.failing.is_empty() => (false, Reason::DocumentFails, failing(health)),
        None if !health.lagging.is_empty() => {
            let lagging: Vec<_> = health.lagging.iter().map(ToString::to_string).collect();
            let message = "the documents of these environments show less than single reads do";
            (false, Reason::DocumentsLag, format!("{message}: {}", lagging.join(", ")))
        }
        None => (true, Reason::Polled, "the project was read whole at the last poll".to_owned()),
    };
    Word { kind: ConditionType::Fresh, holds, reason, message }
}

/// One flag whose weights exceed 100 takes the document from all flags of its environment, and from SDKs too.
fn failing(health: &Health) -> String {
    let environments = health.failing.iter().map(|(environment, broken)| {
        let names: Vec<_> = broken.iter().map(ToString::to_string).collect();
        if names.is_empty() {
            return environment.to_string();
        }
        format!("{environment} (the weights of {} exceed 100: correct them in Flagsmith)", names.join(", "))
    });
    let environments: Vec<_> = environments.collect();
    let message = "the documents of these environments cannot be had, their lists are read instead";
    format!("{message}: {}", environments.join(", "))
}
