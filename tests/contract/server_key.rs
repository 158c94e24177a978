//! Server-side keys: shown whenever they are listed, named by many if need be, and revoked by their deletion alone.

use flagsmith_operator::flagsmith::{Error, ServerKeyId};
use k8s_openapi::jiff::SignedDuration;
use serde_json::json;

use crate::support::{Case, in_environment};

#[tokio::test]
async fn a_server_side_key_is_made_and_listed_in_full_again_and_again() {
    let case = case!().await;
    let environment = case.environment("production").await;
    assert_eq!(case.client.server_keys(&environment.key).await.unwrap().keys, []);
    let made = case.client.create_server_key(&environment.key, "flagsmith-operator/uid/backend/1").await.unwrap();
    assert!(made.key.expose().starts_with("ser."), "its key begins as all of its kind do");
    assert_eq!(made.name, "flagsmith-operator/uid/backend/1");
    for _ in 0..2 {
        let list = case.client.server_keys(&environment.key).await.unwrap();
        assert_eq!(list.keys, std::slice::from_ref(&made));
        let age = list.date.unwrap().duration_since(made.created_at);
        // A time of day in whole seconds may be before what was made in the same second.
        assert!(age > SignedDuration::from_secs(-2) && age < SignedDuration::from_secs(60), "{age:?}");
    }
    case.agrees();
}

#[tokio::test]
async fn two_server_side_keys_may_have_one_name_and_each_is_deleted_by_itself() {
    let case = case!().await;
    let environment = case.environment("production").await;
    let one = case.client.create_server_key(&environment.key, "backend").await.unwrap();
    let other = case.client.create_server_key(&environment.key, "backend").await.unwrap();
    assert_ne!((one.id, &one.key), (other.id, &other.key));
    assert_eq!(case.client.delete_server_key(&environment.key, one.id).await, Ok(()));
    assert_eq!(case.client.server_keys(&environment.key).await.unwrap().keys, [other]);
    assert_eq!(case.client.delete_server_key(&environment.key, one.id).await, Err(Error::NotFound));
    assert_eq!(case.client.delete_server_key(&environment.key, ServerKeyId(0)).await, Err(Error::NotFound));
    case.agrees();
}

#[tokio::test]
async fn a_server_side_key_opens_its_environment_at_once_and_survives_another_client_key() {
    let case = case!().await;
    let environment = case.environment("production").await;
    let made = case.client.create_server_key(&environment.key, "backend").await.unwrap();
    assert!(admitted(&case, made.key.expose()).await);
    let next = flagsmith_operator::flagsmith::EnvironmentKey::random();
    let rotated = case.client.rotate_key(&environment.key, &next).await.unwrap();
    assert_eq!((rotated.id, &rotated.uuid, &rotated.key), (environment.id, &environment.uuid, &next));
    assert_eq!(case.client.server_keys(&next).await.unwrap().keys, std::slice::from_ref(&made));
    assert_eq!(case.client.server_keys(&environment.key).await, Err(Error::NotFound));
    assert!(admitted(&case, made.key.expose()).await && admitted(&case, next.expose()).await);
    case.agrees();
}

#[tokio::test]
async fn a_client_key_that_is_taken_is_not_given_to_another_environment() {
    let case = case!().await;
    let (one, other) = (case.environment("production").await, case.environment("staging").await);
    let taken = case.client.rotate_key(&one.key, &other.key).await;
    assert!(matches!(taken, Err(Error::Refused { status: 400, .. })), "{taken:?}");
    // To give it the key that it has is to change nothing.
    assert_eq!(case.client.rotate_key(&one.key, &one.key).await, Ok(one));
    case.agrees();
}

#[tokio::test]
async fn a_name_of_a_server_side_key_has_a_hundred_characters_at_most() {
    let case = case!().await;
    let environment = case.environment("production").await;
    let made = case.client.create_server_key(&environment.key, &"x".repeat(100)).await.unwrap();
    for name in ["x".repeat(101), String::new()] {
        let refused = case.client.create_server_key(&environment.key, &name).await;
        assert!(matches!(refused, Err(Error::Refused { status: 400, .. })), "{refused:?}");
    }
    let (status, body) = case.get(&in_environment(&environment.key, &format!("api-keys/{}/", made.id))).await;
    assert_eq!((status, body), (405, json!({"detail": "Method \"GET\" not allowed."})));
    case.agrees();
}

/// Whether SDKs are let in with that key.
async fn admitted(case: &Case, key: &str) -> bool {
    let request = case.anonymous(reqwest::Method::GET, "/api/v1/flags/").header("x-environment-key", key);
    request.send().await.unwrap().status() == 200
}
