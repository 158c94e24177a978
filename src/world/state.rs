//! What a flag should serve in an environment, to whom, and the one change that makes it so.

use std::collections::BTreeMap;

use super::{Cell, Change, FlagRef, Known, Missing, Plan, World, identities::DesiredIdentity, value::DesiredValue};
use crate::flagsmith::{
    Environment, EnvironmentName, Feature, FlagState, Identifier, OverridePatch, Percentage, SegmentId, SegmentName,
    SegmentOverride, StatePatch, Value, VariantId, Weights,
};

/// The shares of variants, by their keys. A variant that is left out keeps its share.
pub type DesiredWeights = BTreeMap<String, Percentage>;

/// A flag's state in one environment. An absent field is never written.
#[derive(Clone, Debug, PartialEq)]
pub struct DesiredState {
    /// The environment's name.
    pub environment: EnvironmentName,
    /// Whether the flag is on.
    pub enabled: Option<bool>,
    /// The flag's value.
    pub value: Option<DesiredValue>,
    /// The shares of its variants.
    pub weights: Option<DesiredWeights>,
    /// All that it serves to segments; the first that matches wins.
    pub overrides: Option<Vec<DesiredOverride>>,
    /// All that it serves to identities.
    pub identities: Option<BTreeMap<Identifier, DesiredIdentity>>,
}

/// What a flag serves to a segment. An absent field stays as it is; in an override that is new it is as in the default.
#[derive(Clone, Debug, PartialEq)]
pub struct DesiredOverride {
    /// The segment's name.
    pub segment: SegmentName,
    /// Whether the flag is on for it.
    pub enabled: Option<bool>,
    /// The value that it is served.
    pub value: Option<DesiredValue>,
    /// The shares of the variants.
    pub weights: Option<DesiredWeights>,
}

/// A wish whose names were found.
struct Found<'a> {
    desired: &'a DesiredState,
    overrides: Option<Vec<(SegmentId, &'a DesiredOverride)>>,
}

/// What must be written for the state to be as desired: one change at most, for only one write keeps all of it together.
pub fn plan_state(plan: &mut Plan, desired: &DesiredState, at: (&Environment, &Feature), world: &World) {
    if !desired.says_anything() {
        return;
    }
    let (environment, feature) = at;
    let (id, named) = (environment.id, FlagRef::of(feature));
    let live = match world.state(id, feature.id) {
        Known::Unknown => {
            plan.unknown.push(Cell::State(id, feature.id));
            return;
        }
        Known::Absent => None,
        Known::Present(live) => Some(live),
    };
    if desired.overrides.is_some() && world.segments_unknown {
        plan.unknown.push(Cell::Segments);
        return;
    }
    let change = match (find(desired, feature, world), live) {
        (Err(missing), _) => {
            plan.missing.push(missing);
            return;
        }
        // What else is wanted is written once what is there, such as overrides, can be read again.
        (Ok(_), None) => {
            Ok(Some(Change::RestoreState { environment: id, feature: named, state: start(desired, feature) }))
        }
        (Ok(found), Some(live)) => difference(&found, live, feature)
            .map(|patch| patch.map(|patch| Change::SetState { environment: id, feature: named, patch })),
    };
    match change {
        Err(missing) => plan.missing.push(missing),
        // The API would let most of it through (facts.md §11), which is not what they asked for.
        Ok(Some(change)) if environment.asks_for_approvals() => {
            plan.missing.push(Missing::Approval(environment.name.clone()));
            plan.withheld.push(change);
        }
        Ok(change) => plan.changes.extend(change),
    }
}

impl DesiredState {
    /// Whether the author says anything of the state; identities are no part of it.
    fn says_anything(&self) -> bool {
        let Self { environment: _, enabled, value, weights, overrides, identities: _ } = self;
        enabled.is_some() || value.is_some() || weights.is_some() || overrides.is_some()
    }
}

/// Finds what is named: segments by their names, and variants by their keys.
fn find<'a>(desired: &'a DesiredState, feature: &Feature, world: &World) -> Result<Found<'a>, Missing> {
    let overrides = desired.overrides.as_deref().map(|list| {
        let found = list.iter().map(|one| segment(&one.segment, feature, world).map(|id| (id, one)));
        found.collect::<Result<Vec<_>, _>>()
    });
    let overrides = overrides.transpose()?;
    let of_overrides = desired.overrides.iter().flatten().filter_map(|one| one.weights.as_ref());
    for key in desired.weights.iter().chain(of_overrides).flat_map(BTreeMap::keys) {
        variant(key, feature).ok_or_else(|| Missing::Variant(key.clone()))?;
    }
    Ok(Found { desired, overrides })
}

/// The one segment of that name that the feature may be overridden for.
fn segment(name: &SegmentName, feature: &Feature, world: &World) -> Result<SegmentId, Missing> {
    let named: Vec<_> = world.segments.iter().filter(|one| one.name == *name).collect();
    match named.as_slice() {
        [] => Err(Missing::Segment(name.clone())),
        // Flagsmith would take it, and show it nowhere.
        [one] if one.feature.is_some_and(|of| of != feature.id) => Err(Missing::SegmentOfAnother(name.clone())),
        [one] => Ok(one.id),
        twins => Err(Missing::SegmentTwins(name.clone(), twins.iter().map(|one| one.id).collect())),
    }
}

