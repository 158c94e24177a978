use crate::project::Project;
use serde_json::{Map, Value, json};

fn text(value: &str) -> Value {
    json!({ "type": "unicode", "string_value": value })
}

/// Publishes a version, and gives the flag.
async fn publish(project: &Project, mut change: Value) -> Value {
    change["publish_immediately"] = json!(true);
    project.client.create(&project.versions_path(), change).await;
    project.client.get(&project.flag_path()).await
}

fn update(state: Value) -> Value {
    Value::Object(Map::from_iter([("feature_states_to_update".to_owned(), Value::Array(vec![state]))]))
}

#[tokio::test]
async fn a_version_changes_the_default_and_keeps_the_mark_that_it_leaves_out() {
    let project = Project::versioned().await;
    for (state, enabled, value) in [
        (
            json!({ "enabled": true, "feature_state_value": text("42") }),
            true,
            json!({ "type": "string", "value": "42" }),
        ),
        (
            json!({ "feature_state_value": { "type": "int", "integer_value": 7 } }),
            true,
            json!({ "type": "integer", "value": "7" }),
        ),
        (
            json!({ "enabled": false, "feature_state_value": { "type": "bool", "boolean_value": true } }),
            false,
            json!({ "type": "boolean", "value": "true" }),
        ),
        (json!({ "feature_state_value": { "type": "unicode", "string_value": null } }), false, Value::Null),
    ] {
        let default = publish(&project, update(state)).await["environment_default"].clone();
        assert_eq!((&default["enabled"], &default["value"]), (&json!(enabled), &value));
    }
}

#[tokio::test]
async fn a_version_is_refused_in_flagsmiths_words() {
    let project = Project::versioned().await;
    let segment = project.add_segment("s", json!({ "property": "a", "operator": "IS_SET" })).await;
    let wrong = |complaint: Value| json!({ "feature_states_to_update": [complaint] });
    let cases = [
        (update(json!({ "enabled": true })), wrong(json!({ "feature_state_value": ["This field is required."] }))),
        (
            update(json!({ "feature_state_value": null })),
            wrong(json!({ "feature_state_value": ["This field may not be null."] })),
        ),
        (
            json!({ "feature_states_to_create": [{ "feature_segment": null, "feature_state_value": text("x") }] }),
            json!({ "message": "Cannot create FeatureState objects that are not segment overrides." }),
        ),
        (
            update(json!({ "feature_segment": { "segment": segment }, "feature_state_value": text("x") })),
            json!({ "message": "An unresolvable conflict occurred: segment override does not exist for segment 's'." }),
        ),
    ];
    for (body, complaint) in cases {
        let reply = project.client.call("POST", &project.versions_path(), body).await;
        assert_eq!((reply.status, reply.json()), (400, complaint));
    }
    let unversioned = Project::new().await;
    let reply = unversioned.client.call("POST", &unversioned.versions_path(), json!({})).await;
    let complaint = json!({ "environment": "Environment must use v2 feature versioning." });
    assert_eq!((reply.status, reply.json()), (400, complaint));
}

#[tokio::test]
async fn a_version_makes_changes_and_deletes_overrides_and_the_new_one_inherits_nothing() {
    let project = Project::versioned().await;
    let [first, _] = project.vary().await;
    let condition = json!({ "property": "a", "operator": "IS_SET" });
    let (one, other) =
        (project.add_segment("one", condition.clone()).await, project.add_segment("other", condition).await);
    let make = |segment: u64| json!({ "feature_segment": { "segment": segment, "priority": 0 }, "feature_state_value": text("o") });
    publish(&project, json!({ "feature_states_to_create": [make(one)] })).await;
    let flag = publish(&project, json!({ "feature_states_to_create": [make(other)] })).await;
    let shown = |flag: &Value, place: usize| {
        let over = &flag["segment_overrides"][place];
        (over["segment"]["id"].as_u64(), over["priority"].as_u64(), over["enabled"] == true, over["variants"].clone())
    };
    assert_eq!(shown(&flag, 0), (Some(other), Some(0), false, json!([])));
    assert_eq!(shown(&flag, 1), (Some(one), Some(1), false, json!([])));
    let weights = json!([{ "multivariate_feature_option": first, "percentage_allocation": 60 }]);
    let state = json!({ "feature_segment": { "segment": one }, "enabled": true, "feature_state_value": text("n"),
                        "multivariate_feature_state_values": weights });
    let mut change = update(state);
    change["segment_ids_to_delete_overrides"] = json!([other]);
    let flag = publish(&project, change).await;
    assert_eq!(shown(&flag, 0), (Some(one), Some(1), true, json!([{ "id": first, "weight": 60.0 }])));
    assert_eq!(flag["segment_overrides"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn weights_above_a_hundred_break_the_documents_and_nothing_else() {
    let project = Project::versioned().await;
    let [first, second] = project.vary().await;
    let key = format!("/api/v1/environments/{}/api-keys/", project.key);
    let key = project.client.create(&key, json!({ "name": "sdk" })).await["key"].as_str().unwrap().to_owned();
    let weight =
        |variant: u64, share: u64| json!({ "multivariate_feature_option": variant, "percentage_allocation": share });
    let state = json!({ "feature_state_value": text("c"), "multivariate_feature_state_values": [weight(first, 80), weight(second, 44)] });
    publish(&project, update(state)).await;
    let document = project.client.call("GET", &project.document_path(), Value::Null).await;
    assert_eq!((document.status, document.header("content-type")), (500, Some("text/html; charset=utf-8")));
    assert_eq!(project.client.sdk("/api/v1/environment-document/", &key).await.status, 500);
    assert_eq!(project.client.sdk("/api/v1/flags/", &project.key).await.status, 200);
    assert_eq!(project.client.call("GET", &project.states_path(), Value::Null).await.status, 200);
    project.patch(json!({ "enabled": true })).await;
    project.patch(json!({ "variants": [{ "id": first, "weight": 10 }, { "id": second, "weight": 10 }] })).await;
    assert_eq!(project.client.call("GET", &project.document_path(), Value::Null).await.status, 200);
    let variants = format!("{}{}/mv-options/", project.features_path(), project.feature);
    let variant = json!({ "feature": project.feature, "type": "unicode", "default_percentage_allocation": 0 });
    let reply = project.client.call("POST", &variants, variant).await;
    let complaint = json!({ "default_percentage_allocation": ["Invalid percentage allocation"] });
    assert_eq!((reply.status, reply.json()), (400, complaint), "a superseded version counts too");
}

#[tokio::test]
async fn a_draft_serves_nothing_until_it_is_published() {
    let project = Project::versioned().await;
    let change = update(json!({ "enabled": true, "feature_state_value": text("draft") }));
    let draft = project.client.create(&project.versions_path(), change).await;
    assert_eq!((&draft["published"], &draft["is_live"]), (&json!(false), &json!(false)));
    assert!(!project.enabled().await);
    let path = format!("{}{}/publish/", project.versions_path(), draft["uuid"].as_str().unwrap());
    assert_eq!(project.client.call("POST", &path, json!({})).await.status, 200);
    assert!(project.enabled().await);
}

#[tokio::test]
async fn a_version_with_a_time_to_come_is_not_live_yet() {
    let project = Project::versioned().await;
    let mut change = update(json!({ "enabled": true, "feature_state_value": text("later") }));
    change["live_from"] = json!("2999-01-01T00:00:00Z");
    publish(&project, change).await;
    assert!(!project.enabled().await);
    project.patch(json!({ "value": { "type": "string", "value": "now" } })).await;
    assert!(!project.enabled().await);
}
