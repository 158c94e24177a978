//! What users write: the custom resources, their schemas and the rules that the apiserver enforces.
//!
//! This room holds data and constants. It must not decide anything, nor know Flagsmith's wire format.

// Each column repeats the keys `name`, `type_` and `json_path`.
#![allow(clippy::duplicated_attributes)]

mod adoption;
mod connection;
mod definition;
mod deletion;
mod description;
mod duration;
mod environment;
mod environment_settings;
mod flag;
mod flag_environment;
mod ownership;
mod percentage;
mod project;
mod project_settings;
mod publication;
mod reference;
mod segment;
mod segment_rule;
mod server_key;
mod status;
mod value;
mod verify;

pub use adoption::AdoptionPolicy;
pub use connection::{
    Auth, ConnectionStatus, CredentialKind, DEFAULT_POLL_INTERVAL, DEFAULT_REQUESTS_PER_MINUTE, FlagsmithConnection,
    FlagsmithConnectionSpec, ObservedOrganisation, ObservedWritePaths, OrganisationSelector,
};
pub use definition::{FlagOwners, FlagVariant};
pub use deletion::PlaceDeletionPolicy;
pub use environment::{EnvironmentStatus, FlagsmithEnvironment, FlagsmithEnvironmentSpec};
pub use environment_settings::{EnvironmentSettingsSpec, FeatureVersioning, HideDisabledFlags};
pub use flag::{DeletionPolicy, FeatureFlag, FeatureFlagSpec, FeatureFlagStatus, FlagDefaults, Origin};
pub use flag_environment::{FlagEnvironment, FlagIdentityOverride, FlagSegmentOverride, VariantWeight};
pub use ownership::{Drift, DriftReason, Management, OwnedEnvironment, OwnedScope, Ownership};
pub use percentage::FlagPercentage;
pub use project::{FlagsmithProject, FlagsmithProjectSpec, ProjectCreation, ProjectStatus};
pub use project_settings::ProjectSettingsSpec;
pub use publication::{ConfigMapEntry, ConfigMapTarget, CreationPolicy, PublishedSource, SecretEntry, SecretTarget};
pub use reference::{AllowedNamespaces, CredentialSource, NamespacesFrom, ObjectReference, SecretKeySelector};
pub use segment::{FlagsmithSegment, FlagsmithSegmentSpec, SegmentDeletionPolicy, SegmentStatus};
pub use segment_rule::{
    InnerSegmentRule, SegmentCondition, SegmentOperator, SegmentRule, SegmentRuleType, TextOrInteger,
};
pub use server_key::{ServerKeyRotation, ServerKeySpec, ServerKeyStatus};
pub use status::{ConditionType, Reason, ServerIdentity};
pub use value::{FlagValue, NoValue};
pub use verify::{FlagVerification, IdentityProbe, Passed, ProbeExpectation, ProbeResult, Verify};

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::CustomResourceExt as _;

use description::described;

/// The API group of every kind.
pub const GROUP: &str = "flagsmith-operator.dev";
/// The name under which we write to the apiserver.
pub const FIELD_MANAGER: &str = "flagsmith-operator";
/// On an object whose deletion must first be carried out in Flagsmith.
pub const FINALIZER: &str = "flagsmith-operator.dev/finalizer";
/// `"true"` on an object: drop the finalizer and touch nothing in Flagsmith.
pub const RELEASE: &str = "flagsmith-operator.dev/release";
/// `"true"` on an environment or a project that is to be deleted: delete it with all that others put into it.
pub const CONFIRM_DELETE: &str = "flagsmith-operator.dev/confirm-delete";
/// On any object: another value than `status.lastHandledReconcileAt` has it looked at anew, after a fresh reading of Flagsmith.
pub const RECONCILE_REQUESTED_AT: &str = "flagsmith-operator.dev/reconcile-requested-at";
/// `"true"` on an object: something of it was written once, as `management: InitialOnly` asks, and is Flagsmith's since. It is
/// kept beside the status because a restored backup brings annotations and no status.
pub const MET: &str = "flagsmith-operator.dev/met";
/// On a Secret that we write: the object that owns its content, as `Kind/namespace/name`.
pub const OWNER: &str = "flagsmith-operator.dev/owner";
/// `"true"` on each Secret and `ConfigMap` that we write to, so that a watch can select them.
pub const PUBLISHED: &str = "flagsmith-operator.dev/published";
/// On what we write to: the SHA-256 of our entries, so that whoever reads it can be restarted when they change. On what is merged
/// into, followed by a dot and the uid of the environment's object.
pub const CHECKSUM: &str = "flagsmith-operator.dev/checksum";
/// On an environment's object: another value than `status.handledRotateServerKeys` has its server-side keys replaced. On its
/// Secret: the value that was answered.
pub const ROTATE_SERVER_KEYS: &str = "flagsmith-operator.dev/rotate-server-keys";
/// On an environment's object: another value than `status.handledRotateClientKey` has its client-side key replaced.
pub const ROTATE_CLIENT_KEY: &str = "flagsmith-operator.dev/rotate-client-key";

/// The custom resource definitions of all kinds, in the order in which users meet them.
#[must_use]
pub fn definitions() -> Vec<CustomResourceDefinition> {
    vec![
        described::<FlagsmithConnectionSpec, ConnectionStatus>(FlagsmithConnection::crd()),
        described::<FlagsmithProjectSpec, ProjectStatus>(FlagsmithProject::crd()),
        described::<FlagsmithEnvironmentSpec, EnvironmentStatus>(FlagsmithEnvironment::crd()),
        described::<FlagsmithSegmentSpec, SegmentStatus>(segment::definition()),
        described::<FeatureFlagSpec, FeatureFlagStatus>(FeatureFlag::crd()),
    ]
}
