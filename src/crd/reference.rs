//! How one object names another.

use kube::KubeSchema;
use serde::{Deserialize, Serialize};

/// Names an object in the namespace of the object that refers to it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct LocalReference {
    /// The name of the object referred to.
    #[schemars(length(min = 1, max = 253))]
    #[x_kube(
        validation = Rule::new("self.matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?([.][a-z0-9]([-a-z0-9]*[a-z0-9])?)*$')").message(
            "an object's name is lower-case letters, digits, - and ., as in flagsmith"
        )
    )]
    pub name: String,
}

/// Names one key of a Secret in the namespace of the object that refers to it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct SecretKeySelector {
    /// The name of the Secret.
    #[schemars(length(min = 1, max = 253))]
    #[x_kube(
        validation = Rule::new("self.matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?([.][a-z0-9]([-a-z0-9]*[a-z0-9])?)*$')").message(
            "a Secret's name is lower-case letters, digits, - and ., as in flagsmith-token"
        )
    )]
    pub name: String,
    /// The key in the Secret's data.
    #[schemars(length(min = 1, max = 253))]
    #[x_kube(
        validation = Rule::new("self.matches('^[-._a-zA-Z0-9]+$')")
            .message("a Secret's key is letters, digits, -, _ and ., as in token")
    )]
    pub key: String,
}

/// Where a credential is kept.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct CredentialSource {
    /// The key of a Secret that holds the credential.
    pub secret_key_ref: SecretKeySelector,
}
