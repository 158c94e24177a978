//! `FlagsmithEnvironment` on the road: adopted, or created exactly once; its key goes to a Secret.

pub mod ground;
pub mod key;
pub mod settings;
pub mod status;

use std::sync::Arc;

use kube::{ResourceExt as _, runtime::reflector::ObjectRef};

use crate::operator::{
    flag::desired,
    ground::{Reference, loaded},
    obstacle::{InvalidSpec, Obstacle, Unmade, lack},
    ownership::{self, Extent, Left, Rules, Say, is_graced, twin},
    publication::{delivery::Delivery, rotation},
    road::managed::{Managed, Retention, Rooms, Settled},
};
use crate::{
    crd::{
        EnvironmentStatus, FlagsmithConnection, FlagsmithEnvironment, Management, Origin, PlaceDeletionPolicy,
        ROTATE_CLIENT_KEY,
    },
    flagsmith::{Environment, EnvironmentName},
    mirror::LiveMirror,
    world::{
        Change, EnvironmentStep, Missing, Plan,
        difference::{Difference, Field, Scope},
        environment::{self as world, DesiredEnvironment, Versioning},
        project_difference,
        removal::plan_environment,
    },
};
use ground::Ground;

crate::operator::road::managed::status!(EnvironmentStatus, |status| status.uuid.is_some(), |status| status.origin);

impl Managed for FlagsmithEnvironment {
    type Status = EnvironmentStatus;
    type Ground = Ground;
    type Desired = DesiredEnvironment;
    type Seen = ();

    fn is_suspended(&self, rooms: &Rooms) -> bool {
        self.spec.suspend || self.reference().is_suspended(rooms)
    }

    fn status(&self) -> Option<&EnvironmentStatus> {
        self.status.as_ref()
    }

    fn connection(&self, rooms: &Rooms) -> Option<ObjectRef<FlagsmithConnection>> {
        self.reference().connection(rooms)
    }

    async fn fetch(&self, rooms: &Rooms) -> Result<Ground, Obstacle> {
        let project = self.reference().ground(rooms)?;
        if self.metadata.deletion_timestamp.is_none() {
            twin::refuse(self, rooms)?;
        }
        Ground::of(self, project, rooms).await
    }

    fn resolve(&self, ground: &Ground) -> Result<DesiredEnvironment, Obstacle> {
        let copy = self
            .spec
            .settings
            .clone_from
            .as_deref()
            .map(|of| world::Copy { of: of.into(), provisional: self.provisional() });
        let asked = if ground.versioning.is_sent { Versioning::Asked } else { Versioning::Wanted };
        Ok(DesiredEnvironment {
            project: ground.project.project,
            name: self.flagsmith_name().into(),
            description: self.spec.description.as_deref().map(desired::described),
            settings: settings::wanted(&self.spec.settings),
            copy,
            versioning: self.spec.settings.feature_versioning.map(|_| asked),
            uuid: ground.uuid.clone(),
            gone: ground.gone,
            key: ground.key.clone(),
            may_be_made: true,
            rotation: ground.rotation.clone(),
        })
    }

    /// A switch that an operator before this one asked for keeps flags from being written too, and this object, though its author
    /// wants it no more.
    async fn observe(&self, ground: &Ground, desired: &DesiredEnvironment) -> Result<(), Obstacle> {
        let mirror = &ground.project.mirror;
        loaded(mirror)?;
        if let Some(live) = self.live(ground).filter(|live| !live.use_v2_feature_versioning) {
            if ground.versioning.is_sent {
                mirror.is_switching(live.id);
                mirror.want_lists();
            } else if ground.versioning.is_overdue {
                mirror.is_not_switching(live.id);
            }
        }
        mirror.read(|known| self.may_have(known, ground, desired))
    }

    fn mirror(ground: &Ground) -> Option<&Arc<LiveMirror>> {
        Some(&ground.project.mirror)
    }

    fn plan(desired: &DesiredEnvironment, ground: &Ground) -> Plan {
        ground.project.mirror.read(|known| world::plan(desired, known))
    }

    fn retention(&self) -> Retention {
        match self.spec.deletion_policy {
            Some(PlaceDeletionPolicy::Delete) => Retention::Farewell,
            Some(PlaceDeletionPolicy::Orphan) | None => Retention::Keep,
        }
    }

    fn is_place() -> bool {
        true
    }

    fn farewell(&self, ground: &Ground) -> Plan {
        let removal = ground.removal.as_ref();
        let plan = removal.map(|removal| ground.project.mirror.read(|known| plan_environment(removal, known)));
        plan.unwrap_or_default()
    }

    fn has_recorded(&self) -> bool {
        self.status.as_ref().is_some_and(|status| status.uuid.is_some() || status.origin == Some(Origin::Created))
    }

    const IS_OWNED: bool = true;

    fn rules(&self, rooms: &Rooms) -> Result<Rules, Obstacle> {
        let own = Say::of(self.spec.management, self.spec.drift_grace_period.as_ref());
        Ok(self.reference().rules(rooms, own)?)
    }

    fn extents(&self, desired: &DesiredEnvironment, ground: &Ground) -> Vec<Extent> {
        vec![Extent::planned(&Self::plan(desired, ground), (&self.spec, self.flagsmith_name()))]
    }

