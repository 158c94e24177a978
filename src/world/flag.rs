//! What a flag should be, and the changes that make it so.

use super::{
    Cell, Change, FlagRef, Known, Missing, Plan, World,
    identities::plan_identities,
    state::{DesiredState, plan_state},
};
use crate::flagsmith::{Environment, EnvironmentName, Feature, FeatureName, FeaturePatch, NewFeature};

/// A flag as its author wants it. It cannot be wrong: `operator::flag` makes it from a spec.
#[derive(Clone, Debug, PartialEq)]
pub struct DesiredFlag {
    /// The feature's name.
    pub name: FeatureName,
    /// The feature's own fields; `None` where another object owns them.
    pub definition: Option<DesiredDefinition>,
    /// The states, by environment; those that another object owns are left out.
    pub states: Vec<DesiredState>,
}

/// A feature's own fields. An absent one is never written.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DesiredDefinition {
    /// What people read beside the name.
    pub description: Option<String>,
    /// Whether an environment starts with the flag on; sent at creation only.
    pub default_enabled: Option<bool>,
    /// The value that an environment starts with, as Flagsmith keeps it; sent at creation only.
    pub initial_value: Option<String>,
}

/// What must be written for the world to hold the flag.
#[must_use]
pub fn plan(desired: &DesiredFlag, world: &World) -> Plan {
    let mut plan = Plan::default();
    match world.definition(&desired.name) {
        Known::Unknown => plan.unknown.push(Cell::Definition(desired.name.clone())),
        Known::Absent => match &desired.definition {
            Some(definition) => plan.changes.push(create(&desired.name, definition)),
            None => plan.missing.push(Missing::Feature(desired.name.clone())),
        },
        Known::Present(feature) => plan.changes.extend(update(desired, feature)),
    }
    if world.environments_unknown {
        plan.unknown.push(Cell::Environments);
        return plan;
    }
    let feature = world.definition(&desired.name).present();
    for state in &desired.states {
        match environment(&state.environment, world) {
            Ok(environment) => {
                if let Some(feature) = feature {
                    plan_state(&mut plan, state, (environment, feature), world);
                    plan_identities(&mut plan, state, (environment, feature), world);
                }
            }
            Err(missing) => plan.missing.push(missing),
        }
    }
    plan
}

/// What must be written for the feature to be gone.
#[must_use]
pub fn plan_removal(name: &FeatureName, world: &World) -> Plan {
    let mut plan = Plan::default();
    match world.definition(name) {
        Known::Unknown => plan.unknown.push(Cell::Definition(name.clone())),
        Known::Absent => {}
        Known::Present(feature) => plan.changes.push(Change::DeleteFeature(reference(feature))),
    }
    plan
}

/// What must be written for the feature to be archived; one that is gone needs nothing.
#[must_use]
pub fn plan_archive(name: &FeatureName, world: &World) -> Plan {
    let mut plan = Plan::default();
    match world.definition(name) {
        Known::Unknown => plan.unknown.push(Cell::Definition(name.clone())),
        Known::Present(feature) if !feature.is_archived => {
            plan.changes.push(Change::UpdateFeature {
                feature: reference(feature),
                patch: FeaturePatch { description: None, is_archived: Some(true) },
            });
        }
        Known::Absent | Known::Present(_) => {}
    }
    plan
}

/// The one environment of that name.
///
/// # Errors
/// [`Missing`] where there is none, or several.
pub fn environment<'a>(name: &EnvironmentName, world: &'a World) -> Result<&'a Environment, Missing> {
    let mut named = world.environments.iter().filter(|one| one.name == *name);
    match (named.next(), named.next()) {
        (Some(one), None) => Ok(one),
        (None, _) => Err(Missing::Environment(name.clone())),
        (Some(_), Some(_)) => Err(Missing::EnvironmentTwins(name.clone())),
    }
}

fn create(name: &FeatureName, definition: &DesiredDefinition) -> Change {
    let DesiredDefinition { description, default_enabled, initial_value } = definition.clone();
    Change::CreateFeature(NewFeature { name: name.clone(), description, default_enabled, initial_value })
}

fn update(desired: &DesiredFlag, feature: &Feature) -> Option<Change> {
    // The defaults are Flagsmith's to keep once the feature exists: it ignores them in silence (facts.md §4).
    let DesiredDefinition { description, default_enabled: _, initial_value: _ } = desired.definition.as_ref()?;
    let description =
        description.as_ref().filter(|wanted| wanted.as_str() != feature.description.as_deref().unwrap_or_default())?;
    Some(Change::UpdateFeature {
        feature: reference(feature),
        patch: FeaturePatch { description: Some(description.clone()), is_archived: None },
    })
}

pub(super) fn reference(feature: &Feature) -> FlagRef {
    FlagRef { id: feature.id, name: feature.name.clone() }
}

impl DesiredDefinition {
    /// Whether that feature is as a creation of ours would have left it.
    #[must_use]
    pub fn made(&self, feature: &Feature) -> bool {
        let Self { description, default_enabled, initial_value } = self;
        let same = |sent: &Option<String>, live: &Option<String>| sent.as_ref().is_none_or(|_| sent == live);
        same(description, &feature.description)
            && same(initial_value, &feature.initial_value)
            && default_enabled.is_none_or(|sent| sent == feature.default_enabled)
    }
}
