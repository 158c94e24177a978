//! Server-side keys: made, published, replaced without an outage, and deleted when nothing publishes them any more.

use std::time::Duration;

use flagsmith_sim::Fault;
use serde_json::{Value, json};

use crate::support::{Case, Consumer, Kind, Object, Plan, real};

pub(super) const SECRET: &str = "flagsmith-production";
pub(super) const ENTRY: &str = "FLAGSMITH_SERVER_KEY";
const ROTATE: &str = "flagsmith-operator.dev/rotate-server-keys";
pub(super) const KEYS: &str = "/api-keys/";
pub(super) const HOUR: Duration = Duration::from_secs(3600);

fn spec(server_key: &Value) -> Value {
    let keys = json!([
        {"key": "FLAGSMITH_ENVIRONMENT_KEY", "from": "EnvironmentKey"},
        {"key": ENTRY, "from": "ServerKey", "name": "backend"},
    ]);
    json!({"secret": {"name": SECRET, "keys": keys}, "serverKeys": [server_key]})
}

/// One that is replaced every two hours, with an overlap of one.
pub(super) fn rotated() -> Value {
    spec(&json!({"name": "backend", "rotation": {"every": "2h", "overlap": "1h"}}))
}

pub(super) fn plan() -> Plan {
    Case::plan().resync("1s")
}

/// The environment production with such a key, ready and published.
pub(super) async fn published(spec: Value) -> (Case, String) {
    let case = plan().start().await;
    case.apply_environment("production", spec).await;
    case.until_ready(Kind::Environment, "production").await;
    let key = held(&case).await.unwrap();
    (case, key)
}

pub(super) async fn held(case: &Case) -> Option<String> {
    case.cluster.secret_entry(SECRET, ENTRY).await
}

/// The keys that Flagsmith lists.
pub(super) async fn live(case: &Case) -> Vec<String> {
    let keys = case.flagsmith.server_keys(&case.production).await;
    keys.iter().map(|key| key["key"].as_str().unwrap().to_owned()).collect()
}

pub(super) async fn until_live(case: &Case, count: usize) {
    case.eventually(&format!("{count} keys are live"), async || live(case).await.len() == count).await;
}

/// Waits until the Secret holds another key.
pub(super) async fn until_replaced(case: &Case, former: &str) -> String {
    let is_another = async || held(case).await.is_some_and(|key| key != former);
    case.eventually("another key is published", is_another).await;
    held(case).await.unwrap()
}

/// Waits until the status tells of the key that is published.
pub(super) async fn until_told(case: &Case, key: &str) -> Object {
    let keys = case.flagsmith.server_keys(&case.production).await;
    let id = keys.iter().find(|one| one["key"] == key).map(|one| one["id"].clone()).unwrap_or_default();
    let is_told = |one: &Object| *one.at("/status/serverKeys/0/id") == id;
    case.until(Kind::Environment, "production", ("telling of its key", is_told)).await
}

async fn ask(case: &Case, when: &str) {
    let patch = json!({"metadata": {"annotations": {ROTATE: when}}});
    case.cluster.edit(Kind::Environment, "production", patch).await;
}

#[tokio::test]
async fn a_server_key_is_made_published_and_told_without_itself() {
    let (case, key) = published(spec(&json!({"name": "backend"}))).await;
    let keys = case.flagsmith.server_keys(&case.production).await;
    let environment = case.cluster.read(Kind::Environment, "production").await;
    let name = format!("flagsmith-operator/{}/backend/1", environment.uid());
    assert_eq!((keys.len(), keys[0]["key"].as_str(), &keys[0]["name"]), (1, Some(key.as_str()), &json!(name)));
    let told = environment.at("/status/serverKeys/0");
    assert_eq!((&told["name"], &told["id"], told.get("nextRotation")), (&json!("backend"), &keys[0]["id"], None));
    assert!(!environment.0.to_string().contains(&key));
    // It is shown what clients are not.
    case.apply_flag("internal", json!({"serverKeyOnly": true})).await;
    case.until_ready(Kind::Flag, "internal").await;
    assert!(case.flagsmith.served(&key, "internal").await.is_some());
    assert_eq!(case.flagsmith.served(&case.production, "internal").await, None);
}

