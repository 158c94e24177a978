//! Why an environment or a project is not made yet, or may not be.

use super::Remedy;
use crate::{
    crd::Reason,
    flagsmith::{EnvironmentName, Right},
};

/// Why something is not made yet. The text is a condition's message.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unmade {
    /// Flagsmith is at work on the environment.
    #[error(
        "waiting for Flagsmith to have made or switched environment {name}, which its task processor does in its own time"
    )]
    Settling {
        /// Its name.
        name: EnvironmentName,
    },
    /// The environment is to have versions, and was asked for them.
    #[error(
        "waiting for Flagsmith to switch environment {name} to v2 feature versioning, which its task processor does in its own time"
    )]
    Versioning {
        /// Its name.
        name: EnvironmentName,
    },
    /// No such project, and it may not be made.
    #[error(
        "Flagsmith shows no project named {name} in this organisation and refuses to create it: the organisation's plan has no \
         room for another (the open-source build has one project for each organisation), or this credential lacks {} to see it \
         or {} to create it. Correct spec.name, create it there, or name another organisation in the FlagsmithConnection",
        Right::ViewProject,
        Right::CreateProject
    )]
    ProjectForbidden {
        /// Its name.
        name: String,
    },
}

impl Unmade {
    /// Who must act.
    #[must_use]
    pub fn remedy(&self) -> Remedy {
        match self {
            Self::Settling { .. } | Self::Versioning { .. } => Remedy::Object,
            Self::ProjectForbidden { .. } => Remedy::Author,
        }
    }

    /// The reason that conditions give.
    #[must_use]
    pub fn reason(&self) -> Reason {
        match self {
            Self::Settling { .. } | Self::Versioning { .. } => Reason::Progressing,
            Self::ProjectForbidden { .. } => Reason::ProjectNotFound,
        }
    }
}
