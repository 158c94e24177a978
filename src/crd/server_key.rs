//! An environment's server-side keys: what is asked for, and what was last seen of them.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A server-side key, which we make and which `secret.keys` publishes. Keys that others make are never touched.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct ServerKeySpec {
    /// By what `secret.keys` names it.
    #[schemars(length(min = 1, max = 32), regex(pattern = r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$"))]
    pub name: String,
    /// When it is replaced. Absent: when the annotation `flagsmith-operator.dev/rotate-server-keys` asks for it, with an overlap of 24h.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rotation: Option<ServerKeyRotation>,
}

/// How a server-side key is replaced: another is made and published, and the former deleted once the overlap is over.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
#[x_kube(
    validation = Rule::new("duration(self.overlap) < duration(self.every)")
        .message("overlap is shorter than every: two keys are live for that long after each rotation")
)]
pub struct ServerKeyRotation {
    /// How old a key grows, from 2m to 87600h.
    #[schemars(length(min = 2, max = 20), regex(pattern = r"^([0-9]+(s|m|h))+$"))]
    #[x_kube(
        validation = Rule::new("duration(self) >= duration('2m') && duration(self) <= duration('87600h')")
            .message("every is from 2m to 87600h, as in 720h")
    )]
    pub every: String,
    /// For how long the former key stays live once another is published: until every consumer has the new one. At least 1m.
    #[schemars(length(min = 2, max = 20), regex(pattern = r"^([0-9]+(s|m|h))+$"))]
    #[x_kube(
        validation = Rule::new("duration(self) >= duration('1m')").message("overlap is at least 1m, as in 24h")
    )]
    pub overlap: String,
}

/// What was last seen of a server-side key; never the key itself.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ServerKeyStatus {
    /// By what the spec names it.
    pub name: String,
    /// The number by which Flagsmith knows the key that is published.
    pub id: i64,
    /// When Flagsmith made it, by its own clock.
    pub created_at: Time,
    /// When it was seen in the Secret first, by Flagsmith's clock.
    pub published_at: Time,
    /// When it is to be replaced, where the spec says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_rotation: Option<Time>,
}