    fn differences(desired: &DesiredEnvironment, changes: &[Change], ground: &Ground) -> Vec<Difference> {
        ground.project.mirror.read(|known| project_difference::of_environment(desired, changes, known))
    }

    fn narrowed(desired: &DesiredEnvironment, left: &Left, ground: &Ground) -> Plan {
        let places = left.keys().cloned().collect();
        let narrowed =
            ground.project.mirror.read(|known| project_difference::narrowed_environment(desired, &places, known));
        let mut plan = Self::plan(&narrowed, ground);
        plan.missing.retain(|missing| !matches!(missing, Missing::Environment(_)) || !is_graced(left));
        plan
    }

    crate::operator::road::managed::remembered!(EnvironmentStatus, |ground| ground.project.identity());

    fn stands(&self, ground: &Ground) -> bool {
        let is_copy = |live: &Environment| self.resolve(ground).is_ok_and(|desired| world::is_copy(&desired, live));
        self.live(ground).is_some_and(|live| !live.is_creating && !is_copy(&live))
    }

    fn record(&self, plan: &Plan, ground: &Ground) -> Option<EnvironmentStatus> {
        let makes = |change: &Change| match change {
            Change::CreateEnvironment(_) => true,
            Change::MakeEnvironment(step) => matches!(step, EnvironmentStep::Clone { .. }),
            _ => false,
        };
        if plan.changes.iter().any(makes) {
            return Some(self.intent(ground));
        }
        let live = self.live(ground)?;
        let switches = |change: &Change| matches!(change, Change::MakeEnvironment(EnvironmentStep::Version { .. }));
        if plan.changes.iter().any(switches) {
            let versioning_requested_at = Some(ground.versioning.at.to_string());
            return Some(EnvironmentStatus { versioning_requested_at, ..self.seen(ground, &live) });
        }
        // A copy is known by its name until it is recorded: then it may have its own.
        let is_copy = self.resolve(ground).is_ok_and(|desired| world::is_copy(&desired, &live));
        is_copy.then(|| EnvironmentStatus { origin: Some(Origin::Created), ..self.seen(ground, &live) })
    }

    async fn apply(&self, change: &Change, rooms: &Rooms) -> Result<bool, Obstacle> {
        match change {
            Change::ChooseKey => key::choose(self, &rooms.client).await?,
            Change::ChooseNextKey => key::choose_next(self, &rooms.client).await?,
            _ => return Ok(false),
        }
        Ok(true)
    }

    async fn deliver(
        &self,
        rooms: &Rooms,
        ground: &Ground,
        settled: &mut Settled<EnvironmentStatus>,
    ) -> Result<(), Obstacle> {
        // A copy that is not whole yet is nobody's to use.
        let Some(live) = self.live(ground).filter(|live| !live.is_creating) else { return Ok(()) };
        let is_observed = self.rules(rooms)?.own.management == Management::Observe;
        Delivery { owner: self, live: &live, project: &ground.project, is_observed }.bring(rooms, settled).await
    }

    fn attest(&self, ground: &Ground, settled: &mut Settled<EnvironmentStatus>) {
        let is_open = self.live(ground).is_some_and(|live| !live.use_v2_feature_versioning);
        let left = ownership::places(&settled.status.ownership.drift);
        let is_left = left.contains(&(Scope::Own, Field::FeatureVersioning));
        if is_open && !is_left && self.spec.settings.feature_versioning.is_some() {
            settled.obstacles.push(Unmade::Versioning { name: self.flagsmith_name().into() }.into());
        }
    }

    fn settle(&self, ground: &Ground, _seen: &(), plan: &Plan) -> Settled<EnvironmentStatus> {
        let live = self.live(ground);
        let status = live.as_ref().map_or_else(|| self.recorded(ground), |live| self.seen(ground, live));
        let declined = ground.is_declined.then_some(InvalidSpec::RotationOfObserved { annotation: ROTATE_CLIENT_KEY });
        let obstacles = plan.missing.iter().map(lack::obstacle).chain(declined.map(Obstacle::from)).collect();
        let answered = live.as_ref().filter(|live| ground.has_answered(live));
        let answered = answered.and_then(|_| rotation::asked(self, ROTATE_CLIENT_KEY)).map(str::to_owned);
        let handled_rotate_client_key = answered.or(status.handled_rotate_client_key);
        let status = EnvironmentStatus { handled_rotate_client_key, ..status };
        Settled { status, extra: Vec::new(), obstacles, recheck: None }
    }
}

impl FlagsmithEnvironment {
    /// Where its project is.
    #[must_use]
    pub fn reference(&self) -> Reference<'_> {
        let is_leaving = self.metadata.deletion_timestamp.is_some();
        Reference { namespace: self.metadata.namespace.as_deref(), project: &self.spec.project_ref, is_leaving }
    }

    /// The name that a copy bears until it is recorded.
    #[must_use]
    pub fn provisional(&self) -> EnvironmentName {
        format!("in the making: {}", self.uid().unwrap_or_default()).into()
    }

    /// Its environment, as it was last seen.
    #[must_use]
    pub fn live(&self, ground: &Ground) -> Option<Environment> {
        let desired = self.resolve(ground).ok()?;
        ground.project.mirror.read(|known| world::find(&desired, known).ok().flatten().cloned())
    }
}
