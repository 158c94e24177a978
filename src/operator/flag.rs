//! `FeatureFlag` on the road.

use std::sync::Arc;

use kube::runtime::reflector::ObjectRef;

use super::{
    claim::Claims,
    desired_flag, environment,
    ground::{ProjectGround, Reference, loaded},
    managed::{Managed, Retention, Rooms, Settled},
    obstacle::Obstacle,
    origin::origin,
    twin,
};
use crate::{
    crd::{DeletionPolicy, FeatureFlag, FeatureFlagStatus, FlagsmithConnection, Origin},
    flagsmith::{Feature, FeatureName},
    mirror::LiveMirror,
    world::{
        Change, Plan, World, definition,
        flag::{self as world, DesiredFlag},
    },
};

super::managed::status!(FeatureFlagStatus, |status| status.uuid.is_some());

/// What a flag stands on.
#[derive(Debug)]
pub struct Ground {
    project: ProjectGround,
    /// All objects that name the flag.
    claims: Claims,
}

impl Managed for FeatureFlag {
    type Status = FeatureFlagStatus;
    type Ground = Ground;
    type Desired = DesiredFlag;
    type Seen = ();

    fn is_suspended(&self, rooms: &Rooms) -> bool {
        self.spec.suspend || self.reference().is_suspended(rooms)
    }

    fn status(&self) -> Option<&FeatureFlagStatus> {
        self.status.as_ref()
    }

    fn connection(&self, rooms: &Rooms) -> Option<ObjectRef<FlagsmithConnection>> {
        self.reference().connection(rooms)
    }

    fn retention(&self) -> Retention {
        match self.deletion_policy() {
            DeletionPolicy::Delete | DeletionPolicy::Archive => Retention::Farewell,
            DeletionPolicy::Orphan => Retention::Keep,
        }
    }

    async fn fetch(&self, rooms: &Rooms) -> Result<Ground, Obstacle> {
        let project = self.reference().ground(rooms)?;
        Ok(Ground { project, claims: twin::claims(self, rooms) })
    }

    fn resolve(&self, ground: &Ground) -> Result<DesiredFlag, Obstacle> {
        Ok(desired_flag::resolve(self, &ground.claims)?)
    }

    async fn observe(&self, ground: &Ground, _desired: &DesiredFlag) -> Result<(), Obstacle> {
        loaded(&ground.project.mirror)
    }

    fn mirror(ground: &Ground) -> Option<&Arc<LiveMirror>> {
        Some(&ground.project.mirror)
    }

    fn plan(desired: &DesiredFlag, ground: &Ground) -> Plan {
        ground.project.mirror.read(|known| world::plan(desired, known))
    }

    fn farewell(&self, ground: &Ground) -> Plan {
        if !(ground.claims.owns_definition() && ground.claims.is_alone()) {
            return Plan::default();
        }
        let name = self.feature_name();
        ground.project.mirror.read(|known| match self.deletion_policy() {
            _ if !self.is_meant(known, ground) => Plan::default(),
            DeletionPolicy::Delete => definition::plan_removal(&name, known),
            DeletionPolicy::Archive => definition::plan_archive(&name, known),
            DeletionPolicy::Orphan => Plan::default(),
        })
    }

    fn record(&self, plan: &Plan, ground: &Ground) -> Option<FeatureFlagStatus> {
        if plan.changes.iter().any(|change| matches!(change, Change::CreateFeature(_))) {
            return Some(self.intent(ground));
        }
        // Whether an intent was borne out is judged at the first sight of the feature, before any write makes it as we want it.
        let held = self.recorded(ground);
        let is_open = held.origin == Some(Origin::Created) && held.id.is_none();
        let desired = self.resolve(ground).ok()?;
        let judge = |known: &World| {
            let feature = known.definition(&desired.name).present()?;
            Some(FeatureFlagStatus {
                id: Some(feature.id.0),
                uuid: Some(feature.uuid.to_string()),
                origin: Some(origin(&held, feature, (Some(&desired), known))),
                name_free_at: None,
                ..held.clone()
            })
        };
        is_open.then(|| ground.project.mirror.read(judge)).flatten()
    }

