//! A key under which an environment was made and deleted is lost for ever: another is chosen, once.

use std::collections::BTreeSet;

use flagsmith_sim::Fault;
use serde_json::json;

use crate::support::{Case, Kind};

const ENVIRONMENTS: &str = "/api/v1/environments/";

/// The keys under which an environment was asked for.
fn asked(case: &Case) -> BTreeSet<String> {
    let requests = case.sim.requests().into_iter();
    let creations = requests.filter(|one| one.method == "POST" && one.path == ENVIRONMENTS);
    creations.filter_map(|one| Some(one.body?["api_key"].as_str()?.to_owned())).collect()
}

async fn apply(case: &Case) {
    case.until_ready(Kind::Project, "shop").await;
    case.sim.clear_requests();
    case.apply_environment("staging", json!({"secret": {"name": "flagsmith-staging"}})).await;
}

/// There is one environment, and both Secrets hold its key.
async fn assert_made_once(case: &Case) -> String {
    let environment = case.until_ready(Kind::Environment, "staging").await;
    case.until_documents_read(3).await;
    let live = case.flagsmith.environments("staging").await;
    assert_eq!((live.len(), environment.at("/status/uuid")), (1, &live[0]["uuid"]));
    assert_eq!(environment.at("/status/origin"), "Created");
    let key = live[0]["api_key"].as_str().unwrap().to_owned();
    let kept = case.cluster.secret_entry(&format!("flagsmith-environment-{}", environment.uid()), "key").await;
    let published = case.cluster.secret_entry("flagsmith-staging", "FLAGSMITH_ENVIRONMENT_KEY").await;
    assert_eq!((kept.as_ref(), published.as_ref()), (Some(&key), Some(&key)));
    key
}

#[tokio::test]
async fn an_environment_that_somebody_deleted_before_it_was_recorded_is_made_under_another_key() {
    let mut case = Case::start().await;
    case.until(Kind::Project, "shop", ("ready and fresh", |one| one.is_ready() && one.holds("Fresh"))).await;
    case.sim.inject(Fault::on("GET", "?project=").hang());
    case.sim.inject(Fault::on("POST", ENVIRONMENTS).times(1).drop_after());
    apply(&case).await;
    let is_sent = async || case.sim.requests().iter().any(|one| one.method == "POST" && one.path == ENVIRONMENTS);
    case.eventually("it is asked for", is_sent).await;
    case.eventually("it is made", async || case.sim.at_work() == 0).await;
    case.operator.kill();
    case.sim.clear_faults();
    let burnt = case.flagsmith.environments("staging").await[0]["api_key"].as_str().unwrap().to_owned();
    case.flagsmith.delete(&format!("{ENVIRONMENTS}{burnt}/")).await;
    case.operator.restart();
    let key = assert_made_once(&case).await;
    assert_ne!(key, burnt);
    assert_eq!(asked(&case), BTreeSet::from([burnt, key]));
}

#[tokio::test]
async fn a_server_that_fails_for_another_reason_is_asked_under_two_keys_and_no_more() {
    let case = Case::start().await;
    case.sim.inject(Fault::on("POST", ENVIRONMENTS).times(4).status(500));
    apply(&case).await;
    let key = assert_made_once(&case).await;
    let asked = asked(&case);
    assert!(asked.len() == 2 && asked.contains(&key), "{} keys", asked.len());
}
