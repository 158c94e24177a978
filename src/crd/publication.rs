//! Where an environment's keys are published: a Secret, and a `ConfigMap` for what is public.

use std::collections::BTreeMap;

use kube::KubeSchema;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

/// The Secret that an environment's keys and the SDK's address are written to.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
#[x_kube(
    validation = Rule::new("!has(self.type) || !has(self.creationPolicy) || self.creationPolicy != 'Merge'")
        .message("a Secret that is merged into has its type already: leave out secret.type"),
    validation = Rule::new(
        "self.name != oldSelf.name || (has(self.creationPolicy) && self.creationPolicy == 'Merge') || (has(self.type) ? self.type : 'Opaque') == (has(oldSelf.type) ? oldSelf.type : 'Opaque')"
    ).message("Kubernetes does not change the type of a Secret: change secret.name with it, so that another one is made")
)]
pub struct SecretTarget {
    /// The Secret's name. A Secret of that name which is not ours is never overwritten, only merged into where `creationPolicy` says so.
    #[schemars(length(min = 1, max = 253))]
    #[x_kube(
        validation = Rule::new("self.matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?([.][a-z0-9]([-a-z0-9]*[a-z0-9])?)*$')").message(
            "a Secret's name is lower-case letters, digits, - and ., as in flagsmith-production"
        )
    )]
    pub name: String,
    /// Whose the Secret is. Absent: Owner.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub creation_policy: Option<CreationPolicy>,
    /// The Secret's type, which Kubernetes does not change. Absent: Opaque.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 253))]
    pub r#type: Option<String>,
    /// Labels of the Secret; those that others set stay. Absent: none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "labels")]
    pub labels: Option<BTreeMap<String, String>>,
    /// Annotations of the Secret; those that others set stay. Absent: none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "annotations")]
    pub annotations: Option<BTreeMap<String, String>>,
    /// The entries of the Secret; those that others add stay, and one that is listed no more goes.
    /// Absent: `FLAGSMITH_ENVIRONMENT_KEY` and `FLAGSMITH_API_URL`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 32))]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["key".to_owned()]))]
    pub keys: Option<Vec<SecretEntry>>,
}

/// The `ConfigMap` that what is public of an environment is written to: the client-side key, which every browser sees, and the address.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct ConfigMapTarget {
    /// The `ConfigMap`'s name. A `ConfigMap` of that name which is not ours is never overwritten, only merged into where `creationPolicy` says so.
    #[schemars(length(min = 1, max = 253))]
    #[x_kube(
        validation = Rule::new("self.matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?([.][a-z0-9]([-a-z0-9]*[a-z0-9])?)*$')").message(
            "a ConfigMap's name is lower-case letters, digits, - and ., as in flagsmith-production"
        )
    )]
    pub name: String,
    /// Whose the `ConfigMap` is. Absent: Owner.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub creation_policy: Option<CreationPolicy>,
    /// Labels of the `ConfigMap`; those that others set stay. Absent: none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "labels")]
    pub labels: Option<BTreeMap<String, String>>,
    /// Annotations of the `ConfigMap`; those that others set stay. Absent: none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "annotations")]
    pub annotations: Option<BTreeMap<String, String>>,
    /// The entries of the `ConfigMap`; those that others add stay, and one that is listed no more goes.
    /// Absent: `FLAGSMITH_ENVIRONMENT_KEY` and `FLAGSMITH_API_URL`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 32))]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["key".to_owned()]))]
    pub keys: Option<Vec<ConfigMapEntry>>,
}

/// Whose a Secret or a `ConfigMap` is that we write to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Deserialize, Serialize, JsonSchema)]
pub enum CreationPolicy {
    /// We make it, and it goes with the environment's object.
    #[default]
    Owner,
    /// Somebody else makes it, and is waited for; our entries are put into it, and stay in it when the environment's object goes.
    Merge,
    /// We make it, and it stays when the environment's object goes.
    Orphan,
}

/// One entry of a Secret.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, KubeSchema)]
#[x_kube(
    validation = Rule::new("has(self.name) == (self.from == 'ServerKey')")
        .message("name says which of serverKeys is meant: from: ServerKey has it, and nothing else")
)]
pub struct SecretEntry {
    /// The entry's key in the Secret.
    #[schemars(length(min = 1, max = 253), regex(pattern = r"^[-._a-zA-Z0-9]+$"))]
    pub key: String,
    /// What it holds: the client-side key, the address of the API that SDKs read, the environment's or its project's name in Flagsmith,
    /// or a server-side key.
    pub from: PublishedSource,
    /// Which of `spec.serverKeys` is meant. Absent: none, as all else needs no name.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 32))]
    pub name: Option<String>,
}

/// One entry of a `ConfigMap`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, KubeSchema)]
pub struct ConfigMapEntry {
    /// The entry's key in the `ConfigMap`.
    #[schemars(length(min = 1, max = 253), regex(pattern = r"^[-._a-zA-Z0-9]+$"))]
    pub key: String,
    /// What it holds: the client-side key, the address of the API that SDKs read, or the environment's or its project's name in
    /// Flagsmith.
    #[x_kube(
        validation = Rule::new("self != 'ServerKey'")
            .message("a server-side key is secret, and a ConfigMap is not: publish it by spec.secret")
    )]
    pub from: PublishedSource,
}

/// What an entry holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
pub enum PublishedSource {
    /// The environment's client-side key.
    EnvironmentKey,
    /// The address of the API that SDKs read.
    #[serde(rename = "APIURL")]
    ApiUrl,
    /// The environment's name in Flagsmith.
    EnvironmentName,
    /// The name in Flagsmith of the project that the environment is in.
    ProjectName,
    /// A server-side key of the environment.
    ServerKey,
}

/// Texts under names, none of which is one of ours.
fn texts(longest: usize, description: &str) -> Schema {
    json_schema!({
        "type": "object",
        "nullable": true,
        "maxProperties": 32,
        "additionalProperties": {"type": "string", "maxLength": longest},
        "description": description,
        "x-kubernetes-validations": [{
            "rule": "self.all(name, !name.startsWith('flagsmith-operator.dev/'))",
            "message": "names under flagsmith-operator.dev/ are the operator's own: choose another"
        }]
    })
}

fn labels(_: &mut SchemaGenerator) -> Schema {
    texts(63, "Labels; those that others set stay. Absent: none.")
}

fn annotations(_: &mut SchemaGenerator) -> Schema {
    texts(4096, "Annotations; those that others set stay. Absent: none.")
}
