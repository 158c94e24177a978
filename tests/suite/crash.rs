//! The operator is killed in the midst of a creation: there is one of it afterwards, and it is known whose it is.

use std::time::Duration;

use flagsmith_sim::Fault;
use serde_json::{Value, json};

use crate::support::{Case, Kind, Object};

const ENVIRONMENTS: &str = "/api/v1/environments/";

/// Waits until a creation was asked for.
async fn until_posted(case: &Case, path: &str) {
    let is_post = |request: &flagsmith_sim::Request| request.method == "POST" && request.path.ends_with(path);
    let is_posted = async || case.sim.requests().iter().any(is_post);
    case.eventually(&format!("POST {path} is sent"), is_posted).await;
}

/// Meets the creation of the environment staging with a fault, and kills the operator in the midst of it.
async fn killed_while_creating_an_environment(fault: Fault) -> Case {
    let mut case = Case::start().await;
    case.until_ready(Kind::Project, "shop").await;
    case.sim.clear_requests();
    case.sim.inject(fault);
    case.apply_environment("staging", json!({"secret": {"name": "flagsmith-staging"}})).await;
    until_posted(&case, ENVIRONMENTS).await;
    case.operator.kill();
    case.operator.restart();
    case
}

/// One environment, with the key that was chosen before it was first asked for.
async fn assert_created_once(case: &Case) {
    let environment = case.until_ready(Kind::Environment, "staging").await;
    case.until_documents_read(3).await;
    let live = case.flagsmith.environments("staging").await;
    assert_eq!(live.len(), 1, "{live:?}");
    let small = format!("flagsmith-environment-{}", environment.uid());
    let chosen = case.cluster.secret_entry(&small, "key").await.unwrap();
    assert_eq!(live[0]["api_key"], chosen.as_str());
    let published = case.cluster.secret_entry("flagsmith-staging", "FLAGSMITH_ENVIRONMENT_KEY").await;
    assert_eq!(published, Some(chosen));
    assert_eq!(environment.at("/status/origin"), "Created");
}

#[tokio::test]
async fn an_environment_that_was_not_created_before_the_crash_is_created_after_it() {
    let case = killed_while_creating_an_environment(Fault::on("POST", ENVIRONMENTS).times(1).hang()).await;
    assert_created_once(&case).await;
}

#[tokio::test]
async fn an_environment_that_was_created_before_the_crash_is_not_created_again() {
    let case = killed_while_creating_an_environment(Fault::on("POST", ENVIRONMENTS).times(1).drop_after()).await;
    assert_created_once(&case).await;
}

#[tokio::test]
async fn an_environment_that_is_created_long_after_the_crash_is_there_once() {
    let fault = Fault::on("POST", ENVIRONMENTS).times(1).delay(Duration::from_secs(3));
    let case = killed_while_creating_an_environment(fault).await;
    case.until_ready(Kind::Environment, "staging").await;
    // Its client is gone, so that the first is never answered, and is worked on all the same.
    case.eventually("the first creation is over", async || case.sim.at_work() == 0).await;
    assert_created_once(&case).await;
}

#[tokio::test]
async fn an_environment_whose_creation_was_not_answered_is_there_once() {
    let case = Case::plan().request_timeout("1s").start().await;
    case.until_ready(Kind::Project, "shop").await;
    case.sim.inject(Fault::on("POST", ENVIRONMENTS).times(1).drop_after());
    case.sim.inject(Fault::on("POST", ENVIRONMENTS).times(1).status(502));
    case.apply_environment("staging", json!({"secret": {"name": "flagsmith-staging"}})).await;
    assert_created_once(&case).await;
}

