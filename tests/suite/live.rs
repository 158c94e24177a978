//! What was written is proved through the SDKs' endpoint: soon, with few requests, and never at Ready's cost.

use std::time::Duration;

use flagsmith_sim::{Fault, Request};
use futures::future::join_all;
use serde_json::{Value, json};

use crate::support::{Case, Kind, Object};

/// What was asked as SDKs ask.
fn asked(case: &Case) -> Vec<Request> {
    let is_sdk = |request: &Request| ["/api/v1/flags/", "/api/v1/identities/"].contains(&request.path.as_str());
    case.sim.requests().into_iter().filter(is_sdk).collect()
}

async fn until_live(case: &Case, name: &str) -> Object {
    case.until(Kind::Flag, name, ("live", |flag| flag.is_ready() && flag.holds("Live"))).await
}

async fn until_said(case: &Case, name: &str, reason: &str) -> Object {
    case.until(Kind::Flag, name, (reason, |flag| flag.reason("Live") == reason)).await
}

fn live_status(flag: &Object) -> Value {
    let conditions = flag.at("/status/conditions").as_array().unwrap();
    conditions.iter().find(|one| one["type"] == "Live").map(|one| one["status"].clone()).unwrap_or_default()
}

/// The value of a flag in what SDKs were answered.
fn answered(request: &Request, name: &str) -> Value {
    let flags = request.answer().unwrap_or_default();
    let mut flags = flags.as_array().cloned().unwrap_or_default().into_iter();
    flags
        .find(|flag| flag["feature"]["name"] == name)
        .map(|flag| flag["feature_state_value"].clone())
        .unwrap_or_default()
}

async fn an_edit_is_seen_to_be_served(versioned: bool) {
    let case = Case::plan().versioned(versioned).start().await;
    for value in ["blue", "red"] {
        case.sim.clear_requests();
        case.apply_flag_on("checkout", json!({"string": value})).await;
        let flag = until_live(&case, "checkout").await;
        assert_eq!(flag.reason("Live"), "Served");
        let asked = asked(&case);
        assert_eq!(asked.len(), 1, "{asked:?}");
        assert_eq!(answered(&asked[0], "checkout"), value);
    }
    let measured = case.operator.metrics().await.get("flagsmith_operator_live_seconds_count").copied();
    assert_eq!(measured, Some(2.0));
}

#[tokio::test]
async fn an_edit_is_seen_to_be_served_without_versions() {
    an_edit_is_seen_to_be_served(false).await;
}

#[tokio::test]
async fn an_edit_is_seen_to_be_served_with_versions() {
    an_edit_is_seen_to_be_served(true).await;
}

#[tokio::test]
async fn every_kind_of_value_is_recognised() {
    let case = Case::start().await;
    let values = [
        ("text", json!({"string": "42"})),
        ("number", json!({"integer": 42})),
        ("truth", json!({"boolean": false})),
        ("object", json!({"json": {"limit": 10}})),
        ("nothing", json!({"none": {}})),
    ];
    for (name, value) in &values {
        case.apply_flag_on(name, value.clone()).await;
    }
    for (name, _) in &values {
        until_live(&case, name).await;
    }
}

#[tokio::test]
async fn a_cache_that_lags_is_waited_for() {
    let case = Case::start().await;
    case.apply_flag_on("checkout", json!({"string": "blue"})).await;
    until_live(&case, "checkout").await;
    case.sim.flag_lag(Duration::from_secs(4));
    case.flagsmith.served(&case.production, "checkout").await;
    case.sim.clear_requests();
    case.apply_flag_on("checkout", json!({"string": "red"})).await;
    let is_late = |flag: &Object| flag.is_ready() && flag.reason("Live") == "NotServedYet";
    let flag = case.until(Kind::Flag, "checkout", ("ready and not served yet", is_late)).await;
    assert_eq!(live_status(&flag), "False");
    let message = flag.at("/status/conditions").to_string();
    assert!(message.contains("what the spec enforces in production"), "{message}");
    until_live(&case, "checkout").await;
    let mut values: Vec<_> = asked(&case).iter().map(|request| answered(request, "checkout")).collect();
    assert_eq!(values.pop(), Some(json!("red")), "it was seen");
    assert!(!values.is_empty() && values.len() < 6, "{values:?}");
    assert!(values.iter().all(|value| value == "blue"), "{values:?}");
}

