//! What a `FlagsmithProject` sets of the project itself.

use kube::KubeSchema;
use serde::{Deserialize, Serialize};

/// What a project is set to. What is left out is never written.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProjectSettingsSpec {
    /// Whether SDKs are told nothing of flags that are off; an environment may say otherwise. Absent: never written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hide_disabled_flags: Option<bool>,
    /// True: features start disabled and without a value in every environment, whatever a flag's `defaults` say.
    /// Absent: never written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prevent_flag_defaults: Option<bool>,
    /// Whether Flagsmith's pages make the names of features lower-case. Its API takes any name, so flags of this
    /// operator are not bound by it. Absent: never written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub only_allow_lower_case_feature_names: Option<bool>,
    /// The regular expression that the whole name of a new feature must match. `""`: none. Absent: never written.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 255))]
    #[x_kube(
        validation = Rule::new("self == self.trim()").message("Flagsmith drops blanks and line breaks around a text: leave them out")
    )]
    pub feature_name_regex: Option<String>,
    /// Whether each feature must have an owner. Absent: never written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enforce_feature_owners: Option<bool>,
    /// After how many days without a change Flagsmith calls a flag stale. Only Flagsmith Enterprise keeps another number than
    /// its own. Absent: never written.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 36500))]
    pub stale_flags_limit_days: Option<i32>,
    /// Whether SDKs are told of changes at once. Only Flagsmith Enterprise keeps it. Absent: never written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enable_realtime_updates: Option<bool>,
}