/// Meets the creation of the feature checkout with a fault, kills the operator before it can look at what became of it, and
/// has somebody do something before it comes back.
async fn killed_while_creating_a_feature(fault: Fault, meanwhile: impl AsyncFn(&Case)) -> Case {
    let mut case = Case::start().await;
    case.until(Kind::Project, "shop", ("ready and fresh", |one| one.is_ready() && one.holds("Fresh"))).await;
    case.sim.clear_requests();
    case.sim.inject(fault);
    case.sim.inject(Fault::on("GET", "/features/").hang());
    let environments = json!([{"name": "production", "enabled": true, "value": {"string": "blue"}}]);
    case.apply_flag("checkout", json!({"description": "ours", "environments": environments})).await;
    until_posted(&case, "/features/").await;
    let is_made = async || case.sim.writes().iter().all(|one| one.status.is_some());
    tokio::time::timeout(Duration::from_secs(1), case.eventually("the creation is over", is_made)).await.ok();
    case.operator.kill();
    case.sim.clear_faults();
    meanwhile(&case).await;
    case.operator.restart();
    case
}

async fn assert_created_and_deleted_with_its_object(case: &Case) {
    let flag = case.until_ready(Kind::Flag, "checkout").await;
    let feature = case.flagsmith.features("checkout").await;
    assert_eq!(feature.len(), 1);
    assert_eq!((flag.at("/status/origin"), flag.at("/status/uuid")), (&json!("Created"), &feature[0]["uuid"]));
    case.cluster.delete(Kind::Flag, "checkout").await;
    case.until_gone(Kind::Flag, "checkout").await;
    assert_eq!(case.flagsmith.features("checkout").await.len(), 0);
}

#[tokio::test]
async fn a_feature_that_was_created_before_the_crash_is_ours() {
    let fault = Fault::on("POST", "/features/").times(1).drop_after();
    let case = killed_while_creating_a_feature(fault, async |_| ()).await;
    assert_created_and_deleted_with_its_object(&case).await;
}

#[tokio::test]
async fn a_feature_that_was_not_created_before_the_crash_is_created_after_it() {
    let fault = Fault::on("POST", "/features/").times(1).hang();
    let case = killed_while_creating_a_feature(fault, async |_| ()).await;
    assert_created_and_deleted_with_its_object(&case).await;
}

#[tokio::test]
async fn a_feature_that_somebody_else_created_after_the_crash_is_theirs() {
    let fault = Fault::on("POST", "/features/").times(1).hang();
    let theirs = async |case: &Case| {
        case.flagsmith.add_feature(json!({"name": "checkout", "description": "theirs"})).await;
    };
    let case = killed_while_creating_a_feature(fault, theirs).await;
    let flag: Object = case.until_ready(Kind::Flag, "checkout").await;
    assert_eq!(flag.at("/status/origin"), "Adopted");
    case.cluster.delete(Kind::Flag, "checkout").await;
    case.until_gone(Kind::Flag, "checkout").await;
    assert_eq!(case.flagsmith.features("checkout").await.len(), 1);
}

#[tokio::test]
async fn a_feature_whose_creation_was_not_answered_is_there_once() {
    for fault in [Fault::on("POST", "/features/").drop_after(), Fault::on("POST", "/features/").truncate()] {
        let case = Case::start().await;
        case.sim.inject(fault.times(1));
        case.apply_flag_on("checkout", json!({"string": "blue"})).await;
        assert_created_and_deleted_with_its_object(&case).await;
    }
}

#[tokio::test]
async fn a_state_whose_write_was_not_answered_is_read_before_it_is_written_again() {
    let case = Case::start().await;
    case.apply_flag_on("checkout", json!({"string": "blue"})).await;
    case.until_ready(Kind::Flag, "checkout").await;
    case.sim.clear_requests();
    case.sim.inject(Fault::on("PATCH", "/api/__future__/").times(1).drop_after());
    case.apply_flag_on("checkout", json!({"string": "red"})).await;
    case.until_ready(Kind::Flag, "checkout").await;
    assert_eq!(case.served("checkout").await.unwrap().value, Value::from("red"));
    assert_eq!(case.writes().len(), 1, "it was kept, so it is not written again: {:?}", case.writes());
}
