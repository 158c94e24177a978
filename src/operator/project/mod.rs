//! `FlagsmithProject` on the road: found by its name, kept by its uuid, and mirrored.

pub mod found;
pub mod freshness;
pub mod making;
pub mod status;
pub mod wanted;

use std::{
    sync::{Arc, OnceLock},
    time::Instant,
};

use kube::{ResourceExt as _, runtime::reflector::ObjectRef};

use crate::operator::{
    connection::{interval::Interval, session::Session, terms::Terms},
    leaving::{exit, project_exit, sweep},
    obstacle::{InvalidSpec, Obstacle},
    ownership::{Extent, Left, Rules, Say, permission::Crossing},
    road::{
        condition::Word,
        managed::{Managed, Retention, Rooms, Settled},
    },
};
use crate::{
    crd::{
        FlagsmithConnection, FlagsmithProject, ObjectReference, PlaceDeletionPolicy, ProjectCreation, ProjectStatus,
    },
    flagsmith::{Project, ProjectId},
    mirror::LiveMirror,
    world::{Change, Plan, ProjectStep, difference::Difference, project_difference},
};
use found::{DesiredProject, Found};
use freshness::freshness;
use making::Refusal;

crate::operator::road::managed::status!(ProjectStatus, |status| status.uuid.is_some(), |status| status.origin);

/// What a project stands on.
#[derive(Debug)]
pub struct Ground {
    /// Its connection in use.
    pub session: Arc<Session>,
    found: OnceLock<Found>,
    mirror: OnceLock<Arc<LiveMirror>>,
}

impl Managed for FlagsmithProject {
    type Status = ProjectStatus;
    type Ground = Ground;
    type Desired = DesiredProject;
    type Seen = ();

    fn is_suspended(&self, _rooms: &Rooms) -> bool {
        self.spec.suspend
    }

    fn rest(&self, rooms: &Rooms) {
        sweep::leave(self, rooms);
        sweep::end(self, rooms);
        if exit::is_shut_out(self, rooms) {
            rooms.stores.whereabouts.forget(self);
        } else {
            rooms.stores.whereabouts.remember(Arc::new(self.clone()));
        }
    }

    fn status(&self) -> Option<&ProjectStatus> {
        self.status.as_ref()
    }

    fn connection(&self, _rooms: &Rooms) -> Option<ObjectRef<FlagsmithConnection>> {
        Some(connection(self))
    }

    async fn fetch(&self, rooms: &Rooms) -> Result<Ground, Obstacle> {
        let session = self.session(rooms)?;
        Ok(Ground { session, found: OnceLock::new(), mirror: OnceLock::new() })
    }

    fn retention(&self) -> Retention {
        match self.spec.deletion_policy {
            Some(PlaceDeletionPolicy::Delete) => Retention::Farewell,
            Some(PlaceDeletionPolicy::Orphan) | None => Retention::Keep,
        }
    }

    fn has_recorded(&self) -> bool {
        let is_asked_for = |status: &ProjectStatus| status.creation == Some(ProjectCreation::Asked);
        self.status.as_ref().is_some_and(|status| status.uuid.is_some() || is_asked_for(status))
    }

    async fn depart(&self, rooms: &Rooms, ground: &Ground) -> Result<(), Obstacle> {
        project_exit::delete(self, rooms, &ground.session).await
    }

    const IS_OWNED: bool = true;

    fn rules(&self, rooms: &Rooms) -> Result<Rules, Obstacle> {
        let above = rooms.stores.connections.get(&connection(self));
        let above = above.map(|one| Say::of(one.spec.management, one.spec.drift_grace_period.as_ref()));
        let own = Say::of(self.spec.management, self.spec.drift_grace_period.as_ref());
        Ok(Rules::inherited(&[above.unwrap_or_default(), own])?)
    }

    fn extents(&self, _desired: &DesiredProject, ground: &Ground) -> Vec<Extent> {
        let is_seen = ground.present().is_some();
        vec![Extent { is_seen, ..Extent::own(&self.spec, self.flagsmith_name()) }]
    }

    fn differences(desired: &DesiredProject, changes: &[Change], ground: &Ground) -> Vec<Difference> {
        project_difference::of_project(&desired.wanted, changes, ground.present())
    }

    fn narrowed(desired: &DesiredProject, left: &Left, ground: &Ground) -> Plan {
        let places = left.keys().cloned().collect();
        Self::plan(&desired.narrowed(&places, ground.present()), ground)
    }

    crate::operator::road::managed::remembered!(ProjectStatus, |ground| ground.session.identity());

    fn resolve(&self, ground: &Ground) -> Result<DesiredProject, Obstacle> {
        Ok(DesiredProject {
            wanted: self.wanted(ground.session.organisation()),
            known: found::known(&self.recorded(ground)),
            may_be_made: true,
        })
    }

