//! What a flag's definition names and Flagsmith does not have, or has twice.

use super::audience::listed;
use crate::{
    crd::Reason,
    flagsmith::{GroupId, TagId},
};

/// What a definition names and Flagsmith does not have, or has twice. It is mended in Flagsmith or in the manifest.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unresolved {
    /// Several tags of one label.
    #[error("Flagsmith has several tags named {label} (ids {}): rename or delete all but one there", listed(tags))]
    TagTwins {
        /// What they say.
        label: String,
        /// Which they are.
        tags: Vec<TagId>,
    },
    /// Several groups of one name.
    #[error("Flagsmith has several groups named {name} (ids {}): rename all but one there", listed(groups))]
    GroupTwins {
        /// Their name.
        name: String,
        /// Which they are.
        groups: Vec<GroupId>,
    },
    /// No such user.
    #[error("Flagsmith has no user {email} in this organisation: invite them there, or correct spec.owners.users")]
    User {
        /// The e-mail address.
        email: String,
    },
    /// No such group.
    #[error("Flagsmith has no group {name} in this organisation: create it there, or correct spec.owners.groups")]
    Group {
        /// Its name.
        name: String,
    },
}

impl Unresolved {
    /// The reason that conditions give.
    #[must_use]
    pub fn reason(&self) -> Reason {
        match self {
            Self::TagTwins { .. } | Self::GroupTwins { .. } => Reason::AmbiguousName,
            Self::User { .. } | Self::Group { .. } => Reason::OwnerNotFound,
        }
    }
}
