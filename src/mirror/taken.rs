//! What an observation did to what is held.

use std::collections::BTreeSet;

use crate::{
    flagsmith::{FlagState, IdentityOverrides, SegmentName},
    world::Cell,
};

/// What an observation did.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Taken {
    /// The cells whose content is now another.
    pub touched: Vec<Cell>,
    /// The names of the segments that are now others: those that they had, and those that they have.
    pub segments: BTreeSet<SegmentName>,
    /// The states, and what is served to identities, that a direct reading found to be as they are held.
    pub agreed: Vec<Cell>,
    /// Those that a document shows otherwise than they are held: to be read one by one before they are believed.
    pub suspect: Vec<Suspect>,
    /// Whether a document showed what is known to be gone.
    pub lags: bool,
}

/// A cell, and how a document shows it.
#[derive(Debug, PartialEq, Eq)]
pub struct Suspect {
    /// The cell.
    pub cell: Cell,
    /// What the document shows.
    pub shown: Shown,
}

/// What a document shows of a cell.
#[derive(Debug, PartialEq, Eq)]
pub enum Shown {
    /// Nothing.
    Nothing,
    /// A state.
    State(FlagState),
    /// What is served to identities.
    Identities(IdentityOverrides),
}

impl Taken {
    /// Takes in what another observation did.
    pub fn add(&mut self, other: Self) {
        let Self { touched, segments, agreed, suspect, lags } = other;
        self.touched.extend(touched);
        self.segments.extend(segments);
        self.agreed.extend(agreed);
        self.suspect.extend(suspect);
        self.lags |= lags;
    }
}
