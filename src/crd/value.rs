//! A flag's value, as users write it.

use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// A flag's value: exactly one of `string`, `integer`, `boolean`, `json` and `none`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
#[x_kube(
    validation = Rule::new(
        "[has(self.string), has(self.integer), has(self.boolean), has(self.json), has(self.none)].filter(given, given).size() == 1"
    ).message("a value is exactly one of string, integer, boolean, json and none, as in {string: blue} or {none: {}}")
)]
pub struct FlagValue {
    /// Text, at most 20,000 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 20000))]
    #[x_kube(validation = Rule::new("self == self.trim()").message("Flagsmith drops blanks and line breaks around a string: leave them out (in YAML, write |- instead of |)"))]
    pub string: Option<String>,
    /// A whole number from -2147483648 to 2147483647, which is all that Flagsmith keeps.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[x_kube(
        validation = Rule::new("self >= -2147483648 && self <= 2147483647").message(
            "Flagsmith keeps integers from -2147483648 to 2147483647: write a larger one as a string"
        )
    )]
    pub integer: Option<i64>,
    /// `true` or `false`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub boolean: Option<bool>,
    /// An object, which Flagsmith keeps as text: at most 20,000 characters once written compactly. Compared by its meaning.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "any_object")]
    pub json: Option<Map<String, Value>>,
    /// No value at all: `none: {}`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub none: Option<NoValue>,
}

/// The empty object that says "no value".
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
pub struct NoValue {}

/// An object whose content is the user's own; the apiserver must not prune it.
fn any_object(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
    schemars::json_schema!({
        "type": "object",
        "x-kubernetes-preserve-unknown-fields": true,
        "nullable": true,
        "description": "An object, which Flagsmith keeps as text: at most 20,000 characters once written compactly. Compared by its meaning."
    })
}

/// A value without rules, whose cost the apiserver does not allow in lists in lists: what they say of it, patterns and bounds
/// say here.
pub(super) fn bare_value(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
    schemars::json_schema!({
        "type": "object",
        "nullable": true,
        "minProperties": 1,
        "maxProperties": 1,
        "description": "Exactly one of string, integer, boolean, json and none. Absent: never written.",
        "properties": {
            "string": {
                "type": "string",
                "maxLength": 20000,
                "pattern": r"^(\S([\s\S]*\S)?)?$",
                "description": "Text, at most 20,000 characters, without blanks or line breaks around it, which Flagsmith drops."
            },
            "integer": {
                "type": "integer",
                "format": "int64",
                "minimum": i32::MIN,
                "maximum": i32::MAX,
                "description": "A whole number from -2147483648 to 2147483647, which is all that Flagsmith keeps."
            },
            "boolean": {"type": "boolean", "description": "`true` or `false`."},
            "json": {
                "type": "object",
                "x-kubernetes-preserve-unknown-fields": true,
                "description": "An object, which Flagsmith keeps as text: at most 20,000 characters once written compactly. Compared by its meaning."
            },
            "none": {"type": "object", "description": "No value at all: `none: {}`."}
        }
    })
}
