use crate::project::Project;
use serde_json::{Value, json};

#[tokio::test]
async fn a_default_that_is_missing_is_put_back_directly_where_there_are_no_versions() {
    let project = Project::new().await;
    project.lose_default().await;
    assert_eq!(project.client.call("GET", &project.flag_path(), Value::Null).await.status, 500);
    let body = json!({ "feature": project.feature, "enabled": true, "feature_state_value": "back" });
    project.client.create(&project.states_path(), body).await;
    assert_eq!(project.default().await["value"]["value"], "back");
}

#[tokio::test]
async fn a_default_that_is_missing_from_a_versioned_flag_is_put_back_by_a_draft_alone() {
    let project = Project::new().await;
    project.lose_default().await;
    project.enable_versioning().await;
    let value = json!({ "type": "unicode", "string_value": "back" });
    let state = json!({ "feature_segment": null, "enabled": true, "feature_state_value": value });
    let future = json!({ "environment_default": { "enabled": true } });
    for (method, path, body, status) in [
        ("POST", project.states_path(), json!({ "feature": project.feature }), 400),
        ("POST", project.versions_path(), json!({ "feature_states_to_create": [state] }), 400),
        ("POST", project.versions_path(), json!({ "feature_states_to_update": [state] }), 500),
        ("PUT", project.flag_path(), future.clone(), 500),
        ("PATCH", project.flag_path(), future, 500),
    ] {
        assert_eq!(project.client.call(method, &path, body).await.status, status, "{method} {path}");
    }
    let draft = project.client.create(&project.versions_path(), json!({})).await;
    let version = format!("{}{}/", project.versions_path(), draft["uuid"].as_str().unwrap());
    project.client.create(&format!("{version}featurestates/"), state).await;
    assert_eq!(project.client.call("POST", &format!("{version}publish/"), json!({})).await.status, 200);
    assert_eq!(project.default().await["value"]["value"], "back");
    project.patch(json!({ "enabled": false })).await;
}

#[tokio::test]
async fn a_published_version_takes_no_more_states_and_a_draft_no_second_default() {
    let project = Project::versioned().await;
    let versions = project.client.get(&project.versions_path()).await;
    let states = |uuid: &Value| format!("{}{}/featurestates/", project.versions_path(), uuid.as_str().unwrap());
    let live = states(&versions["results"][0]["uuid"]);
    let state = json!({ "feature_state_value": { "type": "unicode", "string_value": "x" } });
    let reply = project.client.call("POST", &live, state.clone()).await;
    assert_eq!((reply.status, reply.json()), (400, json!({ "detail": "Cannot modify published version." })));
    let draft = project.client.create(&project.versions_path(), json!({})).await;
    assert_eq!(project.client.call("POST", &states(&draft["uuid"]), state).await.status, 500);
    assert_eq!(project.client.get(&live).await.as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn without_versioning_the_live_states_stay_and_belong_to_no_version() {
    let project = Project::versioned().await;
    project.patch(json!({ "enabled": true })).await;
    assert!(project.state().await["environment_feature_version"].is_string());
    let path = format!("/api/v1/environments/{}/disable-v2-versioning/", project.key);
    assert_eq!(project.client.call("POST", &path, json!({})).await.status, 202);
    let state = project.state().await;
    assert_eq!((&state["enabled"], &state["environment_feature_version"]), (&json!(true), &Value::Null));
    assert!(state["live_from"].is_string() && state["version"] == 1);
    assert_eq!(project.client.get(&project.versions_path()).await["count"], 0);
    let again = project.client.call("POST", &path, json!({})).await;
    assert_eq!((again.status, again.json()), (400, json!({ "detail": "Environment is not using v2 versioning." })));
}