#[tokio::test]
async fn a_server_key_is_replaced_when_it_is_old_enough_and_its_predecessor_lives_for_the_overlap() {
    let (case, first) = published(rotated()).await;
    let consumer = Consumer::start(&case, (SECRET, ENTRY));
    case.sim.advance(2 * HOUR);
    let second = until_replaced(&case, &first).await;
    until_told(&case, &second).await;
    case.sim.advance(Duration::from_secs(3570));
    case.until_documents_read(4).await;
    assert_eq!(live(&case).await, [first, second.clone()], "whoever has the former key still needs it");
    case.sim.advance(Duration::from_secs(31));
    until_live(&case, 1).await;
    assert_eq!((live(&case).await, held(&case).await), (vec![second.clone()], Some(second.clone())));
    case.sim.advance(2 * HOUR);
    until_replaced(&case, &second).await;
    let (asked, refused) = consumer.figures();
    assert!(asked > 20 && refused == 0, "{asked} requests, {refused} refused");
}

#[tokio::test]
async fn a_server_key_is_replaced_at_once_when_somebody_asks() {
    let (case, first) = published(spec(&json!({"name": "backend"}))).await;
    ask(&case, "one").await;
    let second = until_replaced(&case, &first).await;
    let is_answered = |one: &Object| one.at("/status/handledRotateServerKeys") == "one" && one.is_ready();
    case.until(Kind::Environment, "production", ("answering", is_answered)).await;
    let secret = case.cluster.read(Kind::Secret, SECRET).await;
    assert_eq!(secret.at("/metadata/annotations/flagsmith-operator.dev~1rotate-server-keys"), "one");
    case.sim.clear_requests();
    case.until_documents_read(4).await;
    assert_eq!(
        (case.writes(), held(&case).await),
        (Vec::<String>::new(), Some(second.clone())),
        "it is asked for once"
    );
    assert_eq!(live(&case).await, [first, second]);
    case.sim.advance(24 * HOUR);
    until_live(&case, 1).await;
}

#[tokio::test]
async fn a_request_that_is_older_than_the_environments_first_sight_asks_for_nothing() {
    let case = plan().start().await;
    let mut manifest = case.cluster.manifest(Kind::Environment, "production", &spec(&json!({"name": "backend"})));
    manifest["spec"]["projectRef"] = json!({"name": "shop"});
    manifest["metadata"]["annotations"] = json!({ROTATE: "old"});
    case.cluster.try_apply(Kind::Environment, &manifest).await.unwrap();
    let is_answered = |one: &Object| one.at("/status/handledRotateServerKeys") == "old";
    case.until(Kind::Environment, "production", ("answering", is_answered)).await;
    case.until_documents_read(3).await;
    assert_eq!(live(&case).await.len(), 1);
}

#[tokio::test]
async fn keys_that_are_not_ours_are_never_touched() {
    let case = plan().start().await;
    let path = format!("/api/v1/environments/{}/api-keys/", case.production);
    let others = ["theirs", "backend", "flagsmith-operator/00000000-0000-4000-8000-000000000000/backend/1"];
    for name in others {
        case.flagsmith.post(&path, json!({"name": name})).await;
    }
    case.apply_environment("production", rotated()).await;
    case.until_ready(Kind::Environment, "production").await;
    case.sim.advance(2 * HOUR);
    until_live(&case, 5).await;
    case.sim.advance(HOUR);
    until_live(&case, 4).await;
    case.apply_environment("production", json!({})).await;
    until_live(&case, 3).await;
    let names: Vec<_> =
        case.flagsmith.server_keys(&case.production).await.iter().map(|key| key["name"].clone()).collect();
    assert_eq!(names, others);
}

#[tokio::test]
async fn a_server_key_that_is_listed_no_more_leaves_the_secret_and_is_deleted() {
    let (case, key) = published(spec(&json!({"name": "backend"}))).await;
    let keys = json!([{"key": "FLAGSMITH_ENVIRONMENT_KEY", "from": "EnvironmentKey"}]);
    case.apply_environment("production", json!({"secret": {"name": SECRET, "keys": keys}})).await;
    until_live(&case, 0).await;
    assert_eq!(held(&case).await, None, "it left the Secret first");
    assert!(!case.flagsmith.admits(&key).await);
    let environment = case.until_ready(Kind::Environment, "production").await;
    assert_eq!(environment.at("/status/serverKeys"), &Value::Null);
}

