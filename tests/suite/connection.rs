//! A connection: what is wrong with its credential, its address or its organisation is told, and picked up when it is mended.

use std::time::Duration;

use flagsmith_sim::{Fault, Sim};
use serde_json::{Value, json};

use crate::support::{Case, Kind, Object, Served};

/// A connection with those fields, and a project and a flag that go through it.
async fn apply_all(case: &Case, fields: Value) {
    case.apply_connection(fields).await;
    case.apply_project("shop").await;
    case.apply_flag_on("checkout", json!({"string": "blue"})).await;
}

/// All that goes through the connection waits for it.
async fn until_dependants_wait(case: &Case) {
    for (kind, name) in [(Kind::Project, "shop"), (Kind::Flag, "checkout")] {
        let object = case.until_waiting(kind, name, "ConnectionNotReady").await;
        assert!(object.message().contains("FlagsmithConnection flagsmith"), "{}", object.message());
    }
}

/// Well before anything that waits would look again by itself, which is a minute.
async fn until_served(case: &Case) {
    case.until_ready(Kind::Connection, "flagsmith").await;
    case.until_ready(Kind::Flag, "checkout").await;
    assert_eq!(case.served("checkout").await, Some(Served::on("blue")));
}

#[tokio::test]
async fn a_wrong_token_is_told_once_and_a_right_one_is_taken_up_at_once() {
    let case = Case::plan().unconnected().start().await;
    case.cluster.apply_secret("flagsmith-token", json!({"token": "0".repeat(40)})).await;
    apply_all(&case, json!({})).await;
    let connection = case.until_stalled(Kind::Connection, "flagsmith", "CredentialRefused").await;
    assert!(connection.message().contains("token"), "{}", connection.message());
    until_dependants_wait(&case).await;
    case.cluster.apply_secret("flagsmith-token", json!({"token": case.sim.token()})).await;
    until_served(&case).await;
}

#[tokio::test]
async fn a_secret_that_comes_later_is_taken_up_at_once() {
    let case = Case::plan().unconnected().start().await;
    case.cluster.delete(Kind::Secret, "flagsmith-token").await;
    apply_all(&case, json!({})).await;
    let connection = case.until_waiting(Kind::Connection, "flagsmith", "SecretNotFound").await;
    assert!(connection.message().contains("Secret flagsmith-token"), "{}", connection.message());
    until_dependants_wait(&case).await;
    case.cluster.apply_secret("flagsmith-token", json!({"token": format!("{}\n", case.sim.token())})).await;
    until_served(&case).await;
}

#[tokio::test]
async fn a_key_that_comes_later_is_taken_up_at_once() {
    let case = Case::plan().unconnected().start().await;
    case.cluster.delete(Kind::Secret, "flagsmith-token").await;
    case.cluster.apply_secret("flagsmith-token", json!({"tokn": case.sim.token()})).await;
    apply_all(&case, json!({})).await;
    let connection = case.until_waiting(Kind::Connection, "flagsmith", "SecretKeyNotFound").await;
    assert!(connection.message().contains("key token in Secret flagsmith-token"), "{}", connection.message());
    case.cluster.apply_secret("flagsmith-token", json!({"token": " "})).await;
    case.until_waiting(Kind::Connection, "flagsmith", "SecretKeyNotFound").await;
    case.cluster.apply_secret("flagsmith-token", json!({"token": case.sim.token()})).await;
    until_served(&case).await;
}

#[tokio::test]
async fn a_token_that_is_revoked_later_is_told() {
    let case = Case::plan().resync("2s").unconnected().start().await;
    apply_all(&case, json!({})).await;
    until_served(&case).await;
    case.sim.inject(Fault::on("*", "/api/").status(401));
    case.until_stalled(Kind::Connection, "flagsmith", "CredentialRefused").await;
    until_dependants_wait(&case).await;
    case.sim.clear_faults();
    until_served(&case).await;
}

#[tokio::test]
async fn an_address_where_nobody_listens_is_told_and_another_is_taken_up_at_once() {
    let case = Case::plan().unconnected().start().await;
    apply_all(&case, json!({"apiURL": "http://127.0.0.1:1/api/v1/"})).await;
    let is_told = |one: &Object| one.reason("Ready") == "Unreachable" && !one.holds("Stalled");
    case.until(Kind::Connection, "flagsmith", ("unreachable", is_told)).await;
    case.until(Kind::Flag, "checkout", ("waiting", |one| one.reason("Ready") == "ConnectionNotReady")).await;
    case.apply_connection(json!({})).await;
    until_served(&case).await;
}

async fn assert_timed_out_and_tried_again(fault: Fault) {
    let case = Case::plan().request_timeout("1s").unconnected().start().await;
    case.sim.inject(fault);
    apply_all(&case, json!({})).await;
    let is_told = |one: &Object| one.reason("Ready") == "TimedOut" && !one.holds("Stalled");
    case.until(Kind::Connection, "flagsmith", ("timed out", is_told)).await;
    case.sim.clear_faults();
    until_served(&case).await;
}

