//! Who owns what Flagsmith holds, Git or Flagsmith's pages, and where the two differ.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Who owns the state of a thing in Flagsmith.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
pub enum Management {
    /// Git: what is changed in Flagsmith is put right.
    #[default]
    Enforce,
    /// Flagsmith, once the operator has written it as the manifest says, one time.
    InitialOnly,
    /// Flagsmith: nothing is ever written, and what differs is shown.
    Observe,
}

/// Why a difference is left to stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema, strum::Display)]
pub enum DriftReason {
    /// `management: Observe`: it is shown, and never written.
    Observed,
    /// `management: InitialOnly`: it was written once, and is Flagsmith's since.
    HandedOver,
    /// It was changed in Flagsmith, and is left alone until `until`.
    GracePeriod,
    /// The environment takes changes through change requests only.
    ChangeRequestsRequired,
}

/// How a thing, or a flag in one environment, is owned, and what must be remembered for it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct OwnedScope {
    /// Who owns it: this object's word, or an inherited one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub management: Option<Management>,
    /// For how long a change made in Flagsmith is left alone: this object's word, or an inherited one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub drift_grace_period: Option<String>,
    /// True: it was once seen as the manifest says, so that `InitialOnly` writes it no more.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub met: bool,
    /// While there is a grace period: the fields that were seen in sync, each with a hash of what the manifest said of it then.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(extend("maxProperties" = 64))]
    pub applied: BTreeMap<String, String>,
}

/// How a flag is owned in one environment.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct OwnedEnvironment {
    /// The environment's name in Flagsmith.
    #[schemars(length(max = 2000))]
    pub name: String,
    /// How it is owned there.
    #[serde(flatten)]
    pub scope: OwnedScope,
}

/// What Flagsmith holds instead of what the manifest says, where it is left so.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Drift {
    /// The environment, where a flag differs in one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 2000))]
    pub environment: Option<String>,
    /// The field of the manifest; `existence` where the whole of it is absent from Flagsmith.
    #[schemars(length(max = 64))]
    pub field: String,
    /// What the manifest says, in short.
    #[schemars(length(max = 256))]
    pub desired: String,
    /// What Flagsmith holds, in short.
    #[schemars(length(max = 256))]
    pub live: String,
    /// Who changed it in Flagsmith, by e-mail address: who had last published the flag in that environment when this was first
    /// seen. Absent where Flagsmith names nobody: in environments without feature versioning, for overrides of identities and for
    /// whatever is no flag's state, for changes by an API key, and for users who left the organisation.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 256))]
    pub changed_by: Option<String>,
    /// When the field was first seen to differ (RFC 3339).
    pub since: String,
    /// Why it is left so.
    pub reason: DriftReason,
    /// When it is put right (RFC 3339), where it will be.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
}

/// How an object's thing is owned, as every kind's status tells it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Ownership {
    /// How the thing's own fields are owned.
    #[serde(flatten)]
    pub own: OwnedScope,
    /// Where Flagsmith is left to differ, at most 50 of it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 50))]
    pub drift: Vec<Drift>,
}

impl OwnedScope {
    /// Whether it was written once, and is Flagsmith's since.
    #[must_use]
    pub fn is_handed_over(&self) -> bool {
        self.met && self.management == Some(Management::InitialOnly)
    }
}
