//! What Flagsmith does not keep, or does not let be set, of a project or an environment is told, and holds up nothing else.

use flagsmith_sim::Fault;
use serde_json::json;

use crate::support::{Case, Kind, Object, Served};

/// A project one of whose settings no open-source Flagsmith keeps.
async fn apply_project(case: &Case) -> Object {
    let spec = json!({"connectionRef": {"name": "flagsmith"}, "staleFlagsLimitDays": 7, "pollInterval": "2s"});
    case.cluster.apply(Kind::Project, "shop", spec).await;
    case.until_stalled(Kind::Project, "shop", "NotKept").await
}

fn rules() -> serde_json::Value {
    json!([{"type": "ALL", "conditions": [{"property": "plan", "operator": "EQUAL", "value": "beta"}]}])
}

async fn what_is_in_a_project_goes_on(versioned: bool) {
    let case = Case::plan().versioned(versioned).start().await;
    case.until_ready(Kind::Project, "shop").await;
    case.apply_flag_on("checkout", json!({"string": "blue"})).await;
    case.until_ready(Kind::Flag, "checkout").await;
    let project = apply_project(&case).await;
    assert_eq!(project.at("/status/drift"), &serde_json::Value::Null, "nobody asks for approvals");
    case.apply_flag_on("checkout", json!({"string": "green"})).await;
    case.until_ready(Kind::Flag, "checkout").await;
    assert_eq!(case.served("checkout").await, Some(Served::on("green")));
    case.apply_segment("beta", json!({"rules": rules()})).await;
    case.until_ready(Kind::Segment, "beta").await;
    case.apply_environment("staging", json!({"secret": {"name": "keys"}})).await;
    case.until_ready(Kind::Environment, "staging").await;
    // All that is told of a project besides is told of this one.
    let is_fresh = |one: &Object| one.is_stalled("NotKept") && one.holds("Fresh") && one.reason("Synced") == "NotKept";
    let project = case.until(Kind::Project, "shop", ("stalled and fresh", is_fresh)).await;
    assert_eq!(project.at("/status/pollInterval"), "2s");
    let path = format!("PATCH /api/v1/projects/{}/", case.flagsmith.project);
    assert_eq!(case.writes().into_iter().filter(|write| *write == path).count(), 1, "{:?}", case.writes());
}

#[tokio::test]
async fn a_setting_that_a_project_does_not_keep_holds_up_nothing_in_it_without_versions() {
    what_is_in_a_project_goes_on(false).await;
}

#[tokio::test]
async fn a_setting_that_a_project_does_not_keep_holds_up_nothing_in_it_with_versions() {
    what_is_in_a_project_goes_on(true).await;
}

#[tokio::test]
async fn a_project_that_is_new_to_the_operator_and_does_not_keep_a_setting_is_worked_in() {
    let case = Case::plan().unconnected().start().await;
    case.apply_connection(json!({})).await;
    apply_project(&case).await;
    case.apply_flag_on("checkout", json!({"string": "blue"})).await;
    case.until_ready(Kind::Flag, "checkout").await;
}

#[tokio::test]
async fn an_environment_that_does_not_keep_a_setting_still_publishes_and_rotates_its_keys() {
    let case = Case::start().await;
    let path = format!("/api/v1/environments/{}/", case.production);
    case.sim.inject(Fault::on("PATCH", &path).ignore());
    case.sim.inject(Fault::on("PUT", &path).ignore());
    let keys =
        json!([{"key": "KEY", "from": "EnvironmentKey"}, {"key": "SERVER", "from": "ServerKey", "name": "backend"}]);
    let fields = json!({"description": "What customers see", "secret": {"name": "keys", "keys": keys},
        "serverKeys": [{"name": "backend", "rotation": {"every": "720h", "overlap": "1h"}}]});
    case.apply_environment("production", fields).await;
    let environment = case.until_stalled(Kind::Environment, "production", "NotKept").await;
    assert_eq!(environment.at("/status/drift"), &serde_json::Value::Null);
    assert_eq!(case.cluster.secret_entry("keys", "KEY").await, Some(case.production.clone()));
    let first = case.cluster.secret_entry("keys", "SERVER").await.expect("there is a server-side key");
    let rotate = json!({"metadata": {"annotations": {"flagsmith-operator.dev/rotate-server-keys": "now"}}});
    case.cluster.edit(Kind::Environment, "production", rotate).await;
    let is_handled = |one: &Object| one.at("/status/handledRotateServerKeys") == "now";
    case.until(Kind::Environment, "production", ("asked for other keys, and has them", is_handled)).await;
    assert_ne!(case.cluster.secret_entry("keys", "SERVER").await, Some(first));
    case.apply_flag_on("checkout", json!({"string": "blue"})).await;
    case.until_ready(Kind::Flag, "checkout").await;
    let request = json!({"metadata": {"annotations": {"flagsmith-operator.dev/reconcile-requested-at": "now"}}});
    case.sim.clear_faults();
    case.cluster.edit(Kind::Environment, "production", request).await;
    case.until_ready(Kind::Environment, "production").await;
}
