//! How one object names another.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;
use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Names an object: in the namespace of the object that refers to it, or in one whose object of that name lets it in by
/// `spec.allowedNamespaces`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct ObjectReference {
    /// The name of the object referred to.
    #[schemars(length(min = 1, max = 253))]
    #[x_kube(
        validation = Rule::new("self.matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?([.][a-z0-9]([-a-z0-9]*[a-z0-9])?)*$')").message(
            "an object's name is lower-case letters, digits, - and ., as in flagsmith"
        )
    )]
    pub name: String,
    /// The namespace of the object referred to, which must allow this one. Absent: the namespace of the object that refers.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 63))]
    #[x_kube(
        validation = Rule::new("self.matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?$')")
            .message("a namespace is lower-case letters, digits and -, as in platform")
    )]
    pub namespace: Option<String>,
}

/// Whose objects may refer to an object, as in the Gateway API.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
#[x_kube(
    validation = Rule::new("has(self.selector) == (self.from == 'Selector')")
        .message("from: Selector needs a selector, and a selector needs from: Selector")
)]
pub struct AllowedNamespaces {
    /// Same: those of its own namespace. All: those of every namespace. Selector: those of the namespaces with these labels.
    pub from: NamespacesFrom,
    /// The labels of the namespaces, with `from: Selector`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub selector: Option<LabelSelector>,
}

/// From which namespaces an object may be referred to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
pub enum NamespacesFrom {
    /// From its own.
    Same,
    /// From every one.
    All,
    /// From those with certain labels.
    Selector,
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
