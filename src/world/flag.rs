//! What a flag should be, and the changes that make it so.

use serde_json::{Map, Value as Json};

use super::{
    Cell, Change, FlagRef, Known, Missing, Plan, World,
    definition::{self, DesiredDefinition},
};
use crate::flagsmith::{Environment, EnvironmentName, Feature, FeatureName, FlagState, StatePatch, Value};

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

/// A flag's state in one environment. An absent field is never written.
#[derive(Clone, Debug, PartialEq)]
pub struct DesiredState {
    /// The environment's name.
    pub environment: EnvironmentName,
    /// Whether the flag is on.
    pub enabled: Option<bool>,
    /// The flag's value.
    pub value: Option<DesiredValue>,
}

/// A value as its author wants it.
#[derive(Clone, Debug, PartialEq)]
pub enum DesiredValue {
    /// Exactly this one.
    Exactly(Value),
    /// Any text that means this object.
    Json(Map<String, Json>),
}

impl DesiredValue {
    /// Whether what Flagsmith holds is what is wanted. JSON is compared by its meaning, all else exactly.
    #[must_use]
    pub fn is_met_by(&self, live: &Value) -> bool {
        match (self, live) {
            (Self::Exactly(wanted), live) => wanted == live,
            (Self::Json(wanted), Value::String(text)) => {
                serde_json::from_str::<Map<String, Json>>(text).is_ok_and(|live| is_same_object(&live, wanted))
            }
            (Self::Json(_), _) => false,
        }
    }

    /// The value as Flagsmith keeps it.
    #[must_use]
    pub fn to_value(&self) -> Value {
        match self {
            Self::Exactly(value) => value.clone(),
            Self::Json(object) => Value::String(Json::Object(object.clone()).to_string()),
        }
    }
}

fn is_same_object(one: &Map<String, Json>, other: &Map<String, Json>) -> bool {
    one.len() == other.len() && one.iter().all(|(key, value)| other.get(key).is_some_and(|other| is_same(value, other)))
}

/// Whether two pieces of JSON mean the same: 1 and 1.0 are one number, and Kubernetes itself writes the one for the other.
fn is_same(one: &Json, other: &Json) -> bool {
    match (one, other) {
        (Json::Object(one), Json::Object(other)) => is_same_object(one, other),
        (Json::Array(one), Json::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| is_same(one, other))
        }
        (Json::Number(one), Json::Number(other)) if one.is_f64() || other.is_f64() => one.as_f64() == other.as_f64(),
        (one, other) => one == other,
    }
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
                    plan_state(&mut plan, state, (environment, feature), world);
                }
            }
            Err(missing) => plan.missing.push(missing),
        }
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

fn plan_state(plan: &mut Plan, desired: &DesiredState, at: (&Environment, &Feature), world: &World) {
    let (environment, feature) = at;
    let (id, named) = (environment.id, FlagRef::of(feature));
    let change = match world.state(id, feature.id) {
        Known::Unknown => {
            plan.unknown.push(Cell::State(id, feature.id));
            return;
        }
        Known::Absent => {
            whole(desired, feature).map(|state| Change::RestoreState { environment: id, feature: named, state })
        }
        Known::Present(live) => {
            difference(desired, live).map(|patch| Change::SetState { environment: id, feature: named, patch })
        }
    };
    match change {
        // The API would let most of it through (facts.md §11), which is not what they asked for.
        Some(_) if environment.asks_for_approvals() => plan.missing.push(Missing::Approval(environment.name.clone())),
        change => plan.changes.extend(change),
    }
}

/// A state that is not there, where the author says anything of it: the rest is as the feature's defaults say.
fn whole(desired: &DesiredState, feature: &Feature) -> Option<FlagState> {
    let DesiredState { environment: _, enabled, value } = desired;
    let is_said = enabled.is_some() || value.is_some();
    is_said.then(|| FlagState {
        enabled: enabled.unwrap_or(feature.default_enabled),
        value: value.as_ref().map_or_else(|| initial(feature), DesiredValue::to_value),
        ..FlagState::default()
    })
}

/// What an environment starts with: Flagsmith guesses the type of the text (facts.md §4).
fn initial(feature: &Feature) -> Value {
    match feature.initial_value.as_deref() {
        None => Value::Null,
        Some("true" | "True") => Value::Boolean(true),
        Some("false" | "False") => Value::Boolean(false),
        Some(text) => text.parse().map_or_else(|_| Value::String(text.to_owned()), Value::Integer),
    }
}

fn difference(desired: &DesiredState, live: &FlagState) -> Option<StatePatch> {
    let DesiredState { environment: _, enabled, value } = desired;
    let patch = StatePatch {
        enabled: enabled.filter(|wanted| *wanted != live.enabled),
        value: value.as_ref().filter(|wanted| !wanted.is_met_by(&live.value)).map(DesiredValue::to_value),
        ..StatePatch::default()
    };
    (patch.enabled.is_some() || patch.value.is_some()).then_some(patch)
}
