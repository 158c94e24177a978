//! A flag: waits for its environment, converges with every kind of value, and follows its manifest.

use flagsmith_sim::Fault;
use serde_json::{Value, json};

use crate::support::{Case, Kind, Served};

#[tokio::test]
async fn a_flag_is_served_as_its_manifest_says() {
    let case = Case::start().await;
    case.apply_flag_on("checkout", json!({"string": "blue"})).await;
    let flag = case.until_ready(Kind::Flag, "checkout").await;
    assert_eq!(case.served("checkout").await, Some(Served::on("blue")));
    let feature = case.flagsmith.feature("checkout").await;
    assert_eq!(flag.at("/status/uuid"), &feature["uuid"]);
    assert_eq!(flag.at("/status/id"), &feature["id"]);
    assert_eq!(flag.at("/status/name"), "checkout");
    assert_eq!(flag.at("/status/origin"), "Created");
    assert_eq!(flag.at("/status/enabledIn"), "production");
    assert_eq!(flag.reason("Ready"), "InSync");
}

#[tokio::test]
async fn a_flag_without_its_environment_waits() {
    let case = Case::start().await;
    let environments = json!([{"name": "staging", "enabled": true}, {"name": "production", "enabled": true}]);
    case.apply_flag("checkout", json!({"environments": environments})).await;
    let flag = case.until_waiting(Kind::Flag, "checkout", "EnvironmentNotFound").await;
    assert!(flag.message().contains("environment staging"), "{}", flag.message());
    assert_eq!(case.served("checkout").await, Some(Served::on(Value::Null)), "the other environment is not held up");

    let staging = case.flagsmith.add_environment("staging").await;
    case.until_ready(Kind::Flag, "checkout").await;
    assert_eq!(case.flagsmith.served(&staging, "checkout").await, Some(Served::on(Value::Null)));
}

#[tokio::test]
async fn an_environment_that_cannot_be_read_holds_up_no_other() {
    let case = Case::start().await;
    let staging = case.flagsmith.add_environment("staging").await;
    case.sim.inject(Fault::on("*", &format!("/api/__future__/environments/{staging}/")).html(500));
    let environments = json!([{"name": "staging", "enabled": true}, {"name": "production", "enabled": true}]);
    case.apply_flag("checkout", json!({"environments": environments})).await;
    let is_served = async || case.served("checkout").await == Some(Served::on(Value::Null));
    case.eventually("production serves the flag", is_served).await;
    case.until(Kind::Flag, "checkout", ("told", |flag| flag.reason("Ready") == "ServerError")).await;

    case.sim.clear_faults();
    case.until_ready(Kind::Flag, "checkout").await;
    assert_eq!(case.flagsmith.served(&staging, "checkout").await, Some(Served::on(Value::Null)));
}

#[tokio::test]
async fn json_is_compared_by_its_meaning() {
    let case = Case::start().await;
    case.flagsmith.add_feature(json!({"name": "limits", "initial_value": "{ \"b\": [1, 2], \"a\": 1 }"})).await;
    case.apply_flag(
        "limits",
        json!({"environments": [{"name": "production", "value": {"json": {"a": 1, "b": [1, 2]}}}]}),
    )
    .await;
    case.until_ready(Kind::Flag, "limits").await;
    assert_eq!(case.served("limits").await, Some(Served::off("{ \"b\": [1, 2], \"a\": 1 }")), "it is left as it was");
}

#[tokio::test]
async fn json_that_is_too_long_once_written_is_stalled() {
    let case = Case::start().await;
    case.apply_flag_on("limits", json!({"json": {"text": "x".repeat(20_000)}})).await;
    let flag = case.until_stalled(Kind::Flag, "limits", "InvalidSpec").await;
    assert!(flag.message().contains("spec.environments[production].value"), "{}", flag.message());
    assert!(flag.message().contains("at most 20000"), "{}", flag.message());
    assert_eq!(case.flagsmith.features("limits").await.len(), 0, "nothing of it is written");
}

#[tokio::test]
async fn a_field_that_is_left_out_is_never_written() {
    let case = Case::start().await;
    case.flagsmith.add_feature(json!({"name": "checkout", "initial_value": "grey", "description": "theirs"})).await;
    case.apply_flag("checkout", json!({"environments": [{"name": "production", "enabled": true}]})).await;
    case.until_ready(Kind::Flag, "checkout").await;
    assert_eq!(case.served("checkout").await, Some(Served::on("grey")));

    case.flagsmith.edit_state(&case.production, "checkout", json!({"value": {"type": "string", "value": "red"}})).await;
    case.flagsmith.edit_feature("checkout", json!({"description": "theirs still"})).await;
    case.sim.clear_requests();
    case.until_documents_read(3).await;
    assert_eq!(case.writes(), Vec::<String>::new());
    assert_eq!(case.served("checkout").await, Some(Served::on("red")));
}

async fn an_edit_is_one_write(versioned: bool) {
    let case = Case::plan().versioned(versioned).start().await;
    case.apply_flag_on("checkout", json!({"string": "blue"})).await;
    case.until_ready(Kind::Flag, "checkout").await;
    let versions = async || if versioned { case.flagsmith.versions("production", "checkout").await } else { 0 };
    let before = versions().await;
    case.sim.clear_requests();

    let production = json!({"name": "production", "enabled": false, "value": {"integer": 7}});
    case.apply_flag("checkout", json!({"environments": [production]})).await;
    case.until_ready(Kind::Flag, "checkout").await;
    assert_eq!(case.served("checkout").await, Some(Served::off(7)));
    case.until_documents_read(2).await;
    assert_eq!(case.writes().len(), 1, "{:?}", case.writes());
    assert_eq!(versions().await - before, usize::from(versioned));
}

