//! Why an object cannot be brought further, and who must act.

pub mod audience;
pub mod invalid_spec;
pub mod lack;
pub mod unkept;
pub mod unmade;
pub mod unpublished;
pub mod unresolved;
pub mod verdict;

use std::time::Duration;

use crate::operator::ownership::adoption;
pub use crate::operator::{leaving::departure::Departure, ownership::permission::Denial};
use crate::{
    crd::Reason,
    flagsmith::{self, EnvironmentName, FeatureName, InvalidEndpoint, Right},
    lease::NotLeading,
};
pub use audience::Audience;
pub use invalid_spec::InvalidSpec;
pub use unmade::Unmade;
pub use unpublished::Unpublished;
pub use unresolved::Unresolved;

/// Why an object cannot be brought further. The text is a condition's message: it tells the author what to do, is stable, and holds no secret.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Obstacle {
    /// The connection is absent or not ready.
    #[error("waiting for FlagsmithConnection {name} to be ready")]
    ConnectionNotReady {
        /// Its name.
        name: String,
    },
    /// The connection cannot be tried out for the moment.
    #[error("waiting for FlagsmithConnection {name} to reach Flagsmith")]
    ConnectionFailing {
        /// Its name.
        name: String,
    },
    /// The project is absent or not ready.
    #[error("waiting for FlagsmithProject {name} to be ready")]
    ProjectNotReady {
        /// Its name.
        name: String,
    },
    /// An object in another namespace does not let this one in.
    #[error(transparent)]
    Denied(#[from] Denial),
    /// The Secret with the credential is absent.
    #[error("waiting for Secret {name}, which spec.auth names: create it in this namespace")]
    SecretNotFound {
        /// Its name.
        name: String,
    },
    /// The Secret has no such key, or not a credential in it.
    #[error("waiting for key {key} in Secret {name}, which spec.auth names: add it, as text that is not empty")]
    SecretKeyNotFound {
        /// The Secret's name.
        name: String,
        /// The key.
        key: String,
    },
    /// The Secret in which a chosen key is kept is somebody else's.
    #[error(
        "Secret {name}, in which this object is to keep a key, exists and is not this object's: delete that Secret, or delete \
         this object and apply it anew"
    )]
    SecretConflict {
        /// Its name.
        name: String,
    },
    /// No such organisation.
    #[error(
        "Flagsmith has no organisation {wanted}, or this credential does not see it: correct spec.organisation; visible: {visible}"
    )]
    OrganisationNotFound {
        /// What was asked for.
        wanted: String,
        /// What the credential sees.
        visible: String,
    },
    /// Several organisations, none named, or several of one name.
    #[error("several organisations fit: name one by spec.organisation.id; visible: {visible}")]
    OrganisationAmbiguous {
        /// What the credential sees.
        visible: String,
    },
    /// No such project.
    #[error(
        "Flagsmith has no project named {name} in this organisation, or this credential lacks {} to see it: create it there, or correct spec.name",
        Right::ViewProject
    )]
    ProjectNotFound {
        /// Its name.
        name: String,
    },
    /// Several things of one name.
    #[error("Flagsmith has several {kind}s named {name}: rename all but one there")]
    AmbiguousName {
        /// What they are.
        kind: &'static str,
        /// Their name.
        name: String,
    },
    /// No such environment yet.
    #[error(
        "waiting for environment {name}: Flagsmith has none of that name in this project, or this credential lacks {} to see it",
        Right::ViewEnvironment
    )]
    EnvironmentNotFound {
        /// Its name.
        name: EnvironmentName,
    },
    /// Something is not made yet.
    #[error(transparent)]
    Unmade(#[from] Unmade),
    /// The environment was there before us and is gone.
    #[error(
        "environment {name} is gone from Flagsmith, and not of this object's making: make one there, or apply this object anew"
    )]
    EnvironmentDeleted {
        /// Its name.
        name: EnvironmentName,
    },
    /// The feature does not exist and is another object's to create.
    #[error("waiting for feature {name}, which Flagsmith does not have and this object is not to create")]
    FeatureNotFound {
        /// Its name.
        name: FeatureName,
    },
    /// A segment or a variant that a flag names, or its weights.
    #[error(transparent)]
    Audience(#[from] Audience),
    /// What keeps an object that is to go.
    #[error(transparent)]
    Departure(#[from] Departure),
    /// People must approve what is written there.
    #[error(
        "environment {environment} takes changes through change requests only: make this change by one there, or write what \
         Flagsmith serves into this manifest"
    )]
    ApprovalRequired {
        /// Its name.
        environment: EnvironmentName,
    },
    /// What `spec.adoptionPolicy` forbids.
    #[error(transparent)]
    Adoption(#[from] adoption::Forbidden),
    /// An older object says the same thing.
    #[error("{what} is already declared by {owner}, which is older: remove it from one of the two")]
    Conflict {
        /// What both declare.
        what: String,
        /// The other, as kind and namespace/name.
        owner: String,
    },
    /// Flagsmith answered a write with something else than was written.
    #[error("Flagsmith took the write and keeps another value ({change}): write the value as Flagsmith shows it")]
    NotKept {
        /// The change, without its values.
        change: String,
    },
    /// The address cannot be one.
    #[error("spec.apiURL: {0}")]
    InvalidEndpoint(#[from] InvalidEndpoint),
    /// The spec holds what Flagsmith cannot keep.
    #[error("{0}")]
    InvalidSpec(#[from] InvalidSpec),
    /// Keys cannot be published where the spec says.
    #[error(transparent)]
    Unpublished(#[from] Unpublished),
    /// The definition names what Flagsmith does not have, or has twice.
    #[error(transparent)]
    Unresolved(#[from] Unresolved),
    /// Flagsmith, or the way to it.
    #[error(transparent)]
    Flagsmith(#[from] flagsmith::Error),
    /// The Kubernetes API.
    #[error("the Kubernetes API failed: {reason}")]
    Kubernetes {
        /// In its words.
        reason: String,
    },
    /// The project was not read yet. It says so when it was.
    #[error("the project is being read for the first time")]
    Loading,
    /// The object changed while it was worked on.
    #[error("the object changed meanwhile")]
    Outdated,
    /// Much was written and more is left.
    #[error("more is to be written than one turn does")]
    Unfinished,
}

impl From<kube::Error> for Obstacle {
    fn from(error: kube::Error) -> Self {
        match error {
            kube::Error::Api(status) if status.code == 409 => Self::Outdated,
            kube::Error::Api(status) => Self::Kubernetes { reason: status.message },
            kube::Error::Service(error) if error.is::<NotLeading>() => flagsmith::Error::from(NotLeading).into(),
            other => Self::Kubernetes { reason: other.to_string() },
        }
    }
}

/// Who must act, which alone picks the requeue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Remedy {
    /// The author of the manifest, or somebody in Flagsmith's pages.
    Author,
    /// Another object, which is watched.
    Object,
    /// Time.
    Time,
    /// Time, and this much of it.
    TimeOf(Duration),
    /// Nobody: it is taken up again at once, and the status is left alone.
    Again,
    /// Nobody: the mirror says when.
    Mirror,
}

impl Obstacle {
    /// Who must act.
    #[must_use]
    pub fn remedy(&self) -> Remedy {
        match self {
            Self::ConnectionNotReady { .. }
            | Self::ProjectNotReady { .. }
            | Self::SecretNotFound { .. }
            | Self::SecretKeyNotFound { .. }
            | Self::EnvironmentNotFound { .. }
            | Self::FeatureNotFound { .. } => Remedy::Object,
            Self::Denied(_)
            | Self::SecretConflict { .. }
            | Self::OrganisationNotFound { .. }
            | Self::OrganisationAmbiguous { .. }
            | Self::ProjectNotFound { .. }
            | Self::AmbiguousName { .. }
            | Self::EnvironmentDeleted { .. }
            | Self::ApprovalRequired { .. }
            | Self::Conflict { .. }
            | Self::NotKept { .. }
            | Self::InvalidEndpoint(_)
            | Self::InvalidSpec(_)
            | Self::Unresolved(_) => Remedy::Author,
            // What does not come to an end in a turn may never: it is not begun anew at once.
            Self::ConnectionFailing { .. } | Self::Kubernetes { .. } | Self::Unfinished => Remedy::Time,
            Self::Loading => Remedy::Mirror,
            Self::Outdated => Remedy::Again,
            Self::Audience(audience) => audience.remedy(),
            Self::Adoption(forbidden) => forbidden.remedy(),
            Self::Departure(departure) => departure.remedy(),
            Self::Unmade(unmade) => unmade.remedy(),
            Self::Unpublished(unpublished) => unpublished.remedy(),
            Self::Flagsmith(error) => verdict::remedy_of(error),
        }
    }

    /// The reason that conditions give.
    #[must_use]
    pub fn reason(&self) -> Reason {
        match self {
            Self::ConnectionNotReady { .. } | Self::ConnectionFailing { .. } => Reason::ConnectionNotReady,
            Self::ProjectNotReady { .. } => Reason::ProjectNotReady,
            Self::Denied(denial) => denial.reason(),
            Self::SecretNotFound { .. } => Reason::SecretNotFound,
            Self::SecretKeyNotFound { .. } => Reason::SecretKeyNotFound,
            Self::SecretConflict { .. } => Reason::SecretConflict,
            Self::OrganisationNotFound { .. } => Reason::OrganisationNotFound,
            Self::OrganisationAmbiguous { .. } => Reason::OrganisationAmbiguous,
            Self::ProjectNotFound { .. } => Reason::ProjectNotFound,
            Self::AmbiguousName { .. } => Reason::AmbiguousName,
            Self::EnvironmentNotFound { .. } => Reason::EnvironmentNotFound,
            Self::EnvironmentDeleted { .. } => Reason::DeletedInFlagsmith,
            Self::FeatureNotFound { .. } => Reason::FeatureNotFound,
            Self::Audience(audience) => audience.reason(),
            Self::Adoption(forbidden) => forbidden.reason(),
            Self::Departure(departure) => departure.reason(),
            Self::Unmade(unmade) => unmade.reason(),
            Self::Unpublished(unpublished) => unpublished.reason(),
            Self::ApprovalRequired { .. } => Reason::ChangeRequestsRequired,
            Self::Conflict { .. } => Reason::Conflict,
            Self::NotKept { .. } => Reason::NotKept,
            Self::InvalidEndpoint(_) | Self::InvalidSpec(_) => Reason::InvalidSpec,
            Self::Unresolved(unresolved) => unresolved.reason(),
            Self::Flagsmith(error) => verdict::reason_of(error),
            Self::Kubernetes { .. } => Reason::KubernetesError,
            Self::Loading | Self::Outdated | Self::Unfinished => Reason::Progressing,
        }
    }
}
