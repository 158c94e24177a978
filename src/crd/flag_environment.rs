//! What a `FeatureFlag` says of one environment.

use kube::KubeSchema;
use serde::{Deserialize, Serialize};

use super::{
    duration,
    ownership::Management,
    percentage::FlagPercentage,
    value::{FlagValue, bare_value},
};

/// A flag's state in one environment.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct FlagEnvironment {
    /// The environment's name in Flagsmith. One that does not exist yet is waited for.
    #[schemars(length(min = 1, max = 2000))]
    #[x_kube(validation = Rule::new("self == self.trim()").message("a name does not start or end with a blank"))]
    pub name: String,
    /// Who owns what Flagsmith holds of the flag in this environment. Absent: as the object says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub management: Option<Management>,
    /// How long a change made in Flagsmith to what was once in sync is left alone, and shown, before it is put right: 0s, which is
    /// not at all, to 720h. A change of the manifest is never delayed by it. Absent: as the object says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "duration::grace_period")]
    pub drift_grace_period: Option<String>,
    /// Whether the flag is on. Absent: never written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
    /// The flag's value. Absent: never written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<FlagValue>,
    /// The shares of the flag's variants, of a hundred at most; the rest is served `value`. A variant that is left out keeps its
    /// share, and one that does not exist yet is waited for. Absent: never written.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 100))]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["variant".to_owned()]))]
    pub weights: Option<Vec<VariantWeight>>,
    /// What the flag serves to segments instead, all of it: the first whose segment matches wins, and those that are not listed
    /// are removed. `[]`: none. Absent: never written.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 100))]
    // As a map by segment, an empty list that follows a full one would be lost in server-side apply.
    #[x_kube(merge_strategy = ListMerge::Atomic)]
    pub segment_overrides: Option<Vec<FlagSegmentOverride>>,
    /// What the flag serves to single identities instead, all of it: those that are not listed are removed, but never an
    /// identity itself. `[]`: none. Absent: never written.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 100))]
    // As a map by identity, an empty list that follows a full one would be lost in server-side apply.
    #[x_kube(merge_strategy = ListMerge::Atomic)]
    pub identity_overrides: Option<Vec<FlagIdentityOverride>>,
}

/// A variant's share.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize, KubeSchema)]
pub struct VariantWeight {
    /// The variant's key.
    #[schemars(length(min = 1, max = 255))]
    pub variant: String,
    /// Its share: a whole number of percent, or a text with at most six decimals, as in `"12.5"`.
    pub weight: FlagPercentage,
}

/// What a flag serves to a segment. What is left out stays as it is; in an override that is new it is as in the environment.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize, KubeSchema)]
pub struct FlagSegmentOverride {
    /// The segment's name in Flagsmith. One that does not exist yet is waited for.
    #[schemars(length(min = 1, max = 2000))]
    pub segment: String,
    /// Whether the flag is on for it. Absent: never written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
    /// The value that it is served. Absent: never written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "bare_value")]
    pub value: Option<FlagValue>,
    /// The shares of the variants, as in the environment. Absent: never written.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 100))]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["variant".to_owned()]))]
    pub weights: Option<Vec<VariantWeight>>,
}

/// What a flag serves to an identity. What is left out stays as it is; in an override that is new it is as in the environment.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize, KubeSchema)]
pub struct FlagIdentityOverride {
    /// By what the application names the identity; it is made unless it is there. No `"`, and no blank at either end.
    #[schemars(length(min = 1, max = 2000), regex(pattern = r#"^[^\s"]([^"]*[^\s"])?$"#))]
    pub identity: String,
    /// Whether the flag is on for it. Absent: never written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
    /// The value that it is served. Absent: never written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "bare_value")]
    pub value: Option<FlagValue>,
}
