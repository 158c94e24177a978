//! What there is to see, through the SDKs' endpoint, of what a flag's author wants: by environment and by probe. Pure.

use std::{
    collections::hash_map::DefaultHasher,
    hash::{Hash as _, Hasher as _},
};

use super::vigil::Aim;
use crate::operator::{flag::desired::resolve_value, ownership::claim::Claims};
use crate::{
    crd::{FeatureFlag, IdentityProbe, ProbeExpectation},
    flagsmith::{Environment, EnvironmentId, EnvironmentKey, EnvironmentName, Feature, FlagState, Person},
    world::{
        World,
        flag::{self, DesiredFlag},
        served::Expected,
        state::DesiredState,
    },
};

/// Whose it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Matter {
    /// The environment's default.
    Default,
    /// The probe of that place in the spec.
    Probe(usize),
}

/// One thing that is to be served.
#[derive(Clone, Debug, PartialEq)]
pub struct Point {
    /// The environment.
    pub environment: EnvironmentName,
    /// What of it.
    pub matter: Matter,
    /// Whether it can be seen.
    pub stand: Stand,
}

/// Whether something can be seen.
#[derive(Clone, Debug, PartialEq)]
pub enum Stand {
    /// Not by this key, and why.
    Blind(&'static str),
    /// Not yet: Flagsmith itself does not hold it.
    Unwritten,
    /// There, and by that key.
    Seen(EnvironmentId, EnvironmentKey, Aim),
}

/// All that there is to see. What is enforced is `desired`: what others own, or what is only observed, is left out of it.
#[must_use]
pub fn points(flag: &FeatureFlag, (claims, desired): (&Claims, &DesiredFlag), world: &World) -> Vec<Point> {
    let feature = world.definition(&desired.name).present();
    let wished = desired.states.iter().filter(|state| state.enabled.is_some() || state.value.is_some());
    let defaults = wished.map(|state| Point {
        environment: state.environment.clone(),
        matter: Matter::Default,
        stand: default(state, (desired, feature), world),
    });
    let probes = flag.spec.verify.iter().flat_map(|verify| &verify.identities).enumerate();
    let probes = probes.map(|(place, probe)| Point {
        environment: probe.environment.as_str().into(),
        matter: Matter::Probe(place),
        stand: person(probe, (claims, desired, feature), world),
    });
    defaults.chain(probes).collect()
}

fn default(state: &DesiredState, (desired, feature): (&DesiredFlag, Option<&Feature>), world: &World) -> Stand {
    let Some((environment, feature)) = found(&state.environment, feature, world) else { return Stand::Unwritten };
    if feature.is_server_key_only {
        return Stand::Blind("only server-side keys are told of the flag");
    }
    if !feature.variants.is_empty() {
        return Stand::Blind("what is served of a flag with variants differs from one to the next");
    }
    if !world.state(environment.id, feature.id).present().is_some_and(|live| is_written(state, live)) {
        return Stand::Unwritten;
    }
    let expected = Expected { feature: desired.name.clone(), enabled: state.enabled, value: state.value.clone() };
    let ground = fingerprint(feature.uuid.as_str());
    Stand::Seen(environment.id, environment.key.clone(), Aim { person: None, expected, ground })
}

fn is_written(state: &DesiredState, live: &FlagState) -> bool {
    state.enabled.is_none_or(|wanted| wanted == live.enabled)
        && state.value.as_ref().is_none_or(|wanted| wanted.is_met_by(&live.value))
}

fn person(
    probe: &IdentityProbe,
    (claims, desired, feature): (&Claims, &DesiredFlag, Option<&Feature>),
    world: &World,
) -> Stand {
    let IdentityProbe { identity, environment, traits, expect: ProbeExpectation { enabled, value } } = probe;
    if claims.barred.iter().any(|one| one.environment == *environment) {
        return Stand::Blind("the environment does not let this namespace in");
    }
    if traits.values().any(|value| !(value.is_string() || value.is_number() || value.is_boolean())) {
        return Stand::Blind("a trait is a text, a number, or true or false");
    }
    let value = value.as_ref().map(|value| resolve_value(value, "spec.verify.identities")).transpose();
    let Ok(value) = value else { return Stand::Blind("what it expects is no value that Flagsmith keeps") };
    let name = environment.as_str().into();
    let Some((environment, feature)) = found(&name, feature, world) else { return Stand::Unwritten };
    if feature.is_server_key_only {
        return Stand::Blind("only server-side keys are told of the flag");
    }
    let expected = Expected { feature: desired.name.clone(), enabled: *enabled, value };
    let person = Some(Person { identifier: identity.clone(), traits: traits.clone() });
    // Whoever edits a segment changes what is served without a word in the flag.
    let overrides = world.state(environment.id, feature.id).present().map(|state| &state.overrides);
    let segments = overrides.into_iter().flatten().filter_map(|one| world.segment_by_id(one.segment));
    let ground = fingerprint(&format!("{feature:?} {:?}", segments.collect::<Vec<_>>()));
    Stand::Seen(environment.id, environment.key.clone(), Aim { person, expected, ground })
}

fn found<'a>(
    name: &EnvironmentName,
    feature: Option<&'a Feature>,
    world: &'a World,
) -> Option<(&'a Environment, &'a Feature)> {
    flag::environment(name, world).ok().zip(feature)
}

/// A number that changes with what it is of, as long as this process lives.
fn fingerprint(of: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    of.hash(&mut hasher);
    hasher.finish()
}
