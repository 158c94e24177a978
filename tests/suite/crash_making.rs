//! The operator is killed between every two steps of a copy, a switch to versions and a re-creation: what was to be made is
//! there once afterwards, and it is known whose it is.
//!
//! The steps of a copy: intent recorded, POST sent, carried out, answered and read, recorded, renamed and set. Those of a switch:
//! time recorded, POST sent, carried out, answered. Those of a re-creation: proved gone, key chosen, intent recorded, POST sent,
//! carried out, answered and read, recorded.

use std::time::Duration;

use flagsmith_sim::{Fault, Regex};
use serde_json::{Value, json};

use crate::support::{Case, Kind, Object};

/// Applies an environment, meets a request with a fault, kills the operator in the midst of it, and lets another work.
async fn killed_at(case: &mut Case, (name, fields): (&str, Value), fault: (&str, &str, fn(Fault) -> Fault)) {
    let (method, pattern, fate) = fault;
    let pattern = Regex::new(pattern).unwrap();
    case.sim.clear_requests();
    case.sim.inject(fate(Fault::matching(method, pattern.clone()).times(1)));
    case.apply_environment(name, fields).await;
    let is_met = || case.sim.requests().iter().any(|one| one.method == method && pattern.is_match(&one.path));
    case.eventually(&format!("{method} {pattern} is sent"), async || is_met()).await;
    case.operator.kill();
    case.sim.clear_faults();
    case.operator.restart();
}

async fn assert_there_once(case: &Case, name: &str) -> Object {
    case.until_ready(Kind::Environment, name).await;
    // A request that hangs on the server may be carried out late: what it makes is put away.
    let only = async || {
        let page = case.flagsmith.get(&format!("/api/v1/environments/?project={}", case.flagsmith.project)).await;
        page["count"] == 2 && case.flagsmith.environments(name).await.len() == 1
    };
    case.eventually("there is one of it, beside production", only).await;
    // What comes late is found by the next listing.
    case.until_documents_read(24).await;
    case.eventually("there is still one of it", only).await;
    let live = case.flagsmith.environments(name).await;
    let environment =
        case.until(Kind::Environment, name, ("the live one", |one| one.at("/status/uuid") == &live[0]["uuid"])).await;
    assert_eq!(environment.at("/status/origin"), "Created");
    let published = case.cluster.secret_entry("flagsmith-staging", "FLAGSMITH_ENVIRONMENT_KEY").await;
    assert_eq!(published.as_deref(), live[0]["api_key"].as_str());
    environment
}

fn copy() -> Value {
    json!({"cloneFrom": "production", "secret": {"name": "flagsmith-staging"}})
}

async fn a_copy_is_there_once(fault: (&str, &str, fn(Fault) -> Fault)) {
    let mut case = Case::start().await;
    case.apply_flag_on("checkout", json!({"string": "blue"})).await;
    case.until_ready(Kind::Flag, "checkout").await;
    killed_at(&mut case, ("staging", copy()), fault).await;
    assert_there_once(&case, "staging").await;
}

#[tokio::test]
async fn a_copy_that_was_not_made_before_the_crash() {
    a_copy_is_there_once(("POST", "/clone/$", Fault::hang)).await;
}

#[tokio::test]
async fn a_copy_that_was_made_and_not_answered_before_the_crash() {
    a_copy_is_there_once(("POST", "/clone/$", Fault::drop_after)).await;
}

#[tokio::test]
async fn a_copy_that_was_answered_and_not_read_before_the_crash() {
    // The copy's key is one that Flagsmith chose: nothing reads an environment by itself before that.
    a_copy_is_there_once(("GET", "^/api/v1/environments/[A-Za-z0-9]{22}/$", Fault::hang)).await;
}

#[tokio::test]
async fn a_copy_that_was_not_renamed_before_the_crash() {
    a_copy_is_there_once(("PATCH", "^/api/v1/environments/", Fault::hang)).await;
}