fn variant(key: &str, feature: &Feature) -> Option<VariantId> {
    feature.variants.iter().find(|one| one.key.as_deref() == Some(key)).map(|one| one.id)
}

/// A state that is not there: what the author leaves out is as the feature's defaults say.
fn start(desired: &DesiredState, feature: &Feature) -> FlagState {
    let FlagState { enabled, value, .. } = beginning(feature);
    FlagState {
        enabled: desired.enabled.unwrap_or(enabled),
        value: desired.value.as_ref().map_or(value, DesiredValue::to_value),
        ..FlagState::default()
    }
}

/// What a feature's defaults say, but for the weights.
pub(super) fn beginning(feature: &Feature) -> FlagState {
    FlagState { enabled: feature.default_enabled, value: initial(feature), ..FlagState::default() }
}

/// What an environment starts with: Flagsmith guesses the type of the text (facts.md §4).
fn initial(feature: &Feature) -> Value {
    match feature.initial_value.as_deref() {
        None => Value::Null,
        Some("true" | "True") => Value::Boolean(true),
        Some("false" | "False") => Value::Boolean(false),
        Some(text) => text.parse().map_or_else(|_| Value::String(text.to_owned()), Value::Integer),
    }
}

fn difference(found: &Found<'_>, live: &FlagState, feature: &Feature) -> Result<Option<StatePatch>, Missing> {
    let Found { desired, overrides } = found;
    let DesiredState { environment, enabled, value, weights, overrides: _, identities: _ } = *desired;
    let overweight = |segment: Option<&SegmentName>| Missing::Overweight(environment.clone(), segment.cloned());
    let weights = weights.as_ref().map(|wanted| weighed(wanted, &live.weights, feature));
    let weights = weights.map(|weights| fitting(weights).ok_or_else(|| overweight(None))).transpose()?;
    let mut patch = StatePatch {
        enabled: enabled.filter(|wanted| *wanted != live.enabled),
        value: value.as_ref().filter(|wanted| !wanted.is_met_by(&live.value)).map(DesiredValue::to_value),
        weights: weights.filter(|wanted| !is_same(wanted, &live.weights)),
        overrides: None,
    };
    let default = patch.applied(live);
    if let Some(list) = overrides {
        let mut wanted = Vec::new();
        for (segment, one) in list {
            let held = live.overrides.iter().find(|held| held.segment == *segment);
            let one_patch = override_patch((*segment, one), (held, &default), feature);
            let weights = one_patch.weights.as_ref();
            if one.weights.is_some() && weights.is_some_and(|weights| fitting(weights.clone()).is_none()) {
                return Err(overweight(Some(&one.segment)));
            }
            wanted.push(one_patch);
        }
        patch.overrides = Some(wanted).filter(|wanted| !are_met(wanted, &live.overrides));
    }
    Ok(Some(patch).filter(|patch| *patch != StatePatch::default()))
}

/// How an override shall be. What already is as wanted is said as it is, so that JSON in other words is left alone.
fn override_patch(
    (segment, desired): (SegmentId, &DesiredOverride),
    (held, default): (Option<&SegmentOverride>, &FlagState),
    feature: &Feature,
) -> OverridePatch {
    let DesiredOverride { segment: _, enabled, value, weights } = desired;
    let value = value.as_ref().map(|wanted| {
        let live = held.map(|held| &held.value).filter(|live| wanted.is_met_by(live));
        live.cloned().unwrap_or_else(|| wanted.to_value())
    });
    let live = held.map_or(&default.weights, |held| &held.weights);
    let weights = weights.as_ref().map(|wanted| weighed(wanted, live, feature));
    // Where there are no variants, their shares are told completely by none.
    let weights = weights.or_else(|| (feature.variants.is_empty() && live.is_empty()).then(Weights::new));
    OverridePatch { segment, enabled: *enabled, value, weights }
}

/// Whether those are the overrides, in that order.
fn are_met(wanted: &[OverridePatch], live: &[SegmentOverride]) -> bool {
    wanted.len() == live.len()
        && wanted.iter().zip(live).all(|(wanted, live)| {
            let OverridePatch { segment, enabled, value, weights } = wanted;
            *segment == live.segment
                && enabled.is_none_or(|wanted| wanted == live.enabled)
                && value.as_ref().is_none_or(|wanted| *wanted == live.value)
                && weights.as_ref().is_none_or(|wanted| is_same(wanted, &live.weights))
        })
}

/// The share of every variant, those that are left out as they are.
fn weighed(wanted: &DesiredWeights, live: &Weights, feature: &Feature) -> Weights {
    let mut weights = live.clone();
    for one in &feature.variants {
        let said = one.key.as_ref().and_then(|key| wanted.get(key));
        let share = said.or_else(|| live.get(&one.id)).copied().unwrap_or_default();
        weights.insert(one.id, share);
    }
    weights
}

/// Those shares, if they come to a hundred at most: one flag of more breaks the whole environment (facts.md §6).
fn fitting(weights: Weights) -> Option<Weights> {
    (Percentage::sum(weights.values().copied()) <= Percentage::WHOLE).then_some(weights)
}

/// Whether the shares are the same; none and a share of nothing are.
fn is_same(one: &Weights, other: &Weights) -> bool {
    let share = |weights: &Weights, id| weights.get(id).copied().unwrap_or_default();
    one.keys().chain(other.keys()).all(|id| share(one, id) == share(other, id))
}