#[tokio::test]
async fn fifty_flags_that_are_edited_together_are_seen_by_a_request_or_two() {
    let case = Case::start().await;
    let names: Vec<_> = (0..50).map(|number| format!("flag-{number}")).collect();
    join_all(names.iter().map(|name| case.apply_flag_on(name, json!({"string": "blue"})))).await;
    join_all(names.iter().map(|name| until_live(&case, name))).await;
    case.cluster.edit(Kind::Project, "shop", json!({"spec": {"suspend": true}})).await;
    case.sim.clear_requests();
    join_all(names.iter().map(|name| case.apply_flag_on(name, json!({"string": "red"})))).await;
    case.cluster.edit(Kind::Project, "shop", json!({"spec": {"suspend": false}})).await;
    join_all(names.iter().map(|name| until_live(&case, name))).await;
    let requests = asked(&case).len();
    println!("figure: {requests} requests to the SDKs' endpoint for {} flags that were edited together", names.len());
    // A slow server takes the writes of fifty flags one after the other; a request waits for three seconds of them at most.
    assert!((1..=10).contains(&requests), "{requests}");
    assert_eq!(case.writes().len(), 50);
}

#[tokio::test]
async fn nothing_is_asked_while_nothing_happens_and_not_after_a_restart() {
    let mut case = Case::plan().resync("1s").start().await;
    case.apply_flag_on("checkout", json!({"string": "blue"})).await;
    case.apply_flag(
        "guarded",
        json!({"serverKeyOnly": true, "environments": [{"name": "production", "enabled": true}]}),
    )
    .await;
    let before = until_live(&case, "checkout").await;
    until_said(&case, "guarded", "NotObservable").await;
    case.sim.clear_requests();
    case.until_documents_read(4).await;
    assert_eq!(asked(&case), []);
    case.operator.kill();
    case.operator.restart();
    case.until_documents_read(4).await;
    assert_eq!(asked(&case), []);
    let after = case.cluster.read(Kind::Flag, "checkout").await;
    assert_eq!(after.resource_version(), before.resource_version());
    // What it did not forget is what it would see: another value.
    case.apply_flag_on("checkout", json!({"string": "red"})).await;
    until_live(&case, "checkout").await;
    assert_eq!(asked(&case).len(), 1);
}

#[tokio::test]
async fn what_drifted_and_was_put_right_is_proved_anew_also_after_a_restart() {
    let mut case = Case::start().await;
    case.apply_flag_on("checkout", json!({"string": "blue"})).await;
    until_live(&case, "checkout").await;
    for is_restarted in [false, true] {
        if is_restarted {
            case.operator.kill();
            case.operator.restart();
            case.until_documents_read(1).await;
        }
        case.sim.clear_requests();
        case.flagsmith.edit_state(&case.production, "checkout", json!({"enabled": false})).await;
        case.eventually("it is asked for once more", async || asked(&case).len() == 1).await;
        until_live(&case, "checkout").await;
        assert_eq!(case.writes().len(), 2, "the first is ours");
    }
}

#[tokio::test]
async fn nothing_is_asked_for_a_flag_that_is_put_on_hold() {
    let case = Case::start().await;
    case.sim.inject(Fault::on("GET", "/api/v1/flags/").status(503));
    case.apply_flag_on("checkout", json!({"string": "blue"})).await;
    until_said(&case, "checkout", "Unanswered").await;
    case.cluster.edit(Kind::Flag, "checkout", json!({"spec": {"suspend": true}})).await;
    let is_held = |flag: &Object| flag.is_observed() && live_status(flag).is_null();
    case.until(Kind::Flag, "checkout", ("held", is_held)).await;
    // One that was under way may still arrive; without the hold there would be another within five seconds.
    let before = asked(&case).len();
    case.until_documents_read(6).await;
    assert!(asked(&case).len() <= before + 1, "{before}");
    case.sim.clear_faults();
    case.cluster.edit(Kind::Flag, "checkout", json!({"spec": {"suspend": false}})).await;
    until_live(&case, "checkout").await;
}

#[tokio::test]
async fn a_connection_may_say_that_nothing_is_asked() {
    let case = Case::plan().unconnected().start().await;
    case.apply_connection(json!({"verify": "Never"})).await;
    case.apply_project("shop").await;
    let probe = json!({"identity": "jane", "environment": "production", "expect": {"enabled": true}});
    let flag = json!({"environments": [{"name": "production", "enabled": true}], "verify": {"identities": [probe]}});
    case.apply_flag("checkout", flag).await;
    case.until_ready(Kind::Flag, "checkout").await;
    case.until_documents_read(2).await;
    let flag = case.cluster.read(Kind::Flag, "checkout").await;
    assert_eq!((live_status(&flag), flag.at("/status/probes")), (Value::Null, &Value::Null));
    assert_eq!(asked(&case), []);
    let connection = case.until_ready(Kind::Connection, "flagsmith").await;
    assert_eq!(connection.at("/status/verify"), "Never");
    // Said again, it is asked.
    case.apply_connection(json!({"verify": "Always"})).await;
    until_live(&case, "checkout").await;
}

