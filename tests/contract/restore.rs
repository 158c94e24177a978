//! A default state that is missing: how it goes, what is seen of it, and how it is put back.

use crate::support::{Case, MIDDLE, NEWEST, OLDEST, future, html, in_environment, on};
use flagsmith_operator::flagsmith::{Environment, Error, Feature, FlagState, StatePatch, Value};

/// Deletes a flag's default state, as anybody may who writes flags.
async fn lose(case: &Case, environment: &Environment, feature: &Feature) {
    let list = case.seen(&in_environment(&environment.key, &format!("featurestates/?feature={}", feature.id))).await;
    let row = list["results"][0]["id"].as_i64().unwrap();
    let (status, body) = case.delete(&in_environment(&environment.key, &format!("featurestates/{row}/"))).await;
    assert_eq!(status, 204, "{body}");
}

fn off() -> StatePatch {
    StatePatch { enabled: Some(false), value: None, ..StatePatch::default() }
}

async fn is_missing(case: &Case, environment: &Environment, feature: &Feature) {
    let (key, newest) = (&environment.key, case.client.knowing(NEWEST));
    assert_eq!(case.documented(key, feature.id).await, None);
    assert_eq!(newest.states(key).await.unwrap().states, []);
    assert_eq!(newest.state(key, feature.id).await, Ok(None));
    assert_eq!(case.client.state(key, feature.id).await, Ok(None));
    assert_eq!(case.get(&future(key, feature.id)).await, (500, html()));
}

/// No route changes what is missing.
async fn is_not_written(case: &Case, environment: &Environment, feature: &Feature) {
    let patch =
        StatePatch { enabled: Some(false), value: Some(Value::String("blue".to_owned())), ..StatePatch::default() };
    for capabilities in [OLDEST, MIDDLE, NEWEST] {
        let client = case.client.knowing(capabilities);
        let failed = client.set_state(&environment.key, feature.id, &patch).await.unwrap_err();
        assert!(matches!(failed, Error::NotFound | Error::Server { status: 500 }), "{capabilities:?}: {failed:?}");
    }
}

async fn is_put_back(case: &Case, environment: &Environment, feature: &Feature) {
    let blue = on("blue");
    case.client.restore_state(&environment.key, feature.id, &blue).await.unwrap();
    assert_eq!(case.client.knowing(NEWEST).state(&environment.key, feature.id).await, Ok(Some(blue.clone())));
    assert_eq!(case.documented(&environment.key, feature.id).await, Some(blue));
    case.client.knowing(NEWEST).set_state(&environment.key, feature.id, &off()).await.unwrap();
    let state = FlagState { enabled: false, value: Value::String("blue".to_owned()), ..FlagState::default() };
    assert_eq!(case.documented(&environment.key, feature.id).await, Some(state));
}

#[tokio::test]
async fn a_missing_state_is_told_and_put_back_in_an_unversioned_environment() {
    let case = case!().await;
    let (environment, feature) = (case.environment("production").await, case.feature("checkout").await);
    lose(&case, &environment, &feature).await;
    is_missing(&case, &environment, &feature).await;
    is_not_written(&case, &environment, &feature).await;
    is_missing(&case, &environment, &feature).await;
    is_put_back(&case, &environment, &feature).await;
    case.agrees();
}

#[tokio::test]
async fn a_state_that_is_missing_before_the_switch_to_versions_is_told_and_put_back() {
    let case = case!().await;
    let (environment, feature) = (case.environment("production").await, case.feature("checkout").await);
    lose(&case, &environment, &feature).await;
    let environment = case.version(&environment.key).await;
    is_missing(&case, &environment, &feature).await;
    is_put_back(&case, &environment, &feature).await;
    case.agrees();
}

#[tokio::test]
async fn a_state_that_a_version_has_is_not_deleted_by_itself() {
    let case = case!().await;
    let (environment, feature) = (case.environment("production").await, case.feature("checkout").await);
    case.version(&environment.key).await;
    let list = case.seen(&in_environment(&environment.key, &format!("featurestates/?feature={}", feature.id))).await;
    let row = list["results"][0]["id"].as_i64().unwrap();
    case.delete(&in_environment(&environment.key, &format!("featurestates/{row}/"))).await;
    case.documented(&environment.key, feature.id).await;
    case.agrees();
}

#[tokio::test]
async fn a_state_that_is_there_is_not_put_back_over() {
    let case = case!().await;
    let (environment, feature) = (case.environment("production").await, case.feature("checkout").await);
    let refused = case.client.restore_state(&environment.key, feature.id, &on("blue")).await;
    assert!(matches!(refused, Err(Error::Refused { status: 400, .. })), "{refused:?}");
    assert_eq!(case.documented(&environment.key, feature.id).await, Some(on("red")));
    case.version(&environment.key).await;
    let failed = case.client.restore_state(&environment.key, feature.id, &on("blue")).await;
    assert_eq!(failed, Err(Error::Server { status: 500 }));
    assert_eq!(case.documented(&environment.key, feature.id).await, Some(on("red")));
    case.client.knowing(NEWEST).set_state(&environment.key, feature.id, &off()).await.unwrap();
    assert_eq!(case.documented(&environment.key, feature.id).await.unwrap().value, on("red").value);
    case.agrees();
}

#[tokio::test]
async fn a_state_of_what_is_gone_is_not_put_back() {
    let case = case!().await;
    let (environment, feature) = (case.environment("production").await, case.feature("checkout").await);
    let nobody = "nobody".into();
    assert_eq!(case.client.restore_state(&nobody, feature.id, &on("blue")).await, Err(Error::NotFound));
    case.client.delete_feature(case.project, feature.id).await.unwrap();
    assert!(case.client.restore_state(&environment.key, feature.id, &on("blue")).await.is_err());
    case.version(&environment.key).await;
    assert!(case.client.restore_state(&environment.key, feature.id, &on("blue")).await.is_err());
    case.agrees();
}
