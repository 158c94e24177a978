//! What a `FlagsmithEnvironment` says of the environment itself, besides its name and its description.

use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What an environment is made of and set to. What is left out is never written.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct EnvironmentSettingsSpec {
    /// The environment of the project, by its name in Flagsmith, that this one starts as a copy of: its flags with their
    /// values and overrides of segments, and its settings. Taken at creation only: it cannot be changed once the environment
    /// exists, and one that was there before stays as it is. Absent: it starts with each feature's defaults.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 2000))]
    #[x_kube(validation = Rule::new("self == self.trim()").message("a name does not start or end with a blank"))]
    pub clone_from: Option<String>,
    /// Whether the environment's flags have versions. V2: they do, once Flagsmith has switched it, which it does in its own
    /// time; until then no flag is written there. It is one way: nothing here switches it off again, nor does leaving the
    /// field out. Absent: never written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub feature_versioning: Option<FeatureVersioning>,
    /// The text that Flagsmith's pages show on top of the environment. `""`: none. Absent: never written.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 255))]
    #[x_kube(
        validation = Rule::new("self == self.trim()").message("Flagsmith drops blanks and line breaks around a text: leave them out")
    )]
    pub banner_text: Option<String>,
    /// The colour of that text's ground, as `#d32f2f`. `""`: Flagsmith's own. Absent: never written.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 7))]
    #[x_kube(
        validation = Rule::new("self == '' || self.matches('^#[0-9a-fA-F]{6}$')")
            .message("a colour is # and six hexadecimal digits, as in '#d32f2f' (in quotes: YAML reads # as a comment)")
    )]
    pub banner_colour: Option<String>,
    /// Whether SDKs are told of flags that are off. Hide: they are not. Show: they are. Inherit: as the project says.
    /// Absent: never written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hide_disabled_flags: Option<HideDisabledFlags>,
    /// True: SDKs are told nothing of flags and identities but what evaluating them takes. Absent: never written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hide_sensitive_data: Option<bool>,
    /// Whether clients that hold the environment's key may set traits of identities. Absent: never written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allow_client_traits: Option<bool>,
    /// Whether the shares of variants and percentages are drawn alike by every SDK, local and remote. To change it deals them
    /// out anew. Absent: never written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub use_identity_composite_key_for_hashing: Option<bool>,
    /// Whether SDKs that evaluate by themselves are told what identities are served. Absent: never written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub use_identity_overrides_in_local_eval: Option<bool>,
}

/// Whether the environment's flags have versions. V2: they do, once Flagsmith has switched it, which it does in its own time;
/// until then no flag is written there. It is one way: nothing here switches it off again, nor does leaving the field out.
/// Absent: never written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
pub enum FeatureVersioning {
    /// Each change of a flag is a version of it.
    V2,
}

/// Whether SDKs are told of flags that are off. Hide: they are not. Show: they are. Inherit: as the project says. Absent:
/// never written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
pub enum HideDisabledFlags {
    /// As the project says.
    Inherit,
    /// They are not.
    Hide,
    /// They are.
    Show,
}
