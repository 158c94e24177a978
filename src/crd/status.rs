//! What is common to the status of every kind: condition types, reasons, and the server an id belongs to.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use strum::{AsRefStr, Display, EnumIter};

/// The condition types that we set, after kstatus.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Display, AsRefStr, EnumIter)]
pub enum ConditionType {
    /// What the spec enforces is what Flagsmith was last seen to hold.
    Ready,
    /// Work goes on or another object is waited for. Present only while true.
    Reconciling,
    /// The author must act. Present only while true.
    Stalled,
    /// Flagsmith holds all that the spec says, also what is not enforced.
    Synced,
    /// On a project: its mirror was lately read whole and did not lag.
    Fresh,
    /// On a flag: SDKs are served what the spec enforces by default. It never touches Ready.
    Live,
    /// On a flag with probes: identities are served what the probes expect. It never touches Ready.
    Verified,
}

/// Why a condition is as it is: a closed list, which dashboards may rely on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Display, AsRefStr, EnumIter)]
pub enum Reason {
    /// The last observation satisfies the spec.
    InSync,
    /// `spec.suspend` is set and the object never was in sync.
    Suspended,
    /// The mirror was read lately.
    Polled,
    /// A connection that the object names is absent or not ready.
    ConnectionNotReady,
    /// A project that the object names is absent or not ready.
    ProjectNotReady,
    /// The object that is referred to, in another namespace, does not let this one in.
    NotPermitted,
    /// Flagsmith has no project of that name.
    ProjectNotFound,
    /// Several things in Flagsmith have that name.
    AmbiguousName,
    /// Flagsmith has no environment of that name yet.
    EnvironmentNotFound,
    /// Flags still have overrides for the segment that is to go.
    SegmentInUse,
    /// Flagsmith has no feature of that name yet, and another object is to create it.
    FeatureNotFound,
    /// Flagsmith has no segment of that name yet.
    SegmentNotFound,
    /// The feature has no variant of that key yet.
    VariantNotFound,
    /// The environment was deleted in Flagsmith's pages.
    DeletedInFlagsmith,
    /// Flagsmith has no user or group of that name in the organisation.
    OwnerNotFound,
    /// Flagsmith has no such organisation, or the credential does not see it.
    OrganisationNotFound,
    /// The credential sees several organisations and none is named.
    OrganisationAmbiguous,
    /// A Secret that the object names is absent.
    SecretNotFound,
    /// The Secret lacks the key, or it is empty or not text.
    SecretKeyNotFound,
    /// A Secret of that name exists and is not ours.
    SecretConflict,
    /// `adoptionPolicy: CreateOnly`, and it is there already.
    AlreadyExists,
    /// A `ConfigMap` that is to be merged into is absent.
    ConfigMapNotFound,
    /// A `ConfigMap` of that name exists and is not ours.
    ConfigMapConflict,
    /// Another object came first.
    Conflict,
    /// Flagsmith refuses the credential.
    CredentialRefused,
    /// The credential lacks a right.
    Forbidden,
    /// Flagsmith refuses what was asked of it.
    Refused,
    /// Flagsmith took a write and keeps another value.
    NotKept,
    /// The environment asks for approvals.
    ChangeRequestsRequired,
    /// What is to go takes along what is not ours: its author has to say so twice.
    ConfirmationRequired,
    /// The spec holds something that Flagsmith cannot keep.
    InvalidSpec,
    /// The address answers, but not as Flagsmith does.
    NotFlagsmith,
    /// This Flagsmith lacks something that we need.
    Unsupported,
    /// Too many requests: ours were held back, by us or by Flagsmith.
    RateLimited,
    /// The address does not answer.
    Unreachable,
    /// No answer within the request timeout.
    TimedOut,
    /// Flagsmith answered with an error of its own.
    ServerError,
    /// The Kubernetes API failed us.
    KubernetesError,
    /// Flagsmith's documents show less than its own single reads.
    DocumentsLag,
    /// Flagsmith's documents cannot be had; the lists are read instead.
    DocumentFails,
    /// What differs is observed, and never written.
    Observed,
    /// What differs was written once and is Flagsmith's since.
    HandedOver,
    /// What was changed in Flagsmith is left alone for a while.
    GracePeriod,
    /// A write was carried out and its effect is yet to be seen.
    Progressing,
    /// SDKs were seen to be served what the spec enforces.
    Served,
    /// SDKs are yet to be seen to be served what the spec enforces: caches may lag.
    NotServedYet,
    /// SDKs were still served something else two minutes later.
    NotServed,
    /// The environment's key does not show it.
    NotObservable,
    /// The SDKs' endpoint did not say what it serves.
    Unanswered,
    /// The SDKs' endpoint is yet to be asked.
    Awaited,
    /// All probes passed.
    Passed,
    /// A probe did not pass.
    Failed,
}

impl Reason {
    /// Whether it leaves open what its condition is about: it is then `Unknown`.
    #[must_use]
    pub fn leaves_open(self) -> bool {
        matches!(self, Self::NotObservable | Self::Unanswered | Self::Awaited)
    }
}

/// The Flagsmith that a recorded id belongs to; elsewhere the id means nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ServerIdentity {
    /// The normalised address of the API.
    #[serde(default)]
    pub url: String,
    /// The organisation's id.
    #[serde(default)]
    pub organisation_id: i64,
}
