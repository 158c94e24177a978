//! Which features the lists and the documents show, and what their silence proves. Pure.

use std::collections::{BTreeSet, HashMap};

use super::stamp::{Stamp, Stamps};
use crate::flagsmith::{EnvironmentId, Feature, FeatureId, FeatureName};

/// So many lists in a row without a feature outweigh a document that shows it. One may miss a feature that is there: it
/// comes in pages, and what is deleted meanwhile moves the rest across their borders.
const LISTS_TO_BE_SURE: u32 = 2;

/// What the newest list, and each environment's newest document, showed.
#[derive(Debug, Default)]
pub struct Sightings {
    listing: Option<Listing>,
    documents: HashMap<EnvironmentId, Contents>,
    missed: HashMap<FeatureId, Missed>,
}

#[derive(Debug)]
struct Listing {
    sent: Stamp,
    ids: BTreeSet<FeatureId>,
    names: BTreeSet<FeatureName>,
}

#[derive(Debug)]
struct Contents {
    sent: Stamp,
    /// A list of states stands in for a document, and knows no names.
    shown: HashMap<FeatureId, Option<FeatureName>>,
}

/// A feature that lists did not hold though documents showed it.
#[derive(Clone, Copy, Debug, Default)]
struct Missed {
    lists: u32,
    since: Stamp,
}

/// What may be said of a name that the list does not hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Absence {
    /// It is absent.
    Proved,
    /// It is neither listed nor proved absent.
    Open,
    /// The list is older than what is held.
    Outdated,
}

impl Sightings {
    /// When the newest list was sent; `None` before the first.
    #[must_use]
    pub fn listed_at(&self) -> Option<Stamp> {
        self.listing.as_ref().map(|listing| listing.sent)
    }

    /// A list showed those features and no others.
    pub fn list(&mut self, sent: Stamp, list: &[Feature]) {
        let ids: BTreeSet<_> = list.iter().map(|one| one.id).collect();
        let documents = self.documents.values().filter(|held| held.sent < sent);
        let shown: BTreeSet<_> = documents.flat_map(|held| held.shown.keys().copied()).collect();
        self.missed.retain(|id, missed| {
            let is_back = ids.contains(id) && missed.since < sent;
            !is_back && (missed.is_sure() || shown.contains(id))
        });
        for id in shown.difference(&ids) {
            let missed = self.missed.entry(*id).or_default();
            *missed = Missed { lists: missed.lists + 1, since: sent };
        }
        let names = list.iter().map(|one| one.name.clone()).collect();
        self.listing = Some(Listing { sent, ids, names });
    }

    /// A document showed those features and no others. True if one of them was known to be gone: the document lags.
    pub fn show(
        &mut self,
        environment: EnvironmentId,
        sent: Stamp,
        shown: HashMap<FeatureId, Option<FeatureName>>,
    ) -> bool {
        let missed = shown.keys().filter_map(|id| self.missed.get(id));
        let lags = missed.filter(|missed| missed.is_sure()).any(|missed| missed.since < sent);
        self.documents.insert(environment, Contents { sent, shown });
        lags
    }

    /// Those environments are left.
    pub fn keep(&mut self, environments: &BTreeSet<EnvironmentId>) {
        self.documents.retain(|id, _| environments.contains(id));
    }

    /// The feature was deleted. Its number never comes back.
    pub fn deleted(&mut self, now: Stamp, feature: FeatureId) {
        self.missed.insert(feature, Missed { lists: LISTS_TO_BE_SURE, since: now });
    }

    /// Whether the feature is gone for good, whatever a document shows.
    #[must_use]
    pub fn is_gone(&self, feature: FeatureId) -> bool {
        self.missed.get(&feature).is_some_and(Missed::is_sure)
    }

    /// Whether the list, or a document that is newer, shows the feature.
    #[must_use]
    pub fn shows(&self, feature: FeatureId) -> bool {
        self.listing.as_ref().is_some_and(|listing| {
            let mut newer = self.documents.values().filter(|held| held.sent > listing.sent);
            listing.ids.contains(&feature) || newer.any(|held| held.shown.contains_key(&feature))
        })
    }

    /// Of those names, and of those that documents show, the ones that the list does not hold.
    pub fn unlisted<'a>(&'a self, held: impl Iterator<Item = &'a FeatureName>) -> BTreeSet<FeatureName> {
        let Some(listing) = &self.listing else {
            return BTreeSet::new();
        };
        let shown = self.documents.values().flat_map(|held| &held.shown);
        let live = shown.filter(|(id, _)| !self.is_gone(**id)).filter_map(|(_, name)| name.as_ref());
        live.chain(held).filter(|name| !listing.names.contains(*name)).cloned().collect()
    }

    /// What may be said of a name that the list does not hold. Absent needs a list and a document, both newer than all
    /// that is known of it; where there is no environment, a list is enough.
    #[must_use]
    pub fn absence(&self, name: &FeatureName, stamps: Stamps, is_without_environment: bool) -> Absence {
        let Some(listing) = &self.listing else {
            return Absence::Outdated;
        };
        if !stamps.admits(listing.sent) {
            return Absence::Outdated;
        }
        let admitted: Vec<_> = self.documents.values().filter(|held| stamps.admits(held.sent)).collect();
        let (newer, older): (Vec<_>, Vec<_>) = admitted.into_iter().partition(|held| held.sent > listing.sent);
        // A document that is older than the list says nothing against it once there is a newer one.
        let heard = if newer.is_empty() { older } else { newer };
        let is_open = match heard.as_slice() {
            [] => !is_without_environment,
            heard => heard.iter().any(|held| self.may_show(held, listing, name)),
        };
        if is_open { Absence::Open } else { Absence::Proved }
    }

    fn may_show(&self, held: &Contents, listing: &Listing, name: &FeatureName) -> bool {
        let mut live = held.shown.iter().filter(|(id, _)| !self.is_gone(**id));
        live.any(|(id, shown)| shown.as_ref().map_or_else(|| !listing.ids.contains(id), |shown| shown == name))
    }

    /// Whether a list that was sent now may say of a feature what the newest one could not: a document that is newer
    /// than the list shows one that is neither on it nor gone nor known by the answer of its creation.
    #[must_use]
    pub fn shows_news(&self, known: &BTreeSet<FeatureId>) -> bool {
        let Some(listing) = &self.listing else {
            return true;
        };
        let newer = self.documents.values().filter(|held| held.sent > listing.sent);
        let mut shown = newer.flat_map(|held| held.shown.keys());
        shown.any(|id| !listing.ids.contains(id) && !known.contains(id) && !self.is_gone(*id))
    }
}

impl Missed {
    fn is_sure(&self) -> bool {
        self.lists >= LISTS_TO_BE_SURE
    }
}
