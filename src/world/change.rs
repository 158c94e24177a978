//! What a plan is made of. Effects are data: every write is a [`Change`] first.

use std::fmt;

use strum::{AsRefStr, IntoStaticStr};

use crate::flagsmith::{
    EnvironmentId, EnvironmentName, EnvironmentPatch, FeatureId, FeatureName, FeaturePatch, FlagState, NewEnvironment,
    NewFeature, NewSegment, SegmentId, SegmentName, SegmentPatch, StatePatch,
};

/// One thing that is known or unknown, and written as a whole.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Cell {
    /// The environments of the project, which one request lists.
    Environments,
    /// The segments of the project, which one request lists.
    Segments,
    /// The tags of the project, which one request lists.
    Tags,
    /// The users and groups of the organisation, who may own features.
    People,
    /// A feature's own fields.
    Definition(FeatureName),
    /// A feature's state in one environment, with its overrides of segments.
    State(EnvironmentId, FeatureId),
    /// A feature's overrides of identities in one environment.
    Identities(EnvironmentId, FeatureId),
}

/// A feature, by the id that requests need and the name that people read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FlagRef {
    /// The feature's id.
    pub id: FeatureId,
    /// The feature's name.
    pub name: FeatureName,
}

/// A segment, by the id that requests need and the name that people read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SegmentRef {
    /// The segment's id.
    pub id: SegmentId,
    /// The segment's name.
    pub name: SegmentName,
}

/// One write.
#[derive(Clone, Debug, PartialEq, AsRefStr, IntoStaticStr)]
pub enum Change {
    /// Keeps, in Kubernetes, the key under which an environment is about to be created.
    ChooseKey,
    /// Creates an environment under a key that was chosen beforehand.
    CreateEnvironment(NewEnvironment),
    /// Writes an environment's own fields.
    UpdateEnvironment {
        /// The environment.
        environment: EnvironmentId,
        /// The fields that differ.
        patch: EnvironmentPatch,
    },
    /// Creates a feature; every environment gets it with its defaults.
    CreateFeature(NewFeature),
    /// Writes a feature's own fields.
    UpdateFeature {
        /// The feature.
        feature: FlagRef,
        /// The fields that differ.
        patch: FeaturePatch,
    },
    /// Deletes a feature in every environment.
    DeleteFeature(FlagRef),
    /// Writes a feature's state in one environment.
    SetState {
        /// The environment.
        environment: EnvironmentId,
        /// The feature.
        feature: FlagRef,
        /// The fields that differ.
        patch: StatePatch,
    },
    /// Gives a feature the state that it lacks in one environment.
    RestoreState {
        /// The environment.
        environment: EnvironmentId,
        /// The feature.
        feature: FlagRef,
        /// What it shall be.
        state: FlagState,
    },
    /// Creates a segment.
    CreateSegment(NewSegment),
    /// Writes a segment's fields and rules.
    UpdateSegment {
        /// The segment.
        segment: SegmentRef,
        /// The fields that differ.
        patch: SegmentPatch,
    },
    /// Deletes a segment, and with it its overrides everywhere.
    DeleteSegment(SegmentRef),
}

impl Change {
    /// The cell that the change writes. Two changes of one cell must not overlap (facts.md §6).
    #[must_use]
    pub fn cell(&self) -> Cell {
        match self {
            Self::ChooseKey | Self::CreateEnvironment(_) | Self::UpdateEnvironment { .. } => Cell::Environments,
            Self::CreateFeature(new) => Cell::Definition(new.name.clone()),
            Self::UpdateFeature { feature, .. } | Self::DeleteFeature(feature) => {
                Cell::Definition(feature.name.clone())
            }
            Self::SetState { environment, feature, .. } | Self::RestoreState { environment, feature, .. } => {
                Cell::State(*environment, feature.id)
            }
            Self::CreateSegment(_) | Self::UpdateSegment { .. } | Self::DeleteSegment(_) => Cell::Segments,
        }
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ChooseKey => write!(f, "choose an environment key"),
            Self::CreateEnvironment(new) => write!(f, "create environment {}", new.name),
            Self::UpdateEnvironment { .. } => write!(f, "update environment"),
            Self::CreateFeature(new) => write!(f, "create feature {}", new.name),
            Self::UpdateFeature { feature, .. } => write!(f, "update feature {}", feature.name),
            Self::DeleteFeature(feature) => write!(f, "delete feature {}", feature.name),
            Self::SetState { feature, .. } => write!(f, "set state of {}", feature.name),
            Self::RestoreState { feature, .. } => write!(f, "restore state of {}", feature.name),
            Self::CreateSegment(new) => write!(f, "create segment {}", new.name),
            Self::UpdateSegment { segment, .. } => write!(f, "update segment {}", segment.name),
            Self::DeleteSegment(segment) => write!(f, "delete segment {}", segment.name),
        }
    }
}

/// Why a plan cannot be complete: another must act first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Missing {
    /// No environment of that name exists yet.
    Environment(EnvironmentName),
    /// Several environments have that name.
    EnvironmentTwins(EnvironmentName),
    /// The environment that was ours is gone from Flagsmith.
    EnvironmentDeleted(EnvironmentName),
    /// The feature does not exist, and another object is the one to create it.
    Feature(FeatureName),
    /// Several segments have that name, or would.
    SegmentTwins(SegmentName, Vec<SegmentId>),
    /// Flags still serve something else to the segment, which is to go.
    SegmentInUse(SegmentName, Vec<FeatureName>),
    /// Flags of that environment are changed through change requests only, and this one would have to be.
    Approval(EnvironmentName),
}

/// What is to be done, as far as the world is known.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Plan {
    /// The writes, in the order in which they are safe.
    pub changes: Vec<Change>,
    /// The cells that must be read before the rest can be decided.
    pub unknown: Vec<Cell>,
    /// What is waited for.
    pub missing: Vec<Missing>,
}

impl Plan {
    /// Whether nothing is left to write or to read.
    #[must_use]
    pub fn is_quiet(&self) -> bool {
        self.changes.is_empty() && self.unknown.is_empty()
    }
}
