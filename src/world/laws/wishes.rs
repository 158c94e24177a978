//! Any project and any wish.

use std::collections::BTreeMap;

use proptest::{
    collection::vec,
    option::of,
    prelude::*,
    sample::{select, subsequence},
};

use super::{
    carry_out::Project,
    definition_laws::{definition, details, tags},
    seed::{Content, Seed},
};
use crate::{
    flagsmith::{FeatureName, FlagState, Identifier, IdentityOverride, Percentage, ProjectId, SettingsPatch, Value},
    world::{
        environment::{DesiredEnvironment, Versioning},
        flag::DesiredFlag,
        identities::DesiredIdentity,
        state::{DesiredOverride, DesiredState, DesiredWeights},
        value::DesiredValue,
    },
};

pub fn name() -> impl Strategy<Value = FeatureName> {
    select(vec!["a", "b", "c"]).prop_map(FeatureName::from)
}

pub fn text() -> impl Strategy<Value = String> {
    select(vec!["", "x", "1", "true", "{}", r#"{"limit": 1}"#, r#"{ "b":[1,2],"a" :{"x":null} }"#])
        .prop_map(str::to_owned)
}

pub fn value() -> impl Strategy<Value = Value> {
    prop_oneof![
        text().prop_map(Value::String),
        (0..2_i32).prop_map(Value::Integer),
        any::<bool>().prop_map(Value::Boolean),
        Just(Value::Null),
    ]
}

pub fn wanted() -> impl Strategy<Value = DesiredValue> {
    let objects = [r"{}", r#"{"limit":1}"#, r#"{"a":{"x":null},"b":[1,2]}"#];
    let object = select(objects.to_vec()).prop_map(|text| DesiredValue::Json(serde_json::from_str(text).unwrap()));
    prop_oneof![2 => value().prop_map(DesiredValue::Exactly), 1 => object]
}

/// Shares of three that never come to more than a whole.
fn shares() -> impl Strategy<Value = Vec<Percentage>> {
    select(vec!["0,0,0", "30,30,40", "100,0,0", "12.5,50,0", "0,0,100", "33.333333,33,33"])
        .prop_map(|text| text.split(',').map(|share| share.parse().unwrap()).collect())
}

fn state() -> impl Strategy<Value = (FlagState, Vec<Percentage>)> {
    (any::<bool>(), value(), shares())
        .prop_map(|(enabled, value, shares)| (FlagState { enabled, value, ..FlagState::default() }, shares))
}

/// Some overrides, of segments by their places, in some order.
fn overrides() -> impl Strategy<Value = Vec<(usize, (FlagState, Vec<Percentage>))>> {
    let places = prop_oneof![2 => Just(vec![]), 3 => subsequence(vec![0, 1, 2, 3], 0..4).prop_shuffle()];
    (places, vec(state(), 4)).prop_map(|(places, states)| places.into_iter().zip(states).collect())
}

fn identities() -> impl Strategy<Value = BTreeMap<Identifier, IdentityOverride>> {
    let one = (any::<bool>(), value()).prop_map(|(enabled, value)| IdentityOverride { enabled, value });
    prop::collection::btree_map(identity(), one, 0..3)
}

fn identity() -> impl Strategy<Value = Identifier> {
    select(vec!["jane", "joe", "jim"]).prop_map(Identifier::from)
}

pub fn project() -> impl Strategy<Value = Project> {
    let environments = vec(select(vec!["dev", "live", "test"]), 0..4);
    let features = prop::collection::btree_map(name(), (of(text()), details()), 0..4);
    let content = (prop::bool::weighted(0.9), state(), overrides(), identities());
    let content = content.prop_map(|(is_there, state, overrides, identities)| Content {
        state: is_there.then_some((state, overrides)),
        identities,
    });
    let unknown = vec(any::<bool>(), 40);
    let seed = (environments, tags(), features, vec(content, 16));
    (seed, unknown).prop_map(|((environments, tags, features, contents), unknown)| {
        let mut project = Project::new(Seed { environments, tags, features, contents });
        project.forget(&unknown);
        project
    })
}

/// Shares of some variants, which may be too much, or of one that is not there.
fn weights() -> impl Strategy<Value = DesiredWeights> {
    let share = select(vec!["0", "10", "33.333333", "60", "100"]).prop_map(|share| share.parse().unwrap());
    let key = prop_oneof![9 => select(vec!["a", "b"]), 1 => Just("gone")].prop_map(str::to_owned);
    prop::collection::btree_map(key, share, 1..3)
}

fn wished_overrides() -> impl Strategy<Value = Vec<DesiredOverride>> {
    let names = prop_oneof![
        4 => subsequence(vec!["beta", "vip", "staff"], 0..4).prop_shuffle(),
        1 => select(vec!["twin", "gone", "other"]).prop_map(|name| vec![name]),
    ];
    let rest = (of(any::<bool>()), of(wanted()), prop::option::weighted(0.2, weights()));
    (names, vec(rest, 4)).prop_map(|(names, rest)| {
        let wishes = names.into_iter().zip(rest).map(|(name, (enabled, value, weights))| DesiredOverride {
            segment: name.into(),
            enabled,
            value,
            weights,
        });
        wishes.collect()
    })
}

fn wished_identities() -> impl Strategy<Value = BTreeMap<Identifier, DesiredIdentity>> {
    let one = (of(any::<bool>()), of(wanted())).prop_map(|(enabled, value)| DesiredIdentity { enabled, value });
    prop::collection::btree_map(identity(), one, 0..3)
}

pub fn wish() -> impl Strategy<Value = DesiredFlag> {
    let state = (
        of(any::<bool>()),
        of(wanted()),
        prop::option::weighted(0.3, weights()),
        of(wished_overrides()),
        of(wished_identities()),
    );
    let states = prop::collection::btree_map(select(vec!["dev", "live", "test", "gone"]), state, 0..5);
    (name(), of(definition()), states).prop_map(|(name, definition, states)| DesiredFlag {
        name,
        definition,
        states: states
            .into_iter()
            .map(|(environment, (enabled, value, weights, overrides, identities))| DesiredState {
                environment: environment.into(),
                enabled,
                value,
                weights,
                overrides,
                identities,
            })
            .collect(),
    })
}

/// Whether it wants a text letter by letter, which cannot be said in other words.
pub fn wants_exact_text(wish: &DesiredFlag) -> bool {
    wish.states.iter().any(|state| {
        let of_segments = state.overrides.iter().flatten().filter_map(|one| one.value.as_ref());
        let of_identities = state.identities.iter().flatten().filter_map(|(_, one)| one.value.as_ref());
        let mut values = state.value.iter().chain(of_segments).chain(of_identities);
        values.any(|value| matches!(value, DesiredValue::Exactly(Value::String(_))))
    })
}

pub fn environment_wish() -> impl Strategy<Value = DesiredEnvironment> {
    let name = select(vec!["dev", "live", "new"]);
    let settings = (of(text()), of(of(any::<bool>()))).prop_map(|(banner_text, hide_disabled_flags)| SettingsPatch {
        banner_text,
        hide_disabled_flags,
        ..SettingsPatch::default()
    });
    (name, of(text()), settings, any::<bool>()).prop_map(|(name, description, settings, is_versioned)| {
        DesiredEnvironment {
            project: ProjectId(1),
            name: name.into(),
            description,
            settings,
            copy: None,
            versioning: is_versioned.then_some(Versioning::Wanted),
            uuid: None,
            gone: None,
            key: None,
            may_be_made: true,
            rotation: None,
        }
    })
}
