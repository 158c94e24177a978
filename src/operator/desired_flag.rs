//! From a `FeatureFlag`'s spec, and from who owns what, to a flag that cannot be wrong. Pure.

use super::{
    claim::Claims,
    obstacle::{InvalidSpec, Obstacle},
};
use crate::{
    crd::{FeatureFlag, FlagDefaults, FlagEnvironment, FlagValue},
    flagsmith::Value,
    world::flag::{DesiredDefinition, DesiredFlag, DesiredState, DesiredValue},
};

/// What Flagsmith keeps of a text, in characters (`FEATURE_VALUE_LIMIT`, facts.md §4).
const LONGEST_VALUE: usize = 20_000;

/// The flag as its author wants it, without what other objects own.
///
/// # Errors
/// [`InvalidSpec`] for what a schema cannot refuse.
pub fn resolve(flag: &FeatureFlag, claims: &Claims) -> Result<DesiredFlag, InvalidSpec> {
    let definition = claims.owns_definition().then(|| definition(flag)).transpose()?;
    let owned = flag.spec.environments.iter().filter(|one| claims.environment(&one.name).uid == claims.own.uid);
    Ok(DesiredFlag {
        name: flag.flagsmith_name().into(),
        definition,
        states: owned.map(state).collect::<Result<_, _>>()?,
    })
}

/// What an older object already says.
#[must_use]
pub fn contested(flag: &FeatureFlag, claims: &Claims) -> Vec<Obstacle> {
    let name = flag.flagsmith_name();
    let mut contested = Vec::new();
    if claims.own.defines && !claims.owns_definition() {
        let owner = claims.definition().title.clone();
        contested.push(Obstacle::Conflict { what: format!("the definition of feature {name}"), owner });
    }
    for environment in &flag.spec.environments {
        let owner = claims.environment(&environment.name);
        if owner.uid != claims.own.uid {
            let what = format!("environment {} of feature {name}", environment.name);
            contested.push(Obstacle::Conflict { what, owner: owner.title.clone() });
        }
    }
    contested
}

fn definition(flag: &FeatureFlag) -> Result<DesiredDefinition, InvalidSpec> {
    let FlagDefaults { enabled, value } = flag.spec.defaults.clone().unwrap_or_default();
    let value = value.map(|value| resolve_value(&value, "spec.defaults.value")).transpose()?;
    Ok(DesiredDefinition {
        description: flag.spec.description.clone(),
        default_enabled: enabled,
        initial_value: value.and_then(|value| initial_value(&value)),
    })
}

/// Flagsmith guesses the type of a default from its text (facts.md §4); the schema refuses the strings that it would misread.
fn initial_value(value: &DesiredValue) -> Option<String> {
    match value.to_value() {
        Value::String(text) => Some(text),
        Value::Integer(number) => Some(number.to_string()),
        Value::Boolean(truth) => Some(truth.to_string()),
        Value::Null => None,
    }
}

fn state(environment: &FlagEnvironment) -> Result<DesiredState, InvalidSpec> {
    let FlagEnvironment { name, enabled, value } = environment;
    let field = format!("spec.environments[{name}].value");
    Ok(DesiredState {
        environment: name.as_str().into(),
        enabled: *enabled,
        value: value.as_ref().map(|value| resolve_value(value, &field)).transpose()?,
    })
}

fn resolve_value(value: &FlagValue, field: &str) -> Result<DesiredValue, InvalidSpec> {
    let field = || field.to_owned();
    let exactly = |value| Ok(DesiredValue::Exactly(value));
    match value.clone() {
        FlagValue { string: Some(text), integer: None, boolean: None, json: None, none: None } => {
            exactly(Value::String(text))
        }
        FlagValue { string: None, integer: Some(number), boolean: None, json: None, none: None } => {
            let number = i32::try_from(number).map_err(|_| InvalidSpec::IntegerOutOfRange { field: field() })?;
            exactly(Value::Integer(number))
        }
        FlagValue { string: None, integer: None, boolean: Some(truth), json: None, none: None } => {
            exactly(Value::Boolean(truth))
        }
        FlagValue { string: None, integer: None, boolean: None, json: Some(object), none: None } => {
            let value = DesiredValue::Json(object);
            let Value::String(text) = value.to_value() else { return Ok(value) };
            let length = text.chars().count();
            if length > LONGEST_VALUE {
                return Err(InvalidSpec::JsonTooLong { field: field(), length });
            }
            Ok(value)
        }
        FlagValue { string: None, integer: None, boolean: None, json: None, none: Some(_) } => exactly(Value::Null),
        FlagValue { string: _, integer: _, boolean: _, json: _, none: _ } => {
            Err(InvalidSpec::NotOneValue { field: field() })
        }
    }
}
