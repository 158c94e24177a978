//! What an organisation's own fields say of a thing stays when the operator changes it.

use serde_json::{Value, json};

use crate::support::{Case, Kind};

/// Has what is at that path bear a field of the organisation's own.
async fn bear(case: &Case, model: &str, path: &str) {
    let organisation = &case.flagsmith.organisation;
    let model_fields = format!("/api/v1/organisations/{organisation}/metadata-model-fields/");
    let field = json!({"name": "cost", "type": "str", "organisation": organisation});
    let field = case.flagsmith.post("/api/v1/metadata/fields/", field).await["id"].clone();
    let kinds = case.flagsmith.get(&format!("{model_fields}supported-content-types/")).await;
    let kind = kinds.as_array().unwrap().iter().find(|one| one["model"] == model).unwrap()["id"].clone();
    let model_field = json!({"field": field, "content_type": kind, "is_required_for": []});
    let model_field = case.flagsmith.post(&model_fields, model_field).await["id"].clone();
    case.flagsmith.patch(path, json!({"metadata": [{"model_field": model_field, "field_value": "42"}]})).await;
}

/// What is at that path has that field, and bears what it bore.
async fn assert_kept(case: &Case, path: &str, (field, value): (&str, Value)) {
    let live = case.flagsmith.get(path).await;
    assert_eq!((&live[field], &live["metadata"][0]["field_value"]), (&value, &json!("42")));
}

#[tokio::test]
async fn what_an_organisation_adds_to_an_environment_stays_when_it_is_put_right() {
    let case = Case::start().await;
    let path = format!("/api/v1/environments/{}/", case.production);
    bear(&case, "environment", &path).await;
    case.apply_environment("production", json!({"bannerText": "live"})).await;
    case.until_ready(Kind::Environment, "production").await;
    assert_kept(&case, &path, ("banner_text", json!("live"))).await;
}

#[tokio::test]
async fn what_an_organisation_adds_to_a_feature_stays_when_it_is_put_right() {
    let case = Case::start().await;
    case.flagsmith.add_feature(json!({"name": "checkout"})).await;
    let path = case.flagsmith.below("checkout", "").await;
    bear(&case, "feature", &path).await;
    case.apply_flag("checkout", json!({"description": "The new checkout"})).await;
    case.until_ready(Kind::Flag, "checkout").await;
    assert_kept(&case, &path, ("description", json!("The new checkout"))).await;
}

#[tokio::test]
async fn what_an_organisation_adds_to_a_segment_stays_when_it_is_put_right() {
    let case = Case::start().await;
    let rules = json!([{"type": "ALL", "conditions": [{"property": "plan", "operator": "EQUAL", "value": "beta"}]}]);
    let segment = case.flagsmith.add_segment("beta", rules.clone()).await;
    let path = format!("/api/v1/projects/{}/segments/{}/", case.flagsmith.project, segment["id"]);
    bear(&case, "segment", &path).await;
    case.apply_segment("beta", json!({"description": "Who tests", "rules": rules})).await;
    case.until_ready(Kind::Segment, "beta").await;
    assert_kept(&case, &path, ("description", json!("Who tests"))).await;
}
