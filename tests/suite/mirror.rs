//! The mirror: documents that lag or fail lead to no wrong write and are told; reads do not grow with flags.

use std::collections::BTreeMap;

use flagsmith_sim::Fault;
use futures::future::join_all;
use serde_json::json;

use crate::support::{Case, Kind, Object, Served};

async fn until_fresh(case: &Case) {
    let is_fresh = |project: &Object| project.holds("Fresh") && project.reason("Fresh") == "Polled";
    case.until(Kind::Project, "shop", ("fresh", is_fresh)).await;
}

async fn until_not_fresh(case: &Case, reason: &str) {
    let is_not_fresh = |project: &Object| !project.holds("Fresh") && project.reason("Fresh") == reason;
    let project = case.until(Kind::Project, "shop", (&format!("not fresh, {reason}"), is_not_fresh)).await;
    assert!(project.holds("Ready"), "it is nothing that the project's author can mend");
    let conditions = project.at("/status/conditions").to_string();
    assert!(conditions.contains("environments") && conditions.contains("production"), "{conditions}");
}

#[tokio::test]
async fn a_document_that_lags_leads_to_no_rewrite_and_is_told() {
    let case = Case::start().await;
    case.apply_flag_on("checkout", json!({"string": "blue"})).await;
    case.until_ready(Kind::Flag, "checkout").await;
    case.until_documents_read(1).await;
    case.sim.freeze_document(&case.production);
    case.sim.clear_requests();
    case.apply_flag_on("checkout", json!({"string": "red"})).await;
    case.until_ready(Kind::Flag, "checkout").await;
    until_not_fresh(&case, "DocumentsLag").await;
    case.until_documents_read(3).await;
    assert_eq!(case.writes().len(), 1, "{:?}", case.writes());
    assert_eq!(case.served("checkout").await, Some(Served::on("red")));
    assert!(case.cluster.read(Kind::Flag, "checkout").await.is_ready());

    case.sim.thaw_document(&case.production);
    until_fresh(&case).await;
    assert_eq!(case.writes().len(), 1);
}

/// The old document would have the operator write the flag back and forth, if it believed it.
async fn an_old_document_that_is_served_for_minutes_makes_nothing_be_written_again(versioned: bool) {
    let case = Case::plan().versioned(versioned).resync("5s").start().await;
    for flag in ["checkout", "banner"] {
        case.apply_flag_on(flag, json!({"string": "blue"})).await;
        case.until_ready(Kind::Flag, flag).await;
    }
    case.until_documents_read(1).await;
    case.sim.freeze_document(&case.production);
    case.sim.clear_requests();
    case.apply_flag_on("checkout", json!({"string": "red"})).await;
    case.until_ready(Kind::Flag, "checkout").await;
    for _ in 0..6 {
        case.until_documents_read(20).await;
    }
    assert_eq!(case.writes().len(), 1, "{:?}", case.writes());
    assert_eq!(case.served("checkout").await, Some(Served::on("red")));
    for flag in ["checkout", "banner"] {
        assert!(case.cluster.read(Kind::Flag, flag).await.is_ready());
    }
}

#[tokio::test]
async fn an_old_document_that_is_served_for_minutes_makes_nothing_be_written_again_without_versions() {
    an_old_document_that_is_served_for_minutes_makes_nothing_be_written_again(false).await;
}

#[tokio::test]
async fn an_old_document_that_is_served_for_minutes_publishes_no_version() {
    an_old_document_that_is_served_for_minutes_makes_nothing_be_written_again(true).await;
}

/// Weights past 100 in all, which only a version can be given (facts.md §6), take the document from the whole environment.
#[tokio::test]
async fn a_flag_whose_weights_break_its_environment_is_named_and_the_rest_goes_on() {
    let case = Case::plan().versioned(true).start().await;
    let staging = case.flagsmith.add_environment("staging").await;
    case.flagsmith.break_environment("production", "broken").await;
    let on = |value: &str| {
        let states =
            ["production", "staging"].map(|name| json!({"name": name, "enabled": true, "value": {"string": value}}));
        json!({"environments": states})
    };
    case.apply_flag("checkout", on("blue")).await;
    case.until_ready(Kind::Flag, "checkout").await;
    until_not_fresh(&case, "DocumentFails").await;
    let project = case.cluster.read(Kind::Project, "shop").await;
    let told = project.at("/status/conditions").to_string();
    assert!(told.contains("production (the weights of broken exceed 100"), "{told}");
    assert!(!told.contains("staging"), "{told}");
    case.apply_flag("checkout", on("red")).await;
    case.until_ready(Kind::Flag, "checkout").await;
    assert_eq!(case.flagsmith.served(&staging, "checkout").await, Some(Served::on("red")));
    case.flagsmith.write_state(&case.production, "checkout", (true, json!("theirs"))).await;
    let is_red = async || case.flagsmith.state(&case.production, "checkout").await["feature_state_value"] == "red";
    case.eventually("drift is corrected in the broken environment", is_red).await;
}

