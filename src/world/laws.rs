//! The laws of planning, over any project and any wish.

#[path = "carry_out.rs"]
mod carry_out;
#[path = "definition_laws.rs"]
mod definition_laws;

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::{
    Change, Known, World,
    definition::{plan_archive, plan_removal},
    environment::{self, DesiredEnvironment},
    flag::{self, DesiredFlag, DesiredState, DesiredValue, plan},
};
use crate::flagsmith::{EnvironmentId, EnvironmentName, FeatureName, FlagState, ProjectId, Value};
use carry_out::Project;

const ROUNDS: usize = 8;

fn name() -> impl Strategy<Value = FeatureName> {
    prop::sample::select(vec!["a", "b", "c"]).prop_map(FeatureName::from)
}

fn text() -> impl Strategy<Value = String> {
    prop::sample::select(vec!["", "x", "1", "true", "{}", r#"{"limit": 1}"#, r#"{ "b":[1,2],"a" :{"x":null} }"#])
        .prop_map(str::to_owned)
}

fn value() -> impl Strategy<Value = Value> {
    prop_oneof![
        text().prop_map(Value::String),
        (0..2_i32).prop_map(Value::Integer),
        any::<bool>().prop_map(Value::Boolean),
        Just(Value::Null),
    ]
}

fn wanted() -> impl Strategy<Value = DesiredValue> {
    let objects = [r"{}", r#"{"limit":1}"#, r#"{"a":{"x":null},"b":[1,2]}"#];
    let object =
        prop::sample::select(objects.to_vec()).prop_map(|text| DesiredValue::Json(serde_json::from_str(text).unwrap()));
    prop_oneof![2 => value().prop_map(DesiredValue::Exactly), 1 => object]
}

fn state() -> impl Strategy<Value = FlagState> {
    (any::<bool>(), value()).prop_map(|(enabled, value)| FlagState { enabled, value, ..FlagState::default() })
}

fn project() -> impl Strategy<Value = Project> {
    let environments = prop::collection::vec(prop::sample::select(vec!["dev", "live", "test"]), 0..4);
    let features = prop::collection::btree_map(name(), prop::option::of(text()), 0..4);
    let states =
        prop::collection::vec(prop_oneof![9 => state().prop_map(Known::Present), 1 => Just(Known::Absent)], 16);
    let unknown = prop::collection::vec(any::<bool>(), 24);
    let world = (environments, features, states, unknown, definition_laws::tags(), definition_laws::details());
    world.prop_map(|(environments, features, states, unknown, tags, details)| {
        let mut project = Project::new(&environments, features, &states);
        project.with_tags(tags);
        project.with_details(details);
        project.forget(&unknown);
        project
    })
}

fn wish() -> impl Strategy<Value = DesiredFlag> {
    let state = (prop::option::of(any::<bool>()), prop::option::of(wanted()));
    let states = prop::collection::btree_map(prop::sample::select(vec!["dev", "live", "test", "gone"]), state, 0..5);
    (name(), prop::option::of(definition_laws::definition()), states).prop_map(|(name, definition, states)| {
        DesiredFlag {
            name,
            definition,
            states: states
                .into_iter()
                .map(|(environment, (enabled, value))| DesiredState { environment: environment.into(), enabled, value })
                .collect(),
        }
    })
}

fn environment_wish() -> impl Strategy<Value = DesiredEnvironment> {
    let name = prop::sample::select(vec!["dev", "live", "new"]);
    (name, prop::option::of(text())).prop_map(|(name, description)| DesiredEnvironment {
        project: ProjectId(1),
        name: name.into(),
        description,
        uuid: None,
        key: None,
    })
}

/// Plans and carries out until nothing is left to do.
fn bring(project: &mut Project, wish: &DesiredFlag) {
    for _ in 0..ROUNDS {
        let next = plan(wish, &project.known);
        if next.is_quiet() {
            return;
        }
        project.carry_out(&next);
    }
    let left = plan(wish, &project.known);
    assert!(left.is_quiet(), "still {left:?}");
}

/// Whether the project is as is wished, wherever the wish can be met.
fn is_met(wish: &DesiredFlag, world: &World) -> bool {
    let Some(feature) = world.definition(&wish.name).present() else {
        return wish.definition.is_none();
    };
    let is_defined = wish.definition.as_ref().is_none_or(|wish| definition_laws::is_met(wish, feature, world));
    is_defined
        && wish.states.iter().all(|state| {
            let Ok(environment) = flag::environment(&state.environment, world) else { return true };
            let is_silent = state.enabled.is_none() && state.value.is_none();
            if is_silent || environment.asks_for_approvals() {
                return true;
            }
            let live = world.state(environment.id, feature.id).present().unwrap();
            state.enabled.is_none_or(|wish| wish == live.enabled)
                && state.value.as_ref().is_none_or(|wish| wish.is_met_by(&live.value))
        })
}

/// The environments in which a wish has a say.
fn named(wish: &DesiredFlag, world: &World) -> BTreeSet<EnvironmentId> {
    let found = wish.states.iter().filter_map(|state| flag::environment(&state.environment, world).ok());
    found.map(|environment| environment.id).collect()
}

fn wish_in<'a>(wish: &'a DesiredFlag, name: &EnvironmentName) -> Option<&'a DesiredState> {
    wish.states.iter().find(|state| state.environment == *name)
}

/// The same world with the features of one name left out.
fn without(world: &World, name: &FeatureName) -> World {
    let mut rest = world.clone();
    if let Some(feature) = rest.definitions.remove(name).and_then(Known::present) {
        rest.states.retain(|(_, id), _| *id != feature.id);
    }
    rest
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_plan_that_is_carried_out_converges(mut project in project(), wish in wish()) {
        bring(&mut project, &wish);
        prop_assert!(is_met(&wish, &project.truth));
    }

    #[test]
    fn a_world_that_is_as_wished_is_left_alone(mut project in project(), wish in wish()) {
        bring(&mut project, &wish);
        prop_assert!(plan(&wish, &project.truth).changes.is_empty());
        let is_exact = |state: &DesiredState| matches!(state.value, Some(DesiredValue::Exactly(Value::String(_))));
        if !wish.states.iter().any(is_exact) {
            project.reshape();
        }
        let again = plan(&wish, &project.truth);
        prop_assert!(again.changes.is_empty() && again.unknown.is_empty(), "{:?}", again);
    }

    #[test]
    fn what_a_wish_leaves_out_is_never_written(mut project in project(), wish in wish()) {
        let before = project.truth.clone();
        bring(&mut project, &wish);
        let after = &project.truth;
        prop_assert_eq!(&before.environments, &after.environments);
        let Some(feature) = before.definition(&wish.name).present() else { return Ok(()) };
        let now = after.definition(&wish.name).present().unwrap();
        definition_laws::is_untouched(wish.definition.as_ref(), feature, now)?;
        for environment in &before.environments {
            let at = (environment.id, feature.id);
            let (old, new) = (before.state(at.0, at.1).present(), after.state(at.0, at.1).present());
            let (Some(old), Some(new)) = (old, new) else { continue };
            let stays = |(id, weight): (_, _)| new.weights.get(id).is_none_or(|now| now == weight);
            prop_assert!(old.weights.iter().all(stays), "the weights of {:?} become {:?}", old, new);
            if environment.asks_for_approvals() {
                prop_assert_eq!((old.enabled, &old.value), (new.enabled, &new.value));
            }
            let state = wish_in(&wish, &environment.name).filter(|_| named(&wish, &before).contains(&environment.id));
            prop_assert!(state.is_some_and(|state| state.enabled.is_some()) || old.enabled == new.enabled);
            prop_assert!(state.is_some_and(|state| state.value.is_some()) || old.value == new.value);
        }
    }

    #[test]
    fn a_plan_may_be_cut_short_anywhere(project in project(), wish in wish(), cut in 0..4_usize) {
        let (mut whole, mut cut_short) = (project.clone(), project);
        bring(&mut whole, &wish);
        let mut first = plan(&wish, &cut_short.known);
        first.changes.truncate(cut);
        cut_short.carry_out(&first);
        bring(&mut cut_short, &wish);
        prop_assert_eq!(whole.truth, cut_short.truth);
    }

    #[test]
    fn two_wishes_for_two_flags_do_not_meet(mut project in project(), wish in wish()) {
        let before = without(&project.truth, &wish.name);
        bring(&mut project, &wish);
        let mut after = without(&project.truth, &wish.name);
        // Tags are everybody's: more of them may be there, and none is gone.
        prop_assert!(before.tags.iter().all(|tag| after.tags.contains(tag)));
        after.tags.clone_from(&before.tags);
        prop_assert_eq!(before, after);
    }

    #[test]
    fn a_removal_leaves_nothing_and_touches_nothing_else(mut project in project(), name in name()) {
        let rest = without(&project.truth, &name);
        for _ in 0..ROUNDS {
            let next = plan_removal(&name, &project.known);
            project.carry_out(&next);
        }
        prop_assert!(plan_removal(&name, &project.known).is_quiet());
        prop_assert_eq!(rest, project.truth);
    }

    #[test]
    fn archiving_changes_nothing_but_that(mut project in project(), name in name()) {
        let before = project.truth.clone();
        for _ in 0..ROUNDS {
            let next = plan_archive(&name, &project.known);
            project.carry_out(&next);
        }
        prop_assert!(plan_archive(&name, &project.known).is_quiet());
        project.unarchive(&name, &before);
        prop_assert_eq!(before, project.truth);
    }

    #[test]
    fn an_environment_comes_to_be_as_wished_and_others_stay(mut project in project(), wish in environment_wish()) {
        let (before, mut wish) = (project.truth.clone(), wish);
        let mut left = environment::plan(&wish, &project.known);
        for _ in 0..ROUNDS {
            if left.changes == [Change::ChooseKey] {
                wish.key = Some("chosen".into());
            } else {
                project.carry_out(&left);
            }
            left = environment::plan(&wish, &project.known);
        }
        prop_assert!(left.is_quiet(), "still {:?}", left);
        let found = environment::find(&wish, &project.truth).ok().flatten().cloned();
        prop_assert_eq!(found.is_none(), !left.missing.is_empty());
        for old in &before.environments {
            let new = project.truth.environment_by_id(old.id);
            let is_ours = found.as_ref().is_some_and(|found| found.id == old.id) && wish.description.is_some();
            prop_assert!(is_ours || new == Some(old));
        }
    }
}

#[test]
fn json_is_met_by_any_text_that_means_the_same() {
    let wanted = DesiredValue::Json(serde_json::from_str(r#"{"a": {"n": 1, "s": "1"}, "b": [1, 2]}"#).unwrap());
    let met = |text: &str| wanted.is_met_by(&Value::String(text.to_owned()));
    assert!(met(r#"{"b":[1,2],"a":{"s":"1","n":1}}"#));
    assert!(met("{ \"b\" : [1.0, 2e0],\n\"a\": {\"s\": \"\\u0031\", \"n\": 1} }"));
    for other in [
        r#"{"b":[2,1],"a":{"s":"1","n":1}}"#,
        r#"{"b":[1,2],"a":{"s":1,"n":1}}"#,
        r#"{"b":[1,2],"a":{"s":"1","n":true}}"#,
        r#"{"b":[1,2],"a":{"s":"1","n":1},"c":null}"#,
        r#"{"b":[1,2]}"#,
        "{",
        "",
    ] {
        assert!(!met(other), "{other}");
    }
}

#[test]
fn a_number_too_great_to_be_a_float_is_compared_to_its_last_digit() {
    let wanted = DesiredValue::Json(serde_json::from_str(r#"{"n": 9007199254740993}"#).unwrap());
    assert!(wanted.is_met_by(&Value::String(r#"{"n":9007199254740993}"#.to_owned())));
    assert!(!wanted.is_met_by(&Value::String(r#"{"n":9007199254740992}"#.to_owned())));
}

#[test]
fn a_text_a_number_and_a_truth_value_are_never_the_same() {
    let values = [
        Value::String("1".to_owned()),
        Value::Integer(1),
        Value::Boolean(true),
        Value::String("true".to_owned()),
        Value::Null,
    ];
    for (at, wanted) in values.iter().enumerate() {
        for (other, live) in values.iter().enumerate() {
            assert_eq!(DesiredValue::Exactly(wanted.clone()).is_met_by(live), at == other);
        }
    }
}
