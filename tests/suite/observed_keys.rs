//! Under `management: Observe` no key is made, replaced or deleted in Flagsmith; what is there is delivered all the same.

use serde_json::{Value, json};

use crate::{
    server_key::{ENTRY, HOUR, SECRET, held, live, plan, published, rotated, until_live, until_replaced, until_told},
    support::{Case, Kind, Object},
};

const KEY: &str = "FLAGSMITH_ENVIRONMENT_KEY";
const CLIENT: &str = "rotate-client-key";
const SERVER: &str = "rotate-server-keys";

fn observed(mut spec: Value) -> Value {
    spec["management"] = json!("Observe");
    spec
}

/// A Secret without server-side keys.
fn plain() -> Value {
    json!({"secret": {"name": SECRET, "keys": [{"key": KEY, "from": "EnvironmentKey"}]}})
}

async fn annotate(case: &Case, request: &str, when: Option<&str>) {
    let annotations = json!({format!("flagsmith-operator.dev/{request}"): when});
    case.cluster.edit(Kind::Environment, "production", json!({"metadata": {"annotations": annotations}})).await;
}

/// The Secret is put back, whatever else stands in the way.
async fn assert_put_back(case: &Case, entry: &str) {
    let before = case.cluster.secret_entry(SECRET, entry).await;
    assert!(before.is_some(), "it has {entry}");
    case.cluster.delete(Kind::Secret, SECRET).await;
    case.eventually("the Secret is back", async || case.cluster.secret_entry(SECRET, entry).await == before).await;
}

async fn until_stalled(case: &Case, by: &str) -> Object {
    let environment = case.until_stalled(Kind::Environment, "production", "InvalidSpec").await;
    assert!(environment.message().contains(by), "{}", environment.message());
    environment
}

#[tokio::test]
async fn a_server_key_that_is_listed_no_more_stays_in_flagsmith_until_it_is_managed_again() {
    let (case, key) = published(rotated()).await;
    case.apply_environment("production", observed(plain())).await;
    case.eventually("it left the Secret", async || held(&case).await.is_none()).await;
    case.until_ready(Kind::Environment, "production").await;
    assert_put_back(&case, KEY).await;
    case.until_documents_read(3).await;
    assert_eq!(live(&case).await, [key]);
    case.apply_environment("production", plain()).await;
    until_live(&case, 0).await;
}

#[tokio::test]
async fn a_server_key_that_is_not_there_is_told_and_all_else_delivered() {
    let case = plan().start().await;
    case.apply_environment("production", observed(rotated())).await;
    until_stalled(&case, "no key is made where management is Observe").await;
    assert_put_back(&case, KEY).await;
    assert_eq!((live(&case).await.len(), held(&case).await), (0, None));
    case.apply_environment("production", rotated()).await;
    case.until_ready(Kind::Environment, "production").await;
    assert_eq!(live(&case).await, [held(&case).await.unwrap()]);
}

#[tokio::test]
async fn a_server_key_that_is_there_is_delivered_and_replaced_once_it_is_managed_again() {
    let (case, first) = published(rotated()).await;
    until_told(&case, &first).await;
    case.apply_environment("production", observed(rotated())).await;
    case.until_ready(Kind::Environment, "production").await;
    case.sim.advance(3 * HOUR);
    assert_put_back(&case, ENTRY).await;
    annotate(&case, SERVER, Some("now")).await;
    let environment = until_stalled(&case, SERVER).await;
    assert!(environment.at("/status/handledRotateServerKeys").is_null());
    assert_put_back(&case, ENTRY).await;
    case.until_documents_read(3).await;
    assert_eq!((live(&case).await, held(&case).await), (vec![first.clone()], Some(first.clone())));
    // Who takes the request back has nothing in the way.
    annotate(&case, SERVER, None).await;
    case.until_ready(Kind::Environment, "production").await;
    annotate(&case, SERVER, Some("now")).await;
    case.apply_environment("production", rotated()).await;
    let second = until_replaced(&case, &first).await;
    let is_answered = |one: &Object| one.at("/status/handledRotateServerKeys") == "now" && one.is_ready();
    case.until(Kind::Environment, "production", ("answering", is_answered)).await;
    assert_eq!(live(&case).await, [first, second]);
}

#[tokio::test]
async fn a_client_key_is_replaced_once_it_is_managed_again() {
    let case = plan().start().await;
    case.apply_environment("production", observed(plain())).await;
    case.until_ready(Kind::Environment, "production").await;
    annotate(&case, CLIENT, Some("now")).await;
    let environment = until_stalled(&case, CLIENT).await;
    assert!(environment.at("/status/handledRotateClientKey").is_null());
    assert_put_back(&case, KEY).await;
    assert!(case.flagsmith.admits(&case.production).await);
    annotate(&case, CLIENT, None).await;
    case.until_ready(Kind::Environment, "production").await;
    annotate(&case, CLIENT, Some("now")).await;
    until_stalled(&case, CLIENT).await;
    case.apply_environment("production", plain()).await;
    let is_answered = |one: &Object| one.at("/status/handledRotateClientKey") == "now" && one.is_ready();
    case.until(Kind::Environment, "production", ("answering", is_answered)).await;
    let published = case.cluster.secret_entry(SECRET, KEY).await;
    assert_ne!(published.as_ref(), Some(&case.production));
    assert_eq!(published.as_deref(), case.flagsmith.environments("production").await[0]["api_key"].as_str());
}
