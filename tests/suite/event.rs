//! Events: what was done and what somebody must mend, each told once, and nothing told while nothing happens.

use serde_json::json;

use crate::support::{Case, Kind};

/// What was told of an object, as reasons in alphabetical order and what they say.
async fn told(case: &Case, name: &str) -> Vec<(String, String)> {
    let events = case.cluster.list(Kind::Event).await;
    let of_it = events.iter().filter(|event| event.at("/involvedObject/name") == name);
    let text = |at: &serde_json::Value| at.as_str().unwrap_or_default().to_owned();
    let mut told: Vec<_> = of_it.map(|event| (text(event.at("/reason")), text(event.at("/message")))).collect();
    told.sort();
    told
}

async fn reasons(case: &Case, name: &str) -> Vec<String> {
    told(case, name).await.into_iter().map(|(reason, _)| reason).collect()
}

#[tokio::test]
async fn what_is_made_and_written_is_told_once() {
    let case = Case::start().await;
    case.apply_flag_on("checkout", json!({"string": "blue"})).await;
    case.until_ready(Kind::Flag, "checkout").await;
    let expected = ["CreateFeature", "Created", "SetState"];
    case.eventually("all is told", async || reasons(&case, "checkout").await == expected).await;
    case.until_documents_read(3).await;
    assert_eq!(reasons(&case, "checkout").await, expected, "and nothing is told again");
}

#[tokio::test]
async fn what_was_there_before_is_told_as_adopted() {
    let case = Case::start().await;
    case.flagsmith.add_feature(json!({"name": "checkout"})).await;
    case.apply_flag("checkout", json!({"environments": [{"name": "production"}]})).await;
    case.until_ready(Kind::Flag, "checkout").await;
    case.eventually("it is told", async || reasons(&case, "checkout").await == ["Adopted"]).await;
}

#[tokio::test]
async fn what_somebody_must_mend_is_told_once() {
    let case = Case::start().await;
    case.apply_flag_on("checkout", json!({"string": "blue"})).await;
    let first = case.until_ready(Kind::Flag, "checkout").await;
    case.until_older(&first).await;
    let spec = json!({"projectRef": {"name": "shop"}, "name": "checkout", "environments": [{"name": "production", "enabled": false}]});
    case.cluster.apply(Kind::Flag, "rival", spec).await;
    case.until_stalled(Kind::Flag, "rival", "Conflict").await;
    case.eventually("it is told", async || reasons(&case, "rival").await.contains(&"Conflict".to_owned())).await;
    case.until_documents_read(3).await;
    let told = told(&case, "rival").await;
    let conflicts: Vec<_> = told.iter().filter(|(reason, _)| reason == "Conflict").collect();
    assert_eq!(conflicts.len(), 1, "{told:#?}");
    assert!(conflicts[0].1.contains("FeatureFlag"), "{told:#?}");
}