#[tokio::test]
async fn a_copy_that_was_renamed_and_not_answered_before_the_crash() {
    a_copy_is_there_once(("PATCH", "^/api/v1/environments/", Fault::drop_after)).await;
}

#[tokio::test]
async fn a_copy_that_is_made_long_after_the_crash_is_put_away() {
    a_copy_is_there_once(("POST", "/clone/$", |fault| fault.delay(Duration::from_secs(3)))).await;
}

async fn versions_are_asked_for_once(fault: (&str, &str, fn(Fault) -> Fault), times: usize) {
    let mut case = Case::start().await;
    case.apply_flag_on("checkout", json!({"string": "blue"})).await;
    case.until_ready(Kind::Flag, "checkout").await;
    case.sim.task_delay(Duration::from_secs(3));
    killed_at(&mut case, ("production", json!({"featureVersioning": "V2"})), fault).await;
    let requested = case.cluster.read(Kind::Environment, "production").await;
    assert_ne!(requested.at("/status/versioningRequestedAt"), &json!(null));
    case.until_ready(Kind::Environment, "production").await;
    assert_eq!(case.flagsmith.versions("production", "checkout").await, times);
}

#[tokio::test]
async fn versions_that_were_asked_for_before_the_crash_are_waited_for() {
    versions_are_asked_for_once(("POST", "/enable-v2-versioning/$", Fault::drop_after), 1).await;
}

async fn it_is_made_again_once(fields: Value, fault: (&str, &str, fn(Fault) -> Fault)) {
    let mut case = Case::start().await;
    case.apply_environment("staging", fields).await;
    let before = case.until_ready(Kind::Environment, "staging").await;
    let (method, pattern, fate) = fault;
    let pattern = Regex::new(pattern).unwrap();
    case.sim.clear_requests();
    case.sim.inject(fate(Fault::matching(method, pattern.clone()).times(1)));
    let old = case.flagsmith.environments("staging").await[0]["api_key"].as_str().unwrap().to_owned();
    case.flagsmith.delete(&format!("/api/v1/environments/{old}/")).await;
    let is_met = || case.sim.requests().iter().any(|one| one.method == method && pattern.is_match(&one.path));
    case.eventually(&format!("{method} {pattern} is sent"), async || is_met()).await;
    case.operator.kill();
    case.sim.clear_faults();
    case.operator.restart();
    let is_another =
        |one: &Object| one.is_ready() && ![before.at("/status/uuid"), &json!(null)].contains(&one.at("/status/uuid"));
    case.until(Kind::Environment, "staging", ("ready and another", is_another)).await;
    let environment = assert_there_once(&case, "staging").await;
    assert_ne!(environment.at("/status/uuid"), before.at("/status/uuid"));
}

fn plain() -> Value {
    json!({"secret": {"name": "flagsmith-staging"}})
}

#[tokio::test]
async fn one_that_was_not_proved_gone_before_the_crash() {
    it_is_made_again_once(plain(), ("GET", "/get-by-uuid/", Fault::hang)).await;
}

#[tokio::test]
async fn one_that_was_not_made_again_before_the_crash() {
    it_is_made_again_once(plain(), ("POST", "^/api/v1/environments/$", Fault::hang)).await;
}

#[tokio::test]
async fn one_that_was_made_again_and_not_answered_before_the_crash() {
    it_is_made_again_once(plain(), ("POST", "^/api/v1/environments/$", Fault::drop_after)).await;
}

#[tokio::test]
async fn one_that_is_made_again_long_after_the_crash() {
    it_is_made_again_once(plain(), ("POST", "^/api/v1/environments/$", |fault| fault.delay(Duration::from_secs(3))))
        .await;
}

#[tokio::test]
async fn a_copy_that_was_made_again_and_not_answered_before_the_crash() {
    it_is_made_again_once(copy(), ("POST", "/clone/$", Fault::drop_after)).await;
}
