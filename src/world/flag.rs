//! What a flag should be, and the changes that make it so.

use super::{
    Cell, Known, Missing, Plan, World,
    definition::{self, DesiredDefinition},
    identities::plan_identities,
    state::{DesiredState, plan_state},
};
use crate::flagsmith::{Environment, EnvironmentName, Feature, FeatureName};

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

/// What must be written for the world to hold the flag.
#[must_use]
pub fn plan(desired: &DesiredFlag, world: &World) -> Plan {
    let mut plan = definition::plan(&desired.name, desired.definition.as_ref(), world);
    if world.environments_unknown {
        plan.unknown.push(Cell::Environments);
        return plan;
    }
    let feature = world.definition(&desired.name).present();
    // Until then no reading of a state would stand; what is known of one is written all the same, lest a variant that is
    // refused keep a flag from being switched off.
    let is_reweighed = plan.changes.iter().any(|change| change.reweighs().is_some());
    let is_awaited =
        |at: &Environment, feature: &Feature| is_reweighed && matches!(world.state(at.id, feature.id), Known::Unknown);
    for state in &desired.states {
        match environment(&state.environment, world) {
            Ok(environment) => {
                if let Some(feature) = feature.filter(|feature| !is_awaited(environment, feature)) {
                    let planned = plan.changes.len();
                    plan_state(&mut plan, state, (environment, feature), world);
                    plan_identities(&mut plan, state, (environment, feature), world);
                    hold_back(&mut plan, planned, (environment, world));
                }
            }
            Err(missing) => plan.missing.push(missing),
        }
    }
    plan
}

/// What would be written while Flagsmith is at work on the environment would be lost: it is written after that.
fn hold_back(plan: &mut Plan, planned: usize, (at, world): (&Environment, &World)) {
    if world.is_settling(at) && plan.changes.len() > planned {
        plan.changes.truncate(planned);
        plan.missing.push(Missing::Settling(at.name.clone()));
    }
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
