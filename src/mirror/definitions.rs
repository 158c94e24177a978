//! Which features there are, and which are proved not to be.

use std::collections::BTreeSet;

use super::{ledger::Ledger, sightings::Absence, taken::Taken};
use crate::{
    flagsmith::{Feature, FeatureId, FeatureName},
    world::{Cell, Known},
};

impl Ledger {
    /// The name of a feature that is known to be there.
    #[must_use]
    pub fn feature_name(&self, id: FeatureId) -> Option<FeatureName> {
        self.features().find(|feature| feature.id == id).map(|feature| feature.name.clone())
    }

    /// Whether lists that were sent now may tell what the newest could not. Each list answers, so that no contradiction
    /// makes every poll a listing.
    #[must_use]
    pub fn wants_lists(&self) -> bool {
        let is_outdated = |name: &FeatureName| {
            let listed = self.listed_at().unwrap_or_default();
            !self.admits(&Cell::Definition(name.clone()), listed)
        };
        let mut unknown = self.world.definitions.iter().filter(|(_, known)| **known == Known::Unknown);
        // That a switch to versions is over is told by the lists alone.
        self.world.environments_unknown
            || !self.world.switching.is_empty()
            || self.world.segments_unknown
            || self.world.tags_unknown
            || self.shown_segments.is_news()
            || unknown.any(|(name, _)| is_outdated(name))
            || self.sightings.shows_news(&self.features().map(|feature| feature.id).collect())
    }

    fn features(&self) -> impl Iterator<Item = &Feature> {
        self.world.definitions.values().filter_map(|known| known.as_ref().present())
    }

    pub(super) fn define(&mut self, feature: Feature, taken: &mut Taken) {
        let name = feature.name.clone();
        let held = self.world.definitions.get(&name);
        if held != Some(&Known::Present(feature.clone())) {
            taken.touched.push(Cell::Definition(name.clone()));
            self.world.definitions.insert(name, Known::Present(feature));
        }
    }

    pub(super) fn undefine(&mut self, name: &FeatureName, taken: &mut Taken) {
        let held = self.world.definitions.remove(name);
        if let Some(Known::Present(feature)) = &held {
            let gone = feature.id;
            self.world.states.retain(|(_, id), _| *id != gone);
            self.world.identities.retain(|(_, id), _| *id != gone);
        }
        if held.is_some() {
            taken.touched.push(Cell::Definition(name.clone()));
        }
    }

    /// Drops the states of features that nothing shows any more.
    fn sweep(&mut self) {
        let known: BTreeSet<_> = self.features().map(|feature| feature.id).collect();
        let sightings = &self.sightings;
        let is_shown = |id: &FeatureId| known.contains(id) || sightings.shows(*id);
        self.world.states.retain(|(_, id), _| is_shown(id));
        self.world.identities.retain(|(_, id), _| is_shown(id));
    }

    /// Absent needs proof; less than that is unknown.
    pub(super) fn settle_absences(&mut self, taken: &mut Taken) {
        let is_bare = self.world.environments.is_empty() && !self.world.environments_unknown;
        for name in self.sightings.unlisted(self.world.definitions.keys()) {
            let stamps = self.stamps.get(&Cell::Definition(name.clone())).copied().unwrap_or_default();
            match self.sightings.absence(&name, stamps, is_bare) {
                Absence::Proved => {
                    self.undefine(&name, taken);
                    self.sweep();
                }
                Absence::Open => self.open(name, taken),
                Absence::Outdated => {}
            }
        }
    }

    fn open(&mut self, name: FeatureName, taken: &mut Taken) {
        let held = self.world.definitions.get(&name);
        if held != Some(&Known::Unknown) {
            taken.touched.push(Cell::Definition(name.clone()));
            self.world.definitions.insert(name, Known::Unknown);
        }
    }
}
