//! What a plan is made of. Effects are data: every write is a [`Change`] first.

use std::fmt;
use strum::{AsRefStr, IntoStaticStr};

use super::{EnvironmentStep, ProjectStep};
use crate::flagsmith::{
    EnvironmentId, EnvironmentKey, EnvironmentPatch, Feature, FeatureId, FeatureName, FeaturePatch, FlagState,
    Identifier, IdentityPatch, NewEnvironment, NewFeature, NewSegment, NewTag, NewVariant, OwnerStep, SegmentId,
    SegmentName, SegmentPatch, StatePatch, VariantId,
};

/// One thing that is known or unknown, and written as a whole.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Cell {
    /// The project's own fields.
    Project,
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

impl FlagRef {
    /// That feature.
    #[must_use]
    pub fn of(feature: &Feature) -> Self {
        Self { id: feature.id, name: feature.name.clone() }
    }
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
    /// Keeps, in Kubernetes, the key that an environment is about to have instead of its own.
    ChooseNextKey,
    /// Gives an environment another key, which was chosen beforehand; whoever shows the former one is refused.
    RotateKey(EnvironmentId, EnvironmentKey),
    /// Creates an environment under a key that was chosen beforehand.
    CreateEnvironment(NewEnvironment),
    /// Writes an environment's own fields.
    UpdateEnvironment {
        /// The environment.
        environment: EnvironmentId,
        /// The fields that differ.
        patch: EnvironmentPatch,
    },
    /// Deletes an environment, with the states of all features there.
    DeleteEnvironment(super::removal::EnvironmentRef),
    /// Makes an environment otherwise than by its own fields.
    MakeEnvironment(EnvironmentStep),
    /// Makes a server-side key of that name for an environment.
    CreateServerKey(String),
    /// Deletes a server-side key of that name; whoever shows it is refused.
    DeleteServerKey(String),
    /// Makes the project, writes its own fields, or deletes it.
    Project(ProjectStep),
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
    /// Makes a tag, unless there is one of that label by now.
    CreateTag(NewTag),
    /// Changes who owns a feature.
    ChangeOwners {
        /// The feature.
        feature: FlagRef,
        /// Who shall, or shall no longer.
        step: OwnerStep,
    },
    /// Makes a variant; every environment gets it with its default weight, or with none where that would be too much for one.
    CreateVariant {
        /// The feature.
        feature: FlagRef,
        /// What it shall be.
        new: NewVariant,
    },
    /// Writes a variant's own fields; the weights of environments stay.
    UpdateVariant {
        /// The feature.
        feature: FlagRef,
        /// The variant.
        variant: VariantId,
        /// What it shall be.
        new: NewVariant,
    },
    /// Deletes a variant, and its weight in every environment.
    DeleteVariant {
        /// The feature.
        feature: FlagRef,
        /// The variant.
        variant: VariantId,
    },
    /// Writes a feature's state in one environment.
    SetState {
        /// The environment.
        environment: EnvironmentId,
        /// The feature.
        feature: FlagRef,
        /// The fields that differ.
        patch: StatePatch,
    },
    /// Writes what a feature serves to one identity, which is made unless it is there.
    SetIdentity {
        /// The environment.
        environment: EnvironmentId,
        /// The feature.
        feature: FlagRef,
        /// The identity.
        identity: Identifier,
        /// The fields that differ; both, where it is served nothing of its own yet.
        patch: IdentityPatch,
    },
    /// Has a feature serve nothing of its own to an identity, which stays.
    RemoveIdentity {
        /// The environment.
        environment: EnvironmentId,
        /// The feature.
        feature: FlagRef,
        /// The identity.
        identity: Identifier,
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
            Self::Project(_) => Cell::Project,
            Self::MakeEnvironment(_)
            | Self::ChooseKey
            | Self::ChooseNextKey
            | Self::RotateKey(..)
            | Self::CreateServerKey(_)
            | Self::DeleteServerKey(_)
            | Self::CreateEnvironment(_)
            | Self::UpdateEnvironment { .. }
            | Self::DeleteEnvironment(_) => Cell::Environments,
            Self::CreateFeature(new) => Cell::Definition(new.name.clone()),
            Self::CreateTag(_) => Cell::Tags,
            Self::UpdateFeature { feature, .. }
            | Self::DeleteFeature(feature)
            | Self::ChangeOwners { feature, .. }
            | Self::CreateVariant { feature, .. }
            | Self::UpdateVariant { feature, .. }
            | Self::DeleteVariant { feature, .. } => Cell::Definition(feature.name.clone()),
            Self::SetState { environment, feature, .. } | Self::RestoreState { environment, feature, .. } => {
                Cell::State(*environment, feature.id)
            }
            Self::SetIdentity { environment, feature, .. } | Self::RemoveIdentity { environment, feature, .. } => {
                Cell::Identities(*environment, feature.id)
            }
            Self::CreateSegment(_) | Self::UpdateSegment { .. } | Self::DeleteSegment(_) => Cell::Segments,
        }
    }

    /// The environment in which the change is made, if it is there already.
    #[must_use]
    pub fn environment(&self) -> Option<EnvironmentId> {
        match self {
            Self::UpdateEnvironment { environment, .. }
            | Self::RotateKey(environment, _)
            | Self::SetState { environment, .. }
            | Self::SetIdentity { environment, .. }
            | Self::RemoveIdentity { environment, .. }
            | Self::RestoreState { environment, .. } => Some(*environment),
            Self::DeleteEnvironment(environment) => Some(environment.id),
            Self::MakeEnvironment(step) => Some(step.environment()),
            _ => None,
        }
    }

    /// The feature whose weights the change changes in every environment, besides what is in its cell.
    #[must_use]
    pub fn reweighs(&self) -> Option<FeatureId> {
        match self {
            Self::CreateVariant { feature, .. } | Self::DeleteVariant { feature, .. } => Some(feature.id),
            _ => None,
        }
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ChooseKey | Self::ChooseNextKey => write!(f, "choose a client-side key"),
            Self::RotateKey(..) => write!(f, "replace the client-side key"),
            Self::CreateEnvironment(new) => write!(f, "create environment {}", new.name),
            Self::UpdateEnvironment { .. } => write!(f, "update environment"),
            Self::DeleteEnvironment(environment) => write!(f, "delete environment {}", environment.name),
            Self::MakeEnvironment(step) => step.fmt(f),
            Self::CreateServerKey(name) => write!(f, "create server-side key {name}"),
            Self::DeleteServerKey(name) => write!(f, "delete server-side key {name}"),
            Self::Project(step) => step.fmt(f),
            Self::CreateFeature(new) => write!(f, "create feature {}", new.name),
            Self::UpdateFeature { feature, .. } => write!(f, "update feature {}", feature.name),
            Self::DeleteFeature(feature) => write!(f, "delete feature {}", feature.name),
            Self::CreateTag(new) => write!(f, "create tag {}", new.label),
            Self::ChangeOwners { feature, .. } => write!(f, "change owners of {}", feature.name),
            Self::CreateVariant { feature, new } => write!(f, "create variant {} of {}", new.key, feature.name),
            Self::UpdateVariant { feature, new, .. } => write!(f, "update variant {} of {}", new.key, feature.name),
            Self::DeleteVariant { feature, variant } => write!(f, "delete variant {variant} of {}", feature.name),
            Self::SetState { feature, .. } => write!(f, "set state of {}", feature.name),
            Self::SetIdentity { feature, .. } => write!(f, "set what {} serves to an identity", feature.name),
            Self::RemoveIdentity { feature, .. } => write!(f, "remove what {} serves to an identity", feature.name),
            Self::RestoreState { feature, .. } => write!(f, "restore state of {}", feature.name),
            Self::CreateSegment(new) => write!(f, "create segment {}", new.name),
            Self::UpdateSegment { segment, .. } => write!(f, "update segment {}", segment.name),
            Self::DeleteSegment(segment) => write!(f, "delete segment {}", segment.name),
        }
    }
}
