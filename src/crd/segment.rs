//! `FlagsmithSegment`: who among an application's users is meant.

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use kube::{CustomResource, CustomResourceExt as _, KubeSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    adoption::AdoptionPolicy,
    duration,
    flag::Origin,
    ownership::{Management, Ownership},
    reference::ObjectReference,
    segment_rule::{self, SegmentRule},
    status::ServerIdentity,
};

/// A segment of a project: adopted when there is one of its name, else created. What is left out is never written and never drifts.
#[derive(CustomResource, KubeSchema, Clone, Debug, PartialEq, Deserialize, Serialize)]
#[kube(
    group = "flagsmith-operator.dev",
    version = "v1alpha1",
    kind = "FlagsmithSegment",
    namespaced,
    status = "SegmentStatus",
    shortname = "fsseg",
    category = "flagsmith",
    derive = "PartialEq",
    doc = "A segment of a project: adopted when there is one of its name, else created. What is left out is never written and never drifts.",
    printcolumn(name = "Name", type_ = "string", json_path = ".status.name"),
    printcolumn(name = "Project", type_ = "string", json_path = ".spec.projectRef.name"),
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
pub struct FlagsmithSegmentSpec {
    /// The project that the segment belongs to. It cannot be changed.
    #[x_kube(validation = Rule::new("self == oldSelf").message("projectRef cannot be changed: delete the object and apply it anew"))]
    pub project_ref: ObjectReference,
    /// The segment's name in Flagsmith. A new name renames the segment there. Absent: `metadata.name`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 2000))]
    #[x_kube(validation = Rule::new("self == self.trim()").message("a name does not start or end with a blank"))]
    pub name: Option<String>,
    /// What people read beside the name. Absent: never written.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 20000))]
    pub description: Option<String>,
    /// The name of the one feature that the segment is for: Flagsmith then offers it for no other, and deletes it with that feature.
    /// A feature that does not exist yet is waited for. Absent: never written.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 2000))]
    #[x_kube(validation = Rule::new("self == self.trim()").message("a name does not start or end with a blank"))]
    pub feature: Option<String>,
    /// The rules, all of which must hold. Their order has no meaning.
    #[schemars(length(min = 1, max = 10))]
    #[x_kube(
        validation = Rule::new(
            "self.map(rule, (has(rule.conditions) ? size(rule.conditions) : 0) + (has(rule.rules) ? rule.rules.map(inner, has(inner.conditions) ? size(inner.conditions) : 0).sum() : 0)).sum() <= 100"
        ).message("Flagsmith takes at most 100 conditions in one segment: several EQUAL of one property can be one IN")
    )]
    pub rules: Vec<SegmentRule>,
    /// Who owns what Flagsmith holds of the segment. Absent: as its project says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub management: Option<Management>,
    /// How long a change made in Flagsmith to what was once in sync is left alone, and shown, before it is put right: 0s, which is
    /// not at all, to 720h. A change of the manifest is never delayed by it. Absent: as its project says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "duration::grace_period")]
    pub drift_grace_period: Option<String>,
    /// What becomes of the segment in Flagsmith when this object is deleted. Absent: Delete if we created it, Orphan if we found it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deletion_policy: Option<SegmentDeletionPolicy>,
    /// Whether a segment of that name is adopted or created. Absent: `AdoptOrCreate`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub adoption_policy: Option<AdoptionPolicy>,
    /// True: nothing is read or written on this object's behalf.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub suspend: bool,
}

/// What becomes of the segment in Flagsmith when its object is deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
pub enum SegmentDeletionPolicy {
    /// The segment is deleted, once no flag has an override for it any more.
    Delete,
    /// The segment stays as it is.
    Orphan,
}

/// What was last seen of a segment.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SegmentStatus {
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
    /// The segment's name in Flagsmith.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The segment's numeric id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<i64>,
    /// The segment's uuid, which is its identity and survives a new name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uuid: Option<String>,
    /// The Flagsmith that the ids belong to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub server: Option<ServerIdentity>,
    /// Whether we created the segment or found it. While `id` is absent it is only what we intend.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub origin: Option<Origin>,
    /// The server's time (RFC 3339) at which the name was last seen to be free, kept from before the creation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name_free_at: Option<String>,
    /// Who owns it, and where Flagsmith is left to differ.
    #[serde(flatten)]
    pub ownership: Ownership,
}

/// The custom resource definition.
pub(super) fn definition() -> CustomResourceDefinition {
    let mut definition = FlagsmithSegment::crd();
    let versions = definition.spec.versions.iter_mut();
    let schemas = versions.filter_map(|version| version.schema.as_mut()?.open_api_v3_schema.as_mut());
    schemas.for_each(segment_rule::refine);
    definition
}

impl FlagsmithSegment {
    /// The segment's name in Flagsmith.
    #[must_use]
    pub fn flagsmith_name(&self) -> &str {
        self.spec.name.as_deref().or(self.metadata.name.as_deref()).unwrap_or_default()
    }
}
