//! What makes a project, or changes its own fields.

use std::fmt;

use crate::flagsmith::{NewProject, ProjectId, ProjectName, ProjectPatch};

/// A write of a project itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProjectStep {
    /// Makes it.
    Create(NewProject),
    /// Writes its own fields.
    Update {
        /// The project.
        project: ProjectId,
        /// The fields that differ.
        patch: ProjectPatch,
    },
    /// Deletes it, and all that is in it.
    Delete {
        /// The project.
        project: ProjectId,
        /// Its name.
        name: ProjectName,
    },
}

impl fmt::Display for ProjectStep {
    /// A setting that only some editions keep says so: whoever reads that it was not kept reads this.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Create(new) => write!(f, "create project {}", new.name),
            Self::Update { patch, .. }
                if patch.stale_flags_limit_days.is_some() || patch.enable_realtime_updates.is_some() =>
            {
                write!(f, "update project; staleFlagsLimitDays and enableRealtimeUpdates are Flagsmith Enterprise's")
            }
            Self::Update { .. } => write!(f, "update project"),
            Self::Delete { name, .. } => write!(f, "delete project {name}"),
        }
    }
}
