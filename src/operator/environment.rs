//! `FlagsmithEnvironment` on the road: adopted, or created exactly once; its key goes to a Secret.

use std::sync::Arc;

use kube::runtime::reflector::ObjectRef;

use super::{
    adoption::{self, Named, Thing},
    audience::Audience,
    desired_flag, environment_key,
    ground::{ProjectGround, Reference, loaded},
    managed::{Managed, Retention, Rooms, Settled},
    obstacle::{Departure, Obstacle, Unresolved},
    ownership::{Extent, Left, Record, Rules, Say, is_graced},
    secret, tie, twin,
};
use crate::{
    crd::{EnvironmentStatus, FlagsmithConnection, FlagsmithEnvironment, Origin, PlaceDeletionPolicy},
    flagsmith::{Environment, EnvironmentKey, Uuid},
    mirror::LiveMirror,
    world::{
        Change, Missing, Plan, World,
        difference::Difference,
        environment::{self as world, DesiredEnvironment},
        project_difference,
        removal::{Removal, plan_environment},
    },
};

super::managed::status!(EnvironmentStatus, |status| status.uuid.is_some(), |status| status.origin);

/// What an environment stands on.
#[derive(Debug)]
pub struct Ground {
    project: ProjectGround,
    /// What was recorded of it for this very server.
    uuid: Option<Uuid>,
    /// The key that was chosen for its creation.
    key: Option<EnvironmentKey>,
    /// Where the object is to go, and its environment with it: who else has to do with it.
    removal: Option<Removal>,
}

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
        let recorded = self.status.as_ref().filter(|status| status.server.as_ref() == Some(&project.identity()));
        let uuid = recorded.and_then(|status| status.uuid.clone()).map(Uuid::from);
        if self.metadata.deletion_timestamp.is_some() {
            let removal = uuid.clone().and_then(|uuid| tie::of_environment(self, uuid, rooms));
            return Ok(Ground { project, uuid, key: None, removal });
        }
        twin::refuse(self, rooms)?;
        let key = if uuid.is_some() { None } else { environment_key::read(self, &rooms.client).await? };
        Ok(Ground { project, uuid, key, removal: None })
    }

    fn resolve(&self, ground: &Ground) -> Result<DesiredEnvironment, Obstacle> {
        Ok(DesiredEnvironment {
            project: ground.project.project,
            name: self.flagsmith_name().into(),
            description: self.spec.description.as_deref().map(desired_flag::described),
            uuid: ground.uuid.clone(),
            key: ground.key.clone(),
            may_be_made: true,
        })
    }

    async fn observe(&self, ground: &Ground, desired: &DesiredEnvironment) -> Result<(), Obstacle> {
        loaded(&ground.project.mirror)?;
        ground.project.mirror.read(|known| self.may_have(known, ground, desired))
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
        let creates = plan.changes.iter().any(|change| matches!(change, Change::CreateEnvironment(_)));
        creates.then(|| EnvironmentStatus {
            origin: Some(Origin::Created),
            server: Some(ground.project.identity()),
            id: None,
            uuid: None,
            ..self.status.clone().unwrap_or_default()
        })
    }

    async fn apply(&self, change: &Change, rooms: &Rooms) -> Result<bool, Obstacle> {
        let is_ours = matches!(change, Change::ChooseKey);
        if is_ours {
            environment_key::choose(self, &rooms.client).await?;
        }
        Ok(is_ours)
    }

    async fn publish(&self, rooms: &Rooms, ground: Ground, _seen: &()) -> Result<(), Obstacle> {
        let Some(live) = self.live(&ground) else { return Ok(()) };
        secret::publish(self, rooms, (&live.key, &ground.project.session.terms().sdk_url)).await
    }

    fn settle(&self, ground: &Ground, _seen: &(), plan: &Plan) -> Settled<EnvironmentStatus> {
        let held = self.status.clone().unwrap_or_default();
        let status = match self.live(ground) {
            Some(live) => EnvironmentStatus {
                name: Some(live.name.to_string()),
                id: Some(live.id.0),
                uuid: Some(live.uuid.to_string()),
                server: Some(ground.project.identity()),
                origin: Some(origin(held.origin, ground, &live)),
                observed_generation: None,
                last_handled_reconcile_at: None,
                conditions: Vec::new(),
                ownership: held.ownership,
            },
            None => held,
        };
        Settled { status, extra: Vec::new(), obstacles: plan.missing.iter().map(obstacle).collect() }
    }
}

impl FlagsmithEnvironment {
    /// Where its project is.
    #[must_use]
    pub fn reference(&self) -> Reference<'_> {
        let is_leaving = self.metadata.deletion_timestamp.is_some();
        Reference { namespace: self.metadata.namespace.as_deref(), project: &self.spec.project_ref, is_leaving }
    }

    /// Whether the policy lets the object have the environment that is there, or make one.
    fn may_have(&self, known: &World, ground: &Ground, desired: &DesiredEnvironment) -> Result<(), Obstacle> {
        if known.environments_unknown {
            return Ok(());
        }
        let Ok(live) = world::find(desired, known) else { return Ok(()) };
        let held = self.status.as_ref().and_then(|status| status.origin);
        let found = live.map(|live| origin(held, ground, live));
        let named = Named { thing: Thing::Environment, name: desired.name.to_string() };
        Ok(adoption::judge(self.spec.adoption_policy, found, named)?)
    }

    fn live(&self, ground: &Ground) -> Option<Environment> {
        let desired = self.resolve(ground).ok()?;
        ground.project.mirror.read(|known| world::find(&desired, known).ok().flatten().cloned())
    }
}

/// Created is what bears the key that we chose; what was recorded stays.
fn origin(held: Option<Origin>, ground: &Ground, live: &Environment) -> Origin {
    match held {
        Some(origin) if ground.uuid.is_some() => origin,
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
