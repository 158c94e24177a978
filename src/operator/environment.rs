//! `FlagsmithEnvironment` on the road: adopted, or created exactly once; its key goes to a Secret.

use std::sync::Arc;

use kube::runtime::reflector::ObjectRef;

use super::{
    audience::Audience,
    delivery::Delivery,
    desired_flag, environment_key,
    ground::{ProjectGround, Reference, loaded},
    managed::{Managed, Rooms, Settled},
    obstacle::{Obstacle, Unresolved},
    rotation, twin,
};
use crate::{
    crd::{EnvironmentStatus, FlagsmithConnection, FlagsmithEnvironment, Origin, ROTATE_CLIENT_KEY},
    flagsmith::{Environment, EnvironmentKey, Uuid},
    mirror::LiveMirror,
    world::{
        Change, Missing, Plan,
        environment::{self as world, DesiredEnvironment, KeyRotation},
    },
};

super::managed::status!(EnvironmentStatus, |status| status.uuid.is_some());

/// What an environment stands on.
#[derive(Debug)]
pub struct Ground {
    project: ProjectGround,
    /// What was recorded of it for this very server.
    uuid: Option<Uuid>,
    /// The key that was chosen for its creation.
    key: Option<EnvironmentKey>,
    /// Another key that is asked for, and which, once it was chosen.
    rotation: Option<KeyRotation>,
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
        twin::refuse(self, rooms)?;
        let recorded = self.status.as_ref().filter(|status| status.server.as_ref() == Some(&project.identity()));
        let uuid = recorded.and_then(|status| status.uuid.clone()).map(Uuid::from);
        let key = if uuid.is_some() { None } else { environment_key::read(self, &rooms.client).await? };
        let rotation = if uuid.is_some() && rotation::is_open(self, ROTATE_CLIENT_KEY) {
            Some(KeyRotation { to: environment_key::read_next(self, &rooms.client).await? })
        } else {
            None
        };
        Ok(Ground { project, uuid, key, rotation })
    }

    fn resolve(&self, ground: &Ground) -> Result<DesiredEnvironment, Obstacle> {
        Ok(DesiredEnvironment {
            project: ground.project.project,
            name: self.flagsmith_name().into(),
            description: self.spec.description.as_deref().map(desired_flag::described),
            uuid: ground.uuid.clone(),
            key: ground.key.clone(),
            rotation: ground.rotation.clone(),
        })
    }

    async fn observe(&self, ground: &Ground, _desired: &DesiredEnvironment) -> Result<(), Obstacle> {
        loaded(&ground.project.mirror)
    }

    fn mirror(ground: &Ground) -> Option<&Arc<LiveMirror>> {
        Some(&ground.project.mirror)
    }

    fn plan(desired: &DesiredEnvironment, ground: &Ground) -> Plan {
        ground.project.mirror.read(|known| world::plan(desired, known))
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
        Delivery { owner: self, live: &live, session: &ground.project.session }.bring(rooms, settled).await
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
                server_keys: held.server_keys,
                handled_rotate_server_keys: held.handled_rotate_server_keys,
                // The plan is quiet, so that what was asked for is done.
                handled_rotate_client_key: rotation::asked(self, ROTATE_CLIENT_KEY)
                    .map(str::to_owned)
                    .or(held.handled_rotate_client_key),
                observed_generation: None,
                last_handled_reconcile_at: None,
                conditions: Vec::new(),
            },
            None => held,
        };
        Settled { status, extra: Vec::new(), obstacles: plan.missing.iter().map(obstacle).collect(), recheck: None }
    }
}

impl FlagsmithEnvironment {
    /// Where its project is.
    #[must_use]
    pub fn reference(&self) -> Reference<'_> {
        Reference { namespace: self.metadata.namespace.as_deref(), project: &self.spec.project_ref }
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