async fn what_a_client_key_does_not_show_is_said_to_be_unknown(versioned: bool) {
    let case = Case::plan().versioned(versioned).start().await;
    let on = json!({"name": "production", "enabled": true, "value": {"string": "blue"}});
    case.apply_flag("guarded", json!({"serverKeyOnly": true, "environments": [on]})).await;
    case.apply_flag(
        "split",
        json!({"variants": [{"key": "blue", "value": {"string": "b"}, "weight": 50}], "environments": [on]}),
    )
    .await;
    case.apply_flag("silent", json!({"description": "says nothing of an environment"})).await;
    for name in ["guarded", "split", "silent"] {
        let flag = until_said(&case, name, "NotObservable").await;
        assert_eq!(live_status(&flag), "Unknown", "{name}");
        case.until_ready(Kind::Flag, name).await;
    }
    assert_eq!(asked(&case), []);
    case.flagsmith
        .patch(&format!("/api/v1/environments/{}/", case.production), json!({"hide_disabled_flags": true}))
        .await;
    case.apply_flag("hidden", json!({"environments": [{"name": "production", "enabled": false}]})).await;
    let flag = until_said(&case, "hidden", "NotObservable").await;
    assert_eq!(live_status(&flag), "Unknown");
    case.until_ready(Kind::Flag, "hidden").await;
    case.apply_flag("hidden", json!({"environments": [{"name": "production", "enabled": true}]})).await;
    until_live(&case, "hidden").await;
}

#[tokio::test]
async fn what_a_client_key_does_not_show_is_said_to_be_unknown_without_versions() {
    what_a_client_key_does_not_show_is_said_to_be_unknown(false).await;
}

#[tokio::test]
async fn what_a_client_key_does_not_show_is_said_to_be_unknown_with_versions() {
    what_a_client_key_does_not_show_is_said_to_be_unknown(true).await;
}

#[tokio::test]
async fn an_endpoint_that_fails_takes_no_ready_away_and_is_asked_again_more_and_more_seldom() {
    let case = Case::start().await;
    case.sim.inject(Fault::on("GET", "/api/v1/flags/").status(503));
    case.apply_flag_on("checkout", json!({"string": "blue"})).await;
    let flag = until_said(&case, "checkout", "Unanswered").await;
    assert_eq!(live_status(&flag), "Unknown");
    case.until_ready(Kind::Flag, "checkout").await;
    case.eventually("it is asked again and again", async || asked(&case).len() == 4).await;
    let times: Vec<_> = asked(&case).iter().map(|request| request.at).collect();
    let apart: Vec<_> = times.windows(2).map(|pair| pair[1].duration_since(pair[0])).collect();
    assert!(apart.iter().zip([1, 2, 4]).all(|(apart, least)| *apart >= Duration::from_secs(least)), "{apart:?}");
    case.sim.clear_faults();
    until_live(&case, "checkout").await;
}

#[tokio::test]
async fn an_address_where_nobody_answers_takes_no_ready_away_and_learns_no_secret() {
    let case = Case::plan().unconnected().start().await;
    let elsewhere = flagsmith_sim::Sim::start().await;
    case.apply_connection(json!({"sdkURL": elsewhere.api_url()})).await;
    case.apply_project("shop").await;
    case.apply_flag_on("checkout", json!({"string": "blue"})).await;
    let flag = until_said(&case, "checkout", "Unanswered").await;
    let told = flag.at("/status/conditions").to_string();
    assert!(told.contains("refuses the environment's key"), "{told}");
    elsewhere.down();
    case.apply_flag_on("checkout", json!({"string": "red"})).await;
    let is_down = |flag: &Object| flag.is_ready() && flag.0.to_string().contains("cannot be reached");
    case.until(Kind::Flag, "checkout", ("ready and unanswered", is_down)).await;
    let log = case.operator.log();
    for secret in [case.production.as_str(), case.sim.token()] {
        assert!(!log.contains(secret) && !told.contains(secret));
    }
}
