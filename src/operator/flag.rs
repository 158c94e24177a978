//! `FeatureFlag` on the road.

use std::sync::Arc;

use kube::runtime::reflector::ObjectRef;

use super::{
    claim::Claims,
    desired_flag, environment,
    ground::{ProjectGround, Reference, loaded},
    managed::{Managed, Retention, Rooms, Settled},
    obstacle::Obstacle,
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
        Settled { status, extra: Vec::new(), obstacles: contested.into_iter().chain(missing).collect() }
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

/// Created once the recorded intent is borne out by what was found: not made before the name was seen free, and as we sent it.
fn origin(held: &FeatureFlagStatus, feature: &Feature, (desired, known): (Option<&DesiredFlag>, &World)) -> Origin {
    let Some(recorded) = held.origin else { return Origin::Adopted };
    if let Some(uuid) = &held.uuid {
        // Another feature of that name, made by somebody else after ours was deleted, is not ours.
        return if uuid == feature.uuid.as_str() { recorded } else { Origin::Adopted };
    }
    let free_at = held.name_free_at.as_deref().and_then(|time| time.parse().ok());
    let is_newer = free_at.is_some_and(|free_at: k8s_openapi::jiff::Timestamp| feature.created_date >= free_at);
    let sent = desired.and_then(|desired| desired.definition.as_ref());
    let is_as_sent = sent.is_some_and(|sent| sent.made(feature, known));
    if is_newer && is_as_sent { Origin::Created } else { Origin::Adopted }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{flagsmith::FeatureId, world::definition::DesiredDefinition};

    fn feature() -> Feature {
        Feature {
            id: FeatureId(7),
            uuid: "uuid-7".into(),
            name: "checkout".into(),
            description: Some("The new checkout".to_owned()),
            created_date: "2026-11-24T14:00:01.5Z".parse().unwrap(),
            initial_value: Some("grey".to_owned()),
            default_enabled: false,
            is_archived: false,
            is_server_key_only: false,
            tags: [].into(),
            owners: Vec::new(),
            group_owners: Vec::new(),
            variants: Vec::new(),
        }
    }

    fn desired() -> DesiredFlag {
        let definition = DesiredDefinition {
            description: Some("The new checkout".to_owned()),
            initial_value: Some("grey".to_owned()),
            ..DesiredDefinition::default()
        };
        DesiredFlag { name: "checkout".into(), definition: Some(definition), states: Vec::new() }
    }

    fn intent(name_free_at: &str) -> FeatureFlagStatus {
        FeatureFlagStatus {
            origin: Some(Origin::Created),
            name_free_at: Some(name_free_at.to_owned()),
            ..FeatureFlagStatus::default()
        }
    }

    #[test]
    fn a_feature_without_a_record_of_ours_is_adopted() {
        assert_eq!(
            origin(&FeatureFlagStatus::default(), &feature(), (Some(&desired()), &World::default())),
            Origin::Adopted
        );
    }

    #[test]
    fn an_intent_is_borne_out_by_a_feature_made_after_the_name_was_seen_free() {
        assert_eq!(
            origin(&intent("2026-11-24T14:00:01Z"), &feature(), (Some(&desired()), &World::default())),
            Origin::Created
        );
    }

    #[test]
    fn a_feature_older_than_the_sight_of_its_free_name_is_not_ours() {
        assert_eq!(
            origin(&intent("2026-11-24T14:00:02Z"), &feature(), (Some(&desired()), &World::default())),
            Origin::Adopted
        );
    }

    #[test]
    fn a_feature_with_other_content_than_we_sent_is_not_ours() {
        let other = Feature { initial_value: Some("green".to_owned()), ..feature() };
        assert_eq!(
            origin(&intent("2026-11-24T14:00:01Z"), &other, (Some(&desired()), &World::default())),
            Origin::Adopted
        );
    }

    #[test]
    fn another_feature_of_the_recorded_name_is_not_ours() {
        let recorded = |uuid: &str| FeatureFlagStatus { uuid: Some(uuid.to_owned()), ..intent("2026-11-24T14:00:01Z") };
        assert_eq!(origin(&recorded("uuid-7"), &feature(), (Some(&desired()), &World::default())), Origin::Created);
        assert_eq!(origin(&recorded("uuid-6"), &feature(), (Some(&desired()), &World::default())), Origin::Adopted);
    }
}
