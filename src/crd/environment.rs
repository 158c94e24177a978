//! `FlagsmithEnvironment`: an environment of a project, and the Secret that its key goes to.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use kube::{CustomResource, KubeSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    adoption::AdoptionPolicy,
    deletion::PlaceDeletionPolicy,
    duration,
    environment_settings::EnvironmentSettingsSpec,
    flag::Origin,
    ownership::{Management, Ownership},
    publication::{ConfigMapTarget, SecretTarget},
    reference::{AllowedNamespaces, ObjectReference},
    server_key::{ServerKeySpec, ServerKeyStatus},
    status::ServerIdentity,
};

/// An environment of a project: adopted when it exists, else created exactly once.
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
    // Status is that of the object as it is kept: once the environment was seen, it would say nothing any more.
    validation = Rule::new(
        "!has(self.spec.cloneFrom) || !has(self.status) || !has(self.status.id) || (has(oldSelf.spec.cloneFrom) && self.spec.cloneFrom == oldSelf.spec.cloneFrom)"
    ).message("cloneFrom cannot be changed once the environment exists: it is taken at creation only. Leave it as it was, or leave it out"),
    validation = Rule::new(
        "!has(self.spec.cloneFrom) || self.spec.cloneFrom != (has(self.spec.name) ? self.spec.name : self.metadata.name)"
    ).message("cloneFrom names the environment itself: name another one of the project"),
    doc = "An environment of a project: adopted when it exists, else created exactly once.",
    printcolumn(name = "Name", type_ = "string", json_path = ".status.name"),
    printcolumn(name = "Project", type_ = "string", json_path = ".spec.projectRef.name"),
    printcolumn(name = "Secret", type_ = "string", json_path = ".spec.secret.name"),
    printcolumn(name = "Ready", type_ = "string", json_path = ".status.conditions[?(@.type==\"Ready\")].status"),
    printcolumn(name = "Reason", type_ = "string", json_path = ".status.conditions[?(@.type==\"Ready\")].reason"),
    printcolumn(
        name = "Synced",
        type_ = "string",
        json_path = ".status.conditions[?(@.type==\"Synced\")].status",
        priority = 1
    ),
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
    /// What it is made of and set to.
    #[serde(flatten)]
    pub settings: EnvironmentSettingsSpec,
    /// Who owns what Flagsmith holds of the environment itself. Absent: as its project says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub management: Option<Management>,
    /// How long a change made in Flagsmith to what was once in sync is left alone, and shown, before it is put right: 0s, which is
    /// not at all, to 720h. A change of the manifest is never delayed by it. Absent: as its project says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "duration::grace_period")]
    pub drift_grace_period: Option<String>,
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
    /// Whether an environment of that name is adopted or created. Absent: `AdoptOrCreate`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub adoption_policy: Option<AdoptionPolicy>,
    /// What becomes of the environment in Flagsmith when this object is deleted. Absent: Orphan.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deletion_policy: Option<PlaceDeletionPolicy>,
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
    /// Ready and Synced; Reconciling and Stalled only while true.
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
    /// Whether we created the environment or found it. While `id` is absent it is only what we intend.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub origin: Option<Origin>,
    /// Who owns it, and where Flagsmith is left to differ.
    #[serde(flatten)]
    pub ownership: Ownership,
    /// When (RFC 3339) v2 feature versioning was last asked for, for as long as the environment does not have it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub versioning_requested_at: Option<String>,
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
