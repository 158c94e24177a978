//! `FlagsmithEnvironment`: an environment of a project, and the Secret that its key goes to.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use kube::{CustomResource, KubeSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    flag::Origin,
    publication::{ConfigMapTarget, SecretTarget},
    reference::{AllowedNamespaces, ObjectReference},
    server_key::{ServerKeySpec, ServerKeyStatus},
    status::ServerIdentity,
};

/// An environment of a project: adopted when it exists, else created exactly once. It stays in Flagsmith when this object is deleted.
#[derive(CustomResource, KubeSchema, Clone, Debug, PartialEq, Deserialize, Serialize)]
#[kube(
    group = "flagsmith-operator.dev",
    version = "v1alpha1",
    kind = "FlagsmithEnvironment",
    namespaced,
    status = "EnvironmentStatus",
    shortname = "fsenv",
    category = "flagsmith",
    derive = "PartialEq",
    doc = "An environment of a project: adopted when it exists, else created exactly once. It stays in Flagsmith when this object is deleted.",
    printcolumn(name = "Name", type_ = "string", json_path = ".status.name"),
    printcolumn(name = "Project", type_ = "string", json_path = ".spec.projectRef.name"),
    printcolumn(name = "Secret", type_ = "string", json_path = ".spec.secret.name"),
    printcolumn(name = "Ready", type_ = "string", json_path = ".status.conditions[?(@.type==\"Ready\")].status"),
    printcolumn(name = "Reason", type_ = "string", json_path = ".status.conditions[?(@.type==\"Ready\")].reason"),
    printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp")
)]
#[serde(rename_all = "camelCase")]
#[x_kube(
    validation = Rule::new(
        "!has(self.secret) || !has(self.secret.keys) || self.secret.keys.all(entry, !has(entry.name) || (has(self.serverKeys) && self.serverKeys.exists(one, one.name == entry.name)))"
    ).message("secret.keys names a server-side key that serverKeys does not list: add it there"),
    validation = Rule::new(
        "!has(self.serverKeys) || self.serverKeys.all(one, has(self.secret) && has(self.secret.keys) && self.secret.keys.exists(entry, has(entry.name) && entry.name == one.name))"
    ).message("each of serverKeys is published by the Secret: add {key: ..., from: ServerKey, name: ...} to secret.keys")
)]
pub struct FlagsmithEnvironmentSpec {
    /// The project that the environment belongs to. It cannot be changed.
    #[x_kube(validation = Rule::new("self == oldSelf").message("projectRef cannot be changed: delete the object and apply it anew"))]
    pub project_ref: ObjectReference,
    /// The environment's name in Flagsmith. Absent: `metadata.name`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 2000))]
    #[x_kube(validation = Rule::new("self == self.trim()").message("a name does not start or end with a blank"))]
    pub name: Option<String>,
    /// What people read beside the name. Absent: never written.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 20000))]
    pub description: Option<String>,
    /// The Secret that the environment's keys are written to. Absent: none is written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret: Option<SecretTarget>,
    /// The `ConfigMap` that what is public is written to: the client-side key and the address. Absent: none is written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub config_map: Option<ConfigMapTarget>,
    /// Server-side keys that we make, publish in the Secret and rotate. One that is listed no more is deleted in Flagsmith.
    /// Absent: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 16))]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["name".to_owned()]))]
    pub server_keys: Option<Vec<ServerKeySpec>>,
    /// From which of the namespaces that may use the project flags may write this environment. Absent: from all of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allowed_namespaces: Option<AllowedNamespaces>,
    /// True: nothing is read or written on this object's behalf.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub suspend: bool,
}

/// What was last seen of an environment.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct EnvironmentStatus {
    /// The generation that this status speaks of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,
    /// Ready; Reconciling and Stalled only while true.
    #[serde(default)]
    #[schemars(extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["type"]))]
    pub conditions: Vec<Condition>,
    /// The value of the annotation `flagsmith-operator.dev/reconcile-requested-at` that was last answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_handled_reconcile_at: Option<String>,
    /// The environment's name in Flagsmith.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The environment's numeric id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<i64>,
    /// The environment's uuid, which is its identity and survives a rotation of its key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uuid: Option<String>,
    /// The Flagsmith that the ids belong to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub server: Option<ServerIdentity>,
    /// Whether we created the environment or found it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub origin: Option<Origin>,
    /// The server-side keys that the Secret holds, without the keys themselves.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["name"]))]
    pub server_keys: Vec<ServerKeyStatus>,
    /// The value of the annotation `flagsmith-operator.dev/rotate-server-keys` that was last answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub handled_rotate_server_keys: Option<String>,
    /// The value of the annotation `flagsmith-operator.dev/rotate-client-key` that was last answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub handled_rotate_client_key: Option<String>,
}

impl FlagsmithEnvironment {
    /// The environment's name in Flagsmith.
    #[must_use]
    pub fn flagsmith_name(&self) -> &str {
        self.spec.name.as_deref().or(self.metadata.name.as_deref()).unwrap_or_default()
    }
}
