//! Gives each field of a definition the description that stands beside it in the source.
//!
//! kube describes an optional field of an enum or a struct by the doc of that type, which says nothing of what its absence means.

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::{
    CustomResourceDefinition, JSONSchemaProps, JSONSchemaPropsOrArray,
};
use schemars::{JsonSchema, generate::SchemaSettings};
use serde_json::Value;

/// The same definition, with the descriptions of its spec's and its status's fields.
#[must_use]
pub fn described<Spec: JsonSchema, Status: JsonSchema>(
    mut definition: CustomResourceDefinition,
) -> CustomResourceDefinition {
    for version in &mut definition.spec.versions {
        let schema = version.schema.as_mut().and_then(|schema| schema.open_api_v3_schema.as_mut());
        let Some(properties) = schema.and_then(|schema| schema.properties.as_mut()) else { continue };
        for (part, said) in [("spec", said::<Spec>()), ("status", said::<Status>())] {
            if let Some(schema) = properties.get_mut(part) {
                describe(schema, &said);
            }
        }
    }
    definition
}

/// What the source says of a type, with all that it holds in place.
fn said<T: JsonSchema>() -> Value {
    let settings = SchemaSettings::draft07().with(|settings| settings.inline_subschemas = true);
    settings.into_generator().into_root_schema_for::<T>().to_value()
}

fn describe(schema: &mut JSONSchemaProps, said: &Value) {
    for (name, field) in schema.properties.iter_mut().flatten() {
        let Some(said) = property(said, name) else { continue };
        if let Some(description) = said.get("description").and_then(Value::as_str) {
            field.description = Some(description.to_owned());
        }
        describe(field, said);
    }
    if let Some(JSONSchemaPropsOrArray::Schema(items)) = &mut schema.items
        && let Some(said) = bare(said).get("items")
    {
        describe(items, said);
    }
}

fn property<'a>(said: &'a Value, name: &str) -> Option<&'a Value> {
    bare(said).get("properties")?.get(name)
}

/// What is optional, without that.
fn bare(said: &Value) -> &Value {
    let either = said.get("anyOf").and_then(Value::as_array).map(Vec::as_slice);
    match either {
        Some([one, _]) => one,
        _ => said,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crd::definitions;

    #[test]
    fn an_optional_field_says_what_its_absence_means() {
        let mut silent = Vec::new();
        for definition in definitions() {
            let schema = definition.spec.versions[0].schema.as_ref().unwrap().open_api_v3_schema.as_ref().unwrap();
            let spec = &schema.properties.as_ref().unwrap()["spec"];
            let required = spec.required.clone().unwrap_or_default();
            let optional = spec.properties.iter().flatten().filter(|(name, _)| !required.contains(name));
            // One with a default is never absent; of a switch and of a list by name it is plain what no word means.
            let to_tell = optional.filter(|(name, field)| {
                field.default.is_none() && !["suspend", "environments"].contains(&name.as_str())
            });
            let is_silent =
                |field: &JSONSchemaProps| !field.description.as_deref().unwrap_or_default().contains("Absent:");
            silent.extend(
                to_tell
                    .filter(|(_, field)| is_silent(field))
                    .map(|(name, _)| format!("{} {name}", definition.spec.names.kind)),
            );
        }
        assert_eq!(silent, Vec::<String>::new());
    }
}
