//! Environments: how they are made once, what of them can be changed, and what is there when they are gone.

use flagsmith_operator::flagsmith::{EnvironmentKey, EnvironmentPatch, Error, NewEnvironment};
use serde_json::json;

use crate::support::{Case, in_environment};

fn new(case: &Case, name: &str, key: &EnvironmentKey) -> NewEnvironment {
    NewEnvironment::named(name.into(), case.project, key.clone())
}

#[tokio::test]
async fn an_environment_is_made_read_and_listed_as_it_was_asked_for() {
    let case = case!().await;
    let key = EnvironmentKey::random();
    let described = NewEnvironment { description: Some("for customers".to_owned()), ..new(&case, "production", &key) };
    let made = case.client.create_environment(&described).await.unwrap();
    assert_eq!((made.name.as_str(), &made.key, made.project), ("production", &key, case.project));
    assert_eq!(made.description.as_deref(), Some("for customers"));
    assert!(!made.use_v2_feature_versioning && !made.asks_for_approvals());
    assert_eq!(case.client.environment(&key).await.unwrap(), made);
    let other = case.environment("staging").await;
    assert_eq!(other.description, None);
    assert_eq!(case.client.environments(case.project).await.unwrap(), [made, other]);
    case.agrees();
}

#[tokio::test]
async fn an_environment_is_renamed_and_described_and_stays_the_same_one() {
    let case = case!().await;
    let made = case.environment("production").await;
    let rename = EnvironmentPatch { name: Some("live".into()), ..EnvironmentPatch::default() };
    let renamed = case.client.update_environment(&made.key, &rename).await.unwrap();
    assert_eq!((renamed.id, &renamed.uuid, &renamed.key), (made.id, &made.uuid, &made.key));
    assert_eq!((renamed.name.as_str(), &renamed.description), ("live", &None));
    for description in ["for customers", ""] {
        let patch = EnvironmentPatch { description: Some(description.to_owned()), ..EnvironmentPatch::default() };
        let described = case.client.update_environment(&made.key, &patch).await.unwrap();
        assert_eq!((described.name.as_str(), described.description.as_deref()), ("live", Some(description)));
        assert_eq!(case.client.environment(&made.key).await.unwrap(), described);
    }
    case.agrees();
}

#[tokio::test]
async fn blanks_around_an_environment_s_texts_are_dropped() {
    let case = case!().await;
    let key = EnvironmentKey::random();
    let padded = NewEnvironment { description: Some(" for\ncustomers\n".to_owned()), ..new(&case, " a b ", &key) };
    let made = case.client.create_environment(&padded).await.unwrap();
    assert_eq!((made.name.as_str(), made.description.as_deref()), ("a b", Some("for\ncustomers")));
    let patch = EnvironmentPatch {
        name: Some(" c ".into()),
        description: Some(" d ".to_owned()),
        ..EnvironmentPatch::default()
    };
    let changed = case.client.update_environment(&key, &patch).await.unwrap();
    assert_eq!((changed.name.as_str(), changed.description.as_deref()), ("c", Some("d")));
    case.agrees();
}

#[tokio::test]
async fn two_environments_have_one_name_only_where_case_tells_them_apart() {
    let case = case!().await;
    case.environment("production").await;
    let twin = case.client.create_environment(&new(&case, "production", &EnvironmentKey::random())).await;
    let message = "An environment with this name already exists.".to_owned();
    assert_eq!(twin, Err(Error::Refused { status: 400, message: message.clone() }));
    let other = case.environment("Production").await;
    let rename = EnvironmentPatch { name: Some("production".into()), ..EnvironmentPatch::default() };
    let renamed = case.client.update_environment(&other.key, &rename).await;
    assert_eq!(renamed, Err(Error::Refused { status: 400, message }));
    assert_eq!(case.client.environments(case.project).await.unwrap().len(), 2);
    case.agrees();
}

#[tokio::test]
async fn a_name_that_is_empty_or_too_long_is_refused() {
    let case = case!().await;
    for name in [String::new(), "   ".to_owned(), "x".repeat(2001)] {
        let refused = case.client.create_environment(&new(&case, &name, &EnvironmentKey::random())).await;
        assert!(matches!(refused, Err(Error::Refused { status: 400, .. })), "{refused:?}");
    }
    let longest = case.environment(&"x".repeat(2000)).await;
    assert_eq!(longest.name.as_str().len(), 2000);
    case.agrees();
}

