//! The flags of one person, by their traits, their segments and their own overrides.

use crate::answer::{Answer, Outcome};
use crate::call::Call;
use crate::environment::Environment;
use crate::evaluation::Person;
use crate::feature::Feature;
use crate::field::{self, Attributes, Field, Initially, Kind};
use crate::identity::{Identity, Trait};
use crate::sdk::{Opened, dated, is_named, no_feature};
use crate::state::{FlagState, Holder};
use crate::store::{Store, random_word};
use crate::value::python_text;
use serde_json::{Value, json};
use std::collections::BTreeMap;

const TRAIT: &[Field] = &[
    Field::required("trait_key", Kind::Text { max: 200, blank: false }),
    Field::of("trait_value", Kind::Anything, Initially::Required),
    Field::of("transient", Kind::Boolean, Initially::Bool(false)),
];

pub(crate) fn get(store: &mut Store, call: &Call) -> Outcome {
    let environment = store.open(call, false)?.environment.id;
    let Some(identifier) = call.query("identifier") else {
        return Ok(Answer::ok(json!({ "detail": "Missing identifier" })));
    };
    let known = store.identity_named(environment, identifier).cloned();
    let identity = known.unwrap_or_else(|| store.new_identity(environment, identifier));
    if call.query("transient").is_none() {
        store.identities.insert(identity.id, identity.clone());
    }
    answer(store, call, &identity)
}

pub(crate) fn identify(store: &mut Store, call: &Call) -> Outcome {
    let Opened { environment, by_client } = store.open(call, false)?;
    let trusted = !by_client || environment.is("allow_client_traits");
    let environment = environment.id;
    let body = call.object()?;
    let given = body.get("traits").and_then(Value::as_array);
    let traits = given.into_iter().flatten().map(read_trait);
    let traits: Vec<_> = traits.collect::<Result<_, _>>()?;
    let identifier = field::string(body, "identifier");
    let transient = identifier.is_empty() || field::is_true(body, "transient");
    let identifier = if identifier.is_empty() { random_word(32) } else { identifier };
    let known = store.identity_named(environment, &identifier).cloned();
    let mut identity = known.unwrap_or_else(|| store.new_identity(environment, &identifier));
    for (key, value, passing) in traits.into_iter().filter(|_| trusted) {
        set_trait(store, &mut identity, (key, value, passing || transient));
    }
    if !transient {
        let mut kept = identity.clone();
        kept.traits.retain(|each| !each.transient);
        store.identities.insert(kept.id, kept);
    }
    answer(store, call, &identity)
}

fn read_trait(given: &Value) -> Result<(String, Value, bool), Answer> {
    let body = given.as_object().cloned().unwrap_or_default();
    let (taken, errors) = field::take(TRAIT, &body, false);
    if !errors.is_empty() {
        return Err(Answer::invalid(json!({ "traits": [errors.into_value()] })));
    }
    let value = match taken.get("trait_value") {
        Some(structure @ (Value::Array(_) | Value::Object(_))) => Value::String(python_text(structure)),
        value => value.cloned().unwrap_or_default(),
    };
    let transient = field::is_true(&taken, "transient");
    Ok((field::string(&taken, "trait_key"), value, transient))
}

/// Sets a trait; null takes it away.
fn set_trait(store: &mut Store, identity: &mut Identity, (key, value, transient): (String, Value, bool)) {
    let known = identity.traits.iter().position(|each| each.key == key);
    let known = known.map(|index| identity.traits.remove(index));
    if value.is_null() {
        return;
    }
    let id = known.map_or_else(|| store.next_id(), |known| known.id);
    identity.traits.push(Trait { id, key, value, transient });
}

fn answer(store: &Store, call: &Call, identity: &Identity) -> Outcome {
    let opened = store.open(call, false)?;
    let environment = opened.environment;
    let hide = environment.is("hide_sensitive_data");
    let person = person(environment, identity);
    let states = states(store, &opened, (&person, identity.id));
    let mut flags = states.into_iter().map(|state| flag(store, state, (&person, hide)));
    if let Some(name) = call.query("feature") {
        let found = flags.find(|flag| is_named(flag, name));
        return found.map_or_else(no_feature, |flag| Ok(Answer::ok(flag)));
    }
    let traits = identity.traits.iter().filter(|_| !hide).map(|each| {
        json!({
            "id": (!each.transient).then_some(each.id),
            "trait_key": each.key,
            "trait_value": each.value,
            "transient": each.transient,
        })
    });
    let body = json!({
        "identifier": identity.identifier,
        "traits": traits.collect::<Vec<_>>(),
        "flags": flags.collect::<Vec<_>>(),
    });
    Ok(dated(Answer::ok(body), environment))
}

fn person<'a>(environment: &Environment, identity: &'a Identity) -> Person<'a> {
    let key = if environment.is("use_identity_composite_key_for_hashing") {
        format!("{}_{}", environment.key, identity.identifier)
    } else {
        identity.id.to_string()
    };
    let traits = identity.traits.iter();
    Person {
        key,
        identifier: &identity.identifier,
        traits: traits.map(|each| (each.key.as_str(), &each.value)).collect(),
    }
}

/// The state that counts for each feature: the identity's own, else the strongest of its segments', else the default.
fn states<'a>(store: &'a Store, opened: &Opened<'_>, (person, identity): (&Person<'_>, u64)) -> Vec<&'a FlagState> {
    let mut best: BTreeMap<u64, (u64, &FlagState)> = BTreeMap::new();
    let mut order: BTreeMap<u64, u64> = BTreeMap::new();
    for state in store.live_states(opened.environment.id) {
        let rank = match state.holder {
            Holder::Environment => Some(u64::MAX),
            Holder::Identity(id) => (id == identity).then_some(0),
            Holder::Segment { segment, priority, .. } => {
                let segment = store.segments.get(&segment);
                let fits = segment.is_some_and(|segment| person.is_in(segment));
                fits.then_some(priority + 1)
            }
        };
        let hidden = opened.by_client && store.server_only(state);
        let Some(rank) = rank.filter(|_| !hidden) else {
            continue;
        };
        order.entry(state.feature).or_insert(state.id);
        let strongest = best.entry(state.feature).or_insert((rank, state));
        if rank < strongest.0 {
            *strongest = (rank, state);
        }
    }
    let hides = store.hides_disabled(opened.environment);
    let mut states: Vec<_> = best.into_values().map(|(_, state)| state).collect();
    states.retain(|state| !hides || state.enabled);
    states.sort_by_key(|state| order.get(&state.feature).copied());
    states
}

fn flag(store: &Store, state: &FlagState, (person, hide): (&Person<'_>, bool)) -> Value {
    let feature = store.features.get(&state.feature);
    let multivariate = feature.is_some_and(Feature::is_multivariate);
    let variant = person.variant(state).filter(|_| multivariate);
    let variant = variant.and_then(|id| store.variants.get(&id));
    let value = variant.map_or_else(|| state.value.plain(), |variant| variant.value.plain());
    let name = match variant {
        Some(variant) => json!(variant.key),
        None if multivariate => json!("control"),
        None => Value::Null,
    };
    let mut flag = store.sdk_flag(state, &value, hide);
    field::extend(&mut flag, &Attributes::from_iter([("variant".to_owned(), name)]));
    flag
}
