//! What a `FeatureFlag` says of the feature itself: who owns it, and among what it is split.
//!
//! Where `[]` means none, a list is atomic: of a set or a map that is emptied by server-side apply nothing is left, not even `[]`,
//! and then it would mean that nobody has a say.

use kube::KubeSchema;
use serde::{Deserialize, Serialize};

use super::{percentage::FlagPercentage, value::FlagValue};

/// Who owns the feature: whom people ask about it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct FlagOwners {
    /// All users who own it, by e-mail address. Absent: never written, and whoever's token creates the feature owns it. `[]`: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 100), inner(length(min = 3, max = 254)))]
    #[x_kube(
        merge_strategy = ListMerge::Atomic,
        validation = Rule::new("self.all(email, email.matches('^[^@ ]+@[^@ ]+$'))")
            .message("a user is named by e-mail address, as in jane@example.com")
    )]
    pub users: Option<Vec<String>>,
    /// All groups that own it, by name. Absent: never written. `[]`: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 100), inner(length(min = 1, max = 200)))]
    #[x_kube(
        merge_strategy = ListMerge::Atomic,
        validation = Rule::new("self.all(name, name == name.trim())").message("a name does not start or end with a blank")
    )]
    pub groups: Option<Vec<String>>,
}

/// One of the values among which a multivariate flag is split.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct FlagVariant {
    /// By what the variant is named, and found again. A variant that has no key in Flagsmith is taken for the one of its value.
    #[schemars(length(min = 1, max = 255))]
    #[x_kube(
        validation = Rule::new("self.matches('^[-_a-zA-Z0-9]+$')").message("a variant's key is letters, digits, - and _, as in blue"),
        validation = Rule::new("self != 'control'")
            .message("Flagsmith calls the flag's own value control: choose another key, as in blue")
    )]
    pub key: String,
    /// What the variant serves, in every environment.
    pub value: FlagValue,
    /// The share with which an environment starts, in per cent. It is given to the environments that there are when the variant
    /// is made (to none of them where one has no room for it), and to those that come later; changing it changes none that is
    /// there. Absent: never written, and a variant that is made starts with 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "super::percentage::ruled")]
    pub weight: Option<FlagPercentage>,
}
