//! A share of a hundred, as users write it.

use std::fmt;

use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

/// A share: a whole number, or a text such as `"12.5"`, since floats are not kept to the digit.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(transparent)]
pub struct FlagPercentage(pub IntOrString);

impl Default for FlagPercentage {
    fn default() -> Self {
        Self(IntOrString::Int(0))
    }
}

impl fmt::Display for FlagPercentage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            IntOrString::Int(whole) => whole.fmt(f),
            IntOrString::String(text) => text.fmt(f),
        }
    }
}

impl JsonSchema for FlagPercentage {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "FlagPercentage".into()
    }

    fn inline_schema() -> bool {
        true
    }

    /// Rules would exceed the cost that the apiserver allows in lists in lists.
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "x-kubernetes-int-or-string": true,
            "minimum": 0,
            "maximum": 100,
            "maxLength": 10,
            "pattern": r"^(100(\.0{1,6})?|[0-9]{1,2}(\.[0-9]{1,6})?)$",
            "description": "A percentage from 0 to 100: a whole number, or a text with at most six decimals, as in \"12.5\"."
        })
    }
}

/// The schema of one in a list that stands in no other: there a rule can afford to say in a user's words what is wrong.
pub(super) fn ruled(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "x-kubernetes-int-or-string": true,
        "maxLength": 10,
        "x-kubernetes-validations": [{
            "rule": "type(self) == int ? self >= 0 && self <= 100 : self.matches('^(100([.]0{1,6})?|[0-9]{1,2}([.][0-9]{1,6})?)$')",
            "message": "a percentage is a number from 0 to 100, in quotes where it has decimals (at most 6), as in \"12.5\""
        }]
    })
}
