//! What of a flag differs, as people read it, and a flag of which some fields are left alone.

use std::{collections::BTreeSet, fmt::Display};

use super::{
    Change, World,
    definition::DesiredDefinition,
    difference::{self, Difference, Field, Place, Scope, existence},
    flag::{DesiredFlag, environment},
    identities::DesiredIdentity,
    owner::DesiredOwners,
    state::{DesiredOverride, DesiredState, DesiredWeights},
    value::DesiredValue,
    variant::DesiredVariant,
};
use crate::flagsmith::{Environment, Feature, FlagState, Value, Weights};

/// The differences that those changes would undo. Of a feature that is absent only that is one, whatever must be made before it.
#[must_use]
pub fn differences<'a>(
    desired: &DesiredFlag,
    changes: impl IntoIterator<Item = &'a Change>,
    world: &World,
) -> Vec<Difference> {
    let feature = world.definition(&desired.name).present();
    let found = difference::differences(changes, world, |place| match (feature, place) {
        (Some(feature), (Scope::Own, field)) => own(desired, *field, (feature, world)),
        (Some(feature), (Scope::Environment(_), _)) => state(desired, place, (feature, world)),
        (None, _) => existence(),
    });
    if feature.is_none() {
        let cells = found.iter().flat_map(|one| one.cells.clone()).collect();
        let first = found.into_iter().next();
        return first.map(|one| Difference { field: Field::Existence, cells, ..one }).into_iter().collect();
    }
    found
}

/// The same flag, without what is at those places. Without its existence it says nothing of the feature's own fields.
#[must_use]
pub fn narrowed(desired: &DesiredFlag, left: &BTreeSet<Place>) -> DesiredFlag {
    let DesiredFlag { name, definition, states } = desired.clone();
    let is_left = |field| left.contains(&(Scope::Own, field));
    let definition = definition.filter(|_| !is_left(Field::Existence)).map(|definition| {
        let DesiredDefinition {
            description,
            default_enabled,
            initial_value,
            tags,
            managed_tag,
            owners,
            is_server_key_only,
            is_archived,
            variants,
        } = definition;
        DesiredDefinition {
            description: description.filter(|_| !is_left(Field::Description)),
            default_enabled,
            initial_value,
            tags: tags.filter(|_| !is_left(Field::Tags)),
            managed_tag: managed_tag.filter(|_| !is_left(Field::Tags)),
            owners: if is_left(Field::Owners) { DesiredOwners::default() } else { owners },
            is_server_key_only: is_server_key_only.filter(|_| !is_left(Field::ServerKeyOnly)),
            is_archived: is_archived.filter(|_| !is_left(Field::Archived)),
            variants: variants.filter(|_| !is_left(Field::Variants)),
        }
    });
    DesiredFlag { name, definition, states: states.into_iter().map(|state| narrowed_state(state, left)).collect() }
}

fn narrowed_state(state: DesiredState, left: &BTreeSet<Place>) -> DesiredState {
    let scope = Scope::Environment(state.environment.clone());
    let is_left = |field| left.contains(&(scope.clone(), field));
    // An environment without a state has none of the rest either; identities are no part of it.
    let is_absent = is_left(Field::Existence);
    let DesiredState { environment, enabled, value, weights, overrides, identities } = state;
    DesiredState {
        environment,
        enabled: enabled.filter(|_| !is_absent && !is_left(Field::Enabled)),
        value: value.filter(|_| !is_absent && !is_left(Field::Value)),
        weights: weights.filter(|_| !is_absent && !is_left(Field::Weights)),
        overrides: overrides.filter(|_| !is_absent && !is_left(Field::SegmentOverrides)),
        identities: identities.filter(|_| !is_left(Field::IdentityOverrides)),
    }
}

/// The flag as far as it says anything in that scope.
#[must_use]
pub fn only(desired: &DesiredFlag, scope: &Scope) -> DesiredFlag {
    let DesiredFlag { name, definition, states } = desired;
    let (definition, states) = match scope {
        Scope::Own => (definition.clone(), Vec::new()),
        Scope::Environment(at) => (None, states.iter().filter(|state| state.environment == *at).cloned().collect()),
    };
    DesiredFlag { name: name.clone(), definition, states }
}

fn own(desired: &DesiredFlag, field: Field, (feature, world): (&Feature, &World)) -> (String, String) {
    let Some(wanted) = &desired.definition else { return (String::new(), String::new()) };
    match field {
        Field::Description => (plain(wanted.description.as_ref()), plain(feature.description.as_ref())),
        Field::ServerKeyOnly => (plain(wanted.is_server_key_only), feature.is_server_key_only.to_string()),
        Field::Archived => (plain(wanted.is_archived), feature.is_archived.to_string()),
        Field::Tags => {
            let ours = world.tags.iter().filter(|tag| !tag.is_system_tag && feature.tags.contains(&tag.id));
            let live: BTreeSet<_> = ours.map(|tag| tag.label.clone()).collect();
            (listed(wanted.tags.iter().flatten().chain(&wanted.managed_tag)), listed(live))
        }
        Field::Owners => owners(&wanted.owners, feature),
        Field::Variants => {
            let live = feature.variants.iter().map(|one| (plain(one.key.as_ref()), &one.value, Some(one.weight)));
            let live = listed(live.map(|(key, value, weight)| variant(&key, value, weight)));
            (listed(wanted.variants.iter().flatten().map(wanted_variant)), live)
        }
        _ => existence(),
    }
}

