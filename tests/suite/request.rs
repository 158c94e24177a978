//! What people ask for by annotation, and how often a project is read.

use serde_json::json;

use crate::support::{Case, Kind, Object, Served};

const REQUESTED: &str = "flagsmith-operator.dev/reconcile-requested-at";

async fn ask(case: &Case, kind: Kind, name: &str, when: &str) {
    case.cluster.edit(kind, name, json!({"metadata": {"annotations": {REQUESTED: when}}})).await;
}

async fn until_answered(case: &Case, kind: Kind, name: &str, when: &str) {
    case.until(kind, name, ("answers", |object: &Object| *object.at("/status/lastHandledReconcileAt") == json!(when)))
        .await;
}

async fn turn_off(case: &Case) {
    case.flagsmith.edit_state(&case.production, "checkout", json!({"enabled": false})).await;
}

async fn until_on(case: &Case) {
    case.eventually("it is corrected", async || case.served("checkout").await == Some(Served::on("blue"))).await;
}

async fn until_read_every(case: &Case, interval: &str) {
    let is_so = |object: &Object| *object.at("/status/pollInterval") == json!(interval);
    case.until(Kind::Project, "shop", ("says how often it is read", is_so)).await;
}

/// A flag that is served, in a project that is read once a day.
async fn seldom_read() -> Case {
    let case = Case::plan().unconnected().start().await;
    case.apply_connection(json!({"pollInterval": "24h"})).await;
    case.apply_project("shop").await;
    case.apply_flag_on("checkout", json!({"string": "blue"})).await;
    case.until_ready(Kind::Flag, "checkout").await;
    case
}

#[tokio::test]
async fn a_flag_that_is_asked_for_is_read_anew_and_corrected() {
    let case = seldom_read().await;
    turn_off(&case).await;
    ask(&case, Kind::Flag, "checkout", "now").await;
    until_answered(&case, Kind::Flag, "checkout", "now").await;
    assert_eq!(case.served("checkout").await, Some(Served::on("blue")));
    case.sim.clear_requests();
    ask(&case, Kind::Flag, "checkout", "and again").await;
    until_answered(&case, Kind::Flag, "checkout", "and again").await;
    assert_eq!(case.writes(), Vec::<String>::new());
}

#[tokio::test]
async fn every_kind_answers() {
    let case = seldom_read().await;
    case.apply_environment("production", json!({})).await;
    case.until_ready(Kind::Environment, "production").await;
    let all = [
        (Kind::Connection, "flagsmith"),
        (Kind::Project, "shop"),
        (Kind::Environment, "production"),
        (Kind::Flag, "checkout"),
    ];
    for (kind, name) in all {
        ask(&case, kind, name, "2026-11-25T19:00:00Z").await;
        until_answered(&case, kind, name, "2026-11-25T19:00:00Z").await;
        case.until_ready(kind, name).await;
    }
}

#[tokio::test]
async fn a_project_that_is_asked_for_is_read_anew_and_its_flags_are_corrected() {
    let case = seldom_read().await;
    turn_off(&case).await;
    ask(&case, Kind::Project, "shop", "now").await;
    until_on(&case).await;
}

#[tokio::test]
async fn a_project_is_read_as_often_as_it_says_itself() {
    let case = seldom_read().await;
    until_read_every(&case, "24h").await;
    let spec = json!({"connectionRef": {"name": "flagsmith"}, "pollInterval": "1s"});
    case.cluster.apply(Kind::Project, "shop", spec).await;
    until_read_every(&case, "1s").await;
    turn_off(&case).await;
    until_on(&case).await;
}
