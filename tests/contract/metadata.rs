//! An organisation's own fields, which a change takes from whatever bears them unless it sends them back.

use flagsmith_operator::flagsmith::{EnvironmentPatch, FeaturePatch, NewSegment, SegmentPatch};
use serde_json::{Value, json};

use crate::support::{Case, in_environment};

/// Has what is at that path bear a field of the organisation's own.
async fn bear(case: &Case, model: &str, path: &str) {
    let organisation = case.organisation;
    let field = json!({"name": "cost", "type": "str", "organisation": organisation});
    let field = case.made("/api/v1/metadata/fields/", field).await["id"].clone();
    let model_fields = format!("/api/v1/organisations/{organisation}/metadata-model-fields/");
    let kinds = case.seen(&format!("{model_fields}supported-content-types/")).await;
    let kind = kinds.as_array().unwrap().iter().find(|one| one["model"] == model).unwrap()["id"].clone();
    let model_field = json!({"field": field, "content_type": kind, "is_required_for": []});
    let model_field = case.made(&model_fields, model_field).await["id"].clone();
    let borne = json!({"metadata": [{"model_field": model_field, "field_value": "42"}]});
    assert_eq!(case.patch(path, borne).await.0, 200);
    assert_eq!(value(case, path).await, json!("42"));
}

async fn value(case: &Case, path: &str) -> Value {
    case.seen(path).await["metadata"][0]["field_value"].clone()
}

#[tokio::test]
async fn a_change_of_an_environment_takes_them_from_it_unless_they_are_sent_back() {
    let case = case!().await;
    let made = case.environment("production").await;
    let path = in_environment(&made.key, "");
    bear(&case, "environment", &path).await;
    let change = EnvironmentPatch { description: Some("new".to_owned()), ..EnvironmentPatch::default() };
    let amended = case.client.amend_environment(&made.key, &change).await.unwrap();
    assert_eq!((amended.description.as_deref(), value(&case, &path).await), (Some("new"), json!("42")));
    case.client.update_environment(&made.key, &change).await.unwrap();
    assert_eq!(value(&case, &path).await, json!(null));
    // The numbers of fields are a server's own.
    case.ends_uncompared();
}

#[tokio::test]
async fn a_change_of_a_feature_takes_them_from_it_unless_they_are_sent_back() {
    let case = case!().await;
    let feature = case.feature("checkout").await;
    let path = format!("/api/v1/projects/{}/features/{}/", case.project, feature.id);
    bear(&case, "feature", &path).await;
    let change = FeaturePatch { description: Some("new".to_owned()), ..FeaturePatch::default() };
    let amended = case.client.amend_feature(case.project, feature.id, &change).await.unwrap();
    assert_eq!((amended.description.as_deref(), value(&case, &path).await), (Some("new"), json!("42")));
    case.client.update_feature(case.project, feature.id, &change).await.unwrap();
    assert_eq!(value(&case, &path).await, json!(null));
    // The numbers of fields are a server's own.
    case.ends_uncompared();
}

#[tokio::test]
async fn a_change_of_a_segment_takes_them_from_it_unless_they_are_sent_back() {
    let case = case!().await;
    let rule =
        json!([{"type": "ALL", "rules": [], "conditions": [{"property": "a", "operator": "EQUAL", "value": "b"}]}]);
    let rules = serde_json::from_value(rule).unwrap();
    let new = NewSegment { name: "beta".into(), description: None, feature: None, rules };
    let segment = case.client.create_segment(case.project, &new).await.unwrap();
    let path = format!("/api/v1/projects/{}/segments/{}/", case.project, segment.id);
    bear(&case, "segment", &path).await;
    let change = SegmentPatch { description: Some("new".to_owned()), ..SegmentPatch::default() };
    let amended = case.client.amend_segment(case.project, segment.id, &change).await.unwrap();
    assert_eq!((amended.description.as_deref(), value(&case, &path).await), (Some("new"), json!("42")));
    case.client.update_segment(case.project, segment.id, &change).await.unwrap();
    assert_eq!(value(&case, &path).await, json!(null));
    case.ends_uncompared();
}
