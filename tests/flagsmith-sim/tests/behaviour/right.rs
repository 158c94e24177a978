use crate::client::Client;
use crate::project::{Project, id};
use serde_json::{Value, json};

const PROJECT: [&str; 6] =
    ["VIEW_PROJECT", "CREATE_FEATURE", "DELETE_FEATURE", "CREATE_ENVIRONMENT", "MANAGE_SEGMENTS", "MANAGE_TAGS"];
const ENVIRONMENT: [&str; 3] = ["VIEW_ENVIRONMENT", "UPDATE_FEATURE_STATE", "MANAGE_SEGMENT_OVERRIDES"];

/// A member of the project's organisation, and what the member is.
struct Member {
    token: String,
    client: Client,
}

impl Member {
    async fn of(project: &Project) -> Self {
        let organisations = project.client.get("/api/v1/organisations/").await;
        let token = project.sim.add_member(id(&organisations["results"][0]), "member@example.com");
        Self { client: Client::with(&project.sim, &token), token }
    }

    /// With all rights but one.
    async fn without(project: &Project, missing: &str) -> Self {
        let member = Self::of(project).await;
        let kept =
            |rights: &[&'static str]| rights.iter().copied().filter(|right| *right != missing).collect::<Vec<_>>();
        project.sim.grant_project(&member.token, project.id, &kept(&PROJECT));
        project.sim.grant_environment(&member.token, &project.key, &kept(&ENVIRONMENT));
        member
    }

    async fn status(&self, method: &str, path: &str, body: Value) -> u16 {
        self.client.call(method, path, body).await.status
    }
}

#[tokio::test]
async fn a_member_without_rights_sees_the_organisation_and_nothing_in_it() {
    let project = Project::new().await;
    let member = Member::of(&project).await;
    let organisations = member.client.get("/api/v1/organisations/").await;
    assert_eq!((&organisations["count"], &organisations["results"][0]["role"]), (&json!(1), &json!("USER")));
    assert_eq!(member.client.get("/api/v1/projects/").await, json!([]));
    let path = format!("/api/v1/environments/?project={}", project.id);
    assert_eq!(member.client.get(&path).await["results"], json!([]));
    assert_eq!(member.status("GET", &project.features_path(), Value::Null).await, 404);
    assert_eq!(member.status("GET", &project.document_path(), Value::Null).await, 403);
    assert_eq!(member.status("GET", &project.flag_path(), Value::Null).await, 404);
}

#[tokio::test]
async fn each_right_that_is_missing_is_told_in_its_own_way() {
    let feature = json!({ "name": "other" });
    let default = json!({ "environment_default": { "enabled": true } });
    let overrides = json!({ "segment_overrides": [] });
    for (missing, denied) in [
        ("VIEW_PROJECT", vec![("GET", "features", json!(null), 404), ("POST", "versions", json!({}), 404)]),
        ("CREATE_FEATURE", vec![("POST", "features", feature, 403), ("PATCH", "feature", json!({}), 403)]),
        ("DELETE_FEATURE", vec![("DELETE", "feature", json!(null), 403)]),
        ("VIEW_ENVIRONMENT", vec![("GET", "document", json!(null), 403), ("GET", "states", json!(null), 403)]),
        ("UPDATE_FEATURE_STATE", vec![("PATCH", "flag", default, 403), ("POST", "versions", json!({}), 403)]),
        ("MANAGE_SEGMENT_OVERRIDES", vec![("PATCH", "flag", overrides, 403)]),
    ] {
        let project = Project::versioned().await;
        let paths = |name: &str| match name {
            "features" => project.features_path(),
            "feature" => format!("{}{}/", project.features_path(), project.feature),
            "document" => project.document_path(),
            "states" => project.states_path(),
            "versions" => project.versions_path(),
            _ => project.flag_path(),
        };
        let (lacking, complete) = (Member::without(&project, missing).await, Member::without(&project, "").await);
        for (method, name, body, status) in denied {
            let reply = lacking.client.call(method, &paths(name), body.clone()).await;
            let told = (reply.status, reply.header("content-type"));
            assert_eq!(told, (status, Some("application/json")), "without {missing}: {method} {name}");
            let allowed = complete.status(method, &paths(name), body).await;
            assert!(allowed < 300, "with {missing}: {method} {name} {allowed}");
        }
    }
}

#[tokio::test]
async fn only_administrators_change_an_environment_and_its_maker_is_one() {
    let project = Project::new().await;
    let member = Member::without(&project, "").await;
    let environment = format!("/api/v1/environments/{}/", project.key);
    let keys = format!("{environment}api-keys/");
    assert_eq!(member.status("PATCH", &environment, json!({ "description": "x" })).await, 403);
    assert_eq!(member.status("GET", &keys, Value::Null).await, 403);
    project.sim.grant_environment(&member.token, &project.key, &["ADMIN"]);
    assert_eq!(member.status("PATCH", &environment, json!({ "description": "x" })).await, 200);
    assert_eq!(member.status("POST", &keys, json!({ "name": "k" })).await, 201);
    let body = json!({ "name": "mine", "project": project.id, "api_key": "mine" });
    member.client.create("/api/v1/environments/", body).await;
    assert_eq!(member.status("DELETE", "/api/v1/environments/mine/", Value::Null).await, 204);
}

#[tokio::test]
async fn a_grant_replaces_the_one_before() {
    let project = Project::new().await;
    let member = Member::without(&project, "").await;
    project.sim.grant_project(&member.token, project.id, &[]);
    project.sim.grant_environment(&member.token, &project.key, &["VIEW_ENVIRONMENT"]);
    assert_eq!(member.client.get("/api/v1/projects/").await, json!([]));
    assert_eq!(member.status("GET", &project.document_path(), Value::Null).await, 200);
    assert_eq!(member.status("PATCH", &project.flag_path(), json!({})).await, 404);
}

#[tokio::test]
async fn a_token_that_is_revoked_opens_nothing_more() {
    let project = Project::new().await;
    let member = Member::of(&project).await;
    assert_eq!(member.status("GET", "/api/v1/organisations/", Value::Null).await, 200);
    project.sim.revoke(&member.token);
    let reply = member.client.call("GET", "/api/v1/organisations/", Value::Null).await;
    assert_eq!((reply.status, reply.json()), (401, json!({ "detail": "Invalid token." })));
}
