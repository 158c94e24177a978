//! What a world must be once a wish is met, told without the plan.

use std::collections::BTreeSet;

use super::definition_laws;
use crate::{
    flagsmith::{
        Environment, EnvironmentId, Feature, FeatureId, FlagState, IdentityOverrides, Percentage, SegmentId, VariantId,
        Weights,
    },
    world::{
        World,
        flag::{self, DesiredFlag},
        state::{DesiredOverride, DesiredState, DesiredWeights},
        value::DesiredValue,
    },
};

/// Whether the project is as is wished, wherever the wish can be met.
pub fn is_met(wish: &DesiredFlag, world: &World) -> bool {
    let Some(feature) = world.definition(&wish.name).present() else {
        return wish.definition.is_none();
    };
    let is_defined = wish.definition.as_ref().is_none_or(|wish| definition_laws::is_met(wish, feature, world));
    is_defined && wish.states.iter().all(|state| is_met_in(state, feature, world))
}

fn is_met_in(wish: &DesiredState, feature: &Feature, world: &World) -> bool {
    let Ok(environment) = flag::environment(&wish.environment, world) else { return true };
    if environment.asks_for_approvals() {
        return true;
    }
    let identities = world.identities(environment.id, feature.id).present().unwrap();
    let are_identities_met = wish.identities.as_ref().is_none_or(|wish| {
        wish.keys().eq(identities.keys())
            && wish.iter().zip(identities.values()).all(|((_, wish), live)| {
                wish.enabled.is_none_or(|wish| wish == live.enabled) && is_value(wish.value.as_ref(), &live.value)
            })
    });
    let is_silent =
        wish.enabled.is_none() && wish.value.is_none() && wish.weights.is_none() && wish.overrides.is_none();
    are_identities_met
        && (is_silent || !is_possible(wish, (environment.id, feature), world) || {
            let live = world.state(environment.id, feature.id).present().unwrap();
            wish.enabled.is_none_or(|wish| wish == live.enabled)
                && is_value(wish.value.as_ref(), &live.value)
                && are_weights(wish.weights.as_ref(), &live.weights, feature)
                && wish.overrides.as_ref().is_none_or(|wish| are_overrides(wish, live, feature, world))
        })
}

fn is_value(wish: Option<&DesiredValue>, live: &crate::flagsmith::Value) -> bool {
    wish.is_none_or(|wish| wish.is_met_by(live))
}

fn are_weights(wish: Option<&DesiredWeights>, live: &Weights, feature: &Feature) -> bool {
    let share = |key: &str| {
        let variant = feature.variants.iter().find(|one| one.key.as_deref() == Some(key)).unwrap();
        live.get(&variant.id).copied().unwrap_or_default()
    };
    wish.is_none_or(|wish| wish.iter().all(|(key, wish)| share(key) == *wish))
}

fn are_overrides(wish: &[DesiredOverride], live: &FlagState, feature: &Feature, world: &World) -> bool {
    wish.len() == live.overrides.len()
        && wish.iter().zip(&live.overrides).all(|(wish, live)| {
            world.segment_by_id(live.segment).unwrap().name == wish.segment
                && wish.enabled.is_none_or(|wish| wish == live.enabled)
                && is_value(wish.value.as_ref(), &live.value)
                && are_weights(wish.weights.as_ref(), &live.weights, feature)
        })
}

/// Whether all that is named is there and once, and no shares come to more than a whole.
fn is_possible(wish: &DesiredState, (environment, feature): (EnvironmentId, &Feature), world: &World) -> bool {
    let live = world.state(environment, feature.id).present();
    let fits = |wish: Option<&DesiredWeights>, live: Option<&Weights>| {
        wish.is_none_or(|wish| {
            let has = |key: &String| feature.variants.iter().any(|one| one.key.as_ref() == Some(key));
            let shares = feature.variants.iter().map(|one| {
                let said = one.key.as_ref().and_then(|key| wish.get(key));
                said.or_else(|| live?.get(&one.id)).copied().unwrap_or_default()
            });
            wish.keys().all(has) && Percentage::sum(shares) <= Percentage::WHOLE
        })
    };
    let default = live.map(|live| &live.weights);
    fits(wish.weights.as_ref(), default)
        && wish.overrides.iter().flatten().all(|one| {
            let named: Vec<_> = world.segments.iter().filter(|segment| segment.name == one.segment).collect();
            let [segment] = named.as_slice() else { return false };
            let held = live.and_then(|live| live.overrides.iter().find(|held| held.segment == segment.id));
            // One that is new starts with the default's shares as they shall be, which the wish tells or leaves.
            let mut starting = default.cloned().unwrap_or_default();
            for variant in &feature.variants {
                let said = variant.key.as_ref().and_then(|key| wish.weights.as_ref()?.get(key));
                starting.extend(said.map(|said| (variant.id, *said)));
            }
            segment.feature.is_none_or(|of| of == feature.id)
                && fits(one.weights.as_ref(), Some(held.map_or(&starting, |held| &held.weights)))
        })
}

