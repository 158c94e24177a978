use crate::project::Project;
use serde_json::{Value, json};

/// The path of the flag's default state.
async fn state_path(project: &Project) -> String {
    format!("{}{}/", project.states_path(), project.state().await["id"])
}

#[tokio::test]
async fn a_direct_put_leaves_what_it_does_not_name_and_answers_the_whole_row() {
    let project = Project::new().await;
    let path = state_path(&project).await;
    for (body, enabled, value) in [
        (json!({ "enabled": true }), true, Value::Null),
        (json!({ "feature_state_value": "42" }), true, json!("42")),
        (json!({ "feature_state_value": 42 }), true, json!(42)),
        (json!({ "enabled": false, "feature_state_value": true }), false, json!(true)),
        (json!({ "feature_state_value": 1.5 }), false, json!("1.5")),
        (json!({}), false, json!("1.5")),
        (json!({ "feature_state_value": null }), false, Value::Null),
    ] {
        let row = project.client.call("PUT", &path, body.clone()).await.json();
        assert_eq!((&row["enabled"], &row["feature_state_value"]), (&json!(enabled), &value), "{body}");
        assert_eq!((&row["version"], &row["environment"]), (&json!(1), &json!(project.environment)));
        assert_eq!(project.state().await["feature_state_value"], value);
    }
}

#[tokio::test]
async fn a_direct_patch_answers_little() {
    let project = Project::new().await;
    let path = state_path(&project).await;
    let body = json!({ "enabled": true, "feature_state_value": "p" });
    let answer = project.client.call("PATCH", &path, body).await.json();
    assert_eq!(answer, json!({ "feature": project.feature, "enabled": true }));
    assert_eq!(project.state().await["feature_state_value"], "p");
}

#[tokio::test]
async fn a_direct_write_is_refused_in_flagsmiths_words_though_its_value_may_be_written() {
    let project = Project::new().await;
    let path = state_path(&project).await;
    for (body, complaint) in [
        (json!({ "feature_state_value": { "a": 1 } }), json!({ "string_value": ["Not a valid string."] })),
        (
            json!({ "feature_state_value": 2_147_483_648_u32 }),
            json!({ "integer_value": ["Ensure this value is less than or equal to 2147483647."] }),
        ),
        (
            json!({ "feature_state_value": "x".repeat(20_001) }),
            json!({ "string_value": ["Ensure this field has no more than 20000 characters."] }),
        ),
        (json!({ "feature": 999_999 }), json!({ "feature": ["Invalid pk \"999999\" - object does not exist."] })),
        (
            json!({ "enabled": "zz", "feature_state_value": "written" }),
            json!({ "enabled": ["Must be a valid boolean."] }),
        ),
    ] {
        let reply = project.client.call("PUT", &path, body).await;
        assert_eq!((reply.status, reply.json()), (400, complaint));
    }
    let state = project.state().await;
    assert_eq!((&state["feature_state_value"], &state["enabled"]), (&json!("written"), &json!(false)));
}

#[tokio::test]
async fn a_direct_put_keeps_weights_unless_it_lists_them_and_then_has_no_others() {
    let project = Project::new().await;
    let [first, second] = project.vary().await;
    let path = state_path(&project).await;
    let weights = async |body: Value| {
        let row = project.client.call("PUT", &path, body).await.json();
        let weights = row["multivariate_feature_state_values"].as_array().cloned().unwrap_or_default();
        let shown = weights
            .iter()
            .map(|each| (each["multivariate_feature_option"].clone(), each["percentage_allocation"].clone()));
        shown.collect::<Vec<_>>()
    };
    let both = [(json!(first), json!(30.0)), (json!(second), json!(20.0))];
    assert_eq!(weights(json!({ "feature_state_value": "control" })).await, both);
    let rows = project.state().await["multivariate_feature_state_values"].clone();
    let listed = json!([{ "id": rows[0]["id"], "multivariate_feature_option": first, "percentage_allocation": 70 }]);
    let body = json!({ "multivariate_feature_state_values": listed });
    assert_eq!(weights(body).await, [(json!(first), json!(70.0))]);
    let doubled = json!({ "multivariate_feature_state_values": [{ "multivariate_feature_option": first, "percentage_allocation": 1 }] });
    let refusal = project.client.call("PUT", &path, doubled).await;
    assert!(refusal.status == 400 && refusal.text.contains("already exists"), "{}", refusal.text);
}

#[tokio::test]
async fn a_direct_write_is_refused_where_the_environment_is_versioned() {
    let project = Project::versioned().await;
    let path = state_path(&project).await;
    for method in ["PUT", "PATCH", "DELETE"] {
        let reply = project.client.call(method, &path, json!({ "enabled": true })).await;
        assert!(reply.status == 400 && reply.text.contains("v2 feature versioning"), "{method}: {}", reply.text);
    }
    assert_eq!(project.client.call("GET", &path, Value::Null).await.status, 200);
}

#[tokio::test]
async fn the_defaults_of_a_feature_that_is_not_there_are_an_empty_list() {
    let project = Project::new().await;
    let path = format!("{}?feature=999999", project.states_path());
    assert_eq!(project.client.get(&path).await["results"], json!([]));
    project.lose_default().await;
    assert_eq!(project.state().await, Value::Null);
    let path = format!("{}?feature=abc", project.states_path());
    assert_eq!(project.client.call("GET", &path, Value::Null).await.status, 500);
}
