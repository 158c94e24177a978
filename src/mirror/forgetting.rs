//! What is proved absent is forgotten, stamps and all, so that what comes and goes leaves nothing behind. Pure.
//!
//! The law of the cells holds on: a reading that was sent before one that is forgotten was last read or written shows nothing
//! that is new, of whatever cell.

use std::collections::BTreeSet;

use super::{ledger::Ledger, stamp::Stamp};
use crate::world::Cell;

impl Ledger {
    /// Forgets the cells of environments that a list, which was sent then, does not hold. Their numbers never come back.
    pub(super) fn forget_environments(&mut self, sent: Stamp) {
        let listed: BTreeSet<_> = self.world.environments.iter().map(|one| one.id).collect();
        self.forget_cells(sent, |cell, _| match cell {
            Cell::State(environment, _) | Cell::Identities(environment, _) => !listed.contains(environment),
            _ => false,
        });
    }

    /// Forgets the cells of features that are gone for good, and of names that nobody bears, once a list was sent after.
    pub(super) fn forget_features(&mut self, sent: Stamp) {
        self.forget_cells(sent, |cell, ledger| match cell {
            Cell::State(_, feature) | Cell::Identities(_, feature) => ledger.sightings.is_gone(*feature),
            Cell::Definition(name) => !ledger.world.definitions.contains_key(name),
            _ => false,
        });
    }

    fn forget_cells(&mut self, sent: Stamp, is_absent: impl Fn(&Cell, &Self) -> bool) {
        let idle = self.stamps.iter().filter_map(|(cell, stamps)| {
            let last = stamps.last().filter(|last| *last < sent)?;
            (is_absent(cell, self) && !self.is_held(cell)).then(|| (cell.clone(), last))
        });
        for (cell, last) in idle.collect::<Vec<_>>() {
            self.stamps.remove(&cell);
            self.horizon = self.horizon.max(last);
        }
    }

    fn is_held(&self, cell: &Cell) -> bool {
        match cell {
            Cell::State(environment, feature) => self.world.states.contains_key(&(*environment, *feature)),
            Cell::Identities(environment, feature) => self.world.identities.contains_key(&(*environment, *feature)),
            Cell::Definition(name) => self.world.definitions.contains_key(name),
            _ => true,
        }
    }
}
