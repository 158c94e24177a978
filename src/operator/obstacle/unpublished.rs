//! Why keys cannot be published where their author wants them.

use super::Remedy;
use crate::crd::Reason;

/// Why nothing is written to a Secret or a `ConfigMap`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unpublished {
    /// One of that name is somebody else's.
    #[error(
        "{kind} {name} exists and is not this object's: choose another spec.{field}.name, delete that {kind}, or set \
         spec.{field}.creationPolicy to Merge to have our entries put into it"
    )]
    Conflict {
        /// Secret or `ConfigMap`.
        kind: &'static str,
        /// The field that names it.
        field: &'static str,
        /// Its name.
        name: String,
    },
    /// It is to be merged into, and is not there yet.
    #[error(
        "waiting for {kind} {name}, which spec.{field} merges into: create it in this namespace, or set spec.{field}.creationPolicy to Owner"
    )]
    Awaited {
        /// Secret or `ConfigMap`.
        kind: &'static str,
        /// The field that names it.
        field: &'static str,
        /// Its name.
        name: String,
    },
    /// It is ours and of another type, which Kubernetes does not change.
    #[error(
        "Secret {name} is of another type than spec.secret.type, and Kubernetes does not change it: delete that Secret, or choose another name"
    )]
    AnotherType {
        /// Its name.
        name: String,
    },
    /// The apiserver finds fault with it.
    #[error("{kind} {name} cannot be written, correct spec.{field}: {reason}")]
    Invalid {
        /// Secret or `ConfigMap`.
        kind: &'static str,
        /// The field that names it.
        field: &'static str,
        /// Its name.
        name: String,
        /// In the apiserver's words.
        reason: String,
    },
}

impl Unpublished {
    /// Who must act.
    #[must_use]
    pub fn remedy(&self) -> Remedy {
        match self {
            Self::Awaited { .. } => Remedy::Object,
            Self::Conflict { .. } | Self::AnotherType { .. } | Self::Invalid { .. } => Remedy::Author,
        }
    }

    /// The reason that conditions give.
    #[must_use]
    pub fn reason(&self) -> Reason {
        match self {
            Self::Awaited { kind: "Secret", .. } => Reason::SecretNotFound,
            Self::Awaited { .. } => Reason::ConfigMapNotFound,
            Self::Conflict { kind: "Secret", .. } | Self::AnotherType { .. } => Reason::SecretConflict,
            Self::Conflict { .. } => Reason::ConfigMapConflict,
            Self::Invalid { .. } => Reason::InvalidSpec,
        }
    }
}
