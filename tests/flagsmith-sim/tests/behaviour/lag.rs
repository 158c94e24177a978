use crate::project::Project;
use serde_json::json;
use std::time::{Duration, Instant};

#[tokio::test]
async fn a_frozen_document_is_old_until_it_is_thawed() {
    let project = Project::new().await;
    project.sim.freeze_document(&project.key);
    project.patch(json!({ "enabled": true })).await;
    assert!(project.enabled().await);
    assert!(!project.enabled_in_document().await);
    project.sim.thaw_document(&project.key);
    assert!(project.enabled_in_document().await);
}

#[tokio::test]
async fn a_lagging_document_shows_a_write_only_after_the_lag() {
    let project = Project::new().await;
    let lag = Duration::from_millis(300);
    project.sim.document_lag(lag);
    let written = Instant::now();
    project.patch(json!({ "enabled": true })).await;
    assert!(project.enabled().await);
    assert!(!project.enabled_in_document().await);
    while !project.enabled_in_document().await {
        assert!(written.elapsed() < Duration::from_secs(10), "it never showed");
    }
    assert!(written.elapsed() >= lag);
}

#[tokio::test]
async fn a_document_lags_behind_each_of_several_writes() {
    let project = Project::new().await;
    project.sim.document_lag(Duration::from_secs(60));
    project.patch(json!({ "enabled": true })).await;
    project.patch(json!({ "enabled": true, "value": { "type": "string", "value": "b" } })).await;
    assert!(!project.enabled_in_document().await);
    project.sim.document_lag(Duration::ZERO);
    assert!(project.enabled_in_document().await);
}
