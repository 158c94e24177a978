//! Users who sign up, join and are granted rights through the API alone, as a test on a real server must do it.

use crate::client::Client;
use crate::project::{Project, id};
use serde_json::{Value, json};

/// Signs up, and gives the user's id and token.
async fn sign_up(project: &Project) -> (u64, String) {
    let user =
        json!({ "email": "new@example.com", "password": "hJ7-quarrel-oxbow", "first_name": "N", "last_name": "W" });
    let headers = [("content-type", "application/json")];
    let reply = project.client.send(("POST", "/api/v1/auth/users/"), &headers, Some(user.to_string())).await.unwrap();
    assert_eq!(reply.status, 201, "{}", reply.text);
    (id(&reply.json()), reply.json()["key"].as_str().unwrap().to_owned())
}

#[tokio::test]
async fn a_user_joins_by_a_link_and_is_granted_rights_by_an_administrator() {
    let project = Project::new().await;
    let (user, token) = sign_up(&project).await;
    let member = Client::with(&project.sim, &token);
    assert_eq!(member.get("/api/v1/organisations/").await["count"], 0);
    let organisation = id(&project.client.get("/api/v1/organisations/").await["results"][0]);
    let links = format!("/api/v1/organisations/{organisation}/invite-links/");
    let link = project.client.create(&links, json!({ "role": "USER" })).await;
    let join = format!("/api/v1/users/join/link/{}/", link["hash"].as_str().unwrap());
    assert_eq!(member.call("POST", &join, json!({})).await.json()["role"], "USER");
    let grants = format!("/api/v1/projects/{}/user-permissions/", project.id);
    let grant = project.client.create(&grants, json!({ "user": user, "permissions": ["VIEW_PROJECT"] })).await;
    assert_eq!(grant["permissions"], json!(["VIEW_PROJECT"]));
    assert_eq!(member.get("/api/v1/projects/").await.as_array().unwrap().len(), 1);
    let grants = format!("/api/v1/environments/{}/user-permissions/", project.key);
    let grant = project.client.create(&grants, json!({ "user": user, "permissions": ["VIEW_ENVIRONMENT"] })).await;
    assert_eq!(member.call("GET", &project.document_path(), Value::Null).await.status, 200);
    let grant = format!("{grants}{}/", grant["id"]);
    let body = json!({ "permissions": [], "admin": true });
    assert_eq!(project.client.call("PATCH", &grant, body).await.json()["admin"], true);
    let mine = format!("/api/v1/environments/{}/my-permissions/", project.key);
    assert_eq!(member.get(&mine).await["admin"], true);
    assert_eq!(member.call("DELETE", "/api/v1/auth/users/me/", Value::Null).await.status, 204);
    assert_eq!(member.call("GET", "/api/v1/organisations/", Value::Null).await.status, 401);
}
