//! What SDKs are served: what was written, at once; and somebody who is asked for in passing is not remembered.

use flagsmith_operator::flagsmith::{
    Error, FeaturePatch, OverridePatch, Person, Sdk, SegmentId, ServedFlag, StatePatch, Value,
};
use serde_json::{Value as Json, json};

use crate::support::{Case, NEWEST, in_environment};

fn sdk(case: &Case) -> Sdk {
    case.client.sdk(&case.sim.api_url())
}

fn text(text: &str) -> Value {
    Value::String(text.to_owned())
}

fn flag(enabled: bool, value: Value) -> ServedFlag {
    ServedFlag { enabled, value: Some(value) }
}

fn person(identifier: &str, traits: &[(&str, Json)]) -> Person {
    let traits = traits.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    Person { identifier: identifier.to_owned(), traits }
}

async fn writes_are_served_at_once(case: Case, is_versioned: bool) {
    let mut environment = case.environment("production").await;
    let feature = case.feature("checkout").await;
    if is_versioned {
        environment = case.version(&environment.key).await;
    }
    let (client, sdk, key) = (case.client.knowing(NEWEST), sdk(&case), &environment.key);
    let name = feature.name;
    assert_eq!(sdk.flags(key).await.unwrap().flags.get(&name), Some(&flag(true, text("red"))));
    let values = [text("42"), Value::Integer(42), Value::Boolean(false), Value::Null];
    for (enabled, value) in [true, false].into_iter().cycle().zip(values) {
        let patch = StatePatch { enabled: Some(enabled), value: Some(value.clone()), ..StatePatch::default() };
        client.set_state(key, feature.id, &patch).await.unwrap();
        assert_eq!(sdk.flags(key).await.unwrap().flags.get(&name), Some(&flag(enabled, value)));
    }
    case.agrees();
}

#[tokio::test]
async fn what_is_written_is_served_at_once_in_an_unversioned_environment() {
    writes_are_served_at_once(case!().await, false).await;
}

#[tokio::test]
async fn what_is_written_is_served_at_once_in_a_versioned_environment() {
    writes_are_served_at_once(case!().await, true).await;
}

#[tokio::test]
async fn a_client_key_is_not_served_what_is_for_servers_and_an_unknown_one_nothing() {
    let case = case!().await;
    let environment = case.environment("production").await;
    let (checkout, guarded) = (case.feature("checkout").await, case.feature("guarded").await);
    let patch = FeaturePatch { is_server_key_only: Some(true), ..FeaturePatch::default() };
    case.client.update_feature(case.project, guarded.id, &patch).await.unwrap();
    let served = sdk(&case).flags(&environment.key).await.unwrap();
    assert_eq!(served.flags.into_keys().collect::<Vec<_>>(), [checkout.name]);
    let served = sdk(&case).flags_of(&environment.key, &person("jane", &[])).await.unwrap();
    assert_eq!(served.flags.len(), 1);
    let refused = sdk(&case).flags(&"no-such-key".into()).await.unwrap_err();
    assert!(matches!(refused, Error::Forbidden { .. }), "{refused:?}");
    case.agrees();
}

/// Whoever is on the plan beta is served green.
async fn somebody_in_passing_is_not_remembered(case: Case, is_versioned: bool) {
    let mut environment = case.environment("production").await;
    let feature = case.feature("checkout").await;
    let condition = json!({"property": "plan", "operator": "EQUAL", "value": "beta"});
    let rules = json!([{"type": "ALL", "rules": [{"type": "ANY", "conditions": [condition]}]}]);
    let segment = json!({"name": "beta", "project": case.project, "rules": rules});
    let made = case.aside(case.made(&format!("/api/v1/projects/{}/segments/", case.project), segment)).await;
    if is_versioned {
        environment = case.version(&environment.key).await;
    }
    let (sdk, key) = (sdk(&case), &environment.key);
    let beta = OverridePatch {
        segment: SegmentId(made["id"].as_i64().unwrap()),
        enabled: Some(true),
        value: Some(text("green")),
        weights: None,
    };
    let patch = StatePatch { overrides: Some(vec![beta]), ..StatePatch::default() };
    case.client.knowing(NEWEST).set_state(key, feature.id, &patch).await.unwrap();
    let served = async |person: Person| {
        let served = sdk.flags_of(key, &person).await.unwrap();
        assert!(served.is_heeded);
        served.flags[&feature.name].clone()
    };
    let traits = [("plan", json!("beta")), ("age", json!(7)), ("size", json!(1.5)), ("paid", json!(true))];
    assert_eq!(served(person("jane", &traits)).await, flag(true, text("green")));
    assert_eq!(served(person("jane", &[("plan", json!("gold"))])).await, flag(true, text("red")));
    assert_eq!(served(person("jane", &[])).await, flag(true, text("red")), "no trait is remembered");
    let list = in_environment(key, "identities/");
    assert_eq!(case.seen(&list).await["count"], 0, "nor is she");
    // Of somebody who is known, what is kept counts too, and stays as it was.
    let known = json!({"identifier": "joe", "traits": [{"trait_key": "plan", "trait_value": "beta"}]});
    let identify =
        || case.anonymous(reqwest::Method::POST, "/api/v1/identities/").header("x-environment-key", key.expose());
    case.aside(async { identify().json(&known).send().await.unwrap() }).await;
    assert_eq!(served(person("joe", &[("age", json!(7))])).await, flag(true, text("green")));
    assert_eq!(served(person("joe", &[("plan", json!("gold"))])).await, flag(true, text("red")));
    assert_eq!(served(person("joe", &[])).await, flag(true, text("green")), "it was in passing");
    case.agrees();
}

#[tokio::test]
async fn somebody_in_passing_is_not_remembered_in_an_unversioned_environment() {
    somebody_in_passing_is_not_remembered(case!().await, false).await;
}

#[tokio::test]
async fn somebody_in_passing_is_not_remembered_in_a_versioned_environment() {
    somebody_in_passing_is_not_remembered(case!().await, true).await;
}