#[tokio::test]
async fn a_key_that_is_in_use_makes_no_second_environment() {
    let case = case!().await;
    let key = EnvironmentKey::random();
    let made = case.client.create_environment(&new(&case, "production", &key)).await.unwrap();
    let again = case.client.create_environment(&new(&case, "staging", &key)).await;
    assert!(matches!(again, Err(Error::Refused { status: 400, .. })), "{again:?}");
    let same = case.client.create_environment(&new(&case, "production", &key)).await;
    assert!(matches!(same, Err(Error::Refused { status: 400, .. })), "{same:?}");
    assert_eq!(case.client.environments(case.project).await.unwrap(), [made]);
    case.agrees();
}

#[tokio::test]
async fn the_key_of_a_deleted_environment_makes_no_other_and_its_name_does() {
    let case = case!().await;
    let made = case.environment("production").await;
    let feature = case.feature("checkout").await;
    assert_eq!(case.delete(&in_environment(&made.key, "")).await, (204, json!(null)));
    assert_eq!(case.client.environment(&made.key).await, Err(Error::NotFound));
    assert_eq!(case.client.document(&made.key).await, Err(Error::NotFound));
    assert_eq!(case.client.states(&made.key).await, Err(Error::NotFound));
    assert_eq!(case.client.state(&made.key, feature.id).await, Err(Error::NotFound));
    let rename = EnvironmentPatch { name: Some("live".into()), ..EnvironmentPatch::default() };
    assert_eq!(case.client.update_environment(&made.key, &rename).await, Err(Error::NotFound));
    let again = case.client.create_environment(&new(&case, "production", &made.key)).await;
    assert_eq!(again, Err(Error::Server { status: 500 }));
    assert_eq!(case.client.environments(case.project).await.unwrap(), []);
    let other = case.environment("production").await;
    assert_ne!((other.id, &other.uuid), (made.id, &made.uuid));
    case.agrees();
}

#[tokio::test]
async fn what_an_environment_does_not_take_is_ignored() {
    let case = case!().await;
    let made = case.environment("production").await;
    for ignored in [
        json!({"use_v2_feature_versioning": true}),
        json!({"project": 0}),
        json!({"uuid": "00000000-0000-4000-8000-000000000000"}),
        json!({"id": 0}),
        json!({"minimum_change_request_approvals": 1}),
        json!({"is_creating": true}),
        json!({"colour": "red"}),
        json!({}),
    ] {
        let (status, body) = case.patch(&in_environment(&made.key, ""), ignored.clone()).await;
        assert_eq!(status, 200, "{ignored}: {body}");
    }
    assert_eq!(case.client.environment(&made.key).await.unwrap(), made);
    case.agrees();
}

#[tokio::test]
async fn an_environment_whose_key_is_rotated_stays_the_same_one() {
    let case = case!().await;
    let (made, feature) = (case.environment("production").await, case.feature("checkout").await);
    let key = EnvironmentKey::random();
    let (status, _) = case.patch(&in_environment(&made.key, ""), json!({"api_key": key.expose()})).await;
    assert_eq!(status, 200);
    let rotated = case.client.environment(&key).await.unwrap();
    assert_eq!((rotated.id, &rotated.uuid, &rotated.key), (made.id, &made.uuid, &key));
    assert_eq!(case.client.environments(case.project).await.unwrap(), [rotated]);
    assert_eq!(case.documented(&key, feature.id).await, case.client.state(&key, feature.id).await.unwrap());
    case.agrees();
}

#[tokio::test]
async fn an_environment_is_found_by_its_uuid() {
    let case = case!().await;
    let made = case.environment("production").await;
    let found = case.seen(&format!("/api/v1/environments/get-by-uuid/{}/", made.uuid)).await;
    assert_eq!(found["api_key"], made.key.expose());
    case.agrees();
}

#[tokio::test]
async fn an_environment_s_switch_to_versions_and_back_is_seen_and_leaves_its_flags() {
    let case = case!().await;
    let (made, feature) = (case.environment("production").await, case.feature("checkout").await);
    let before = case.documented(&made.key, feature.id).await;
    let versioned = case.version(&made.key).await;
    assert!(versioned.use_v2_feature_versioning);
    assert_eq!((versioned.id, &versioned.uuid, &versioned.key), (made.id, &made.uuid, &made.key));
    assert_eq!(case.documented(&made.key, feature.id).await, before);
    let twice = case.post(&in_environment(&made.key, "enable-v2-versioning/"), json!({})).await;
    assert_eq!(twice, (400, json!({"detail": "Environment already using v2 versioning."})));
    assert_eq!(case.unversion(&made.key).await, made);
    assert_eq!(case.documented(&made.key, feature.id).await, before);
    assert_eq!(case.client.feature(case.project, feature.id).await.unwrap(), feature);
    case.agrees();
}
