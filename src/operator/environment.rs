//! `FlagsmithEnvironment` on the road: adopted, or created exactly once; its key goes to a Secret.

use std::sync::Arc;

use kube::{ResourceExt as _, runtime::reflector::ObjectRef};

use super::{
    adoption::{self, Named, Thing},
    audience::Audience,
    delivery::Delivery,
    desired_flag,
    environment_ground::Ground,
    environment_key, environment_settings,
    ground::{Reference, loaded},
    managed::{Managed, Retention, Rooms, Settled},
    obstacle::{Departure, InvalidSpec, Obstacle, Unmade, Unresolved},
    ownership::{Extent, Left, Record, Rules, Say, is_graced},
    rotation, twin,
};
use crate::{
    crd::{
        EnvironmentStatus, FlagsmithConnection, FlagsmithEnvironment, Management, Origin, PlaceDeletionPolicy,
        ROTATE_CLIENT_KEY,
    },
    flagsmith::Environment,
    mirror::LiveMirror,
    world::{
        Change, EnvironmentStep, Missing, Plan, World,
        difference::Difference,
        environment::{self as world, DesiredEnvironment, Versioning},
        project_difference,
        removal::plan_environment,
    },
};

super::managed::status!(EnvironmentStatus, |status| status.uuid.is_some(), |status| status.origin);

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
        let copy = self.spec.settings.clone_from.as_deref().map(|of| world::Copy {
            of: of.into(),
            provisional: format!("in the making: {}", self.uid().unwrap_or_default()).into(),
        });
        let asked = if ground.versioning.is_sent { Versioning::Asked } else { Versioning::Wanted };
        Ok(DesiredEnvironment {
            project: ground.project.project,
            name: self.flagsmith_name().into(),
            description: self.spec.description.as_deref().map(desired_flag::described),
            settings: environment_settings::wanted(&self.spec.settings),
            copy,
            versioning: self.spec.settings.feature_versioning.map(|_| asked),
            uuid: ground.uuid.clone(),
            gone: ground.gone,
            key: ground.key.clone(),
            may_be_made: true,
            rotation: ground.rotation.clone(),
        })
    }

    /// A switch that an operator before this one asked for keeps flags from being written too.
    async fn observe(&self, ground: &Ground, desired: &DesiredEnvironment) -> Result<(), Obstacle> {
        let mirror = &ground.project.mirror;
        loaded(mirror)?;
        if let Some(live) = self.live(ground).filter(|live| world::is_awaited(desired, live)) {
            mirror.is_switching(live.id);
            mirror.want_lists();
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

    const IS_OWNED: bool = true;

    fn rules(&self, rooms: &Rooms) -> Result<Rules, Obstacle> {
        let own = Say::of(self.spec.management, self.spec.drift_grace_period.as_ref());
        Ok(Rules::inherited(&self.reference().says(rooms, own))?)
    }

    fn extents(&self, desired: &DesiredEnvironment, ground: &Ground) -> Vec<Extent> {
        let plan = Self::plan(desired, ground);
        let is_seen = plan.unknown.is_empty() && plan.missing.is_empty();
        vec![Extent { is_seen, ..Extent::own(&self.spec, self.flagsmith_name()) }]
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

    fn remembered(status: &EnvironmentStatus) -> Record {
        Record { ownership: status.ownership.clone(), environments: Vec::new() }
    }

    fn recall(&self, ground: &Ground) -> Option<Record> {
        let status = self.status.as_ref()?;
        Self::remembered(status).recalled(status.server.as_ref(), &ground.project.identity())
    }

    fn keep(status: EnvironmentStatus, record: Record) -> EnvironmentStatus {
        EnvironmentStatus { ownership: record.ownership, ..status }
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
            Change::ChooseKey => environment_key::choose(self, &rooms.client).await?,
            Change::ChooseNextKey => environment_key::choose_next(self, &rooms.client).await?,
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
        let Some(live) = self.live(ground) else { return Ok(()) };
        let has_server_keys = self.spec.server_keys.as_ref().is_some_and(|keys| !keys.is_empty());
        if has_server_keys && self.rules(rooms)?.own.management == Management::Observe {
            return Err(InvalidSpec::KeysOfObserved.into());
        }
        Delivery { owner: self, live: &live, session: &ground.project.session }.bring(rooms, settled).await
    }

    fn settle(&self, ground: &Ground, _seen: &(), plan: &Plan) -> Settled<EnvironmentStatus> {
        let live = self.live(ground);
        let status = live.as_ref().map_or_else(|| self.recorded(ground), |live| self.seen(ground, live));
        let mut obstacles: Vec<_> = plan.missing.iter().map(obstacle).collect();
        let is_open = live.as_ref().is_some_and(|live| !live.use_v2_feature_versioning);
        if is_open && self.spec.settings.feature_versioning.is_some() {
            obstacles.push(Unmade::Versioning { name: self.flagsmith_name().into() }.into());
        }
        // The plan is quiet, so that what was asked for is done.
        let answered = live.as_ref().and_then(|_| rotation::asked(self, ROTATE_CLIENT_KEY)).map(str::to_owned);
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

    fn live(&self, ground: &Ground) -> Option<Environment> {
        let desired = self.resolve(ground).ok()?;
        ground.project.mirror.read(|known| world::find(&desired, known).ok().flatten().cloned())
    }

    /// What is recorded before a creation.
    fn intent(&self, ground: &Ground) -> EnvironmentStatus {
        EnvironmentStatus {
            origin: Some(Origin::Created),
            server: Some(ground.project.identity()),
            id: None,
            uuid: None,
            versioning_requested_at: None,
            ..self.recorded(ground)
        }
    }

    /// The status of an object whose environment was seen.
    fn seen(&self, ground: &Ground, live: &Environment) -> EnvironmentStatus {
        let held = self.recorded(ground);
        let is_same = held.uuid.as_deref() == Some(live.uuid.as_str());
        let is_open = is_same && !live.use_v2_feature_versioning;
        EnvironmentStatus {
            name: Some(live.name.to_string()),
            id: Some(live.id.0),
            uuid: Some(live.uuid.to_string()),
            server: Some(ground.project.identity()),
            origin: Some(origin(held.origin, ground, live)),
            versioning_requested_at: held.versioning_requested_at.clone().filter(|_| is_open),
            ..held
        }
    }

    /// Whether the policy lets the object have the environment that is there, or make one.
    fn may_have(&self, known: &World, ground: &Ground, desired: &DesiredEnvironment) -> Result<(), Obstacle> {
        if known.environments_unknown {
            return Ok(());
        }
        let Ok(live) = world::find(desired, known) else { return Ok(()) };
        let held = self.recorded(ground).origin;
        let came_by = |live| if world::is_copy(desired, live) { Origin::Created } else { origin(held, ground, live) };
        let named = Named { thing: Thing::Environment, name: desired.name.to_string() };
        Ok(adoption::judge(self.spec.adoption_policy, live.map(came_by), named)?)
    }

    /// The status as far as it means something here: what was recorded for another server or organisation is left out.
    fn recorded(&self, ground: &Ground) -> EnvironmentStatus {
        let held = self.status.clone().unwrap_or_default();
        if held.server.as_ref() == Some(&ground.project.identity()) {
            return held;
        }
        let EnvironmentStatus {
            observed_generation,
            conditions,
            last_handled_reconcile_at,
            handled_rotate_server_keys,
            handled_rotate_client_key,
            ..
        } = held;
        EnvironmentStatus {
            observed_generation,
            conditions,
            last_handled_reconcile_at,
            handled_rotate_server_keys,
            handled_rotate_client_key,
            ..EnvironmentStatus::default()
        }
    }
}

/// Created is what bears the key that we chose; what was recorded stays.
fn origin(held: Option<Origin>, ground: &Ground, live: &Environment) -> Origin {
    match held {
        Some(origin) if ground.uuid.as_ref() == Some(&live.uuid) => origin,
        _ if ground.key.as_ref() == Some(&live.key) => Origin::Created,
        _ => Origin::Adopted,
    }
}

/// What stands in the way where a plan misses something.
#[must_use]
pub fn obstacle(missing: &Missing) -> Obstacle {
    match missing {
        Missing::Environment(name) => Obstacle::EnvironmentNotFound { name: name.clone() },
        Missing::EnvironmentTwins(name) => Obstacle::AmbiguousName { kind: "environment", name: name.to_string() },
        Missing::EnvironmentDeleted(name) => Obstacle::EnvironmentDeleted { name: name.clone() },
        Missing::Held(held) => Departure::from(held).into(),
        Missing::Settling(name) => Unmade::Settling { name: name.clone() }.into(),
        Missing::Feature(name) => Obstacle::FeatureNotFound { name: name.clone() },
        Missing::TagTwins { label, tags } => Unresolved::TagTwins { label: label.clone(), tags: tags.clone() }.into(),
        Missing::User(email) => Unresolved::User { email: email.clone() }.into(),
        Missing::Group(name) => Unresolved::Group { name: name.clone() }.into(),
        Missing::GroupTwins { name, groups } => {
            Unresolved::GroupTwins { name: name.clone(), groups: groups.clone() }.into()
        }
        Missing::SegmentTwins(name, ids) => Audience::SegmentTwins { name: name.clone(), ids: ids.clone() }.into(),
        Missing::SegmentInUse(name, flags) => {
            Audience::SegmentInUse { name: name.clone(), flags: flags.clone() }.into()
        }
        Missing::Approval(name) => Obstacle::ApprovalRequired { environment: name.clone() },
        Missing::Segment(name) => Audience::SegmentNotFound { name: name.clone() }.into(),
        Missing::SegmentOfAnother(name) => Audience::SegmentOfAnother { name: name.clone() }.into(),
        Missing::Variant(key) => Audience::VariantNotFound { key: key.clone() }.into(),
        Missing::Overweight(environment, segment) => {
            let of_segment = segment.as_ref().map(|segment| format!(", for segment {segment}")).unwrap_or_default();
            Audience::Overweight { place: format!("environment {environment}{of_segment}") }.into()
        }
    }
}
