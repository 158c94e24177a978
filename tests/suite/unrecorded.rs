//! What was made in Flagsmith and not recorded before its object was deleted: its policy counts as for any other.

use std::time::Duration;

use flagsmith_sim::{Fault, Regex};
use serde_json::{Value, json};

use crate::support::{Case, Kind};

async fn names(case: &Case) -> Vec<String> {
    let page = case.flagsmith.get(&format!("/api/v1/environments/?project={}", case.flagsmith.project)).await;
    let all = page["results"].as_array().unwrap().iter();
    all.map(|one| one["name"].as_str().unwrap().to_owned()).collect()
}

async fn projects(case: &Case) -> Vec<Value> {
    let all = case.flagsmith.get(&format!("/api/v1/projects/?organisation={}", case.flagsmith.organisation)).await;
    all.as_array().unwrap().iter().map(|one| one["name"].clone()).collect()
}

/// Kills the operator just when it has sent a creation, which is carried out thereafter.
async fn killed_while(case: &mut Case, creation: &str, apply: impl AsyncFnOnce(&Case)) {
    let pattern = Regex::new(creation).unwrap();
    case.sim.clear_requests();
    case.sim.inject(Fault::matching("POST", pattern.clone()).times(1).delay(Duration::from_secs(2)));
    apply(case).await;
    let is_sent = async || case.sim.writes().iter().any(|one| one.method == "POST" && pattern.is_match(&one.path));
    case.eventually("it is sent", is_sent).await;
    case.operator.kill();
    case.sim.clear_faults();
}

async fn an_environment_goes(creation: &str, fields: Value) {
    let mut case = Case::start().await;
    case.until_ready(Kind::Project, "shop").await;
    killed_while(&mut case, creation, async |case| {
        case.apply_environment("staging", fields).await;
    })
    .await;
    case.eventually("it is made", async || names(&case).await.len() == 2).await;
    let environment = case.cluster.read(Kind::Environment, "staging").await;
    assert!(environment.at("/status/uuid").is_null(), "it is not recorded");
    case.cluster.delete(Kind::Environment, "staging").await;
    case.operator.restart();
    case.until_gone(Kind::Environment, "staging").await;
    assert_eq!(names(&case).await, ["production"]);
}

#[tokio::test]
async fn an_environment_goes_that_was_made_and_not_recorded() {
    an_environment_goes("^/api/v1/environments/$", json!({"deletionPolicy": "Delete"})).await;
}

#[tokio::test]
async fn a_copy_goes_that_was_made_and_not_recorded() {
    an_environment_goes("/clone/$", json!({"deletionPolicy": "Delete", "cloneFrom": "production"})).await;
}

#[tokio::test]
async fn an_environment_that_was_never_made_keeps_nobody() {
    let mut case = Case::start().await;
    case.until_ready(Kind::Project, "shop").await;
    case.sim.clear_requests();
    case.sim.inject(Fault::matching("POST", Regex::new("^/api/v1/environments/$").unwrap()).hang());
    case.apply_environment("staging", json!({"deletionPolicy": "Delete"})).await;
    case.eventually("it is sent", async || !case.writes().is_empty()).await;
    case.operator.kill();
    case.sim.clear_faults();
    // Another of its name is somebody else's.
    case.flagsmith.add_environment("staging").await;
    case.cluster.delete(Kind::Environment, "staging").await;
    case.operator.restart();
    case.until_gone(Kind::Environment, "staging").await;
    assert_eq!(names(&case).await, ["production", "staging"]);
}

#[tokio::test]
async fn a_project_goes_that_was_made_and_not_recorded() {
    let mut case = Case::start().await;
    case.until_ready(Kind::Project, "shop").await;
    killed_while(&mut case, "^/api/v1/projects/$", async |case| {
        let spec =
            json!({"connectionRef": {"name": "flagsmith"}, "deletionPolicy": "Delete", "hideDisabledFlags": true});
        case.cluster.apply(Kind::Project, "outlet", spec).await;
    })
    .await;
    case.eventually("it is made", async || projects(&case).await.len() == 2).await;
    assert!(case.cluster.read(Kind::Project, "outlet").await.at("/status/uuid").is_null(), "it is not recorded");
    case.cluster.delete(Kind::Project, "outlet").await;
    case.operator.restart();
    case.until_gone(Kind::Project, "outlet").await;
    assert_eq!(projects(&case).await, ["shop"]);
}