fn owners(wanted: &DesiredOwners, feature: &Feature) -> (String, String) {
    let DesiredOwners { users, groups } = wanted;
    let live_users = feature.owners.iter().map(|user| &user.email).filter(|_| users.is_some());
    let live_groups = feature.group_owners.iter().map(|group| &group.name).filter(|_| groups.is_some());
    (listed(users.iter().flatten().chain(groups.iter().flatten())), listed(live_users.chain(live_groups)))
}

fn wanted_variant(one: &DesiredVariant) -> String {
    let DesiredVariant { key, value, weight } = one;
    variant(key, &value.to_value(), *weight)
}

fn variant(key: &str, value: &Value, weight: Option<impl Display>) -> String {
    let weight = weight.map(|weight| format!(" ({weight})")).unwrap_or_default();
    format!("{key}={}{weight}", shown(value))
}

fn state(desired: &DesiredFlag, (scope, field): &Place, (feature, world): (&Feature, &World)) -> (String, String) {
    let wanted = desired.states.iter().find(|one| Scope::Environment(one.environment.clone()) == *scope);
    let found = wanted.and_then(|wanted| Some((wanted, environment(&wanted.environment, world).ok()?)));
    let Some((wanted, at)) = found else { return existence() };
    if *field == Field::IdentityOverrides {
        return identities(wanted, at, (feature, world));
    }
    let Some(live) = world.state(at.id, feature.id).present() else { return existence() };
    match field {
        Field::Enabled => (plain(wanted.enabled), live.enabled.to_string()),
        Field::Value => (plain(wanted.value.as_ref().map(|value| shown(&value.to_value()))), shown(&live.value)),
        Field::Weights => (plain(wanted.weights.as_ref().map(wanted_weights)), weights(&live.weights, feature)),
        Field::SegmentOverrides => {
            (listed(wanted.overrides.iter().flatten().map(wanted_override)), overrides(live, (feature, world)))
        }
        _ => existence(),
    }
}

fn identities(wanted: &DesiredState, at: &Environment, (feature, world): (&Feature, &World)) -> (String, String) {
    let live = world.identities(at.id, feature.id).present().into_iter().flatten();
    let live = live.map(|(identity, one)| served(identity, (Some(one.enabled), Some(one.value.clone()), None)));
    let wanted = wanted.identities.iter().flatten().map(|(identity, one)| {
        let DesiredIdentity { enabled, value } = one;
        served(identity, (*enabled, value.as_ref().map(DesiredValue::to_value), None))
    });
    (listed(wanted), listed(live))
}

fn wanted_override(one: &DesiredOverride) -> String {
    let DesiredOverride { segment, enabled, value, weights } = one;
    let value = value.as_ref().map(DesiredValue::to_value);
    served(segment, (*enabled, value, weights.as_ref().map(wanted_weights)))
}

fn overrides(live: &FlagState, (feature, world): (&Feature, &World)) -> String {
    let of_segment = |one: &crate::flagsmith::SegmentOverride| {
        let name = world.segment_by_id(one.segment).map_or_else(|| one.segment.to_string(), |one| one.name.to_string());
        let shares = Some(weights(&one.weights, feature)).filter(|shares| !shares.is_empty());
        served(name, (Some(one.enabled), Some(one.value.clone()), shares))
    };
    listed(live.overrides.iter().map(of_segment))
}

/// What somebody is served, as far as it is said.
fn served(whom: impl Display, (enabled, value, weights): (Option<bool>, Option<Value>, Option<String>)) -> String {
    let enabled = enabled.map(|enabled| if enabled { "on" } else { "off" }.to_owned());
    let parts: Vec<_> = enabled.into_iter().chain(value.as_ref().map(shown)).chain(weights).collect();
    format!("{whom}: {}", parts.join(" "))
}

fn wanted_weights(wanted: &DesiredWeights) -> String {
    listed(wanted.iter().map(|(key, share)| format!("{key}={share}")))
}

fn weights(live: &Weights, feature: &Feature) -> String {
    listed(live.iter().map(|(id, share)| {
        let key = feature.variants.iter().find(|one| one.id == *id).and_then(|one| one.key.clone());
        format!("{}={share}", key.unwrap_or_else(|| id.to_string()))
    }))
}

/// A value as people read it: a text that reads as something else is quoted.
fn shown(value: &Value) -> String {
    match value {
        Value::String(text) if text.is_empty() || text.parse::<i32>().is_ok() => format!("{text:?}"),
        Value::String(text) if ["true", "false", "null"].contains(&text.as_str()) => format!("{text:?}"),
        Value::String(_) | Value::Integer(_) | Value::Boolean(_) | Value::Null => value.to_string(),
    }
}

fn plain(said: Option<impl Display>) -> String {
    said.map(|said| said.to_string()).unwrap_or_default()
}

fn listed(parts: impl IntoIterator<Item = impl Display>) -> String {
    parts.into_iter().map(|part| part.to_string()).collect::<Vec<_>>().join(", ")
}
