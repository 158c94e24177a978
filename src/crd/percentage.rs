//! A share of a hundred, as users write it.

use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A share of a hundred: a whole number, or a string of at most 6 decimals, as in `"12.5"`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(transparent)]
pub struct FlagPercentage(pub IntOrString);

impl std::fmt::Display for FlagPercentage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.0 {
            IntOrString::Int(number) => number.fmt(f),
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

    /// A pattern's own message shows the pattern; the rule says in a user's words what it means.
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "x-kubernetes-int-or-string": true,
            "maxLength": 10,
            "x-kubernetes-validations": [{
                "rule": "type(self) == int ? self >= 0 && self <= 100 : self.matches('^(100([.]0{1,6})?|[0-9]{1,2}([.][0-9]{1,6})?)$')",
                "message": "a percentage is a number from 0 to 100, in quotes where it has decimals (at most 6), as in \"12.5\""
            }]
        })
    }
}