    fn settle(&self, ground: &Ground, _seen: &(), plan: &Plan) -> Settled<FeatureFlagStatus> {
        let desired = self.resolve(ground);
        let status = ground.project.mirror.read(|known| self.status_in(known, ground, desired.as_ref().ok()));
        let contested = desired_flag::contested(self, &ground.claims);
        let missing = plan.missing.iter().map(environment::obstacle);
        Settled { status, extra: Vec::new(), obstacles: contested.into_iter().chain(missing).collect(), recheck: None }
    }
}

impl FeatureFlag {
    /// Where its project is.
    #[must_use]
    pub fn reference(&self) -> Reference<'_> {
        Reference { namespace: self.metadata.namespace.as_deref(), project: &self.spec.project_ref }
    }

    /// Whether the feature of that name is the one that the policy speaks of: the recorded one, and not another that was made
    /// after it was deleted; where none is recorded, one that a policy was written down for, or that our creation made.
    fn is_meant(&self, known: &World, ground: &Ground) -> bool {
        let Some(feature) = known.definition(&self.feature_name()).present() else {
            return true;
        };
        let held = self.recorded(ground);
        let is_recorded = held.uuid.as_deref().map(|uuid| uuid == feature.uuid.as_str());
        is_recorded.unwrap_or(true)
            && (self.spec.deletion_policy.is_some()
                || origin(&held, feature, (self.resolve(ground).ok().as_ref(), known)) == Origin::Created)
    }

    /// What is recorded before a creation.
    fn intent(&self, ground: &Ground) -> FeatureFlagStatus {
        let held = self.recorded(ground);
        let is_recorded = held.origin == Some(Origin::Created) && held.id.is_none();
        // The first sight of the free name is what counts: a creation of ours that was cut short came after it.
        let seen_free = ground.project.mirror.health().listed_at.map(|time| time.to_string());
        let name_free_at = if is_recorded { held.name_free_at.clone() } else { seen_free };
        FeatureFlagStatus {
            origin: Some(Origin::Created),
            server: Some(ground.project.identity()),
            id: None,
            uuid: None,
            name_free_at,
            ..held
        }
    }

    fn feature_name(&self) -> FeatureName {
        self.flagsmith_name().into()
    }

    /// What was written down wins; else what we created is deleted, and what we found stays. Missing status reads as found.
    fn deletion_policy(&self) -> DeletionPolicy {
        let origin = self.status.as_ref().and_then(|status| status.origin);
        self.spec.deletion_policy.unwrap_or(match origin {
            Some(Origin::Created) => DeletionPolicy::Delete,
            Some(Origin::Adopted) | None => DeletionPolicy::Orphan,
        })
    }

    /// The status as far as it means something here: what was recorded for another server or organisation is left out.
    fn recorded(&self, ground: &Ground) -> FeatureFlagStatus {
        let held = self.status.clone().unwrap_or_default();
        if held.server.as_ref() == Some(&ground.project.identity()) {
            return held;
        }
        let FeatureFlagStatus { observed_generation, conditions, .. } = held;
        FeatureFlagStatus { observed_generation, conditions, ..FeatureFlagStatus::default() }
    }

    fn status_in(&self, known: &World, ground: &Ground, desired: Option<&DesiredFlag>) -> FeatureFlagStatus {
        let held = self.recorded(ground);
        let name = self.feature_name();
        let Some(feature) = known.definition(&name).present() else {
            return FeatureFlagStatus { name: Some(name.to_string()), ..held };
        };
        FeatureFlagStatus {
            observed_generation: None,
            last_handled_reconcile_at: None,
            conditions: Vec::new(),
            name: Some(name.to_string()),
            id: Some(feature.id.0),
            uuid: Some(feature.uuid.to_string()),
            server: Some(ground.project.identity()),
            origin: Some(origin(&held, feature, (desired, known))),
            name_free_at: None,
            enabled_in: Some(self.enabled_in(known, feature)),
        }
    }

    /// The environments that the spec names and in which the flag is on.
    fn enabled_in(&self, known: &World, feature: &Feature) -> String {
        let is_on = |name: &str| {
            let environment = known.environments.iter().find(|one| one.name.as_str() == name);
            let state = environment.and_then(|one| known.state(one.id, feature.id).present());
            state.is_some_and(|state| state.enabled)
        };
        let names = self.spec.environments.iter().map(|one| one.name.as_str());
        names.filter(|name| is_on(name)).collect::<Vec<_>>().join(",")
    }
}