#[tokio::test]
async fn an_edit_is_one_write_without_versions() {
    an_edit_is_one_write(false).await;
}

#[tokio::test]
async fn an_edit_is_one_write_with_versions() {
    an_edit_is_one_write(true).await;
}

#[tokio::test]
async fn an_edit_is_one_write_for_each_environment_that_it_changes() {
    let case = Case::start().await;
    let staging = case.flagsmith.add_environment("staging").await;
    let states = |production: bool, staging: bool| {
        let production = json!({"name": "production", "enabled": production});
        json!({"environments": [production, {"name": "staging", "enabled": staging}]})
    };
    case.apply_flag("checkout", states(true, true)).await;
    case.until_ready(Kind::Flag, "checkout").await;
    case.sim.clear_requests();
    case.apply_flag("checkout", states(true, false)).await;
    let flag = case.until_ready(Kind::Flag, "checkout").await;
    assert_eq!(flag.at("/status/enabledIn"), "production");
    assert_eq!(case.flagsmith.served(&staging, "checkout").await, Some(Served::off(Value::Null)));
    case.until_documents_read(4).await;
    assert_eq!(case.writes().len(), 1, "{:?}", case.writes());
}

#[tokio::test]
async fn defaults_are_sent_at_creation_only() {
    let case = Case::start().await;
    case.apply_flag("checkout", json!({"defaults": {"enabled": true, "value": {"string": "grey"}}})).await;
    case.until_ready(Kind::Flag, "checkout").await;
    assert_eq!(case.served("checkout").await, Some(Served::on("grey")));
    let creations: Vec<_> = case.sim.writes().into_iter().filter(|one| one.path.ends_with("/features/")).collect();
    let body = creations.last().unwrap().body.clone().unwrap();
    assert_eq!((&body["default_enabled"], &body["initial_value"]), (&json!(true), &json!("grey")));

    case.sim.clear_requests();
    let edited = json!({"projectRef": {"name": "shop"}, "defaults": {"enabled": false, "value": {"string": "red"}}});
    let manifest = case.cluster.manifest(Kind::Flag, "checkout", &edited);
    let refusal = case.cluster.try_apply(Kind::Flag, &manifest).await.unwrap_err();
    assert!(refusal.contains("defaults cannot be changed once the feature exists"), "{refusal}");
    case.until_documents_read(2).await;
    assert_eq!(case.writes(), Vec::<String>::new());
    assert_eq!(case.served("checkout").await, Some(Served::on("grey")));
}

#[tokio::test]
async fn a_flag_has_the_name_and_the_description_that_its_manifest_gives() {
    let case = Case::start().await;
    case.apply_flag("checkout-v2", json!({"name": "checkout_v2", "description": "The new checkout"})).await;
    case.until_ready(Kind::Flag, "checkout-v2").await;
    assert_eq!(case.flagsmith.feature("checkout_v2").await["description"], "The new checkout");
    case.sim.clear_requests();
    case.apply_flag("checkout-v2", json!({"name": "checkout_v2", "description": "The newer checkout"})).await;
    case.until_ready(Kind::Flag, "checkout-v2").await;
    assert_eq!(case.flagsmith.feature("checkout_v2").await["description"], "The newer checkout");
    assert_eq!(case.writes().len(), 1, "{:?}", case.writes());
}

#[tokio::test]
async fn a_name_that_differs_from_anothers_by_case_alone_is_refused_with_what_to_do() {
    let case = Case::start().await;
    case.flagsmith.add_feature(json!({"name": "Checkout"})).await;
    case.apply_flag_on("checkout", json!({"string": "blue"})).await;
    let flag = case.until_stalled(Kind::Flag, "checkout", "Refused").await;
    assert!(flag.message().contains("name"), "{}", flag.message());
}

#[tokio::test]
async fn a_suspended_flag_keeps_its_ready_and_writes_nothing() {
    let case = Case::start().await;
    case.apply_flag_on("checkout", json!({"string": "blue"})).await;
    let before = case.until_ready(Kind::Flag, "checkout").await;
    let production = json!({"name": "production", "enabled": false, "value": {"string": "red"}});
    case.sim.clear_requests();
    case.apply_flag("checkout", json!({"environments": [production], "suspend": true})).await;
    let observed = |flag: &crate::support::Object| flag.is_observed();
    let flag = case.until(Kind::Flag, "checkout", ("observed", observed)).await;
    // What SDKs are served is not asked meanwhile.
    let lasting = |flag: &crate::support::Object| {
        let all = flag.at("/status/conditions").as_array().unwrap().clone();
        all.into_iter().filter(|one| ["Ready", "Synced"].contains(&one["type"].as_str().unwrap())).collect::<Vec<_>>()
    };
    assert_eq!((lasting(&flag).len(), lasting(&flag)), (2, lasting(&before)));
    case.flagsmith.edit_state(&case.production, "checkout", json!({"enabled": false})).await;
    case.sim.clear_requests();
    case.until_documents_read(3).await;
    assert_eq!(case.writes(), Vec::<String>::new());

    case.apply_flag("checkout", json!({"environments": [production], "suspend": false})).await;
    case.until_ready(Kind::Flag, "checkout").await;
    assert_eq!(case.served("checkout").await, Some(Served::off("red")));
}

#[tokio::test]
async fn a_flag_that_was_suspended_from_the_start_says_so() {
    let case = Case::start().await;
    case.apply_flag("checkout", json!({"suspend": true})).await;
    let suspended = |flag: &crate::support::Object| flag.is_observed() && flag.reason("Ready") == "Suspended";
    case.until(Kind::Flag, "checkout", ("suspended", suspended)).await;
    assert_eq!(case.flagsmith.features("checkout").await.len(), 0);
}
