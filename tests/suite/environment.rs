//! An environment: adopted when it is there, else created exactly once; its fields follow its manifest.

use serde_json::json;

use crate::support::{Case, Kind, Object};

fn creations(case: &Case) -> usize {
    case.sim.writes().iter().filter(|one| one.method == "POST" && one.path == "/api/v1/environments/").count()
}

#[tokio::test]
async fn an_environment_is_created_once_with_the_key_that_was_chosen() {
    let case = Case::plan().resync("1s").start().await;
    case.sim.clear_requests();
    case.apply_environment("staging", json!({"description": "Before customers"})).await;
    let environment = case.until_ready(Kind::Environment, "staging").await;
    case.until_documents_read(3).await;
    let live = case.flagsmith.environments("staging").await;
    assert_eq!((live.len(), creations(&case)), (1, 1));
    let chosen = case.cluster.secret_entry(&format!("flagsmith-environment-{}", environment.uid()), "key").await;
    assert_eq!(chosen.as_deref(), live[0]["api_key"].as_str());
    assert_eq!(live[0]["description"], "Before customers");
    assert_eq!(environment.at("/status/origin"), "Created");
    assert_eq!((environment.at("/status/id"), environment.at("/status/uuid")), (&live[0]["id"], &live[0]["uuid"]));
    assert_eq!(environment.at("/status/name"), "staging");
}

#[tokio::test]
async fn an_environment_that_is_there_is_adopted() {
    let case = Case::start().await;
    case.sim.clear_requests();
    case.apply_environment("live", json!({"name": "production", "secret": {"name": "flagsmith-live"}})).await;
    let environment = case.until_ready(Kind::Environment, "live").await;
    assert_eq!(environment.at("/status/origin"), "Adopted");
    assert_eq!(creations(&case), 0);
    let key = case.cluster.secret_entry("flagsmith-live", "FLAGSMITH_ENVIRONMENT_KEY").await;
    assert_eq!(key.as_ref(), Some(&case.production));
}

#[tokio::test]
async fn an_environments_description_follows_its_manifest() {
    let case = Case::start().await;
    case.apply_environment("production", json!({"description": "ours"})).await;
    case.until_ready(Kind::Environment, "production").await;
    let is = async |wanted: &str| case.flagsmith.environments("production").await[0]["description"] == wanted;
    assert!(is("ours").await);
    let path = format!("/api/v1/environments/{}/", case.production);
    case.flagsmith.patch(&path, json!({"description": "theirs"})).await;
    case.eventually("the description is ours again", async || is("ours").await).await;
    case.apply_environment("production", json!({"description": "new"})).await;
    case.until_ready(Kind::Environment, "production").await;
    assert!(is("new").await);
}

#[tokio::test]
async fn an_environment_that_is_renamed_in_flagsmith_is_renamed_back() {
    let case = Case::start().await;
    case.apply_environment("staging", json!({})).await;
    let before = case.until_ready(Kind::Environment, "staging").await;
    let key = case.flagsmith.environments("staging").await[0]["api_key"].clone();
    let path = format!("/api/v1/environments/{}/", key.as_str().unwrap());
    case.flagsmith.patch(&path, json!({"name": "renamed"})).await;
    let is_back = async || case.flagsmith.environments("staging").await.len() == 1;
    case.eventually("it has its name again", is_back).await;
    assert_eq!(case.flagsmith.environments("staging").await[0]["uuid"], *before.at("/status/uuid"));
    assert_eq!(case.flagsmith.environments("renamed").await.len(), 0);
}

#[tokio::test]
async fn an_environment_that_is_renamed_in_its_manifest_stays_the_same() {
    let case = Case::start().await;
    case.apply_environment("staging", json!({})).await;
    let before = case.until_ready(Kind::Environment, "staging").await;
    case.apply_environment("staging", json!({"name": "Staging"})).await;
    let after = case.until_ready(Kind::Environment, "staging").await;
    assert_eq!(after.at("/status/uuid"), before.at("/status/uuid"));
    assert_eq!(case.flagsmith.environments("Staging").await.len(), 1);
    assert_eq!(case.flagsmith.environments("staging").await.len(), 0);
}

#[tokio::test]
async fn of_two_objects_for_one_environment_the_older_wins() {
    let case = Case::start().await;
    case.apply_environment("older", json!({"name": "staging", "description": "the older's"})).await;
    let older = case.until_ready(Kind::Environment, "older").await;
    case.until_older(&older).await;
    case.apply_environment("younger", json!({"name": "staging", "description": "the younger's"})).await;
    let younger = case.until_stalled(Kind::Environment, "younger", "Conflict").await;
    let title = format!("FlagsmithEnvironment {}/older", case.cluster.namespace);
    assert!(younger.message().contains(&title), "{}", younger.message());
    let live = case.flagsmith.environments("staging").await;
    assert_eq!((live.len(), live[0]["description"].as_str()), (1, Some("the older's")));

    case.cluster.delete(Kind::Environment, "older").await;
    let younger = case.until_ready(Kind::Environment, "younger").await;
    assert_eq!(younger.at("/status/origin"), "Adopted");
    assert_eq!(case.flagsmith.environments("staging").await[0]["description"], "the younger's");
}

#[tokio::test]
async fn an_environment_stays_when_its_object_is_deleted() {
    let case = Case::start().await;
    case.apply_environment("staging", json!({})).await;
    let environment = case.until_ready(Kind::Environment, "staging").await;
    assert_eq!(environment.at("/metadata/finalizers"), &json!(null));
    case.cluster.delete(Kind::Environment, "staging").await;
    case.until_gone(Kind::Environment, "staging").await;
    case.until_documents_read(3).await;
    assert_eq!(case.flagsmith.environments("staging").await.len(), 1);
}

#[tokio::test]
async fn a_suspended_environment_is_not_created() {
    let case = Case::start().await;
    case.apply_environment("staging", json!({"suspend": true})).await;
    let is_suspended = |one: &Object| one.is_observed() && one.reason("Ready") == "Suspended";
    case.until(Kind::Environment, "staging", ("suspended", is_suspended)).await;
    assert_eq!(case.flagsmith.environments("staging").await.len(), 0);
    case.apply_environment("staging", json!({})).await;
    case.until_ready(Kind::Environment, "staging").await;
}

#[tokio::test]
async fn of_two_environments_of_one_name_none_is_guessed() {
    let case = Case::start().await;
    let clone = format!("/api/v1/environments/{}/clone/", case.production);
    let twin = case.flagsmith.post(&clone, json!({"name": "production"})).await;
    case.apply_environment("production", json!({"secret": {"name": "flagsmith-production"}})).await;
    let environment = case.until_stalled(Kind::Environment, "production", "AmbiguousName").await;
    assert!(environment.message().contains("production"), "{}", environment.message());
    case.apply_flag_on("checkout", json!({"string": "blue"})).await;
    case.until_stalled(Kind::Flag, "checkout", "AmbiguousName").await;

    let rename = format!("/api/v1/environments/{}/", twin["api_key"].as_str().unwrap());
    case.flagsmith.patch(&rename, json!({"name": "other"})).await;
    case.until_ready(Kind::Environment, "production").await;
    case.until_ready(Kind::Flag, "checkout").await;
}
