use crate::project::Project;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// Two writes at once: one turns the flag on, the other sets its value. Gives whether each is there afterwards.
async fn overlap(project: &Project) -> (bool, bool) {
    project.sim.write_delay(Duration::from_millis(100));
    let on = project.patch(json!({ "enabled": true }));
    let value = project.patch(json!({ "value": { "type": "string", "value": "blue" } }));
    tokio::join!(on, value);
    let flag = project.client.get(&project.flag_path()).await;
    let default = &flag["environment_default"];
    (default["enabled"] == true, default["value"]["value"] == "blue")
}

#[tokio::test]
async fn overlapping_writes_of_a_versioned_flag_lose_one_of_the_two() {
    let (on, blue) = overlap(&Project::versioned().await).await;
    assert!(on != blue, "on: {on}, blue: {blue}");
}

#[tokio::test]
async fn overlapping_writes_of_an_unversioned_flag_are_both_kept() {
    assert_eq!(overlap(&Project::new().await).await, (true, true));
}

#[tokio::test]
async fn writes_one_after_the_other_are_both_kept_in_a_versioned_environment() {
    let project = Project::versioned().await;
    project.sim.write_delay(Duration::from_millis(20));
    project.patch(json!({ "enabled": true })).await;
    let flag = project.patch(json!({ "value": { "type": "string", "value": "blue" } })).await;
    assert_eq!(flag["environment_default"]["enabled"], true);
}

#[tokio::test]
async fn a_slow_write_blocks_no_read_and_happens_at_its_end() {
    let project = Project::new().await;
    let delay = Duration::from_millis(200);
    project.sim.write_delay(delay);
    let began = Instant::now();
    let write = project.patch(json!({ "enabled": true }));
    let read = async {
        let before = project.enabled().await;
        (before, began.elapsed())
    };
    let (_, (before, read_after)) = tokio::join!(write, read);
    assert!(!before && read_after < delay, "{before} {read_after:?}");
    assert!(began.elapsed() >= delay && project.enabled().await);
}

/// Two creates at once, and the statuses that they got, the lower first.
async fn both_created(project: &Project, path: &str, bodies: [Value; 2]) -> (u16, u16) {
    project.sim.write_delay(Duration::from_millis(100));
    let [one, other] = bodies;
    let (one, other) = tokio::join!(project.client.call("POST", path, one), project.client.call("POST", path, other));
    (one.status.min(other.status), one.status.max(other.status))
}

#[tokio::test]
async fn two_environments_made_at_once_may_share_a_name_but_no_key() {
    let project = Project::new().await;
    let body = |name: &str, key: &str| json!({ "name": name, "project": project.id, "api_key": key });
    let path = "/api/v1/environments/";
    let twins = both_created(&project, path, [body("twin", "one"), body("twin", "other")]).await;
    assert_eq!(twins, (201, 201));
    let rivals = both_created(&project, path, [body("mine", "same"), body("yours", "same")]).await;
    assert_eq!(rivals, (201, 500));
}

#[tokio::test]
async fn of_two_features_of_one_name_made_at_once_one_breaks_the_server() {
    let project = Project::new().await;
    let bodies = [json!({ "name": "twin" }), json!({ "name": "TWIN" })];
    assert_eq!(both_created(&project, &project.features_path(), bodies).await, (201, 500));
}

#[tokio::test]
async fn every_write_of_a_versioned_flag_publishes_a_version_but_an_empty_one() {
    let project = Project::versioned().await;
    let path = format!("/api/v1/environments/{}/features/{}/versions/", project.environment, project.feature);
    let count = async || project.client.get(&path).await["count"].as_u64().unwrap();
    assert_eq!(count().await, 1);
    project.patch(json!({ "enabled": false })).await;
    assert_eq!(count().await, 2);
    project.patch(json!({})).await;
    assert_eq!(count().await, 2);
}

#[tokio::test]
async fn a_refused_write_leaves_no_version_and_no_change() {
    let project = Project::versioned().await;
    let body =
        json!({ "environment_default": { "enabled": true, "value": { "type": "integer", "value": "2147483648" } } });
    assert_eq!(project.client.call("PATCH", &project.flag_path(), body).await.status, 500);
    assert!(!project.enabled().await);
}

#[tokio::test]
async fn a_new_flag_in_a_versioned_environment_can_be_written() {
    let project = Project::versioned().await;
    let made = json!({ "name": "later", "initial_value": "7", "default_enabled": true });
    let made = project.client.create(&project.features_path(), made).await;
    let path = format!("/api/__future__/environments/{}/features/{}/", project.key, made["id"]);
    let flag = project.client.get(&path).await;
    assert_eq!(flag["environment_default"]["value"], json!({ "type": "integer", "value": "7" }));
    let body = json!({ "environment_default": { "enabled": false } });
    let written = project.client.call("PATCH", &path, body).await.json();
    assert_eq!(written["environment_default"]["enabled"], false);
}

#[tokio::test]
async fn deleting_a_segment_takes_its_overrides_along_in_a_versioned_environment_too() {
    let project = Project::versioned().await;
    let condition = json!({ "property": "plan", "operator": "EQUAL", "value": "gold" });
    let segment = project.add_segment("gold", condition).await;
    let body = json!({ "segment_overrides": [{ "segment": { "id": segment }, "priority": 3 }] });
    let flag = project.client.call("PATCH", &project.flag_path(), body).await.json();
    assert_eq!(flag["segment_overrides"][0]["priority"], 3);
    let path = format!("/api/v1/projects/{}/segments/{segment}/", project.id);
    assert_eq!(project.client.call("DELETE", &path, Value::Null).await.status, 204);
    assert_eq!(project.client.get(&project.flag_path()).await["segment_overrides"], json!([]));
}
