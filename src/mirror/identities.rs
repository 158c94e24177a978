//! What flags serve to identities: told by documents where the environment's settings let them, and else read for whoever asks.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    Clock, Mirror, Transport,
    ledger::Ledger,
    stamp::{Source, Span},
    taken::{Shown, Suspect, Taken},
};
use crate::{
    flagsmith::{Document, Environment, EnvironmentId, Error, FeatureId, IdentityOverrides},
    world::{Cell, Known},
};

impl Ledger {
    /// Compares what a document shows with what is held, as it is done with states.
    pub(super) fn compare_identities(&mut self, at: Span, document: &Document, taken: &mut Taken) {
        let Some(identities) = &document.identities else { return };
        let told = document.flags.iter().map(|flag| flag.id).chain(identities.keys().copied());
        let features: BTreeSet<_> = told.chain(self.asked_identities(document.environment)).collect();
        for feature in features.into_iter().filter(|feature| !self.sightings.is_gone(*feature)) {
            let place = (document.environment, feature);
            let cell = Cell::Identities(place.0, place.1);
            let shown = identities.get(&feature).cloned().unwrap_or_default();
            let is_held = self.world.identities(place.0, place.1) == Known::Present(&shown);
            let stamps = self.stamps.entry(cell.clone()).or_default();
            if !stamps.admits(at.sent) {
                continue;
            }
            if is_held {
                stamps.agreed(at.arrived);
            } else if stamps.is_untouched() {
                stamps.observed(at.arrived, Source::Document);
                self.world.identities.insert(place, Known::Present(shown));
                taken.touched.push(cell);
            } else {
                taken.suspect.push(Suspect { cell, shown: Shown::Identities(shown) });
            }
        }
    }

    /// Takes in a direct reading of what one flag serves to identities.
    pub fn take_identities(&mut self, at: Span, cell: &Cell, overrides: IdentityOverrides) -> Taken {
        let mut taken = Taken::default();
        if let Cell::Identities(environment, feature) = cell
            && self.observe(cell, at, Source::Direct)
        {
            let overrides = Known::Present(overrides);
            let held = self.world.identities.insert((*environment, *feature), overrides.clone());
            let side = if held == Some(overrides) { &mut taken.agreed } else { &mut taken.touched };
            side.push(cell.clone());
        }
        taken
    }

    /// Takes in a list of all that an environment's flags serve to identities, for those of them that are known, or asked for.
    pub(super) fn take_all_identities(
        &mut self,
        at: Span,
        of: EnvironmentId,
        mut list: BTreeMap<FeatureId, IdentityOverrides>,
    ) -> Taken {
        let mut taken = Taken::default();
        for feature in self.asked_identities(of) {
            let overrides = list.remove(&feature).unwrap_or_default();
            taken.add(self.take_identities(at, &Cell::Identities(of, feature), overrides));
        }
        taken
    }

    /// The features whose overrides of identities in an environment somebody asked for, or a document once told.
    fn asked_identities(&self, of: EnvironmentId) -> Vec<FeatureId> {
        let places = self.world.identities.keys().filter(|(environment, _)| *environment == of);
        places.map(|(_, feature)| *feature).collect()
    }
}

impl<T: Transport, C: Clock> Mirror<T, C> {
    /// Reads what one flag serves to identities.
    pub(super) async fn look_at_identities(&self, at: &Environment, feature: FeatureId) -> Result<Taken, Error> {
        let sent = self.clock.now();
        let mut list = self.transport.identities(&at.key, Some(feature)).await?;
        let overrides = list.remove(&feature).unwrap_or_default();
        let taken = self.ledger().take_identities(self.since(sent), &Cell::Identities(at.id, feature), overrides);
        self.tell(&taken);
        Ok(taken)
    }

    /// Reads what no document tells, in one request, where anybody asks for it.
    pub(super) async fn read_identities(&self, at: &Environment) -> Result<Taken, Error> {
        if self.ledger().asked_identities(at.id).is_empty() {
            return Ok(Taken::default());
        }
        let sent = self.clock.now();
        let list = self.transport.identities(&at.key, None).await?;
        let taken = self.ledger().take_all_identities(self.since(sent), at.id, list);
        self.tell(&taken);
        Ok(taken)
    }
}