#[tokio::test]
async fn a_server_key_that_was_deleted_in_flagsmith_is_made_anew() {
    let (case, first) = published(spec(&json!({"name": "backend"}))).await;
    let id = case.flagsmith.server_keys(&case.production).await[0]["id"].clone();
    case.flagsmith.delete(&format!("/api/v1/environments/{}/api-keys/{id}/", case.production)).await;
    let second = until_replaced(&case, &first).await;
    assert_eq!(live(&case).await, [second]);
}

#[tokio::test]
async fn a_secret_that_was_emptied_has_its_server_key_back() {
    let (case, key) = published(rotated()).await;
    case.cluster.delete(Kind::Secret, SECRET).await;
    case.eventually("the key is back", async || held(&case).await.as_ref() == Some(&key)).await;
    case.cluster.edit(Kind::Secret, SECRET, json!({"data": {ENTRY: "d3Jvbmc="}})).await;
    case.eventually("the key is back", async || held(&case).await.as_ref() == Some(&key)).await;
    assert_eq!(live(&case).await.len(), 1);
}

#[tokio::test]
async fn a_server_key_whose_creation_was_not_answered_is_there_once() {
    for fault in [Fault::on("POST", KEYS).drop_after(), Fault::on("POST", KEYS).truncate()] {
        let case = plan().start().await;
        case.sim.inject(fault.times(1));
        case.apply_environment("production", rotated()).await;
        case.until_ready(Kind::Environment, "production").await;
        assert_eq!(live(&case).await, [held(&case).await.unwrap()]);
    }
}

#[tokio::test]
async fn a_resync_and_a_restart_write_nothing() {
    let (mut case, _) = published(rotated()).await;
    let read = async |case: &Case| {
        [case.cluster.read(Kind::Secret, SECRET).await, case.cluster.read(Kind::Environment, "production").await]
    };
    let before = read(&case).await;
    case.sim.clear_requests();
    case.until_documents_read(4).await;
    case.operator.kill();
    case.operator.restart();
    case.until_documents_read(8).await;
    assert_eq!((case.writes(), read(&case).await), (Vec::new(), before));
}

#[tokio::test]
async fn a_rotation_by_age_refuses_nobody_on_a_real_server_either() {
    let case = Case::plan().resync("5s").start().await;
    // A real one keeps its own time.
    let wait = |time| {
        if real().is_none() {
            case.sim.advance(time);
        }
    };
    let rotation = json!({"every": "2m", "overlap": "1m"});
    case.apply_environment("production", spec(&json!({"name": "backend", "rotation": rotation}))).await;
    case.until_ready(Kind::Environment, "production").await;
    let first = held(&case).await.unwrap();
    let consumer = Consumer::start(&case, (SECRET, ENTRY));
    wait(Duration::from_secs(121));
    let second = until_replaced(&case, &first).await;
    assert_eq!(live(&case).await, [first.clone(), second.clone()]);
    until_told(&case, &second).await;
    wait(Duration::from_secs(62));
    until_live(&case, 1).await;
    case.eventually("the former key is revoked", async || !case.flagsmith.admits(&first).await).await;
    assert_eq!(held(&case).await, Some(second));
    let (asked, refused) = consumer.figures();
    println!("throughout a rotation: {asked} requests, {refused} refused");
    assert!(asked > 5 && refused == 0, "{asked} requests, {refused} refused");
}

#[tokio::test]
async fn a_rotation_that_is_due_is_not_slept_through() {
    // Nothing else wakes it.
    let case = Case::plan().resync("1h").start().await;
    let rotation = json!({"every": "2m", "overlap": "1m"});
    case.apply_environment("production", spec(&json!({"name": "backend", "rotation": rotation}))).await;
    case.until_ready(Kind::Environment, "production").await;
    let first = held(&case).await.unwrap();
    case.sim.advance(Duration::from_secs(110));
    let asked = json!({"metadata": {"annotations": {"flagsmith-operator.dev/reconcile-requested-at": "now"}}});
    case.cluster.edit(Kind::Environment, "production", asked).await;
    until_replaced(&case, &first).await;
}
