//! What stands in the way of serving a flag to those whom its author names.

use super::obstacle::Remedy;
use crate::{
    crd::Reason,
    flagsmith::{Right, SegmentName},
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
    #[error("Flagsmith has several segments named {name} (ids {ids}): rename all but one there")]
    SegmentTwins {
        /// Their name.
        name: SegmentName,
        /// Their numbers.
        ids: String,
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
            Self::SegmentNotFound { .. } | Self::VariantNotFound { .. } => Remedy::Object,
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
            Self::SegmentOfAnother { .. } | Self::Overweight { .. } => Reason::InvalidSpec,
        }
    }
}
