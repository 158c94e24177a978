use crate::project::Project;
use flagsmith_sim::Fault;
use flagsmith_sim::Regex;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// Turns the flag on, whatever comes of it.
async fn turn_on(project: &Project) -> Result<u16, String> {
    let body = json!({ "environment_default": { "enabled": true } });
    let reply = project.client.try_call("PATCH", &project.flag_path(), body).await;
    reply.map(|reply| reply.status)
}

#[tokio::test]
async fn a_status_is_given_as_often_as_asked_and_nothing_is_done() {
    let project = Project::new().await;
    project.sim.inject(Fault::on("PATCH", "/api/__future__/").times(2).status(503));
    assert_eq!(turn_on(&project).await, Ok(503));
    assert_eq!(turn_on(&project).await, Ok(503));
    assert!(!project.enabled().await);
    assert_eq!(turn_on(&project).await, Ok(200));
    assert!(project.enabled().await);
}

#[tokio::test]
async fn a_fault_spares_other_methods_other_paths_and_those_it_skips() {
    let project = Project::new().await;
    let pattern = Regex::new("^/api/v1/projects/[0-9]+/features/$").unwrap();
    project.sim.inject(Fault::matching("GET", pattern).skip(1).html(502));
    let get = async |path: &str| project.client.call("GET", path, Value::Null).await;
    assert_eq!(get(&project.document_path()).await.status, 200);
    assert_eq!(get(&project.features_path()).await.status, 200);
    let proxy = get(&project.features_path()).await;
    assert_eq!((proxy.status, proxy.header("content-type")), (502, Some("text/html; charset=utf-8")));
    project.client.create(&project.features_path(), json!({ "name": "other" })).await;
    project.sim.clear_faults();
    assert_eq!(get(&project.features_path()).await.status, 200);
}

#[tokio::test]
async fn a_change_that_is_ignored_is_answered_as_if_it_were_not() {
    let project = Project::new().await;
    project.sim.inject(Fault::on("PATCH", "features").times(1).ignore());
    assert_eq!(turn_on(&project).await, Ok(200));
    assert!(!project.enabled().await);
    assert_eq!(project.sim.writes().last().unwrap().status, Some(200));
}

#[tokio::test]
async fn below_a_prefix_it_is_all_there_and_beside_it_nothing_is() {
    let sim = flagsmith_sim::Sim::builder().under("/tools/flags/").start().await;
    let client = crate::client::Client::of(&sim);
    let status = async |path: &str| client.call("GET", path, Value::Null).await.status;
    assert_eq!(status("/tools/flags/api/v1/organisations/").await, 200);
    assert_eq!(status("/api/v1/organisations/").await, 404);
}

#[tokio::test]
async fn a_connection_dropped_before_the_work_leaves_everything_as_it_was() {
    let project = Project::new().await;
    project.sim.inject(Fault::on("PATCH", "features").times(1).drop_before());
    turn_on(&project).await.unwrap_err();
    assert!(!project.enabled().await);
}

#[tokio::test]
async fn a_connection_dropped_after_the_work_leaves_it_done() {
    let project = Project::new().await;
    project.sim.inject(Fault::on("PATCH", "features").times(1).drop_after());
    turn_on(&project).await.unwrap_err();
    assert!(project.enabled().await);
}

#[tokio::test]
async fn a_truncated_answer_breaks_off_though_the_work_is_done() {
    let project = Project::new().await;
    project.sim.inject(Fault::on("PATCH", "features").times(1).truncate());
    turn_on(&project).await.unwrap_err();
    assert!(project.enabled().await);
}

#[tokio::test]
async fn a_hanging_request_blocks_no_other_and_is_logged_without_a_status() {
    let project = Project::new().await;
    project.sim.inject(Fault::on("PATCH", "features").times(1).hang());
    let hanging = tokio::time::timeout(Duration::from_millis(100), turn_on(&project)).await;
    hanging.unwrap_err();
    assert!(!project.enabled().await);
    let requests = project.sim.requests();
    assert_eq!((requests[0].status, requests[1].status), (None, Some(200)));
}

#[tokio::test]
async fn a_delayed_write_is_done_even_if_the_client_has_left() {
    let project = Project::new().await;
    let delay = Duration::from_millis(200);
    project.sim.inject(Fault::on("PATCH", "features").times(1).delay(delay));
    let began = Instant::now();
    let left = tokio::time::timeout(Duration::from_millis(50), turn_on(&project)).await;
    left.unwrap_err();
    assert!(!project.enabled().await);
    while !project.enabled().await {
        assert!(began.elapsed() < Duration::from_secs(10), "it was never done");
    }
    assert!(began.elapsed() >= delay);
}

#[tokio::test]
async fn a_throttled_request_says_when_to_come_again() {
    let project = Project::new().await;
    project.sim.inject(Fault::on("*", "features").times(1).retry_after(7));
    let reply = project.client.call("GET", &project.features_path(), Value::Null).await;
    assert_eq!((reply.status, reply.header("retry-after")), (429, Some("7")));
    let detail = "Request was throttled. Expected available in 7 seconds.";
    assert_eq!(reply.json(), json!({ "detail": detail }));
}

#[tokio::test]
async fn a_throttle_counts_each_account_and_spares_sdks() {
    let project = Project::new().await;
    project.sim.throttle(2, Duration::from_secs(60));
    let get = async || project.client.call("GET", &project.features_path(), Value::Null).await;
    assert_eq!((get().await.status, get().await.status), (200, 200));
    let refused = get().await;
    assert_eq!((refused.status, refused.header("retry-after")), (429, Some("60")));
    assert_eq!(project.client.sdk("/api/v1/flags/", &project.key).await.status, 200);
    project.sim.unthrottle();
    assert_eq!(get().await.status, 200);
}

#[tokio::test]
async fn a_server_that_is_down_answers_nothing_until_it_is_up() {
    let project = Project::new().await;
    project.sim.down();
    turn_on(&project).await.unwrap_err();
    project.sim.up();
    assert!(project.sim.requests().is_empty());
    assert!(!project.enabled().await);
}

#[tokio::test]
async fn the_log_tells_writes_from_reads_and_from_what_sdks_do() {
    let project = Project::new().await;
    turn_on(&project).await.unwrap();
    project.enabled().await;
    let person = json!({ "identifier": "bob", "traits": [] }).to_string();
    let headers = [("x-environment-key", project.key.as_str()), ("content-type", "application/json")];
    let request = ("POST", "/api/v1/identities/");
    let identified = project.client.send(request, &headers, Some(person)).await.unwrap();
    assert_eq!(identified.status, 200);
    assert_eq!(project.sim.requests().len(), 3);
    let writes = project.sim.writes();
    assert_eq!(writes.len(), 1);
    assert_eq!((writes[0].method.as_str(), writes[0].status), ("PATCH", Some(200)));
    assert_eq!(writes[0].path, project.flag_path());
    assert_eq!(writes[0].body, Some(json!({ "environment_default": { "enabled": true } })));
    project.sim.clear_requests();
    assert!(project.sim.requests().is_empty());
}
