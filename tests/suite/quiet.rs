//! Nothing happened, so nothing is written: not to Flagsmith, not to a status; not after a resync, nor after a restart.

use std::collections::BTreeMap;

use serde_json::json;

use crate::support::{Case, Kind, Object};

/// Some flags and an environment with a Secret, all ready.
async fn settled(plan: crate::support::Plan) -> Case {
    let case = plan.start().await;
    case.apply_environment("staging", json!({"secret": {"name": "flagsmith-staging"}})).await;
    case.apply_flag_on("checkout", json!({"string": "blue"})).await;
    case.apply_flag_on("banner", json!({"none": {}})).await;
    let limits = json!({"name": "production", "value": {"json": {"limit": 10}}});
    case.apply_flag("limits", json!({"description": "The limits", "environments": [limits]})).await;
    case.until_ready(Kind::Connection, "flagsmith").await;
    case.until(Kind::Project, "shop", ("ready and fresh", |one| one.is_ready() && one.holds("Fresh"))).await;
    case.until_ready(Kind::Environment, "staging").await;
    for flag in ["checkout", "banner", "limits"] {
        case.until_ready(Kind::Flag, flag).await;
    }
    case.until_documents_read(4).await;
    case
}

/// What each object is at, by kind and name.
async fn versions(case: &Case) -> BTreeMap<String, String> {
    let mut versions = BTreeMap::new();
    for kind in Kind::OURS.into_iter().chain([Kind::Secret]) {
        for object in case.cluster.list(kind).await {
            let name = format!("{} {}", kind.name(), object.at("/metadata/name"));
            versions.insert(name, object.resource_version().to_owned());
        }
    }
    versions
}

async fn a_restart_writes_nothing(versioned: bool) {
    let mut case = settled(Case::plan().versioned(versioned)).await;
    let before = versions(&case).await;
    case.sim.clear_requests();
    case.operator.kill();
    case.operator.restart();
    case.until_documents_read(8).await;
    assert_eq!(case.writes(), Vec::<String>::new());
    assert_eq!(versions(&case).await, before, "no object is written, and none loses its Ready");
}

#[tokio::test]
async fn a_restart_writes_nothing_without_versions() {
    a_restart_writes_nothing(false).await;
}

#[tokio::test]
async fn a_restart_writes_nothing_with_versions() {
    a_restart_writes_nothing(true).await;
}

async fn a_resync_writes_nothing(versioned: bool) {
    let case = settled(Case::plan().versioned(versioned).resync("1s")).await;
    let before = versions(&case).await;
    case.sim.clear_requests();
    case.until_documents_read(10).await;
    assert_eq!(case.writes(), Vec::<String>::new());
    assert_eq!(versions(&case).await, before);
}

#[tokio::test]
async fn a_resync_writes_nothing_without_versions() {
    a_resync_writes_nothing(false).await;
}

#[tokio::test]
async fn a_resync_publishes_no_version() {
    a_resync_writes_nothing(true).await;
}

#[tokio::test]
async fn a_restart_while_flagsmith_is_down_takes_no_ready_away() {
    let mut case = settled(Case::plan().request_timeout("2s")).await;
    let flags = ["checkout", "banner", "limits"];
    let mut before = Vec::new();
    for flag in flags {
        before.push(case.until_ready(Kind::Flag, flag).await);
    }
    case.operator.kill();
    case.sim.down();
    case.operator.restart();
    for flag in flags {
        // The second failure in a row is told; Ready stays, since it was proved for this very spec.
        let is_waiting = |flag: &Object| flag.holds("Ready") && flag.holds("Reconciling");
        case.until(Kind::Flag, flag, ("Ready and Reconciling", is_waiting)).await;
    }
    case.sim.up();
    case.sim.clear_requests();
    for (flag, before) in flags.iter().zip(before) {
        let after = case.until_ready(Kind::Flag, flag).await;
        assert_eq!(after.at("/status/conditions"), before.at("/status/conditions"), "{flag}");
    }
    assert_eq!(case.writes(), Vec::<String>::new());
}

#[tokio::test]
async fn the_operator_ends_in_good_order_when_it_is_told_to() {
    let mut case = settled(Case::plan()).await;
    assert_eq!(case.operator.terminate().await, Some(0));
}
