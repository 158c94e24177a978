//! From a `FeatureFlag`'s spec to the definition of a feature that cannot be wrong. Pure.

use super::desired::{described, resolve_value};
use crate::operator::obstacle::InvalidSpec;
use crate::{
    crd::{FeatureFlag, FeatureFlagSpec, FlagDefaults, FlagOwners, FlagVariant},
    flagsmith::Value,
    world::{definition::DesiredDefinition, owner::DesiredOwners, value::DesiredValue, variant::DesiredVariant},
};

/// The definition as its author wants it.
///
/// # Errors
/// [`InvalidSpec`] for what a schema cannot refuse.
pub fn resolve(flag: &FeatureFlag) -> Result<DesiredDefinition, InvalidSpec> {
    let FeatureFlagSpec {
        project_ref: _,
        name: _,
        description,
        tags,
        owners,
        server_key_only,
        archived,
        defaults,
        variants,
        environments: _,
        management: _,
        drift_grace_period: _,
        verify: _,
        deletion_policy: _,
        adoption_policy: _,
        suspend: _,
    } = &flag.spec;
    let FlagDefaults { enabled, value } = defaults.clone().unwrap_or_default();
    let value = value.map(|value| resolve_value(&value, "spec.defaults.value")).transpose()?;
    let variants = variants.as_ref().map(|list| list.iter().map(variant).collect::<Result<_, _>>());
    Ok(DesiredDefinition {
        description: description.as_deref().map(described),
        default_enabled: enabled,
        initial_value: value.and_then(|value| initial_value(&value)),
        tags: tags.as_ref().map(|labels| labels.iter().cloned().collect()),
        managed_tag: None,
        owners: owners.as_ref().map(resolve_owners).unwrap_or_default(),
        is_server_key_only: *server_key_only,
        is_archived: *archived,
        variants: variants.transpose()?,
    })
}

fn resolve_owners(owners: &FlagOwners) -> DesiredOwners {
    let FlagOwners { users, groups } = owners;
    DesiredOwners {
        users: users.as_ref().map(|emails| emails.iter().map(|email| email.to_lowercase()).collect()),
        groups: groups.as_ref().map(|names| names.iter().cloned().collect()),
    }
}

fn variant(variant: &FlagVariant) -> Result<DesiredVariant, InvalidSpec> {
    let FlagVariant { key, value, weight } = variant;
    let share = |weight: &crate::crd::FlagPercentage| {
        let field = || format!("spec.variants[{key}].weight");
        weight.to_string().parse().map_err(|_| InvalidSpec::NotAPercentage { field: field() })
    };
    Ok(DesiredVariant {
        key: key.clone(),
        value: resolve_value(value, &format!("spec.variants[{key}].value"))?,
        weight: weight.as_ref().map(share).transpose()?,
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

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::*;

    fn resolved(fields: &Json) -> Result<DesiredDefinition, InvalidSpec> {
        let mut spec = json!({"projectRef": {"name": "shop"}});
        spec.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        resolve(&FeatureFlag::new("checkout", serde_json::from_value(spec).unwrap()))
    }

    #[test]
    fn what_is_left_out_and_what_is_empty_are_told_apart() {
        assert_eq!(resolved(&json!({})), Ok(DesiredDefinition::default()));
        let none = json!({"tags": [], "owners": {"users": [], "groups": []}, "variants": []});
        let DesiredDefinition { tags, owners, variants, .. } = resolved(&none).unwrap();
        let empty = DesiredOwners { users: Some([].into()), groups: Some([].into()) };
        assert_eq!((tags, owners, variants), (Some([].into()), empty, Some(Vec::new())));
    }

    #[test]
    fn a_weight_is_read_as_a_number_and_as_text() {
        let variant = |weight: &Json| json!({"variants": [{"key": "a", "value": {"string": "a"}, "weight": weight}]});
        for (weight, share) in [(json!(30), "30"), (json!("30"), "30"), (json!("12.50"), "12.5"), (json!(0), "0")] {
            let variants = resolved(&variant(&weight)).unwrap().variants.unwrap();
            assert_eq!(variants[0].weight.unwrap().to_string(), share);
        }
        let field = "spec.variants[a].weight".to_owned();
        assert_eq!(resolved(&variant(&json!("much"))), Err(InvalidSpec::NotAPercentage { field }));
    }

    #[test]
    fn an_owner_s_address_is_read_as_flagsmith_keeps_it() {
        let owners = resolved(&json!({"owners": {"users": ["Jane@Example.com"]}})).unwrap().owners;
        assert_eq!(owners, DesiredOwners { users: Some(["jane@example.com".to_owned()].into()), groups: None });
    }
}
