//! `FlagsmithConnection`: where Flagsmith is, and as whom we speak to it.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use kube::{CustomResource, KubeSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    duration,
    ownership::Management,
    reference::{AllowedNamespaces, CredentialSource, SecretKeySelector},
    verify::Verify,
};

/// Requests a minute where `spec.requestsPerMinute` is absent: what Flagsmith's cloud documents as its limit.
pub const DEFAULT_REQUESTS_PER_MINUTE: i32 = 500;
/// How often a project is read where `spec.pollInterval` is absent.
pub const DEFAULT_POLL_INTERVAL: &str = "30s";

/// Where Flagsmith is, which credential to use, which organisation, and how many requests a minute.
#[derive(CustomResource, KubeSchema, Clone, Debug, PartialEq, Deserialize, Serialize)]
#[kube(
    group = "flagsmith-operator.dev",
    version = "v1alpha1",
    kind = "FlagsmithConnection",
    namespaced,
    status = "ConnectionStatus",
    shortname = "fsconn",
    category = "flagsmith",
    derive = "PartialEq",
    doc = "Where Flagsmith is, which credential to use, which organisation, and how many requests a minute.",
    printcolumn(name = "URL", type_ = "string", json_path = ".spec.apiURL"),
    printcolumn(name = "Organisation", type_ = "string", json_path = ".status.organisation.name"),
    printcolumn(name = "Ready", type_ = "string", json_path = ".status.conditions[?(@.type==\"Ready\")].status"),
    printcolumn(name = "Reason", type_ = "string", json_path = ".status.conditions[?(@.type==\"Ready\")].reason"),
    printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp")
)]
#[serde(rename_all = "camelCase")]
pub struct FlagsmithConnectionSpec {
    /// The address of Flagsmith's API, with its `/api/v1/`.
    #[serde(rename = "apiURL", default = "default_api_url")]
    #[schemars(length(min = 1, max = 1024))]
    #[x_kube(
        validation = Rule::new("self.matches('^https?://[^/?#@ ]+(/[^?# ]*)?/api/v1/?$')").message(
            "apiURL is http(s)://, a host and a path that ends with /api/v1/, as in https://flagsmith.example.com/api/v1/"
        )
    )]
    pub api_url: String,
    /// The address that SDKs are told. Absent: Flagsmith's edge for api.flagsmith.com, else the same as `apiURL`.
    #[serde(rename = "sdkURL", skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 1024))]
    #[x_kube(
        validation = Rule::new("self.matches('^https?://[^/?#@ ]+(/[^?# ]*)?$')").message(
            "sdkURL is http(s):// and a host, as in https://edge.example.com/api/v1/"
        )
    )]
    pub sdk_url: Option<String>,
    /// The organisation. Absent: the only one that the credential sees.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub organisation: Option<OrganisationSelector>,
    /// The credential.
    pub auth: Auth,
    /// How many requests a minute this credential may make. Absent: 500.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 10, max = 100_000))]
    pub requests_per_minute: Option<i32>,
    /// How often each project is read, from 1s to 24h; projects inherit it. Absent: 30s.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "duration::poll_interval")]
    pub poll_interval: Option<String>,
    /// Who owns what Flagsmith holds; projects inherit it. Absent: Enforce.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub management: Option<Management>,
    /// How long a change made in Flagsmith to what was once in sync is left alone, and shown, before it is put right: 0s, which is
    /// not at all, to 720h. A change of the manifest is never delayed by it. Absent: 0s.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "duration::grace_period")]
    pub drift_grace_period: Option<String>,
    /// Whether the SDKs' endpoint is asked, after a write, if it serves what was written, which the condition `Live` of a flag
    /// then says. It is asked by the environment's key. Absent: Always.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verify: Option<Verify>,
    /// From which namespaces projects may go through this connection. Absent: from its own alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allowed_namespaces: Option<AllowedNamespaces>,
}

/// An organisation, by its name or by its id.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
#[x_kube(
    validation = Rule::new("has(self.id) != has(self.name)")
        .message("an organisation is named by exactly one of id and name")
)]
pub struct OrganisationSelector {
    /// The organisation's name, which must be its alone among those that the credential sees.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 2000))]
    pub name: Option<String>,
    /// The organisation's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub id: Option<i64>,
}

/// The credential: exactly one of `accountToken` and `organisationAPIKey`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
#[x_kube(
    validation = Rule::new("has(self.accountToken) != has(self.organisationAPIKey)")
        .message("auth has exactly one of accountToken and organisationAPIKey")
)]
pub struct Auth {
    /// A user's API token, from Account > Keys. Preferred: it costs the server less.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account_token: Option<CredentialSource>,
    /// An organisation's API key.
    #[serde(rename = "organisationAPIKey", skip_serializing_if = "Option::is_none")]
    pub organisation_api_key: Option<CredentialSource>,
}

/// What was last seen of a connection.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ConnectionStatus {
    /// The generation that this status speaks of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,
    /// Ready; Reconciling and Stalled only while true.
    #[serde(default)]
    #[schemars(extend("x-kubernetes-list-type" = "map", "x-kubernetes-list-map-keys" = ["type"]))]
    pub conditions: Vec<Condition>,
    /// The value of the annotation `flagsmith-operator.dev/reconcile-requested-at` that was last answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_handled_reconcile_at: Option<String>,
    /// The organisation in use.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub organisation: Option<ObservedOrganisation>,
    /// The release that the server says it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub server_version: Option<String>,
    /// How flags are written on this server.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub write_paths: Option<ObservedWritePaths>,
    /// The address that SDKs are told.
    #[serde(rename = "sdkURL", skip_serializing_if = "Option::is_none")]
    pub sdk_url: Option<String>,
    /// The poll interval in force.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub poll_interval: Option<String>,
    /// Who owns what Flagsmith holds, where nothing more is said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub management: Option<Management>,
    /// For how long a change made in Flagsmith is left alone, where nothing more is said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub drift_grace_period: Option<String>,
    /// The requests a minute in force.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub requests_per_minute: Option<i32>,
    /// Whether the SDKs' endpoint is asked what it serves.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verify: Option<Verify>,
}

/// An organisation as Flagsmith showed it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ObservedOrganisation {
    /// Its id.
    pub id: i64,
    /// Its name.
    pub name: String,
}

/// By which of Flagsmith's routes flags are written, by kind of environment: `Future`, `UpdateFlag`,
/// `Versions` or `FeatureStates`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ObservedWritePaths {
    /// In environments with feature versioning.
    pub versioned: String,
    /// In environments without it.
    pub unversioned: String,
}

fn default_api_url() -> String {
    "https://api.flagsmith.com/api/v1/".to_owned()
}

/// Which kind of credential a Secret holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CredentialKind {
    /// A user's API token.
    AccountToken,
    /// An organisation's API key.
    OrganisationApiKey,
}

impl FlagsmithConnection {
    /// Which credential is to be used, and where it is kept. The schema sees to it that there is one.
    #[must_use]
    pub fn credential(&self) -> Option<(CredentialKind, &SecretKeySelector)> {
        let Auth { account_token, organisation_api_key } = &self.spec.auth;
        let token = account_token.as_ref().map(|source| (CredentialKind::AccountToken, &source.secret_key_ref));
        let key =
            organisation_api_key.as_ref().map(|source| (CredentialKind::OrganisationApiKey, &source.secret_key_ref));
        token.or(key)
    }
}
