//! Kubernetes objects as tests see them: their kinds, and what their conditions say.

use kube::api::{ApiResource, DynamicObject, GroupVersionKind};
use serde_json::Value;

/// The kinds that tests touch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Connection,
    Project,
    Environment,
    Segment,
    Flag,
    Secret,
    ConfigMap,
    Event,
    Lease,
}

impl Kind {
    /// The kinds of the operator.
    pub const OURS: [Self; 5] = [Self::Connection, Self::Project, Self::Environment, Self::Segment, Self::Flag];

    /// The kind as manifests write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Connection => "FlagsmithConnection",
            Self::Project => "FlagsmithProject",
            Self::Environment => "FlagsmithEnvironment",
            Self::Segment => "FlagsmithSegment",
            Self::Flag => "FeatureFlag",
            Self::Secret => "Secret",
            Self::ConfigMap => "ConfigMap",
            Self::Event => "Event",
            Self::Lease => "Lease",
        }
    }

    /// The version as manifests write it.
    pub fn api_version(self) -> &'static str {
        match self {
            Self::Secret | Self::ConfigMap | Self::Event => "v1",
            Self::Lease => "coordination.k8s.io/v1",
            _ => "flagsmith-operator.dev/v1alpha1",
        }
    }

    pub fn resource(self) -> ApiResource {
        let (group, version) = self.api_version().split_once('/').unwrap_or(("", "v1"));
        ApiResource::from_gvk(&GroupVersionKind::gvk(group, version, self.name()))
    }
}

/// An object as it was read.
#[derive(Clone, Debug, PartialEq)]
pub struct Object(pub Value);

impl From<&DynamicObject> for Object {
    fn from(object: &DynamicObject) -> Self {
        Self(serde_json::to_value(object).unwrap())
    }
}

impl Object {
    /// What a JSON pointer leads to; null where it leads nowhere.
    pub fn at(&self, pointer: &str) -> &Value {
        self.0.pointer(pointer).unwrap_or(&Value::Null)
    }

    pub fn uid(&self) -> &str {
        self.at("/metadata/uid").as_str().unwrap()
    }

    pub fn resource_version(&self) -> &str {
        self.at("/metadata/resourceVersion").as_str().unwrap()
    }

    /// A condition, if it is there and speaks of this generation.
    fn condition(&self, kind: &str) -> Option<&Value> {
        let conditions = self.at("/status/conditions").as_array()?;
        let condition = conditions.iter().find(|one| one["type"] == kind)?;
        (condition["observedGeneration"] == self.0["metadata"]["generation"]).then_some(condition)
    }

    pub fn holds(&self, kind: &str) -> bool {
        self.condition(kind).is_some_and(|condition| condition["status"] == "True")
    }

    /// Ready, for the spec as it is.
    pub fn is_ready(&self) -> bool {
        self.is_observed() && self.holds("Ready") && !self.holds("Reconciling") && !self.holds("Stalled")
    }

    /// Whether the status speaks of the spec as it is.
    pub fn is_observed(&self) -> bool {
        self.0["status"]["observedGeneration"] == self.0["metadata"]["generation"]
    }

    /// The reason of a condition that is of this generation.
    pub fn reason(&self, kind: &str) -> &str {
        self.condition(kind).and_then(|condition| condition["reason"].as_str()).unwrap_or_default()
    }

    /// The message of Ready.
    pub fn message(&self) -> &str {
        self.condition("Ready").and_then(|condition| condition["message"].as_str()).unwrap_or_default()
    }

    /// The author must act, for that reason.
    pub fn is_stalled(&self, reason: &str) -> bool {
        let same = self.reason("Ready") == reason && self.reason("Stalled") == reason;
        same && self.holds("Stalled") && !self.holds("Ready") && !self.holds("Reconciling")
    }

    /// Something else must happen first, for that reason.
    pub fn is_waiting(&self, reason: &str) -> bool {
        let same = self.reason("Ready") == reason && self.reason("Reconciling") == reason;
        same && !self.holds("Ready") && !self.holds("Stalled")
    }
}
