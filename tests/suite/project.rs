//! A project: found by its name, kept by its id.

use serde_json::json;

use crate::support::{Case, Kind, Served};

#[tokio::test]
async fn a_project_that_may_not_be_made_is_told_and_found_once_it_is_there() {
    let case = Case::plan().resync("2s").unconnected().start().await;
    case.sim.inject(flagsmith_sim::Fault::on("POST", "/api/v1/projects/").times(1).status(403));
    case.apply_connection(json!({})).await;
    case.apply_project("outlet").await;
    let spec = json!({"projectRef": {"name": "outlet"}});
    case.cluster.apply(Kind::Flag, "checkout", spec.clone()).await;
    case.cluster.apply(Kind::Environment, "production", spec).await;
    let project = case.until_stalled(Kind::Project, "outlet", "ProjectNotFound").await;
    assert!(project.message().contains("named outlet"), "{}", project.message());
    for (kind, name) in [(Kind::Flag, "checkout"), (Kind::Environment, "production")] {
        let dependant = case.until_waiting(kind, name, "ProjectNotReady").await;
        assert!(dependant.message().contains("FlagsmithProject outlet"), "{}", dependant.message());
    }
    let outlet = case.flagsmith.add_project("outlet").await;
    let project = case.until_ready(Kind::Project, "outlet").await;
    assert_eq!((project.at("/status/id"), project.at("/status/uuid")), (&outlet["id"], &outlet["uuid"]));
    case.until_ready(Kind::Flag, "checkout").await;
    case.until_ready(Kind::Environment, "production").await;
}

#[tokio::test]
async fn a_flag_may_come_before_its_project_and_its_connection() {
    let case = Case::plan().unconnected().start().await;
    case.apply_flag_on("checkout", json!({"string": "blue"})).await;
    case.until_waiting(Kind::Flag, "checkout", "ProjectNotReady").await;
    case.apply_project("shop").await;
    case.until_waiting(Kind::Project, "shop", "ConnectionNotReady").await;
    case.apply_connection(json!({})).await;
    case.until_ready(Kind::Flag, "checkout").await;
    assert_eq!(case.served("checkout").await, Some(Served::on("blue")));
}

#[tokio::test]
async fn a_project_has_the_name_that_its_manifest_gives() {
    let case = Case::start().await;
    let outlet = case.flagsmith.add_project("The Outlet").await;
    case.cluster
        .apply(Kind::Project, "outlet", json!({"connectionRef": {"name": "flagsmith"}, "name": "The Outlet"}))
        .await;
    let project = case.until_ready(Kind::Project, "outlet").await;
    assert_eq!(project.at("/status/id"), &outlet["id"]);
}

#[tokio::test]
async fn a_project_that_is_renamed_in_flagsmith_is_the_same() {
    let mut case = Case::plan().resync("1s").start().await;
    let before = case.until_ready(Kind::Project, "shop").await;
    let path = format!("/api/v1/projects/{}/", case.flagsmith.project);
    case.flagsmith.patch(&path, json!({"name": "renamed"})).await;
    case.operator.restart();
    case.apply_flag_on("checkout", json!({"string": "blue"})).await;
    case.until_ready(Kind::Flag, "checkout").await;
    assert_eq!(case.served("checkout").await, Some(Served::on("blue")));
    assert_eq!(case.until_ready(Kind::Project, "shop").await.at("/status/id"), before.at("/status/id"));
}

#[tokio::test]
async fn a_project_that_is_deleted_in_flagsmith_is_told() {
    let case = Case::plan().resync("2s").start().await;
    case.apply_flag_on("checkout", json!({"string": "blue"})).await;
    case.until_ready(Kind::Flag, "checkout").await;
    case.flagsmith.delete(&format!("/api/v1/projects/{}/", case.flagsmith.project)).await;
    case.until_stalled(Kind::Project, "shop", "ProjectNotFound").await;
    case.until_waiting(Kind::Flag, "checkout", "ProjectNotReady").await;
}

#[tokio::test]
async fn a_suspended_project_suspends_what_refers_to_it() {
    let case = Case::start().await;
    case.until_ready(Kind::Project, "shop").await;
    case.cluster.edit(Kind::Project, "shop", json!({"spec": {"suspend": true}})).await;
    case.until(Kind::Project, "shop", ("observed", crate::support::Object::is_observed)).await;
    case.sim.clear_requests();
    case.apply_flag_on("checkout", json!({"string": "blue"})).await;
    case.apply_environment("staging", json!({})).await;
    case.until(Kind::Flag, "checkout", ("not ready", |flag| !flag.reason("Ready").is_empty() && !flag.holds("Ready")))
        .await;
    case.until(
        Kind::Environment,
        "staging",
        ("not ready", |one| !one.reason("Ready").is_empty() && !one.holds("Ready")),
    )
    .await;
    assert_eq!(case.writes(), Vec::<String>::new());
    case.cluster.edit(Kind::Project, "shop", json!({"spec": {"suspend": false}})).await;
    case.until_ready(Kind::Flag, "checkout").await;
    case.until_ready(Kind::Environment, "staging").await;
}

#[tokio::test]
async fn two_projects_of_one_connection_are_apart() {
    let case = Case::start().await;
    case.flagsmith.add_project("outlet").await;
    case.apply_project("outlet").await;
    case.apply_flag_on("checkout", json!({"string": "blue"})).await;
    case.cluster
        .apply(
            Kind::Flag,
            "checkout-outlet",
            json!({"projectRef": {"name": "outlet"}, "name": "checkout", "description": "theirs"}),
        )
        .await;
    let (one, other) =
        (case.until_ready(Kind::Flag, "checkout").await, case.until_ready(Kind::Flag, "checkout-outlet").await);
    assert_ne!(one.at("/status/id"), other.at("/status/id"));
    assert_eq!(case.flagsmith.feature("checkout").await["description"], json!(null));
}
