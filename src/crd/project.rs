//! `FlagsmithProject`: a project, through a connection.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use kube::{CustomResource, KubeSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    adoption::AdoptionPolicy,
    deletion::PlaceDeletionPolicy,
    duration,
    flag::Origin,
    ownership::{Management, Ownership},
    project_settings::ProjectSettingsSpec,
    reference::{AllowedNamespaces, ObjectReference},
    status::ServerIdentity,
};
use crate::flagsmith::ProjectId;

/// A project of Flagsmith: adopted when it exists, else created where Flagsmith permits. It stays when this object is deleted.
#[derive(CustomResource, KubeSchema, Clone, Debug, PartialEq, Deserialize, Serialize)]
#[kube(
    group = "flagsmith-operator.dev",
    version = "v1alpha1",
    kind = "FlagsmithProject",
    namespaced,
    status = "ProjectStatus",
    shortname = "fsproj",
    category = "flagsmith",
    derive = "PartialEq",
    doc = "A project of Flagsmith: adopted when it exists, else created where Flagsmith permits. It stays when this object is deleted.",
    printcolumn(name = "Name", type_ = "string", json_path = ".status.name"),
    printcolumn(name = "Connection", type_ = "string", json_path = ".spec.connectionRef.name"),
    printcolumn(name = "Ready", type_ = "string", json_path = ".status.conditions[?(@.type==\"Ready\")].status"),
    printcolumn(name = "Reason", type_ = "string", json_path = ".status.conditions[?(@.type==\"Ready\")].reason"),
    printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp")
)]
#[serde(rename_all = "camelCase")]
pub struct FlagsmithProjectSpec {
    /// The connection through which the project is reached.
    pub connection_ref: ObjectReference,
    /// The project's name in Flagsmith. Absent: `metadata.name`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 2000))]
    #[x_kube(validation = Rule::new("self == self.trim()").message("a name does not start or end with a blank"))]
    pub name: Option<String>,
    /// How often the project is read, from 1s to 24h. Absent: as its connection says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "duration::poll_interval")]
    pub poll_interval: Option<String>,
    /// The label of a tag that is put on each feature which a flag of this project owns, so that people see in Flagsmith's pages
    /// who keeps it. Each cluster has a label of its own: a feature that bears another cluster's tag is not deleted or archived
    /// by this one. Absent: none is put, and none that was put is taken off.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 100))]
    #[x_kube(validation = Rule::new("self == self.trim()").message("a tag does not start or end with a blank"))]
    pub managed_tag: Option<String>,
    /// Who owns what Flagsmith holds; environments, segments and flags inherit it. Absent: as its connection says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub management: Option<Management>,
    /// How long a change made in Flagsmith to what was once in sync is left alone, and shown, before it is put right: 0s, which is
    /// not at all, to 720h. A change of the manifest is never delayed by it. Absent: as its connection says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "duration::grace_period")]
    pub drift_grace_period: Option<String>,
    /// What it is set to.
    #[serde(flatten)]
    pub settings: ProjectSettingsSpec,
    /// From which namespaces environments, segments and flags may refer to this project. Absent: from its own alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allowed_namespaces: Option<AllowedNamespaces>,
    /// What becomes of the project in Flagsmith when this object is deleted. Absent: Orphan.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deletion_policy: Option<PlaceDeletionPolicy>,
    /// Whether a project of that name is adopted or created. Absent: `AdoptOrCreate`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub adoption_policy: Option<AdoptionPolicy>,
    /// True: nothing is read or written on this object's behalf, nor for what refers to it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub suspend: bool,
}

/// What was last seen of a project.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProjectStatus {
    /// The generation that this status speaks of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,
    /// Ready and Fresh; Reconciling and Stalled only while true.
    #[serde(default)]
    #[schemars(extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["type"]))]
    pub conditions: Vec<Condition>,
    /// The value of the annotation `flagsmith-operator.dev/reconcile-requested-at` that was last answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_handled_reconcile_at: Option<String>,
    /// The project's name in Flagsmith.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The project's numeric id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<i64>,
    /// The project's uuid, which is its identity.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uuid: Option<String>,
    /// How often it is read: this object's word, or its connection's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub poll_interval: Option<String>,
    /// Who owns it, and where Flagsmith is left to differ.
    #[serde(flatten)]
    pub ownership: Ownership,
    /// The Flagsmith that the ids belong to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub server: Option<ServerIdentity>,
    /// Whether we created the project or found it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub origin: Option<Origin>,
    /// What became of its creation, for as long as it was not found.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub creation: Option<ProjectCreation>,
}

/// What became of the creation of a project.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
pub enum ProjectCreation {
    /// It is about to be asked for, or was.
    Asked,
    /// Flagsmith refused it: a project that is found after this was made by somebody else.
    Refused,
}

impl FlagsmithProject {
    /// The project's name in Flagsmith.
    #[must_use]
    pub fn flagsmith_name(&self) -> &str {
        self.spec.name.as_deref().or(self.metadata.name.as_deref()).unwrap_or_default()
    }

    /// The id under which the project was last found.
    #[must_use]
    pub fn recorded_id(&self) -> Option<ProjectId> {
        self.status.as_ref().and_then(|status| status.id).map(ProjectId)
    }
}
