//! Proof through the SDKs' endpoint: whether it is asked for, and what is expected for single identities.

use std::collections::BTreeMap;

use kube::KubeSchema;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use strum::Display;

use super::value::{FlagValue, bare_value};

/// Whether what was written is proved by asking what SDKs are served.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
pub enum Verify {
    /// After each write.
    #[default]
    Always,
    /// Never: nothing is sent to the SDKs' endpoint.
    Never,
}

/// What is to be proved of a flag besides its defaults.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize, KubeSchema)]
pub struct FlagVerification {
    /// What single identities are to be served: a test of the flag's targeting, told of in `status.probes`. Absent: none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 20))]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["identity".to_owned(), "environment".to_owned()]))]
    pub identities: Vec<IdentityProbe>,
}

/// What an identity is to be served in an environment. Asking leaves nothing behind: neither identity nor traits are kept.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize, KubeSchema)]
pub struct IdentityProbe {
    /// By what an application would name the identity. Choose one that no user has: of a user who is known to Flagsmith, the
    /// traits and overrides that are kept count too.
    #[schemars(length(min = 1, max = 2000), regex(pattern = r"^\S(.*\S)?$"))]
    pub identity: String,
    /// The environment, by its name in Flagsmith: one of `spec.environments`.
    #[schemars(length(min = 1, max = 2000))]
    pub environment: String,
    /// What is known of the identity, for segments to match: by trait a text, a number, or true or false. Absent: nothing.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(schema_with = "traits")]
    pub traits: BTreeMap<String, Value>,
    /// What the identity is to be served.
    pub expect: ProbeExpectation,
}

/// What is to be served; at least one of the two.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize, KubeSchema)]
#[schemars(extend("minProperties" = 1))]
pub struct ProbeExpectation {
    /// Whether the flag is on. Absent: either will do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
    /// The flag's value. Absent: any will do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "bare_value")]
    pub value: Option<FlagValue>,
}

/// What came of a probe.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
pub struct ProbeResult {
    /// The identity.
    pub identity: String,
    /// The environment.
    pub environment: String,
    /// Whether it was served what is expected; Unknown where that could not be seen.
    pub passed: Passed,
    /// In words.
    pub message: String,
}

/// Whether a probe passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema, Display)]
pub enum Passed {
    /// It was served what is expected.
    True,
    /// It was served something else.
    False,
    /// It could not be seen.
    Unknown,
}

/// A scalar has no one type in a schema, so that its kinds are bounded each by itself: lists and objects by being empty.
fn traits(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "object",
        "maxProperties": 50,
        "description": "What is known of the identity, for segments to match: by trait a text, a number, or true or false. Absent: nothing.",
        "additionalProperties": {
            "x-kubernetes-preserve-unknown-fields": true,
            "maxLength": 1999,
            "maxItems": 0,
            "maxProperties": 0,
        },
    })
}
