//! Why an object that is to go is still there.

use crate::operator::obstacle::Remedy;
use crate::{
    crd::{CONFIRM_DELETE, RELEASE, Reason},
    world::removal::{Held, Removal, named},
};

/// What keeps an object that is to go.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Departure {
    /// What led to Flagsmith is gone, and nobody remembers the way.
    #[error(
        "{what} is gone, through which this object's thing in Flagsmith would be deleted: apply it again, or annotate this object \
         with {}=true to let it go and leave the thing as it is",
        RELEASE
    )]
    Stranded {
        /// What is gone, as kind and name.
        what: String,
        /// Which kind of thing that is.
        missing: Missing,
    },
    /// Others have something to delete there first.
    #[error("waiting for these to be deleted first: {}", names.join(", "))]
    Waiting {
        /// Some of them.
        names: Vec<String>,
    },
    /// It takes along what is not ours.
    #[error(
        "{what} is not deleted without a second word, for it would take along: {holds}. Annotate this object with \
         {}=true to delete it all the same, or with {}=true to leave it in Flagsmith",
        CONFIRM_DELETE,
        RELEASE
    )]
    Unconfirmed {
        /// What would be deleted.
        what: String,
        /// What it holds.
        holds: String,
    },
}

/// What led to Flagsmith.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Missing {
    /// A project's object.
    Project,
    /// A connection's object.
    Connection,
    /// A connection's Secret.
    Secret,
}

impl Departure {
    /// That others have something to delete first.
    #[must_use]
    pub fn waiting(removal: &Removal) -> Self {
        Self::Waiting { names: named(&removal.before) }
    }

    /// Who must act.
    #[must_use]
    pub fn remedy(&self) -> Remedy {
        match self {
            Self::Stranded { .. } | Self::Waiting { .. } => Remedy::Object,
            Self::Unconfirmed { .. } => Remedy::Author,
        }
    }

    /// The reason that conditions give.
    #[must_use]
    pub fn reason(&self) -> Reason {
        match self {
            Self::Stranded { missing: Missing::Project, .. } => Reason::ProjectNotReady,
            Self::Stranded { missing: Missing::Connection, .. } => Reason::ConnectionNotReady,
            Self::Stranded { missing: Missing::Secret, .. } => Reason::SecretNotFound,
            Self::Waiting { .. } => Reason::Progressing,
            Self::Unconfirmed { .. } => Reason::ConfirmationRequired,
        }
    }
}

impl From<&Held> for Departure {
    fn from(held: &Held) -> Self {
        match held.clone() {
            Held::Before(names) => Self::Waiting { names },
            Held::Unconfirmed { what, holds } => Self::Unconfirmed { what, holds },
        }
    }
}
