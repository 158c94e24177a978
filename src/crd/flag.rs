//! `FeatureFlag`: a feature of a project and its state in each environment.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use kube::{CustomResource, KubeSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use strum::Display;

use super::{
    adoption::AdoptionPolicy,
    definition::{FlagOwners, FlagVariant},
    duration,
    flag_environment::FlagEnvironment,
    ownership::{Management, OwnedEnvironment, Ownership},
    reference::ObjectReference,
    status::ServerIdentity,
    value::FlagValue,
    verify::{FlagVerification, ProbeResult},
};

/// A feature of a project and its state in each environment. What is left out is never written and never drifts.
#[derive(CustomResource, KubeSchema, Clone, Debug, PartialEq, Deserialize, Serialize)]
#[kube(
    group = "flagsmith-operator.dev",
    version = "v1alpha1",
    kind = "FeatureFlag",
    namespaced,
    status = "FeatureFlagStatus",
    shortname = "fsflag",
    category = "flagsmith",
    derive = "PartialEq",
    // Status is that of the object as it is kept: once the feature was seen, Flagsmith would ignore them in silence.
    validation = Rule::new(
        "!has(self.spec.defaults) || !has(self.status) || !has(self.status.id) || (has(oldSelf.spec.defaults) && self.spec.defaults == oldSelf.spec.defaults)"
    ).message("defaults cannot be changed once the feature exists: Flagsmith takes them at creation only. Write the state into environments, or leave defaults as they were"),
    doc = "A feature of a project and its state in each environment. What is left out is never written and never drifts.",
    printcolumn(name = "Name", type_ = "string", json_path = ".status.name"),
    printcolumn(name = "Project", type_ = "string", json_path = ".spec.projectRef.name"),
    printcolumn(name = "Ready", type_ = "string", json_path = ".status.conditions[?(@.type==\"Ready\")].status"),
    printcolumn(name = "Reason", type_ = "string", json_path = ".status.conditions[?(@.type==\"Ready\")].reason"),
    printcolumn(name = "Live", type_ = "string", json_path = ".status.conditions[?(@.type==\"Live\")].status"),
    printcolumn(name = "On in", type_ = "string", json_path = ".status.enabledIn"),
    printcolumn(name = "Synced", type_ = "string", json_path = ".status.conditions[?(@.type==\"Synced\")].status", priority = 1),
    printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp")
)]
#[serde(rename_all = "camelCase")]
#[x_kube(
    validation = Rule::new("has(self.name) == has(oldSelf.name) && (!has(self.name) || self.name == oldSelf.name)")
        .message("name cannot be changed, added or removed: Flagsmith cannot rename a feature. Delete the object and apply it under the new name"),
    validation = Rule::new("!has(self.verify) || !has(self.verify.identities) || self.verify.identities.all(one, has(self.environments) && self.environments.exists(at, at.name == one.environment))")
        .message("a probe is of an environment that spec.environments names: add it there, if only by its name")
)]
pub struct FeatureFlagSpec {
    /// The project that the flag belongs to. It cannot be changed.
    #[x_kube(validation = Rule::new("self == oldSelf").message("projectRef cannot be changed: delete the object and apply it anew"))]
    pub project_ref: ObjectReference,
    /// The feature's name in Flagsmith, which cannot be changed. Absent: `metadata.name`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 2000))]
    #[x_kube(validation = Rule::new("self == self.trim()").message("a name does not start or end with a blank"))]
    pub name: Option<String>,
    /// What people read beside the name. Absent: never written.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 20000))]
    pub description: Option<String>,
    /// The labels of all its tags, apart from those that Flagsmith sets itself. One that is missing is made. Absent: never
    /// written. `[]`: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 100), inner(length(min = 1, max = 100)))]
    #[x_kube(
        merge_strategy = ListMerge::Atomic,
        validation = Rule::new("self.all(label, label == label.trim())").message("a tag does not start or end with a blank")
    )]
    pub tags: Option<Vec<String>>,
    /// Who owns the feature. Absent: never written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owners: Option<FlagOwners>,
    /// Whether only server-side keys are told of the flag. Absent: never written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub server_key_only: Option<bool>,
    /// Whether the feature is archived: set aside in Flagsmith's pages, served all the same. Absent: never written. While
    /// this object is there this field says so; `deletionPolicy: Archive` archives the feature when the object goes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub archived: Option<bool>,
    /// What an environment starts with. Sent when the feature is created, and never after: they cannot be changed once the
    /// feature exists, and one that was there before keeps its own. Absent: Flagsmith's own defaults.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub defaults: Option<FlagDefaults>,
    /// All variants of the flag, which make it multivariate. What their weights leave of a hundred is served the flag's own
    /// value. Absent: never written. `[]`: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64))]
    #[x_kube(
        merge_strategy = ListMerge::Atomic,
        validation = Rule::new("self.all(one, self.exists_one(other, other.key == one.key))").message("each variant has a key of its own"),
        validation = Rule::new("self.map(one, has(one.weight) ? int(double(one.weight) * 1000000.0 + 0.5) : 0).sum() <= 100000000")
            .message("the weights of all variants are at most 100 in all")
    )]
    pub variants: Option<Vec<FlagVariant>>,
    /// The flag's state, by environment. An environment that is left out is never written.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 100))]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["name".to_owned()]))]
    pub environments: Vec<FlagEnvironment>,
    /// Who owns what Flagsmith holds of the flag. Absent: as its project says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub management: Option<Management>,
    /// How long a change made in Flagsmith to what was once in sync is left alone, and shown, before it is put right: 0s, which is
    /// not at all, to 720h. A change of the manifest is never delayed by it. Absent: as its project says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "duration::grace_period")]
    pub drift_grace_period: Option<String>,
    /// What is to be proved through the SDKs' endpoint besides the defaults of the environments. Absent: nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verify: Option<FlagVerification>,
    /// What becomes of the feature in Flagsmith when this object is deleted. Absent: Delete if we created it, Orphan if we found it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deletion_policy: Option<DeletionPolicy>,
    /// Whether a feature of that name is adopted or created. Absent: `AdoptOrCreate`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub adoption_policy: Option<AdoptionPolicy>,
    /// True: nothing is read or written on this object's behalf.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub suspend: bool,
}

