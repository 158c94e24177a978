//! What stands in the way of serving a flag to those whom its author names.

use std::{fmt::Display, time::Duration};

use super::Remedy;
use crate::{
    crd::Reason,
    flagsmith::{FeatureName, Right, SegmentId, SegmentName},
};

/// What a flag's audience lacks.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Audience {
    /// No such segment yet.
    #[error(
        "waiting for segment {name}: Flagsmith has none of that name in this project, or this credential lacks {} to see it",
        Right::ViewProject
    )]
    SegmentNotFound {
        /// Its name.
        name: SegmentName,
    },
    /// Several segments of one name.
    #[error(
        "Flagsmith has several segments that are, or would be, named {name} (ids {}): rename or delete all but one there",
        listed(ids)
    )]
    SegmentTwins {
        /// Their name.
        name: SegmentName,
        /// Their ids.
        ids: Vec<SegmentId>,
    },
    /// A segment that is to go takes what flags serve to it along.
    #[error(
        "segment {name} is not deleted while flags have overrides for it, which would go with it ({}): remove those overrides, \
         or set spec.deletionPolicy to Orphan",
        listed(flags)
    )]
    SegmentInUse {
        /// Its name.
        name: SegmentName,
        /// The flags.
        flags: Vec<FeatureName>,
    },
    /// A segment may still be created by a request whose answer was lost.
    #[error("waiting until the creation of segment {name}, whose answer was lost, cannot be carried out any more")]
    CreationUnanswered {
        /// Its name.
        name: SegmentName,
        /// For how long it may.
        wait: Duration,
    },
    /// A segment that Flagsmith keeps for another feature.
    #[error("segment {name} is for another feature alone: name one that is for this feature, or for all")]
    SegmentOfAnother {
        /// Its name.
        name: SegmentName,
    },
    /// No such variant yet.
    #[error("waiting for variant {key}: the feature has none of that key")]
    VariantNotFound {
        /// Its key.
        key: String,
    },
    /// More than a whole, with what others gave to the variants that the author leaves out.
    #[error(
        "the weights in {place} would come to more than 100, those of variants that the manifest leaves out counted as they \
         are: lower some, or name all variants"
    )]
    Overweight {
        /// The environment, and the segment where they are an override's.
        place: String,
    },
}

impl Audience {
    /// Who must act.
    #[must_use]
    pub fn remedy(&self) -> Remedy {
        match self {
            Self::SegmentNotFound { .. } | Self::SegmentInUse { .. } | Self::VariantNotFound { .. } => Remedy::Object,
            Self::CreationUnanswered { wait, .. } => Remedy::TimeOf(*wait),
            Self::SegmentTwins { .. } | Self::SegmentOfAnother { .. } | Self::Overweight { .. } => Remedy::Author,
        }
    }

    /// The reason that conditions give.
    #[must_use]
    pub fn reason(&self) -> Reason {
        match self {
            Self::SegmentNotFound { .. } => Reason::SegmentNotFound,
            Self::VariantNotFound { .. } => Reason::VariantNotFound,
            Self::SegmentTwins { .. } => Reason::AmbiguousName,
            Self::SegmentInUse { .. } => Reason::SegmentInUse,
            Self::CreationUnanswered { .. } => Reason::Progressing,
            Self::SegmentOfAnother { .. } | Self::Overweight { .. } => Reason::InvalidSpec,
        }
    }
}

/// Several, as a sentence names them.
pub(in crate::operator) fn listed<T: Display>(all: &[T]) -> String {
    all.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}
