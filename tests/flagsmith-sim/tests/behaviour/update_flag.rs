use crate::project::Project;
use flagsmith_sim::Sim;
use serde_json::{Value, json};

fn path(project: &Project, route: &str) -> String {
    format!("/api/experiments/environments/{}/{route}/", project.key)
}

fn text(value: &str) -> Value {
    json!({ "type": "string", "value": value })
}

#[tokio::test]
async fn update_flag_writes_in_both_kinds_of_environment() {
    for project in [Project::new().await, Project::versioned().await] {
        let segment = project.add_segment("s", json!({ "property": "a", "operator": "IS_SET" })).await;
        let over = json!({ "segment_id": segment, "enabled": true, "value": text("o") });
        let body = json!({ "feature": { "name": "checkout" }, "environment_default": { "enabled": true, "value": text("d") },
                           "segment_overrides": [over] });
        assert_eq!(project.client.call("POST", &path(&project, "update-flag-v2"), body).await.status, 204);
        let one = json!({ "feature": { "id": project.feature }, "enabled": false, "value": { "type": "integer", "value": "5" } });
        assert_eq!(project.client.call("POST", &path(&project, "update-flag-v1"), one).await.status, 204);
        let flag = project.client.get(&project.flag_path()).await;
        assert_eq!(flag["environment_default"]["value"], json!({ "type": "integer", "value": "5" }));
        assert_eq!(flag["segment_overrides"][0]["value"], text("o"));
        let body = json!({ "feature": { "id": project.feature }, "segment": { "id": segment } });
        let delete = path(&project, "delete-segment-override");
        assert_eq!(project.client.call("POST", &delete, body.clone()).await.status, 204);
        let again = project.client.call("POST", &delete, body).await;
        let detail = format!("Segment override for segment {segment} does not exist");
        assert_eq!((again.status, again.json()), (404, json!({ "detail": detail })));
    }
}

#[tokio::test]
async fn update_flag_wants_both_a_mark_and_a_value() {
    let project = Project::new().await;
    let path = path(&project, "update-flag-v2");
    let body = |default: Value| json!({ "feature": { "id": project.feature }, "environment_default": default });
    for (default, complaint) in [
        (json!({ "enabled": true }), json!({ "value": ["This field is required."] })),
        (json!({ "value": text("x") }), json!({ "enabled": ["This field is required."] })),
        (json!({ "enabled": true, "value": null }), json!({ "value": ["This field may not be null."] })),
        (
            json!({ "enabled": true, "value": { "type": "integer", "value": "x" } }),
            json!({ "value": { "non_field_errors": ["'x' is not a valid integer"] } }),
        ),
    ] {
        let reply = project.client.call("POST", &path, body(default)).await;
        assert_eq!((reply.status, reply.json()), (400, json!({ "environment_default": complaint })));
    }
}

#[tokio::test]
async fn an_update_that_breaks_halfway_leaves_what_was_written_or_a_draft() {
    let body = |project: &Project| {
        let value = json!({ "type": "integer", "value": "2147483648" });
        json!({ "feature": { "id": project.feature }, "environment_default": { "enabled": true, "value": value } })
    };
    let project = Project::new().await;
    assert_eq!(project.client.call("POST", &path(&project, "update-flag-v2"), body(&project)).await.status, 500);
    assert!(project.enabled().await);
    let project = Project::versioned().await;
    assert_eq!(project.client.call("POST", &path(&project, "update-flag-v2"), body(&project)).await.status, 500);
    assert!(!project.enabled().await);
    let versions = project.client.get(&project.versions_path()).await;
    assert_eq!((&versions["count"], &versions["results"][0]["published"]), (&json!(2), &json!(false)));
}

#[tokio::test]
async fn another_method_tells_whether_the_route_and_the_environment_are_there() {
    let project = Project::new().await;
    let get = async |project: &Project, path: &str| {
        let reply = project.client.call("GET", path, Value::Null).await;
        (reply.status, reply.header("content-type").map(str::to_owned))
    };
    let json = Some("application/json".to_owned());
    assert_eq!(get(&project, &path(&project, "update-flag-v2")).await, (405, json.clone()));
    assert_eq!(get(&project, "/api/experiments/environments/none/update-flag-v2/").await, (403, json));
    let old = Project::on(Sim::builder().without_update_flag()).await;
    let html = Some("text/html; charset=utf-8".to_owned());
    assert_eq!(get(&old, &path(&old, "update-flag-v2")).await, (404, html));
}
