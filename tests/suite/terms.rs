//! A connection that is edited: nothing goes by its former terms any more, whatever becomes of the new ones.

use flagsmith_sim::Fault;
use serde_json::{Value, json};

use crate::support::{Case, Kind, Object, Served};

/// Where a connection is tried out.
const TRIED: &str = "/api/v1/organisations/";

/// A case whose flag is ready.
async fn ready() -> Case {
    let case = Case::start().await;
    case.until_ready(Kind::Connection, "flagsmith").await;
    case.apply_flag_on("checkout", json!({"string": "blue"})).await;
    case.until_ready(Kind::Flag, "checkout").await;
    case
}

async fn until_unproved(case: &Case, reason: &str) {
    let is_told = |one: &Object| !one.holds("Ready") && !one.holds("Stalled") && one.reason("Ready") == reason;
    case.until(Kind::Connection, "flagsmith", ("not proved", is_told)).await;
}

/// What was asked of Flagsmith, but for what tries a connection out.
fn asked(case: &Case) -> Vec<String> {
    let others = case.sim.requests().into_iter().filter(|one| one.path != TRIED);
    others.map(|one| format!("{} {}", one.method, one.path)).collect()
}

/// The flag is edited and waits for the connection, and nothing is asked for it meanwhile.
async fn assert_nothing_is_done_until_it_is_proved(case: &Case) {
    case.sim.clear_requests();
    case.apply_flag_on("checkout", json!({"string": "green"})).await;
    let waits = |one: &Object| {
        let is_passing = !one.holds("Ready") && !one.holds("Stalled") && one.holds("Reconciling");
        is_passing && one.reason("Ready") == "ConnectionNotReady"
    };
    let flag = case.until(Kind::Flag, "checkout", ("waiting for the connection", waits)).await;
    assert!(flag.message().contains("FlagsmithConnection flagsmith"), "{}", flag.message());
    assert_eq!(asked(case), Vec::<String>::new());
    assert_eq!(case.served("checkout").await, Some(Served::on("blue")));
}

fn stalled(object: &Object) -> Value {
    let conditions = object.at("/status/conditions").as_array().unwrap().iter();
    conditions.filter(|one| one["type"] == "Stalled").cloned().collect()
}

async fn until_served(case: &Case) {
    case.until_ready(Kind::Connection, "flagsmith").await;
    case.until_ready(Kind::Flag, "checkout").await;
    assert_eq!(case.served("checkout").await, Some(Served::on("green")));
}

#[tokio::test]
async fn another_address_that_nobody_answers_at_ends_all_that_goes_to_the_former() {
    let case = ready().await;
    case.apply_connection(json!({"apiURL": "http://127.0.0.1:1/api/v1/"})).await;
    until_unproved(&case, "Unreachable").await;
    assert_nothing_is_done_until_it_is_proved(&case).await;
    // What is to go goes through it neither.
    case.cluster.delete(Kind::Flag, "checkout").await;
    let leaves =
        |one: &Object| one.at("/metadata/deletionTimestamp").is_string() && one.reason("Ready") == "ConnectionNotReady";
    case.until(Kind::Flag, "checkout", ("held", leaves)).await;
    assert_eq!(case.writes(), Vec::<String>::new());
    case.apply_connection(json!({})).await;
    case.until_gone(Kind::Flag, "checkout").await;
    assert_eq!(case.flagsmith.features("checkout").await, Vec::<Value>::new());
}

#[tokio::test]
async fn another_token_in_the_secret_ends_all_that_is_done_by_the_former() {
    let case = ready().await;
    case.sim.inject(Fault::on("*", TRIED).status(503));
    case.cluster.apply_secret("flagsmith-token", json!({"token": "0".repeat(40)})).await;
    until_unproved(&case, "ServerError").await;
    assert_nothing_is_done_until_it_is_proved(&case).await;
    case.sim.clear_faults();
    case.until_stalled(Kind::Connection, "flagsmith", "CredentialRefused").await;
    case.until_waiting(Kind::Flag, "checkout", "ConnectionNotReady").await;
    assert_eq!(case.writes(), Vec::<String>::new());
    case.cluster.apply_secret("flagsmith-token", json!({"token": case.sim.token()})).await;
    until_served(&case).await;
}

