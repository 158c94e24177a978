//! From what a `FeatureFlag` says of an environment to a state that cannot be wrong. Pure.

use std::collections::BTreeSet;

use super::desired::resolve_value;
use crate::operator::obstacle::InvalidSpec;
use crate::{
    crd::{FlagEnvironment, FlagIdentityOverride, FlagSegmentOverride, FlagValue, VariantWeight},
    flagsmith::{Identifier, Percentage},
    world::{
        identities::DesiredIdentity,
        state::{DesiredOverride, DesiredState, DesiredWeights},
        value::DesiredValue,
    },
};

/// What the author says of an environment.
///
/// # Errors
/// [`InvalidSpec`] for what a schema cannot refuse.
pub fn state(environment: &FlagEnvironment) -> Result<DesiredState, InvalidSpec> {
    let FlagEnvironment {
        name,
        management: _,
        drift_grace_period: _,
        enabled,
        value,
        weights: shares,
        segment_overrides,
        identity_overrides,
    } = environment;
    let field = format!("spec.environments[{name}]");
    let segments = segment_overrides.iter().flatten().map(|one| one.segment.as_str());
    once(segments, &format!("{field}.segmentOverrides"))?;
    let named = identity_overrides.iter().flatten().map(|one| one.identity.as_str());
    once(named, &format!("{field}.identityOverrides"))?;
    let overrides = segment_overrides.as_ref().map(|list| list.iter().map(|one| of_segment(one, &field)).collect());
    let identities = identity_overrides.as_ref().map(|list| list.iter().map(|one| of_identity(one, &field)).collect());
    Ok(DesiredState {
        environment: name.as_str().into(),
        enabled: *enabled,
        value: resolved(value.as_ref(), &field)?,
        weights: weights(shares.as_deref(), &field)?,
        overrides: overrides.transpose()?,
        identities: identities.transpose()?,
    })
}

/// Each name once.
fn once<'a>(names: impl Iterator<Item = &'a str>, field: &str) -> Result<(), InvalidSpec> {
    let mut seen = BTreeSet::new();
    let mut names = names.filter(|name| !seen.insert(*name));
    names.next().map_or(Ok(()), |name| Err(InvalidSpec::Twice { field: format!("{field}[{name}]") }))
}

fn of_segment(one: &FlagSegmentOverride, field: &str) -> Result<DesiredOverride, InvalidSpec> {
    let FlagSegmentOverride { segment, enabled, value, weights: shares } = one;
    let field = format!("{field}.segmentOverrides[{segment}]");
    Ok(DesiredOverride {
        segment: segment.as_str().into(),
        enabled: *enabled,
        value: resolved(value.as_ref(), &field)?,
        weights: weights(shares.as_deref(), &field)?,
    })
}

fn of_identity(one: &FlagIdentityOverride, field: &str) -> Result<(Identifier, DesiredIdentity), InvalidSpec> {
    let FlagIdentityOverride { identity, enabled, value } = one;
    let field = format!("{field}.identityOverrides[{identity}]");
    let desired = DesiredIdentity { enabled: *enabled, value: resolved(value.as_ref(), &field)? };
    Ok((identity.as_str().into(), desired))
}

fn resolved(value: Option<&FlagValue>, field: &str) -> Result<Option<DesiredValue>, InvalidSpec> {
    value.map(|value| resolve_value(value, &format!("{field}.value"))).transpose()
}

/// Shares that leave room for each other: a sum in a list in a list is more than the apiserver lets a schema compute.
fn weights(shares: Option<&[VariantWeight]>, field: &str) -> Result<Option<DesiredWeights>, InvalidSpec> {
    let Some(shares) = shares else { return Ok(None) };
    let share = |VariantWeight { variant, weight }: &VariantWeight| {
        let share: Percentage = weight
            .to_string()
            .parse()
            .map_err(|_| InvalidSpec::NotAPercentage { field: format!("{field}.weights[{variant}].weight") })?;
        Ok((variant.clone(), share))
    };
    let weights = shares.iter().map(share).collect::<Result<DesiredWeights, InvalidSpec>>()?;
    let sum = Percentage::sum(weights.values().copied());
    if sum > Percentage::WHOLE {
        return Err(InvalidSpec::Overweight { field: format!("{field}.weights"), sum });
    }
    Ok(Some(weights))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::*;
    use crate::flagsmith::Value;

    fn resolve(fields: &Json) -> Result<DesiredState, InvalidSpec> {
        let mut environment = fields.clone();
        environment["name"] = json!("production");
        state(&serde_json::from_value(environment).unwrap())
    }

    #[test]
    fn shares_are_read_as_whole_numbers_and_as_texts() {
        let desired =
            resolve(&json!({"weights": [{"variant": "a", "weight": 30}, {"variant": "b", "weight": "12.5"}]}));
        let weights = desired.unwrap().weights.unwrap();
        assert_eq!(weights["a"], "30".parse().unwrap());
        assert_eq!(weights["b"], "12.5".parse().unwrap());
    }

    #[test]
    fn shares_of_more_than_a_hundred_are_told_to_the_author_where_they_stand() {
        let shares = json!([{"variant": "a", "weight": 60}, {"variant": "b", "weight": "40.000001"}]);
        let told = resolve(&json!({"weights": shares})).unwrap_err().to_string();
        assert_eq!(
            told,
            "spec.environments[production].weights come to 100.000001: Flagsmith serves at most 100 in all, lower some"
        );
        let overrides = json!([{"segment": "beta", "weights": shares}]);
        let told = resolve(&json!({"segmentOverrides": overrides})).unwrap_err().to_string();
        assert!(told.starts_with("spec.environments[production].segmentOverrides[beta].weights"), "{told}");
    }

    #[test]
    fn a_list_that_is_absent_is_not_an_empty_one() {
        let absent = resolve(&json!({})).unwrap();
        assert_eq!((absent.weights, absent.overrides, absent.identities), (None, None, None));
        let none = resolve(&json!({"segmentOverrides": [], "identityOverrides": []})).unwrap();
        assert_eq!((none.overrides.unwrap().len(), none.identities.unwrap().len()), (0, 0));
    }

    #[test]
    fn a_segment_or_an_identity_that_is_there_twice_is_told_to_the_author() {
        let segments = json!([{"segment": "a"}, {"segment": "b"}, {"segment": "a", "enabled": true}]);
        let told = resolve(&json!({"segmentOverrides": segments})).unwrap_err().to_string();
        assert_eq!(told, "spec.environments[production].segmentOverrides[a] is there twice: leave one");
        let identities = json!([{"identity": "jane"}, {"identity": "jane"}]);
        let told = resolve(&json!({"identityOverrides": identities})).unwrap_err().to_string();
        assert!(told.contains("identityOverrides[jane] is there twice"), "{told}");
    }

    #[test]
    fn overrides_keep_their_order_and_leave_out_what_the_author_does() {
        let overrides = json!([{"segment": "z", "value": {"none": {}}}, {"segment": "a", "enabled": true}]);
        let desired = resolve(&json!({"segmentOverrides": overrides})).unwrap().overrides.unwrap();
        assert_eq!(desired[0].segment.as_str(), "z");
        assert_eq!((desired[0].enabled, &desired[0].value), (None, &Some(DesiredValue::Exactly(Value::Null))));
        assert_eq!((desired[1].enabled, &desired[1].value), (Some(true), &None));
    }
}
