//! The environment's document: it shows each write at once, and this is what it lacks.

use flagsmith_operator::flagsmith::{EnvironmentPatch, FeaturePatch, NewFeature, StatePatch, Value};
use serde_json::json;

use crate::support::{Case, NEWEST, in_environment, on};

async fn names(case: &Case, key: &flagsmith_operator::flagsmith::EnvironmentKey) -> Vec<String> {
    let flags = case.client.document(key).await.unwrap().flags;
    let mut names: Vec<_> = flags.into_iter().map(|flag| flag.name.to_string()).collect();
    names.sort();
    names
}

#[tokio::test]
async fn a_document_shows_features_that_come_and_go_at_once() {
    let case = case!().await;
    let environment = case.environment("production").await;
    let document = case.client.document(&environment.key).await.unwrap();
    assert_eq!((document.environment, document.flags), (environment.id, vec![]));
    let checkout = case.feature("checkout").await;
    assert_eq!(names(&case, &environment.key).await, ["checkout"]);
    case.feature("banner").await;
    assert_eq!(names(&case, &environment.key).await, ["banner", "checkout"]);
    case.client.delete_feature(case.project, checkout.id).await.unwrap();
    assert_eq!(names(&case, &environment.key).await, ["banner"]);
    let later = case.environment("staging").await;
    assert_eq!(names(&case, &later.key).await, ["banner"]);
    case.agrees();
}

#[tokio::test]
async fn a_document_tells_the_type_of_each_value() {
    let case = case!().await;
    let environment = case.environment("production").await;
    let client = case.client.knowing(NEWEST);
    let values = [
        Value::String("42".to_owned()),
        Value::Integer(42),
        Value::Boolean(false),
        Value::Null,
        Value::String(String::new()),
    ];
    for (number, value) in values.into_iter().enumerate() {
        let feature = case.feature(&format!("f{number}")).await;
        let patch = StatePatch { enabled: None, value: Some(value.clone()), ..StatePatch::default() };
        client.set_state(&environment.key, feature.id, &patch).await.unwrap();
        assert_eq!(case.documented(&environment.key, feature.id).await.unwrap().value, value);
    }
    case.agrees();
}

#[tokio::test]
async fn an_archived_feature_stays_in_the_document_which_does_not_tell() {
    let case = case!().await;
    let (environment, feature) = (case.environment("production").await, case.feature("checkout").await);
    let path = in_environment(&environment.key, "document/");
    let before = case.seen(&path).await["feature_states"].clone();
    let archived = FeaturePatch { is_archived: Some(true), ..FeaturePatch::default() };
    case.client.update_feature(case.project, feature.id, &archived).await.unwrap();
    assert_eq!(case.seen(&path).await["feature_states"], before);
    assert!(case.client.features(case.project).await.unwrap().features[0].is_archived);
    assert_eq!(case.client.states(&environment.key).await.unwrap().states, [(feature.id, on("red"))]);
    case.agrees();
}

#[tokio::test]
async fn a_document_lacks_what_is_told_of_features_and_of_the_environment() {
    let case = case!().await;
    let environment = case.environment("production").await;
    let described = NewFeature {
        description: Some("what a feature is for".to_owned()),
        default_enabled: Some(true),
        ..NewFeature::named("checkout".into())
    };
    case.client.create_feature(case.project, &described).await.unwrap();
    let patch =
        EnvironmentPatch { description: Some("what an environment is for".to_owned()), ..EnvironmentPatch::default() };
    case.client.update_environment(&environment.key, &patch).await.unwrap();
    let document = case.seen(&in_environment(&environment.key, "document/")).await.to_string();
    for lacking in ["is for", "is_archived", "default_enabled", "initial_value", "description", "tags", "owners"] {
        assert!(!document.contains(lacking), "{lacking}");
    }
    case.agrees();
}

#[tokio::test]
async fn a_write_in_one_environment_touches_no_other() {
    let case = case!().await;
    let (production, staging) = (case.environment("production").await, case.environment("staging").await);
    let feature = case.feature("checkout").await;
    let client = case.client.knowing(NEWEST);
    let untouched = case.seen(&in_environment(&staging.key, "document/")).await["feature_states"].clone();
    let patch = StatePatch { enabled: Some(false), value: Some(Value::Integer(7)), ..StatePatch::default() };
    for is_versioned in [false, true] {
        if is_versioned {
            case.version(&production.key).await;
        }
        client.set_state(&production.key, feature.id, &patch).await.unwrap();
        assert_eq!(case.documented(&production.key, feature.id).await.unwrap().value, Value::Integer(7));
        assert_eq!(case.seen(&in_environment(&staging.key, "document/")).await["feature_states"], untouched);
        assert_eq!(client.state(&staging.key, feature.id).await, Ok(Some(on("red"))));
    }
    case.agrees();
}

#[tokio::test]
async fn the_row_of_a_state_is_kept_over_its_writes_and_told_anew_by_versions() {
    let case = case!().await;
    let (environment, feature) = (case.environment("production").await, case.feature("checkout").await);
    let client = case.client.knowing(NEWEST);
    let list = in_environment(&environment.key, "featurestates/");
    let row = async || case.seen(&list).await["results"][0]["id"].clone();
    let patch = StatePatch { enabled: Some(false), value: None, ..StatePatch::default() };
    let first = row().await;
    client.set_state(&environment.key, feature.id, &patch).await.unwrap();
    assert_eq!(row().await, first);
    case.version(&environment.key).await;
    assert_eq!(row().await, first);
    client.set_state(&environment.key, feature.id, &patch).await.unwrap();
    assert_ne!(row().await, first);
    let document = case.seen(&in_environment(&environment.key, "document/")).await;
    assert_eq!(document["feature_states"][0]["django_id"], first);
    case.agrees();
}

#[tokio::test]
async fn hidden_and_defaultless_projects_change_what_a_feature_starts_with_alone() {
    let case = case!().await;
    let environment = case.environment("production").await;
    let project = json!({"name": case.run, "organisation": case.organisation, "prevent_flag_defaults": true});
    assert_eq!(case.put(&format!("/api/v1/projects/{}/", case.project), project).await.0, 200);
    let feature = case.feature("checkout").await;
    assert_eq!((feature.default_enabled, feature.initial_value.as_deref()), (true, Some("red")));
    let state = case.documented(&environment.key, feature.id).await.unwrap();
    assert_eq!((state.enabled, state.value), (false, Value::Null));
    case.agrees();
}
