use crate::project::Project;
use serde_json::json;

#[tokio::test]
async fn where_change_requests_are_asked_for_the_newer_routes_refuse_and_the_older_ones_write() {
    for project in [Project::new().await, Project::versioned().await] {
        project.sim.require_approvals(&project.key, Some(0));
        let environment = project.client.get(&format!("/api/v1/environments/{}/", project.key)).await;
        assert_eq!(environment["minimum_change_request_approvals"], 0, "any number asks for them, be it 0");
        let reply = project.client.call("PATCH", &project.flag_path(), json!({})).await;
        assert_eq!((reply.status, &reply.json()["code"]), (409, &json!("change_requests_enabled")));
        let path = format!("/api/experiments/environments/{}/update-flag-v2/", project.key);
        assert_eq!(project.client.call("POST", &path, json!({})).await.status, 403);
        if environment["use_v2_feature_versioning"] == true {
            let body = json!({ "publish_immediately": true });
            assert_eq!(project.client.call("POST", &project.versions_path(), body).await.status, 201);
        } else {
            let path = format!("{}{}/", project.states_path(), project.state().await["id"]);
            assert_eq!(project.client.call("PUT", &path, json!({ "enabled": true })).await.status, 200);
        }
        project.sim.require_approvals(&project.key, None);
        project.patch(json!({ "enabled": true })).await;
    }
}
