//! What makes an environment otherwise than by its own fields.

use std::fmt;

use crate::flagsmith::{EnvironmentId, EnvironmentName, NewClone};

/// A step in the making of an environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EnvironmentStep {
    /// Makes a copy of another.
    Clone {
        /// What it is a copy of.
        source: EnvironmentId,
        /// The copy.
        new: NewClone,
    },
    /// Deletes a copy that was made twice, which nobody knows of.
    Discard {
        /// The copy.
        environment: EnvironmentId,
        /// Its name.
        name: EnvironmentName,
    },
    /// Asks for v2 feature versioning, which comes in the server's own time.
    Version {
        /// The environment.
        environment: EnvironmentId,
        /// Its name.
        name: EnvironmentName,
    },
}

impl EnvironmentStep {
    /// The environment that the request names.
    #[must_use]
    pub fn environment(&self) -> EnvironmentId {
        match self {
            Self::Clone { source, .. } => *source,
            Self::Discard { environment, .. } | Self::Version { environment, .. } => *environment,
        }
    }
}

impl fmt::Display for EnvironmentStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Clone { new, .. } => write!(f, "clone an environment as {}", new.name),
            Self::Discard { name, .. } => write!(f, "discard environment {name}, a copy made twice"),
            Self::Version { name, .. } => write!(f, "switch environment {name} to v2 feature versioning"),
        }
    }
}
