//! What is to be written to an environment waits while a task of Flagsmith's is at work on it: its end would undo it.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::{Case, Kind, Object};

const SECRET: &str = "flagsmith-production";
const KEY: &str = "FLAGSMITH_ENVIRONMENT_KEY";

/// The environment production, ready and published, which a slow task then begins to switch to versions.
async fn switching() -> Case {
    let case = Case::plan().request_timeout("2s").resync("1s").start().await;
    case.apply_environment("production", json!({"secret": {"name": SECRET}})).await;
    case.until_ready(Kind::Environment, "production").await;
    case.sim.task_delay(Duration::from_secs(12));
    case.apply_environment("production", json!({"secret": {"name": SECRET}, "featureVersioning": "V2"})).await;
    let is_asked = async || case.writes().iter().any(|write| write.ends_with("/enable-v2-versioning/"));
    case.eventually("versions are asked for", is_asked).await;
    case
}

async fn live(case: &Case) -> Value {
    case.flagsmith.environments("production").await.remove(0)
}

fn is_told(one: &Object) -> bool {
    one.is_waiting("Progressing") && one.message().contains("made or switched environment production")
}

async fn ask(case: &Case) {
    let asked = json!({"metadata": {"annotations": {"flagsmith-operator.dev/rotate-client-key": "now"}}});
    case.cluster.edit(Kind::Environment, "production", asked).await;
}

/// It has another key for good, and whoever asked is answered.
async fn assert_replaced(case: &Case) {
    let is_answered = |one: &Object| one.at("/status/handledRotateClientKey") == "now" && one.is_ready();
    case.until(Kind::Environment, "production", ("answering", is_answered)).await;
    let (live, published) = (live(case).await, case.cluster.secret_entry(SECRET, KEY).await);
    assert_eq!(live["use_v2_feature_versioning"], true);
    assert_ne!(live["api_key"], case.production.as_str());
    assert_eq!(published.as_deref(), live["api_key"].as_str());
}

#[tokio::test]
async fn a_client_key_is_replaced_once_flagsmith_is_done_with_its_environment() {
    let case = switching().await;
    ask(&case).await;
    let waiting = case.until(Kind::Environment, "production", ("waiting to have another key", is_told)).await;
    assert!(waiting.at("/status/handledRotateClientKey").is_null());
    assert_eq!(live(&case).await["api_key"], case.production.as_str());
    // Applications have their key meanwhile.
    case.cluster.delete(Kind::Secret, SECRET).await;
    let is_back = async || case.cluster.secret_entry(SECRET, KEY).await.as_ref() == Some(&case.production);
    case.eventually("the Secret is back", is_back).await;
    assert_replaced(&case).await;
}

#[tokio::test]
async fn a_client_key_is_not_replaced_under_a_switch_that_is_wanted_no_more_and_from_before_a_restart() {
    let mut case = switching().await;
    case.operator.kill();
    case.apply_environment("production", json!({"secret": {"name": SECRET}})).await;
    ask(&case).await;
    case.operator.restart();
    case.until(Kind::Environment, "production", ("waiting to have another key", is_told)).await;
    assert_replaced(&case).await;
}

#[tokio::test]
async fn an_environment_that_is_to_be_written_is_not_ready_while_that_has_to_wait() {
    let case = switching().await;
    case.apply_environment("production", json!({"description": "ours"})).await;
    case.until(Kind::Environment, "production", ("waiting to be written", is_told)).await;
    assert_eq!(live(&case).await["description"], Value::Null, "what is written meanwhile would be lost");
    case.until_ready(Kind::Environment, "production").await;
    let live = live(&case).await;
    assert_eq!((&live["description"], &live["use_v2_feature_versioning"]), (&json!("ours"), &json!(true)));
}
