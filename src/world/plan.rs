//! What is to be done, and what it waits for.

use super::{Cell, Change};
use crate::flagsmith::{EnvironmentName, FeatureName, GroupId, SegmentId, SegmentName, TagId};

/// Why a plan cannot be complete: another must act first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Missing {
    /// No environment of that name exists yet.
    Environment(EnvironmentName),
    /// What is to go is held by others.
    Held(super::removal::Held),
    /// Several environments have that name.
    EnvironmentTwins(EnvironmentName),
    /// The environment that was ours is gone from Flagsmith.
    EnvironmentDeleted(EnvironmentName),
    /// Flagsmith is still at work on the environment, in its own time.
    Settling(EnvironmentName),
    /// The feature does not exist, and another object is the one to create it.
    Feature(FeatureName),
    /// Several tags have that label.
    TagTwins {
        /// What they say.
        label: String,
        /// Which they are.
        tags: Vec<TagId>,
    },
    /// No user of the organisation has that e-mail address.
    User(String),
    /// No group of the organisation has that name.
    Group(String),
    /// Several groups have that name.
    GroupTwins {
        /// Their name.
        name: String,
        /// Which they are.
        groups: Vec<GroupId>,
    },
    /// Several segments have that name, or would.
    SegmentTwins(SegmentName, Vec<SegmentId>),
    /// Flags still serve something else to the segment, which is to go.
    SegmentInUse(SegmentName, Vec<FeatureName>),
    /// Flags of that environment are changed through change requests only, and this one would have to be.
    Approval(EnvironmentName),
    /// No segment of that name exists yet.
    Segment(SegmentName),
    /// The segment is for another feature alone.
    SegmentOfAnother(SegmentName),
    /// The feature has no variant of that key yet.
    Variant(String),
    /// The shares of variants would come to more than a hundred, those that the author leaves out counted as they are: in the
    /// environment's default, or for a segment.
    Overweight(EnvironmentName, Option<SegmentName>),
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
    /// The writes that approvals hold back.
    pub withheld: Vec<Change>,
}

impl Plan {
    /// Whether nothing is left to write or to read.
    #[must_use]
    pub fn is_quiet(&self) -> bool {
        self.changes.is_empty() && self.unknown.is_empty()
    }
}
