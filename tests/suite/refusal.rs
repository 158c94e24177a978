//! What Flagsmith, or whoever stands in front of it, refuses: told in a user's words, and mended where that can be.

use flagsmith_sim::{Fault, Sim};
use serde_json::json;

use crate::support::{Case, Kind, Object, Served};

#[tokio::test]
async fn a_name_that_the_projects_rule_forbids_is_refused_with_the_rule() {
    let case = Case::start().await;
    let path = format!("/api/v1/projects/{}/", case.flagsmith.project);
    case.flagsmith.patch(&path, json!({"feature_name_regex": "^[a-z_]+$"})).await;
    case.apply_flag("checkout-v2", json!({})).await;
    let flag = case.until_stalled(Kind::Flag, "checkout-v2", "Refused").await;
    assert!(flag.message().contains("^[a-z_]+$"), "{}", flag.message());
    assert_eq!(case.flagsmith.features("checkout-v2").await.len(), 0);
}

#[tokio::test]
async fn an_address_without_its_slash_does_as_well() {
    let case = Case::plan().unconnected().start().await;
    case.apply_connection(json!({"apiURL": case.sim.api_url().trim_end_matches('/')})).await;
    case.until_ready(Kind::Connection, "flagsmith").await;
}

const PREFIX: &str = "/tools/flags";

/// Somebody who lets the requests through that are below a prefix, without it.
async fn gateway(case: &Case) -> Sim {
    Sim::builder().in_front_of(&case.sim.url(), case.sim.token()).under(PREFIX).start().await
}

#[tokio::test]
async fn flagsmith_may_be_behind_a_prefix() {
    let case = Case::plan().unconnected().start().await;
    let gateway = gateway(&case).await;
    let prefixed = format!("{}{PREFIX}/api/v1/", gateway.url());
    case.apply_connection(json!({"apiURL": prefixed})).await;
    case.apply_project("shop").await;
    case.apply_flag_on("checkout", json!({"string": "blue"})).await;
    case.until_ready(Kind::Flag, "checkout").await;
    let connection = case.until_ready(Kind::Connection, "flagsmith").await;
    assert_eq!(connection.at("/status/sdkURL"), &json!(prefixed));
    assert_eq!(case.served("checkout").await, Some(Served::on("blue")));
}

#[tokio::test]
async fn an_address_beside_the_prefix_is_not_flagsmith() {
    let case = Case::plan().unconnected().start().await;
    let gateway = gateway(&case).await;
    case.apply_connection(json!({"apiURL": gateway.api_url()})).await;
    let connection = case.until_stalled(Kind::Connection, "flagsmith", "NotFlagsmith").await;
    assert!(connection.message().contains("404"), "{}", connection.message());
}

async fn a_limit_is_told_and_waited_for(fault: Fault) {
    let case = Case::start().await;
    case.until_ready(Kind::Project, "shop").await;
    case.sim.inject(fault);
    case.apply_flag_on("checkout", json!({"string": "blue"})).await;
    let is_told = |flag: &Object| flag.reason("Ready") == "RateLimited" && !flag.holds("Stalled");
    case.until(Kind::Flag, "checkout", ("held back", is_told)).await;
    let theirs = |case: &Case| case.sim.requests().len();
    let asked = theirs(&case);
    // Somebody else of the same credential comes along.
    case.apply_flag_on("banner", json!({"string": "blue"})).await;
    case.until(Kind::Flag, "banner", ("held back", is_told)).await;
    assert_eq!(theirs(&case), asked, "nobody asks again before the time");
}

#[tokio::test]
async fn a_limit_that_says_for_how_long_is_waited_for() {
    let case = Case::start().await;
    case.until_ready(Kind::Project, "shop").await;
    case.sim.inject(Fault::on("POST", "/features/").times(1).retry_after(3));
    let began = std::time::Instant::now();
    case.apply_flag_on("checkout", json!({"string": "blue"})).await;
    case.until_ready(Kind::Flag, "checkout").await;
    assert!(began.elapsed().as_secs() >= 3, "{:?}", began.elapsed());
}

