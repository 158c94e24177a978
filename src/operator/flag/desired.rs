//! From a `FeatureFlag`'s spec, and from who owns what, to a flag that cannot be wrong. Pure.

use super::{desired_definition, desired_state::state};
use crate::operator::{
    obstacle::{InvalidSpec, Obstacle},
    ownership::claim::Claims,
};
use crate::{
    crd::{FeatureFlag, FlagValue},
    flagsmith::Value,
    world::{flag::DesiredFlag, value::DesiredValue},
};

/// What Flagsmith keeps of a text, in characters (`FEATURE_VALUE_LIMIT`, facts.md §4).
const LONGEST_VALUE: usize = 20_000;

/// The flag as its author wants it, without what other objects own.
///
/// # Errors
/// [`InvalidSpec`] for what a schema cannot refuse.
pub fn resolve(flag: &FeatureFlag, claims: &Claims) -> Result<DesiredFlag, InvalidSpec> {
    let definition = claims.owns_definition().then(|| desired_definition::resolve(flag)).transpose()?;
    let owned = flag.spec.environments.iter().filter(|one| claims.owns_environment(&one.name));
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
    let mut contested: Vec<_> = claims.barred.iter().map(|one| one.denial.clone().into()).collect();
    if claims.own.defines && !claims.owns_definition() {
        let owner = claims.definition().title.clone();
        contested.push(Obstacle::Conflict { what: format!("the definition of feature {name}"), owner });
    }
    let is_barred = |name: &str| claims.barred.iter().any(|one| one.environment == name);
    for environment in flag.spec.environments.iter().filter(|one| !is_barred(&one.name)) {
        let owner = claims.environment(&environment.name);
        if owner.uid != claims.own.uid {
            let what = format!("environment {} of feature {name}", environment.name);
            contested.push(Obstacle::Conflict { what, owner: owner.title.clone() });
        }
    }
    contested
}

/// A description as Flagsmith keeps it: it drops blanks around it, such as the line break at the end of a YAML block.
#[must_use]
pub fn described(text: &str) -> String {
    text.trim().to_owned()
}

/// The value that a manifest says.
pub(in crate::operator) fn resolve_value(value: &FlagValue, field: &str) -> Result<DesiredValue, InvalidSpec> {
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{crd::FeatureFlagSpec, operator::ownership::claim::Claimant};

    fn flag(spec: &serde_json::Value) -> FeatureFlag {
        let spec: FeatureFlagSpec = serde_json::from_value(spec.clone()).unwrap();
        FeatureFlag::new("checkout", spec)
    }

    fn claimant(uid: &str, defines: bool, environments: &[&str]) -> Claimant {
        Claimant {
            created: None,
            uid: uid.to_owned(),
            title: format!("FeatureFlag shop/{uid}"),
            defines,
            environments: environments.iter().map(|&name| name.to_owned()).collect(),
        }
    }

    fn alone() -> Claims {
        Claims { own: claimant("b", true, &["production"]), others: Vec::new(), barred: Vec::new() }
    }

    fn with_value(value: &serde_json::Value) -> FeatureFlag {
        flag(&json!({"projectRef": {"name": "shop"}, "environments": [{"name": "production", "value": value}]}))
    }

    fn value(value: &serde_json::Value) -> Result<DesiredValue, InvalidSpec> {
        let desired = resolve(&with_value(value), &alone())?;
        Ok(desired.states[0].value.clone().unwrap())
    }

    #[test]
    fn each_kind_of_value_becomes_the_one_that_flagsmith_keeps() {
        let exactly = |value| Ok(DesiredValue::Exactly(value));
        assert_eq!(value(&json!({"string": "42"})), exactly(Value::String("42".to_owned())));
        assert_eq!(value(&json!({"integer": -2_147_483_648_i64})), exactly(Value::Integer(i32::MIN)));
        assert_eq!(value(&json!({"boolean": false})), exactly(Value::Boolean(false)));
        assert_eq!(value(&json!({"none": {}})), exactly(Value::Null));
        let text = value(&json!({"json": {"limit": 10}})).unwrap().to_value();
        assert_eq!(text, Value::String(r#"{"limit":10}"#.to_owned()));
    }

    #[test]
    fn what_older_schemas_let_through_is_told_to_the_author_by_its_field() {
        let field = || "spec.environments[production].value".to_owned();
        let past = InvalidSpec::IntegerOutOfRange { field: field() };
        assert_eq!(value(&json!({"integer": 2_147_483_648_i64})), Err(past));
        let two = InvalidSpec::NotOneValue { field: field() };
        assert_eq!(value(&json!({"integer": 1, "boolean": true})), Err(two.clone()));
        assert_eq!(value(&json!({})), Err(two));
    }

    #[test]
    fn json_is_measured_as_the_text_that_flagsmith_keeps() {
        let object = |length: usize| json!({"json": {"k": "x".repeat(length)}});
        let around = r#"{"k":""}"#.len();
        assert!(value(&object(LONGEST_VALUE - around)).is_ok());
        let field = "spec.environments[production].value".to_owned();
        let too_long = InvalidSpec::JsonTooLong { field, length: LONGEST_VALUE + 1 };
        assert_eq!(value(&object(LONGEST_VALUE - around + 1)), Err(too_long));
    }

    #[test]
    fn a_default_is_sent_as_text() {
        for (value, text) in [
            (json!({"integer": 42}), Some("42")),
            (json!({"boolean": true}), Some("true")),
            (json!({"string": "grey"}), Some("grey")),
            (json!({"none": {}}), None),
        ] {
            let flag = flag(&json!({"projectRef": {"name": "shop"}, "defaults": {"value": value}}));
            let definition = resolve(&flag, &alone()).unwrap().definition.unwrap();
            assert_eq!(definition.initial_value.as_deref(), text);
        }
    }

    #[test]
    fn what_an_older_object_says_is_left_out_and_told() {
        let older = claimant("a", true, &["production"]);
        let claims =
            Claims { own: claimant("b", true, &["production", "staging"]), others: vec![older], barred: Vec::new() };
        let spec = json!({"projectRef": {"name": "shop"}, "environments": [
            {"name": "production", "enabled": true}, {"name": "staging", "enabled": true}]});
        let desired = resolve(&flag(&spec), &claims).unwrap();
        assert_eq!(desired.definition, None);
        let environments: Vec<_> = desired.states.iter().map(|one| one.environment.as_str()).collect();
        assert_eq!(environments, ["staging"]);
        let told: Vec<_> = contested(&flag(&spec), &claims).iter().map(ToString::to_string).collect();
        assert_eq!(told.len(), 2);
        assert!(told.iter().all(|message| message.contains("FeatureFlag shop/a")), "{told:?}");
    }
}