    async fn observe(&self, ground: &Ground, desired: &DesiredProject) -> Result<(), Obstacle> {
        let session = &ground.session;
        let seen = match &desired.known {
            Some(known) => found::mirrored(known, self.opened(ground, known.id)?)?,
            None => None,
        };
        let found = if let Some(found) = seen {
            found
        } else {
            let projects = session.client().projects(session.organisation()).await?;
            let refusal = session.making().refusal(&desired.wanted.name, Instant::now());
            found::find(desired, (projects, refusal))?
        };
        if let Found::Present(project) | Found::Unknown(project) = &found {
            self.opened(ground, project.id)?;
        }
        self.may_have(&found, ground)?;
        ground.found.get_or_init(|| found);
        Ok(())
    }

    fn mirror(ground: &Ground) -> Option<&Arc<LiveMirror>> {
        ground.mirror.get()
    }

    fn plan(desired: &DesiredProject, ground: &Ground) -> Plan {
        found::plan(desired, ground.found.get())
    }

    fn stands(&self, ground: &Ground) -> bool {
        ground.present().is_some()
    }

    fn record(&self, plan: &Plan, ground: &Ground) -> Option<ProjectStatus> {
        let held = self.recorded(ground);
        if plan.changes.iter().any(|change| matches!(change, Change::Project(ProjectStep::Create(_)))) {
            // Once it was refused, somebody else may make it: that is not to be taken for ours.
            let creation = held.creation.filter(|_| held.uuid.is_none()).or(Some(ProjectCreation::Asked));
            let server = Some(ground.session.identity());
            return Some(ProjectStatus { id: None, uuid: None, origin: None, creation, server, ..held });
        }
        // Whose it is is judged at the first sight of it, before any write makes it as we want it.
        let first = ground.present().filter(|_| held.uuid.is_none())?;
        Some(self.seen(first, ground))
    }

    async fn apply(&self, change: &Change, rooms: &Rooms) -> Result<bool, Obstacle> {
        let Change::Project(ProjectStep::Create(wanted)) = change else { return Ok(false) };
        making::make(&*rooms.session(&connection(self))?, wanted).await?;
        Ok(true)
    }

    async fn freshen(&self, ground: &Ground) -> Result<(), Obstacle> {
        ground.session.making().forgive(&self.flagsmith_name().into());
        if let Some(id) = self.recorded_id() {
            // Where it fails, the mirror's health says so, and `observe` judges it.
            let _ = ground.session.mirror(id).relist().await;
        }
        Ok(())
    }

    fn words(&self, rooms: &Rooms) -> Vec<Word> {
        let session = connected(self, rooms).and_then(|connection| rooms.session(&connection)).ok();
        let recorded = self.status.as_ref().and_then(|status| Some((status.server.as_ref()?, status.id?)));
        let mirror = session
            .zip(recorded)
            .and_then(|(session, (server, id))| session.kept(ProjectId(id)).filter(|_| *server == session.identity()));
        // What was said of it stays until there is news of it.
        let health = mirror.map(|mirror| mirror.health()).filter(|health| health.loaded || health.error.is_some());
        health.iter().map(freshness).collect()
    }

    fn settle(&self, ground: &Ground, _seen: &(), _plan: &Plan) -> Settled<ProjectStatus> {
        let found = match ground.found.get() {
            Some(Found::Present(project) | Found::Unknown(project)) => project,
            Some(Found::Absent(_)) | None => return self.unmade(ground),
        };
        let status = ProjectStatus {
            observed_generation: None,
            last_handled_reconcile_at: None,
            conditions: Vec::new(),
            poll_interval: interval(self, ground.session.terms()).ok().map(|interval| interval.text),
            ..self.seen(found, ground)
        };
        let health = ground.mirror.get().map(|mirror| mirror.health()).unwrap_or_default();
        Settled { status, extra: vec![freshness(&health)], obstacles: Vec::new(), recheck: None }
    }
}

impl FlagsmithProject {
    /// The mirror of its project, which is read as often as is said.
    fn opened<'a>(&self, ground: &'a Ground, id: ProjectId) -> Result<&'a Arc<LiveMirror>, Obstacle> {
        ground.session.pace(id, interval(self, ground.session.terms())?.duration);
        Ok(ground.mirror.get_or_init(|| ground.session.mirror(id)))
    }
}

impl Ground {
    /// The creation of one that was refused lately, where there is none.
    #[must_use]
    pub fn refusal(&self) -> Option<&Refusal> {
        match self.found.get() {
            Some(Found::Absent(refusal)) => refusal.as_ref(),
            _ => None,
        }
    }

    /// The project, where it was found.
    #[must_use]
    pub fn present(&self) -> Option<&Project> {
        match self.found.get() {
            Some(Found::Present(project)) => Some(project),
            _ => None,
        }
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
    // Nothing new begins through one that is to go.
    if found.metadata.deletion_timestamp.is_some() && project.metadata.deletion_timestamp.is_none() {
        return Err(Obstacle::ConnectionNotReady { name: connection.name.clone() });
    }
    Ok(connection)
}

/// How often the project is read: its own word, or its connection's.
fn interval(project: &FlagsmithProject, terms: &Terms) -> Result<Interval, InvalidSpec> {
    project.spec.poll_interval.as_deref().map_or_else(|| Ok(terms.poll_interval.clone()), Interval::of_polls)
}