#[tokio::test]
async fn a_server_that_never_answers_is_told_and_tried_again() {
    assert_timed_out_and_tried_again(Fault::on("*", "/api/").hang()).await;
}

#[tokio::test]
async fn a_server_that_answers_after_the_timeout_is_told_and_tried_again() {
    assert_timed_out_and_tried_again(Fault::on("*", "/api/").delay(Duration::from_secs(2))).await;
}

#[tokio::test]
async fn an_address_that_answers_html_is_told() {
    for status in [200, 404] {
        let case = Case::plan().resync("2s").unconnected().start().await;
        case.sim.inject(Fault::on("*", "/api/").html(status));
        apply_all(&case, json!({})).await;
        let connection = case.until_stalled(Kind::Connection, "flagsmith", "NotFlagsmith").await;
        assert!(connection.message().contains("apiURL"), "it says what to correct: {}", connection.message());
        until_dependants_wait(&case).await;
        case.sim.clear_faults();
        until_served(&case).await;
    }
}

#[tokio::test]
async fn of_several_organisations_one_must_be_named() {
    let case = Case::plan().unconnected().start().await;
    let other = case.flagsmith.add_organisation("Other").await;
    apply_all(&case, json!({})).await;
    let connection = case.until_stalled(Kind::Connection, "flagsmith", "OrganisationAmbiguous").await;
    for title in [format!("Acme (id {})", case.flagsmith.organisation), format!("Other (id {})", other["id"])] {
        assert!(connection.message().contains(&title), "{}", connection.message());
    }
    case.apply_connection(json!({"organisation": {"id": case.flagsmith.organisation}})).await;
    until_served(&case).await;
    let connection = case.cluster.read(Kind::Connection, "flagsmith").await;
    assert_eq!(connection.at("/status/organisation/name"), "Acme");
}

#[tokio::test]
async fn an_organisation_is_found_by_its_name() {
    let case = Case::plan().unconnected().start().await;
    case.flagsmith.add_organisation("Other").await;
    apply_all(&case, json!({"organisation": {"name": "Acmee"}})).await;
    let connection = case.until_stalled(Kind::Connection, "flagsmith", "OrganisationNotFound").await;
    assert!(connection.message().contains("named Acmee") && connection.message().contains("Other (id"));
    case.apply_connection(json!({"organisation": {"name": "Acme"}})).await;
    until_served(&case).await;
}

#[tokio::test]
async fn an_organisations_api_key_does_as_well() {
    let case = Case::plan().unconnected().start().await;
    let key = case.sim.api_key(case.flagsmith.organisation);
    case.cluster.apply_secret("flagsmith-key", json!({"key": key})).await;
    let auth = json!({"organisationAPIKey": {"secretKeyRef": {"name": "flagsmith-key", "key": "key"}}});
    apply_all(&case, json!({"auth": auth})).await;
    until_served(&case).await;
}

#[tokio::test]
async fn a_small_budget_holds_requests_back_and_all_converges() {
    let case = Case::plan().unconnected().start().await;
    // What the budget lets through in ten seconds, at most: its burst of 20 and a sixth of its 40 a minute.
    case.sim.throttle(28, Duration::from_secs(10));
    case.apply_connection(json!({"requestsPerMinute": 60, "pollInterval": "30s"})).await;
    case.apply_project("shop").await;
    // Three requests each: more than the burst, and no more than half a minute's worth.
    let names: Vec<_> = (0..8).map(|number| format!("flag-{number}")).collect();
    for name in &names {
        case.apply_flag_on(name, json!({"string": "blue"})).await;
    }
    for name in &names {
        case.until_ready(Kind::Flag, name).await;
    }
    let refused = case.sim.requests().iter().filter(|request| request.status == Some(429)).count();
    assert_eq!(refused, 0);
}

#[tokio::test]
async fn what_flagsmith_holds_back_comes_later() {
    let case = Case::plan().unconnected().start().await;
    case.sim.inject(Fault::on("PATCH", "/api/__future__/").times(1).retry_after(2));
    apply_all(&case, json!({})).await;
    case.until(Kind::Flag, "checkout", ("held back", |flag| flag.reason("Ready") == "RateLimited")).await;
    until_served(&case).await;
}

#[tokio::test]
async fn another_server_is_another_world() {
    let case = Case::plan().unconnected().start().await;
    apply_all(&case, json!({})).await;
    until_served(&case).await;
    let other = Sim::start().await;
    let flagsmith = crate::support::Flagsmith::seed(&other).await;
    flagsmith.add_project("first").await;
    let key = flagsmith.add_environment("production").await;
    case.cluster.apply_secret("flagsmith-token", json!({"token": other.token()})).await;
    case.apply_connection(json!({"apiURL": other.api_url()})).await;
    let served = async || flagsmith.served(&key, "checkout").await == Some(Served::on("blue"));
    case.eventually("the other server serves the flag", served).await;
    let is_there = |flag: &Object| {
        flag.is_ready()
            && flag
                .at("/status/server/url")
                .as_str()
                .is_some_and(|url| other.url().contains(url) || url.contains(&other.url()))
    };
    case.until(Kind::Flag, "checkout", ("ready on the other server", is_there)).await;
}
