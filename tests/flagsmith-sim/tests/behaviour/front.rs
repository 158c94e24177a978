//! A stand-in in front of another server: here of another stand-in, in place of a real Flagsmith.

use crate::client::{Client, Reply};
use crate::project::Project;
use flagsmith_sim::{Builder, Fault, Sim};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// A project on one server, and another in front of that.
struct Front {
    behind: Project,
    sim: Sim,
    client: Client,
}

impl Front {
    async fn with(change: impl FnOnce(Builder) -> Builder) -> Self {
        let behind = Project::on(Sim::builder().version("2.300.1")).await;
        let builder = Sim::builder().in_front_of(&behind.sim.api_url(), behind.sim.token());
        let sim = change(builder).start().await;
        let client = Client::of(&sim);
        Self { behind, sim, client }
    }

    async fn new() -> Self {
        Self::with(|builder| builder).await
    }

    async fn get(&self, path: &str) -> Reply {
        self.client.call("GET", path, Value::Null).await
    }
}

#[tokio::test]
async fn requests_are_passed_on_and_answers_given_back_as_they_are() {
    let front = Front::new().await;
    assert_eq!(front.sim.token(), front.behind.sim.token());
    let body = json!({ "environment_default": { "enabled": true } });
    let written = front.client.call("PATCH", &front.behind.flag_path(), body.clone()).await;
    assert_eq!((written.status, written.header("content-type")), (200, Some("application/json")));
    assert_eq!(written.header("flagsmith-version"), Some("2.300.1"));
    assert!(front.behind.enabled().await);
    let list = front.get(&format!("{}?search=check&page_size=1", front.behind.features_path())).await;
    assert_eq!(list.json()["count"], 1);
    let nowhere = front.get("/nowhere/").await;
    assert_eq!((nowhere.status, nowhere.header("content-type")), (404, Some("text/html; charset=utf-8")));
    let redirect = front.get("/api/v1/organisations").await;
    assert_eq!((redirect.status, redirect.header("location")), (301, Some("/api/v1/organisations/")));
    let writes = front.sim.writes();
    assert_eq!((writes.len(), writes[0].status, writes[0].body.clone()), (1, Some(200), Some(body)));
}

#[tokio::test]
async fn the_log_holds_what_was_answered() {
    let front = Front::new().await;
    let environment = front.get(&format!("/api/v1/environments/{}/", front.behind.key)).await;
    front.get("/nowhere/").await;
    front.sim.inject(Fault::on("GET", "/organisations/").retry_after(3));
    front.get("/api/v1/organisations/").await;
    let requests = front.sim.requests();
    assert_eq!(requests[0].answer(), Some(environment.json()));
    assert_eq!(requests[0].content_type.as_deref(), Some("application/json"));
    assert_eq!((requests[1].answer(), requests[1].status), (None, Some(404)));
    assert_eq!((requests[2].answer().is_some(), requests[2].status), (true, Some(429)));
}

#[tokio::test]
async fn what_goes_wrong_in_front_never_comes_behind() {
    let front = Front::new().await;
    front.behind.sim.clear_requests();
    front.sim.inject(Fault::on("*", "organisations").times(1).status(503));
    assert_eq!(front.get("/api/v1/organisations/").await.status, 503);
    front.sim.throttle(1, Duration::from_secs(60));
    assert_eq!(front.get("/api/v1/organisations/").await.status, 200);
    let refused = front.get("/api/v1/organisations/").await;
    assert_eq!((refused.status, refused.header("retry-after")), (429, Some("60")));
    assert_eq!(front.client.sdk("/api/v1/flags/", &front.behind.key).await.status, 200);
    front.sim.unthrottle();
    front.sim.down();
    front.client.try_call("GET", "/api/v1/organisations/", Value::Null).await.unwrap_err();
    front.sim.up();
    assert_eq!(front.behind.sim.requests().len(), 2);
}

#[tokio::test]
async fn answers_are_broken_off_and_writes_delayed_in_front() {
    let front = Front::new().await;
    let body = json!({ "environment_default": { "enabled": true } });
    front.sim.inject(Fault::on("PATCH", "features").times(1).truncate());
    front.client.try_call("PATCH", &front.behind.flag_path(), body.clone()).await.unwrap_err();
    assert!(front.behind.enabled().await);
    let delay = Duration::from_millis(100);
    front.sim.write_delay(delay);
    let began = Instant::now();
    front.client.call("PATCH", &front.behind.flag_path(), body).await;
    assert!(began.elapsed() >= delay);
}

#[tokio::test]
async fn an_older_server_is_played_in_front_of_a_newer_one() {
    let front = Front::with(|builder| builder.version("2.200.0").without_future().without_update_flag()).await;
    front.behind.sim.clear_requests();
    let flag = front.get(&front.behind.flag_path()).await;
    assert_eq!((flag.status, flag.header("content-type")), (404, Some("text/html; charset=utf-8")));
    let path = format!("/api/experiments/environments/{}/update-flag-v2/", front.behind.key);
    assert_eq!(front.client.call("POST", &path, json!({})).await.status, 404);
    assert!(front.behind.sim.requests().is_empty());
    let served = front.get("/api/v1/organisations/").await;
    assert_eq!((served.status, served.header("flagsmith-version")), (200, Some("2.200.0")));
    let silent = Front::with(Builder::without_version).await;
    assert_eq!(silent.get("/api/v1/organisations/").await.header("flagsmith-version"), None);
}

#[tokio::test]
async fn a_server_that_does_not_answer_is_a_bad_gateway() {
    let front = Front::new().await;
    front.behind.sim.down();
    assert_eq!(front.get("/api/v1/organisations/").await.status, 502);
}