#[tokio::test]
async fn drift_is_corrected_though_the_document_lags() {
    let case = Case::start().await;
    case.apply_flag_on("checkout", json!({"string": "blue"})).await;
    case.apply_flag_on("banner", json!({"string": "blue"})).await;
    case.until_ready(Kind::Flag, "checkout").await;
    case.until_ready(Kind::Flag, "banner").await;
    case.until_documents_read(1).await;
    case.sim.freeze_document(&case.production);
    // This write shows the lag; from then on the lists are read.
    case.apply_flag_on("banner", json!({"string": "red"})).await;
    until_not_fresh(&case, "DocumentsLag").await;
    case.flagsmith.edit_state(&case.production, "checkout", json!({"enabled": false})).await;
    let is_corrected = async || case.served("checkout").await == Some(Served::on("blue"));
    case.eventually("the drift is corrected", is_corrected).await;
}

#[tokio::test]
async fn flags_converge_and_drift_is_corrected_though_the_documents_fail() {
    flags_converge_and_drift_is_corrected_despite(Fault::on("GET", "/document/").html(500)).await;
}

#[tokio::test]
async fn flags_converge_and_drift_is_corrected_though_there_are_no_documents() {
    flags_converge_and_drift_is_corrected_despite(Fault::on("GET", "/document/").html(404)).await;
}

async fn flags_converge_and_drift_is_corrected_despite(fault: Fault) {
    let case = Case::plan().unconnected().start().await;
    case.sim.inject(fault);
    case.apply_connection(json!({})).await;
    case.apply_project("shop").await;
    case.apply_flag_on("checkout", json!({"string": "blue"})).await;
    case.until_ready(Kind::Flag, "checkout").await;
    assert_eq!(case.served("checkout").await, Some(Served::on("blue")));
    until_not_fresh(&case, "DocumentFails").await;
    case.flagsmith.edit_state(&case.production, "checkout", json!({"enabled": false})).await;
    let is_corrected = async || case.served("checkout").await == Some(Served::on("blue"));
    case.eventually("the drift is corrected", is_corrected).await;
    case.sim.clear_faults();
    until_fresh(&case).await;
    assert!(case.until_ready(Kind::Flag, "checkout").await.holds("Ready"));
}

#[tokio::test]
async fn flags_keep_their_ready_while_flagsmith_is_down() {
    let case = Case::start().await;
    case.apply_flag_on("checkout", json!({"string": "blue"})).await;
    let before = case.until_ready(Kind::Flag, "checkout").await;
    until_fresh(&case).await;
    case.sim.down();
    let is_told = |project: &Object| project.reason("Fresh") == "Unreachable";
    case.until(Kind::Project, "shop", ("not fresh, Unreachable", is_told)).await;
    let during = case.cluster.read(Kind::Flag, "checkout").await;
    assert_eq!(during.at("/status/conditions/0"), before.at("/status/conditions/0"));
    case.sim.up();
    until_fresh(&case).await;
}

/// What is asked of Flagsmith in some polls of an idle project with so many flags in two environments: how often, by what.
async fn idle(flags: usize) -> BTreeMap<String, usize> {
    let case = Case::start().await;
    case.flagsmith.add_environment("staging").await;
    let names: Vec<_> = (0..flags).map(|number| format!("flag-{number}")).collect();
    let environments = json!([{"name": "production", "enabled": true}, {"name": "staging", "value": {"integer": 7}}]);
    join_all(names.iter().map(|name| case.apply_flag(name, json!({"environments": environments})))).await;
    for name in &names {
        case.until_ready(Kind::Flag, name).await;
    }
    case.until_documents_read(4).await;
    case.sim.clear_requests();
    case.until_documents_read(10).await;
    let mut asked = BTreeMap::new();
    for request in case.sim.requests() {
        let kind = if request.path.ends_with("/document/") { "document".to_owned() } else { request.path };
        *asked.entry(format!("{} {kind}", request.method)).or_default() += 1;
    }
    asked
}

/// Its settings, once a listing.
fn is_project(request: &str) -> bool {
    let id = request.strip_prefix("GET /api/v1/projects/").and_then(|rest| rest.strip_suffix('/'));
    id.is_some_and(|id| id.parse::<u64>().is_ok())
}

#[tokio::test]
async fn an_idle_project_costs_the_same_with_ten_flags_and_with_a_hundred() {
    for flags in [10, 100] {
        let asked = idle(flags).await;
        for (request, times) in &asked {
            let is_document = request == "GET document";
            let lists = ["/environments/?project=", "/features/?page_size=999", "/segments/?page_size=999", "/tags/"];
            let is_list = lists.iter().any(|list| request.contains(list)) || is_project(request);
            let bound = if is_document { 13 } else { 1 };
            assert!(is_document || is_list, "with {flags} flags: {asked:?}");
            assert!(*times <= bound, "with {flags} flags: {asked:?}");
        }
    }
}

#[tokio::test]
async fn a_project_that_could_not_be_read_at_first_is_tried_again_soon_however_rarely_it_is_polled() {
    let case = Case::start().await;
    case.until_ready(Kind::Project, "shop").await;
    case.sim.inject(Fault::on("GET", "/features/").status(503).times(1));
    // Other terms: the project is read from the start.
    case.apply_connection(json!({"pollInterval": "1h"})).await;
    case.apply_flag_on("checkout", json!({"string": "blue"})).await;
    case.until_ready(Kind::Flag, "checkout").await;
    let failed = case.sim.requests().iter().filter(|one| one.status == Some(503)).count();
    assert_eq!(failed, 1, "the first reading failed");
}