#[tokio::test]
async fn another_organisation_ends_all_that_is_done_in_the_former() {
    let case = ready().await;
    case.sim.inject(Fault::on("*", TRIED).status(503));
    case.apply_connection(json!({"organisation": {"name": "Other"}})).await;
    until_unproved(&case, "ServerError").await;
    assert_nothing_is_done_until_it_is_proved(&case).await;
    case.apply_connection(json!({"organisation": {"name": "Acme"}})).await;
    case.sim.clear_faults();
    until_served(&case).await;
}

#[tokio::test]
async fn another_secret_that_is_not_there_ends_all_that_is_done_by_the_former() {
    let case = ready().await;
    let auth = json!({"accountToken": {"secretKeyRef": {"name": "another", "key": "token"}}});
    case.apply_connection(json!({"auth": auth})).await;
    case.until_waiting(Kind::Connection, "flagsmith", "SecretNotFound").await;
    case.sim.clear_requests();
    case.cluster.delete(Kind::Flag, "checkout").await;
    case.until_waiting(Kind::Flag, "checkout", "SecretNotFound").await;
    assert_eq!(asked(&case), Vec::<String>::new());
    case.cluster.apply_secret("another", json!({"token": case.sim.token()})).await;
    case.until_gone(Kind::Flag, "checkout").await;
}

#[tokio::test]
async fn a_connection_that_says_the_same_goes_on_while_it_cannot_be_tried_out() {
    let case = ready().await;
    case.sim.inject(Fault::on("*", TRIED).status(503));
    case.cluster.edit(Kind::Connection, "flagsmith", json!({"spec": {"allowedNamespaces": {"from": "All"}}})).await;
    until_unproved(&case, "ServerError").await;
    case.apply_flag_on("checkout", json!({"string": "green"})).await;
    case.until_ready(Kind::Flag, "checkout").await;
    assert_eq!(case.served("checkout").await, Some(Served::on("green")));
    case.sim.clear_faults();
    until_served(&case).await;
}

#[tokio::test]
async fn what_is_stalled_is_not_told_anew_for_a_trouble_that_passes_and_a_project_says_how_fresh_it_is() {
    let case = ready().await;
    case.until_older(&case.cluster.read(Kind::Flag, "checkout").await).await;
    let rival = json!({"name": "checkout", "environments": [{"name": "production", "enabled": false}]});
    case.apply_flag("rival", rival).await;
    let before = case.until_stalled(Kind::Flag, "rival", "Conflict").await;
    let project =
        case.until(Kind::Project, "shop", ("ready and fresh", |one| one.is_ready() && one.holds("Fresh"))).await;
    case.sim.inject(Fault::on("*", TRIED).status(503));
    // Not another token: what is tried out with it while the fault ends would be refused.
    case.apply_connection(json!({"requestsPerMinute": 90_000})).await;
    // The second failure in a row is told of what is proved; the stalled one has met as many by then, or will.
    let is_held_up = |one: &Object| one.holds("Ready") && one.reason("Reconciling") == "ConnectionNotReady";
    case.until(Kind::Flag, "checkout", ("held up", is_held_up)).await;
    let during = case.until(Kind::Project, "shop", ("held up", is_held_up)).await;
    assert_eq!(during.reason("Fresh"), project.reason("Fresh"), "{during:?}");
    case.sim.clear_faults();
    case.until_ready(Kind::Flag, "checkout").await;
    let after = case.until_stalled(Kind::Flag, "rival", "Conflict").await;
    // Told anew it would be so since another time.
    assert_eq!(stalled(&after), stalled(&before));
}