#[tokio::test]
async fn a_limit_for_an_hour_is_told() {
    a_limit_is_told_and_waited_for(Fault::on("POST", "/features/").retry_after(3600)).await;
}

#[tokio::test]
async fn a_limit_that_does_not_say_for_how_long_is_told() {
    a_limit_is_told_and_waited_for(Fault::on("POST", "/features/").status(429)).await;
}

#[tokio::test]
async fn the_flags_of_an_environment_that_was_deleted_wait_for_it() {
    let case = Case::start().await;
    let staging = case.flagsmith.add_environment("staging").await;
    let environments = json!([{"name": "staging", "enabled": true}, {"name": "production", "enabled": true}]);
    case.apply_flag("checkout", json!({"environments": environments})).await;
    case.until_ready(Kind::Flag, "checkout").await;
    case.flagsmith.delete(&format!("/api/v1/environments/{staging}/")).await;
    case.until_waiting(Kind::Flag, "checkout", "EnvironmentNotFound").await;
    case.flagsmith.edit_state(&case.production, "checkout", json!({"enabled": false})).await;
    let is_on = async || case.served("checkout").await.is_some_and(|served| served.enabled);
    case.eventually("production is still kept", is_on).await;
    case.flagsmith.add_environment("staging").await;
    case.until_ready(Kind::Flag, "checkout").await;
}

#[tokio::test]
async fn where_changes_must_be_approved_the_operator_makes_none() {
    for versioned in [false, true] {
        let case = Case::plan().versioned(versioned).resync("2s").start().await;
        case.apply_flag_on("checkout", json!({"string": "blue"})).await;
        case.until_ready(Kind::Flag, "checkout").await;
        case.sim.require_approvals(&case.production, Some(1));
        case.sim.clear_requests();
        case.apply_flag_on("checkout", json!({"string": "red"})).await;
        let flag = case.until_stalled(Kind::Flag, "checkout", "ChangeRequestsRequired").await;
        assert!(flag.message().contains("change request"), "{}", flag.message());
        assert_eq!(case.served("checkout").await, Some(Served::on("blue")));

        case.sim.require_approvals(&case.production, None);
        case.until_ready(Kind::Flag, "checkout").await;
        assert_eq!(case.served("checkout").await, Some(Served::on("red")));
    }
}

/// A gateway that is closed after the connection was judged: the connection finds out, and another route is taken.
#[tokio::test]
async fn a_route_that_goes_missing_is_done_without() {
    let case = Case::start().await;
    case.apply_flag_on("checkout", json!({"string": "blue"})).await;
    case.until_ready(Kind::Flag, "checkout").await;
    case.sim.inject(Fault::on("*", "/api/__future__/").html(404));
    case.apply_flag_on("checkout", json!({"string": "red"})).await;
    let is_served = async || case.served("checkout").await == Some(Served::on("red"));
    case.eventually("red is served", is_served).await;
    case.until_ready(Kind::Flag, "checkout").await;
    let connection = case.until_ready(Kind::Connection, "flagsmith").await;
    assert_eq!(connection.at("/status/writePaths/unversioned"), "UpdateFlag");
}

/// Flagsmith answers 200 and leaves out what it does not take: nobody writes it again and again.
#[tokio::test]
async fn what_flagsmith_takes_and_does_not_keep_is_told() {
    let case = Case::start().await;
    case.apply_flag_on("checkout", json!({"string": "blue"})).await;
    case.until_ready(Kind::Flag, "checkout").await;
    case.sim.inject(Fault::on("PATCH", "/api/__future__/").ignore());
    case.sim.clear_requests();
    case.apply_flag_on("checkout", json!({"string": "red"})).await;
    let flag = case.until_stalled(Kind::Flag, "checkout", "NotKept").await;
    assert!(flag.message().contains("set state of checkout"), "{}", flag.message());
    let asked = case.writes().len();
    case.until_documents_read(3).await;
    assert_eq!(case.writes().len(), asked, "{:?}", case.writes());
}
