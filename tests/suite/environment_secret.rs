//! The Secret that an environment's key is written to: ours alone, put back when it is touched, gone with its object.

use serde_json::{Value, json};

use crate::support::{Case, Kind, Object};

const SECRET: &str = "flagsmith-production";
const KEY: &str = "FLAGSMITH_ENVIRONMENT_KEY";

/// The environment production, ready, with its Secret.
async fn published() -> (Case, Object) {
    let case = Case::start().await;
    case.apply_environment("production", json!({"secret": {"name": SECRET}})).await;
    let environment = case.until_ready(Kind::Environment, "production").await;
    (case, environment)
}

async fn until_right(case: &Case) {
    let is_right = async || case.cluster.secret_entry(SECRET, KEY).await.as_ref() == Some(&case.production);
    case.eventually("the Secret holds the key", is_right).await;
}

#[tokio::test]
async fn the_secret_holds_the_key_and_the_address_and_belongs_to_its_object() {
    let (case, environment) = published().await;
    let secret = case.cluster.read(Kind::Secret, SECRET).await;
    let entries: Vec<_> = secret.at("/data").as_object().unwrap().keys().collect();
    assert_eq!(entries, ["FLAGSMITH_API_URL", KEY]);
    assert_eq!(case.cluster.secret_entry(SECRET, KEY).await.as_ref(), Some(&case.production));
    assert_eq!(case.cluster.secret_entry(SECRET, "FLAGSMITH_API_URL").await, Some(case.sim.api_url()));
    let owner = secret.at("/metadata/ownerReferences/0");
    assert_eq!((&owner["kind"], &owner["uid"]), (&json!("FlagsmithEnvironment"), environment.at("/metadata/uid")));
    assert_eq!(owner["controller"], true);
}

#[tokio::test]
async fn the_address_is_that_which_sdks_are_told() {
    let case = Case::start().await;
    case.apply_connection(json!({"sdkURL": "https://edge.example.com/api/v1/"})).await;
    case.apply_environment("production", json!({"secret": {"name": SECRET}})).await;
    let is_told = async || {
        let address = case.cluster.secret_entry(SECRET, "FLAGSMITH_API_URL").await;
        address.as_deref() == Some("https://edge.example.com/api/v1/")
    };
    case.eventually("the Secret holds the address for SDKs", is_told).await;
}

#[tokio::test]
async fn a_secret_that_was_deleted_is_put_back() {
    let (case, _) = published().await;
    case.cluster.delete(Kind::Secret, SECRET).await;
    until_right(&case).await;
}

#[tokio::test]
async fn a_secret_that_was_changed_is_put_right_and_what_others_added_stays() {
    let (case, environment) = published().await;
    let patch = json!({"metadata": {"ownerReferences": null}, "data": {KEY: "d3Jvbmc=", "MORE": "bW9yZQ=="}});
    case.cluster.edit(Kind::Secret, SECRET, patch).await;
    until_right(&case).await;
    let secret = case.cluster.read(Kind::Secret, SECRET).await;
    assert_eq!(secret.at("/data/MORE"), "bW9yZQ==");
    assert_eq!(secret.at("/metadata/ownerReferences/0/uid"), environment.at("/metadata/uid"));
}

#[tokio::test]
async fn a_secret_goes_with_its_object() {
    let (case, _) = published().await;
    case.cluster.delete(Kind::Environment, "production").await;
    case.until_gone(Kind::Secret, SECRET).await;
}

#[tokio::test]
async fn a_secret_that_is_named_no_more_goes() {
    let (case, _) = published().await;
    case.apply_environment("production", json!({"secret": {"name": "flagsmith-other"}})).await;
    case.until_gone(Kind::Secret, SECRET).await;
    case.until_ready(Kind::Environment, "production").await;
    let key = case.cluster.secret_entry("flagsmith-other", KEY).await;
    assert_eq!(key.as_ref(), Some(&case.production));
    case.apply_environment("production", json!({})).await;
    case.until_gone(Kind::Secret, "flagsmith-other").await;
}

#[tokio::test]
async fn anothers_secret_is_never_touched_and_its_name_is_taken_up_once_it_is_free() {
    let case = Case::start().await;
    let before = case.cluster.apply_secret(SECRET, json!({"theirs": "x"})).await;
    case.apply_environment("production", json!({"secret": {"name": SECRET}})).await;
    let environment = case.until_stalled(Kind::Environment, "production", "SecretConflict").await;
    assert!(environment.message().contains("choose another spec.secret.name"), "{}", environment.message());
    assert_eq!(case.cluster.read(Kind::Secret, SECRET).await, before);
    // What has nothing to do with the Secret goes on.
    case.apply_flag_on("checkout", json!({"none": {}})).await;
    case.until_ready(Kind::Flag, "checkout").await;

    case.cluster.delete(Kind::Secret, SECRET).await;
    case.until_ready(Kind::Environment, "production").await;
    until_right(&case).await;
}

#[tokio::test]
async fn of_two_environments_that_name_one_secret_one_is_told() {
    let (case, _) = published().await;
    case.apply_environment("staging", json!({"secret": {"name": SECRET}})).await;
    case.until_stalled(Kind::Environment, "staging", "SecretConflict").await;
    assert_eq!(case.cluster.secret_entry(SECRET, KEY).await.as_ref(), Some(&case.production));
    assert_eq!(
        case.cluster.read(Kind::Environment, "staging").await.at("/status/conditions/0/status"),
        &Value::from("False")
    );
}

#[tokio::test]
async fn an_object_that_is_applied_anew_has_its_secret_again() {
    let (case, _) = published().await;
    case.cluster.delete(Kind::Environment, "production").await;
    case.until_gone(Kind::Environment, "production").await;
    case.apply_environment("production", json!({"secret": {"name": SECRET}})).await;
    let environment = case.until_ready(Kind::Environment, "production").await;
    let is_its = |secret: &Object| secret.at("/metadata/ownerReferences/0/uid") == environment.at("/metadata/uid");
    case.until(Kind::Secret, SECRET, ("owned by the new object", is_its)).await;
    until_right(&case).await;
}