/// Whether nothing in an environment changed that the wish does not speak of.
pub fn is_left_alone(
    wish: &DesiredFlag,
    (environment, feature): (&Environment, FeatureId),
    (before, after): (&World, &World),
) -> bool {
    let at = (environment.id, feature);
    let identities = |world: &World| world.identities(at.0, at.1).present().unwrap().clone();
    // The shares of variants that come or go are the definition's.
    let stay: BTreeSet<_> = variants(before, feature).intersection(&variants(after, feature)).copied().collect();
    let state = |world: &World| world.state(at.0, at.1).present().map(|state| narrowed(state, &stay));
    let (old, new) = (state(before), state(after));
    let mut states = wish.states.iter().filter(|state| state.environment == environment.name);
    let is_alone = flag::environment(&environment.name, before).is_ok();
    let state = states.next().filter(|_| is_alone && !environment.asks_for_approvals());
    let Some(state) = state else {
        return old == new && identities(before) == identities(after);
    };
    are_identities_left(state, &identities(before), &identities(after))
        && match (old, new) {
            (Some(old), Some(new)) => is_state_left(state, (&old, &new), (after, feature)),
            _ => true,
        }
}

fn variants(world: &World, feature: FeatureId) -> BTreeSet<VariantId> {
    let mut features = world.definitions.values().filter_map(|known| known.as_ref().present());
    let found = features.find(|one| one.id == feature);
    found.into_iter().flat_map(|feature| &feature.variants).map(|variant| variant.id).collect()
}

fn narrowed(state: &FlagState, variants: &BTreeSet<VariantId>) -> FlagState {
    let mut state = state.clone();
    for weights in state.overrides.iter_mut().map(|one| &mut one.weights).chain([&mut state.weights]) {
        weights.retain(|id, _| variants.contains(id));
    }
    state
}

fn are_identities_left(wish: &DesiredState, old: &IdentityOverrides, new: &IdentityOverrides) -> bool {
    let Some(wish) = &wish.identities else { return old == new };
    wish.iter().filter_map(|(identity, wish)| Some((wish, old.get(identity)?, new.get(identity)?))).all(
        |(wish, old, new)| {
            (wish.enabled.is_some() || old.enabled == new.enabled) && (wish.value.is_some() || old.value == new.value)
        },
    )
}

fn is_state_left(wish: &DesiredState, (old, new): (&FlagState, &FlagState), at: (&World, FeatureId)) -> bool {
    let is_default_left = (wish.enabled.is_some() || old.enabled == new.enabled)
        && (wish.value.is_some() || old.value == new.value)
        && are_weights_left(wish.weights.as_ref(), (&old.weights, &new.weights), at);
    let held =
        |state: &FlagState, segment: SegmentId| state.overrides.iter().find(|one| one.segment == segment).cloned();
    let is_override_left = |wish: &DesiredOverride| {
        let named = at.0.segments.iter().filter(|segment| segment.name == wish.segment);
        named.filter_map(|segment| Some((held(old, segment.id)?, held(new, segment.id)?))).all(|(old, new)| {
            (wish.enabled.is_some() || old.enabled == new.enabled)
                && (wish.value.is_some() || old.value == new.value)
                && are_weights_left(wish.weights.as_ref(), (&old.weights, &new.weights), at)
        })
    };
    is_default_left
        && match &wish.overrides {
            None => old.overrides == new.overrides,
            Some(list) => list.iter().all(is_override_left),
        }
}

fn are_weights_left(wish: Option<&DesiredWeights>, (old, new): (&Weights, &Weights), at: (&World, FeatureId)) -> bool {
    let Some(wish) = wish else { return old == new };
    let mut features = at.0.definitions.values().filter_map(|known| known.as_ref().present());
    let feature = features.find(|feature| feature.id == at.1).unwrap();
    feature.variants.iter().all(|variant| {
        let is_said = variant.key.as_ref().is_some_and(|key| wish.contains_key(key));
        let share = |weights: &Weights| weights.get(&variant.id).copied().unwrap_or_default();
        is_said || share(old) == share(new)
    })
}
