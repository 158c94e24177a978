//! What stands in the way where a plan misses something. Pure.

use super::{Departure, Obstacle, Unmade, Unresolved, audience::Audience};
use crate::world::Missing;

/// What stands in the way where a plan misses something.
#[must_use]
pub fn obstacle(missing: &Missing) -> Obstacle {
    match missing {
        Missing::Environment(name) => Obstacle::EnvironmentNotFound { name: name.clone() },
        Missing::EnvironmentTwins(name) => Obstacle::AmbiguousName { kind: "environment", name: name.to_string() },
        Missing::EnvironmentDeleted(name) => Obstacle::EnvironmentDeleted { name: name.clone() },
        Missing::Held(held) => Departure::from(held).into(),
        Missing::Settling(name) => Unmade::Settling { name: name.clone() }.into(),
        Missing::Feature(name) => Obstacle::FeatureNotFound { name: name.clone() },
        Missing::TagTwins { label, tags } => Unresolved::TagTwins { label: label.clone(), tags: tags.clone() }.into(),
        Missing::User(email) => Unresolved::User { email: email.clone() }.into(),
        Missing::Group(name) => Unresolved::Group { name: name.clone() }.into(),
        Missing::GroupTwins { name, groups } => {
            Unresolved::GroupTwins { name: name.clone(), groups: groups.clone() }.into()
        }
        Missing::SegmentTwins(name, ids) => Audience::SegmentTwins { name: name.clone(), ids: ids.clone() }.into(),
        Missing::SegmentInUse(name, flags) => {
            Audience::SegmentInUse { name: name.clone(), flags: flags.clone() }.into()
        }
        Missing::Approval(name) => Obstacle::ApprovalRequired { environment: name.clone() },
        Missing::Segment(name) => Audience::SegmentNotFound { name: name.clone() }.into(),
        Missing::SegmentOfAnother(name) => Audience::SegmentOfAnother { name: name.clone() }.into(),
        Missing::Variant(key) => Audience::VariantNotFound { key: key.clone() }.into(),
        Missing::Overweight(environment, segment) => {
            let of_segment = segment.as_ref().map(|segment| format!(", for segment {segment}")).unwrap_or_default();
            Audience::Overweight { place: format!("environment {environment}{of_segment}") }.into()
        }
    }
}
