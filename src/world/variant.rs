//! Which variants a feature should have.

use super::{Change, FlagRef, value::DesiredValue};
use crate::flagsmith::{Feature, NewVariant, Percentage, Variant};

/// A variant as its author wants it.
#[derive(Clone, Debug, PartialEq)]
pub struct DesiredVariant {
    /// By what it is found.
    pub key: String,
    /// What it serves.
    pub value: DesiredValue,
    /// The share with which an environment starts. Absent: never written; one that is made starts with nothing.
    pub weight: Option<Percentage>,
}

/// What must be written for the feature to have those variants and no other, in an order in which the default weights are
/// never more than a hundred: first what takes from them, then what adds to them.
pub(super) fn plan(desired: &[DesiredVariant], feature: &Feature) -> Vec<Change> {
    let named = || FlagRef::of(feature);
    let pairs = pair(desired, &feature.variants);
    let is_kept = |live: &&Variant| pairs.iter().any(|(_, kept)| kept.is_some_and(|kept| kept.id == live.id));
    let surplus = feature.variants.iter().filter(|live| !is_kept(live));
    let mut changes: Vec<_> =
        surplus.map(|live| Change::DeleteVariant { feature: named(), variant: live.id }).collect();
    let mut later = Vec::new();
    for (wanted, live) in pairs {
        match live {
            None => later.push(Change::CreateVariant { feature: named(), new: wanted.made() }),
            Some(live) => {
                let Some(new) = wanted.difference(live) else { continue };
                let side = if new.weight > live.weight { &mut later } else { &mut changes };
                side.push(Change::UpdateVariant { feature: named(), variant: live.id, new });
            }
        }
    }
    changes.extend(later);
    changes
}

/// Each wanted variant and the live one that it is: that of its key, else one that nobody gave a key, of the same value.
fn pair<'a>(desired: &'a [DesiredVariant], live: &'a [Variant]) -> Vec<(&'a DesiredVariant, Option<&'a Variant>)> {
    let keyed = |key: &str| live.iter().find(|one| one.key.as_deref() == Some(key));
    let mut pairs: Vec<_> = desired.iter().map(|wanted| (wanted, keyed(&wanted.key))).collect();
    let mut nameless: Vec<_> = live.iter().filter(|one| one.key.is_none()).collect();
    for (wanted, found) in pairs.iter_mut().filter(|(_, found)| found.is_none()) {
        let place = nameless.iter().position(|one| wanted.value.is_met_by(&one.value));
        *found = place.map(|place| nameless.remove(place));
    }
    pairs
}

impl DesiredVariant {
    fn made(&self) -> NewVariant {
        let Self { key, value, weight } = self;
        NewVariant { key: key.clone(), value: value.to_value(), weight: weight.unwrap_or(Percentage::ZERO) }
    }

    /// What the variant shall be, where it is another: the route takes the whole of it, so what is as wanted is sent back.
    fn difference(&self, live: &Variant) -> Option<NewVariant> {
        let Self { key, value, weight } = self;
        let Variant { id: _, key: live_key, value: live_value, weight: live_weight } = live;
        let weight = weight.unwrap_or(*live_weight);
        let is_met = value.is_met_by(live_value);
        let is_same = live_key.as_deref() == Some(key) && is_met && weight == *live_weight;
        let value = if is_met { live_value.clone() } else { value.to_value() };
        (!is_same).then(|| NewVariant { key: key.clone(), value, weight })
    }
}
