//! What the status of a `FeatureFlag` says, and how its feature came to be its own.

use super::{
    Ground,
    origin::{name_free_at, origin},
};
use crate::operator::{
    obstacle::Obstacle,
    ownership::adoption::{self, Named, Thing},
};
use crate::{
    crd::{FeatureFlag, FeatureFlagStatus, Origin},
    flagsmith::Feature,
    world::{Known, World, flag::DesiredFlag, tag},
};

impl FeatureFlag {
    /// What is recorded before a creation.
    #[must_use]
    pub fn intent(&self, ground: &Ground) -> FeatureFlagStatus {
        let held = self.recorded(ground);
        let name_free_at = name_free_at((held.origin, held.id), held.name_free_at.as_ref(), &ground.project.mirror);
        FeatureFlagStatus {
            origin: Some(Origin::Created),
            server: Some(ground.project.identity()),
            id: None,
            uuid: None,
            name_free_at,
            ..held
        }
    }

    /// Whether the policy lets the object have the feature that is there, or make one.
    ///
    /// # Errors
    /// What the policy forbids.
    pub fn may_have(&self, known: &World, ground: &Ground, desired: &DesiredFlag) -> Result<(), Obstacle> {
        let found = match known.definition(&desired.name) {
            _ if desired.definition.is_none() => return Ok(()),
            Known::Unknown => return Ok(()),
            Known::Absent => None,
            Known::Present(feature) => Some(origin(&self.recorded(ground), feature, (Some(desired), known))),
        };
        let named = Named { thing: Thing::Feature, name: desired.name.to_string() };
        Ok(adoption::judge(self.spec.adoption_policy, found, named)?)
    }

    /// The status as far as it means something here: what was recorded for another server or organisation is left out.
    #[must_use]
    pub fn recorded(&self, ground: &Ground) -> FeatureFlagStatus {
        let held = self.status.clone().unwrap_or_default();
        if held.server.as_ref() == Some(&ground.project.identity()) {
            return held;
        }
        let FeatureFlagStatus { observed_generation, conditions, .. } = held;
        FeatureFlagStatus { observed_generation, conditions, ..FeatureFlagStatus::default() }
    }

    /// The status of a flag in that world.
    #[must_use]
    pub fn status_in(&self, known: &World, ground: &Ground, desired: Option<&DesiredFlag>) -> FeatureFlagStatus {
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
            also_managed_by: also_managed_by(feature, ground, known),
            enabled_in: Some(self.enabled_in(known, feature)),
            ownership: held.ownership,
            environments: held.environments,
            probes: Vec::new(),
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

/// The other clusters that keep the feature too, as their tags name them.
fn also_managed_by(feature: &Feature, ground: &Ground, known: &World) -> Option<String> {
    let others = tag::other_keepers(feature, ground.project.managed_tag.as_ref(), known);
    (!others.is_empty()).then(|| others.into_iter().collect::<Vec<_>>().join(", "))
}