/// What an environment starts with.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct FlagDefaults {
    /// Whether the flag starts enabled. Absent: disabled.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
    /// The value that the flag starts with. Absent: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[x_kube(
        validation = Rule::new(r"!has(self.string) || !(self.string.matches('^\\s*[+-]?[0-9_]+\\s*$') || self.string in ['true', 'True', 'false', 'False'])")
            .message("Flagsmith would read this default as an integer or a boolean: write {integer: ...} or {boolean: ...}, or give the string per environment")
    )]
    pub value: Option<FlagValue>,
}

/// What becomes of the feature in Flagsmith when its object is deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
pub enum DeletionPolicy {
    /// The feature is deleted, unless another object names it.
    Delete,
    /// The feature is archived, unless another object names it.
    Archive,
    /// The feature stays as it is.
    Orphan,
}

/// How a thing came to be ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema, Display)]
pub enum Origin {
    /// We created it.
    Created,
    /// It was there before us.
    Adopted,
}

/// What was last seen of a flag.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct FeatureFlagStatus {
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
    /// The feature's name in Flagsmith.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The feature's numeric id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<i64>,
    /// The feature's uuid, which is its identity.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uuid: Option<String>,
    /// The Flagsmith that the ids belong to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub server: Option<ServerIdentity>,
    /// Whether we created the feature or found it. While `id` is absent it is only what we intend.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub origin: Option<Origin>,
    /// The server's time (RFC 3339) at which the name was last seen to be free, kept from before the creation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name_free_at: Option<String>,
    /// The tags by which other clusters show that they keep the feature too. While there are any, `deletionPolicy` is as Orphan.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub also_managed_by: Option<String>,
    /// The environments of this object in which the flag is on, as last seen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enabled_in: Option<String>,
    /// Who owns it, and where Flagsmith is left to differ.
    #[serde(flatten)]
    pub ownership: Ownership,
    /// How the flag is owned in each environment of this object.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 100), extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["name"]))]
    pub environments: Vec<OwnedEnvironment>,
    /// What came of each of `spec.verify.identities`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 20))]
    pub probes: Vec<ProbeResult>,
}

impl FeatureFlag {
    /// Whether it says anything of the feature itself.
    #[must_use]
    pub fn defines(&self) -> bool {
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
        } = &self.spec;
        let is_said = [tags.is_some(), owners.is_some(), variants.is_some(), defaults.is_some(), description.is_some()];
        is_said.contains(&true) || server_key_only.is_some() || archived.is_some()
    }

    /// The feature's name in Flagsmith.
    #[must_use]
    pub fn flagsmith_name(&self) -> &str {
        self.spec.name.as_deref().or(self.metadata.name.as_deref()).unwrap_or_default()
    }
}
