//! The client-side key is replaced when somebody asks for it: once, whatever crashes or is lost.

use flagsmith_sim::Fault;
use serde_json::json;

use crate::support::{Case, Kind, Object, Served};

const SECRET: &str = "flagsmith-production";
const KEY: &str = "FLAGSMITH_ENVIRONMENT_KEY";
const ROTATE: &str = "flagsmith-operator.dev/rotate-client-key";

async fn published() -> (Case, Object) {
    let case = Case::plan().request_timeout("2s").resync("1s").start().await;
    case.apply_environment("production", json!({"secret": {"name": SECRET}, "configMap": {"name": SECRET}})).await;
    let environment = case.until_ready(Kind::Environment, "production").await;
    (case, environment)
}

async fn ask(case: &Case, when: &str) {
    let patch = json!({"metadata": {"annotations": {ROTATE: when}}});
    case.cluster.edit(Kind::Environment, "production", patch).await;
}

async fn key(case: &Case) -> String {
    case.flagsmith.environments("production").await[0]["api_key"].as_str().unwrap().to_owned()
}

async fn until_answered(case: &Case, when: &str) -> Object {
    let is_answered = |one: &Object| one.at("/status/handledRotateClientKey") == when && one.is_ready();
    case.until(Kind::Environment, "production", ("answering", is_answered)).await
}

/// It has another key, once, which the Secret and the `ConfigMap` hold.
async fn assert_rotated(case: &Case, before: &Object) {
    let after = until_answered(case, "now").await;
    let key = key(case).await;
    assert_ne!(key, case.production);
    let kept = case.cluster.secret_entry(&format!("flagsmith-environment-{}", after.uid()), "next-key").await;
    assert_eq!(kept.as_ref(), Some(&key), "it is the first that was chosen");
    assert_eq!(case.cluster.secret_entry(SECRET, KEY).await.as_ref(), Some(&key));
    assert_eq!(case.cluster.read(Kind::ConfigMap, SECRET).await.at("/data")[KEY], key.as_str());
    assert_eq!(
        (after.at("/status/uuid"), after.at("/status/id")),
        (before.at("/status/uuid"), before.at("/status/id"))
    );
    assert_eq!(after.at("/status/origin"), "Adopted");
}

#[tokio::test]
async fn the_client_key_is_replaced_once_when_somebody_asks() {
    let (case, before) = published().await;
    case.apply_flag_on("checkout", json!({"string": "blue"})).await;
    case.until_ready(Kind::Flag, "checkout").await;
    case.sim.clear_requests();
    ask(&case, "now").await;
    assert_rotated(&case, &before).await;
    case.until_documents_read(4).await;
    let patches = case.writes().iter().filter(|write| write.starts_with("PATCH /api/v1/environments/")).count();
    assert_eq!(patches, 1, "{:?}", case.writes());
    case.eventually("the former key is refused", async || !case.flagsmith.admits(&case.production).await).await;
    // The environment is written under its new key.
    case.apply_flag_on("checkout", json!({"string": "red"})).await;
    case.until_ready(Kind::Flag, "checkout").await;
    let key = key(&case).await;
    assert_eq!(case.flagsmith.served(&key, "checkout").await, Some(Served::on("red")));
    ask(&case, "and again").await;
    until_answered(&case, "and again").await;
    assert_ne!(self::key(&case).await, key);
}

#[tokio::test]
async fn a_rotation_of_the_client_key_whose_answer_was_lost_is_not_repeated() {
    let (case, before) = published().await;
    case.sim.inject(Fault::on("PATCH", "/api/v1/environments/").times(1).drop_after());
    ask(&case, "now").await;
    assert_rotated(&case, &before).await;
}

async fn killed_while_rotating(fault: Fault) {
    let (mut case, before) = published().await;
    case.sim.clear_requests();
    case.sim.inject(fault);
    ask(&case, "now").await;
    case.eventually("it is sent", async || case.writes().iter().any(|write| write.starts_with("PATCH"))).await;
    case.operator.kill();
    case.sim.clear_faults();
    case.operator.restart();
    assert_rotated(&case, &before).await;
}

#[tokio::test]
async fn a_rotation_of_the_client_key_that_was_cut_short_before_it_was_done_is_done() {
    killed_while_rotating(Fault::on("PATCH", "/api/v1/environments/").hang()).await;
}

#[tokio::test]
async fn a_rotation_of_the_client_key_that_was_cut_short_after_it_was_done_is_not_repeated() {
    killed_while_rotating(Fault::on("PATCH", "/api/v1/environments/").drop_after()).await;
}

#[tokio::test]
async fn the_key_of_an_environment_that_we_created_is_replaced_too() {
    let case = Case::start().await;
    case.apply_environment("staging", json!({"secret": {"name": SECRET}})).await;
    case.until_ready(Kind::Environment, "staging").await;
    let first = case.cluster.secret_entry(SECRET, KEY).await;
    let patch = json!({"metadata": {"annotations": {ROTATE: "now"}}});
    case.cluster.edit(Kind::Environment, "staging", patch).await;
    case.eventually("the Secret follows", async || case.cluster.secret_entry(SECRET, KEY).await != first).await;
    let environment = case.until_ready(Kind::Environment, "staging").await;
    assert_eq!(environment.at("/status/origin"), "Created");
    assert_eq!(case.flagsmith.environments("staging").await.len(), 1);
}
