//! Events: what was done and what somebody must mend, each told once, and nothing told while nothing happens.

use serde_json::json;

use crate::{
    server_key::{published, rotated, until_live},
    support::{Case, Kind},
};

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
async fn what_is_enforced_from_now_on_is_told_as_written_and_not_as_drift() {
    let case = Case::start().await;
    case.flagsmith.add_feature(json!({"name": "checkout"})).await;
    case.cluster.edit(Kind::Project, "shop", json!({"spec": {"management": "Observe"}})).await;
    let observed = |project: &crate::support::Object| project.at("/status/management") == "Observe";
    case.until(Kind::Project, "shop", ("observed", observed)).await;
    case.apply_flag_on("checkout", json!({"string": "blue"})).await;
    case.until(Kind::Flag, "checkout", ("left alone", |flag| flag.tolerates("Observed"))).await;
    case.cluster.edit(Kind::Project, "shop", json!({"spec": {"management": "Enforce"}})).await;
    case.eventually("it is told", async || reasons(&case, "checkout").await == ["Adopted", "SetState"]).await;
}

#[tokio::test]
async fn keys_that_are_made_replaced_and_deleted_are_told() {
    let case = Case::start().await;
    let wish = json!({"serverKeys": [{"name": "backend"}],
        "secret": {"name": "keys", "keys": [{"key": "SERVER", "from": "ServerKey", "name": "backend"}]}});
    case.apply_environment("production", wish).await;
    case.until_ready(Kind::Environment, "production").await;
    let ask = json!({"metadata": {"annotations": {"flagsmith-operator.dev/rotate-client-key": "now"}}});
    case.cluster.edit(Kind::Environment, "production", ask).await;
    let expected = ["Adopted", "CreateServerKey", "RotateKey"];
    case.eventually("it is told", async || reasons(&case, "production").await == expected).await;
    case.apply_environment("production", json!({"secret": {"name": "keys"}})).await;
    let expected = ["Adopted", "CreateServerKey", "DeleteServerKey", "RotateKey"];
    case.eventually("it is told", async || reasons(&case, "production").await == expected).await;
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

#[tokio::test]
async fn a_drift_is_told_once_from_what_was_to_what_came_of_it() {
    let case = Case::start().await;
    case.apply_flag_on("checkout", json!({"string": "blue"})).await;
    let observed = json!({"name": "production", "management": "Observe", "enabled": true});
    case.apply_flag("banner", json!({"environments": [observed]})).await;
    case.until_ready(Kind::Flag, "checkout").await;
    case.until_ready(Kind::Flag, "banner").await;
    case.flagsmith.edit_state(&case.production, "checkout", json!({"enabled": false})).await;
    let expected = ["CreateFeature", "Created", "DriftCorrected", "SetState"];
    case.eventually("the drift is told", async || reasons(&case, "checkout").await == expected).await;
    let text = told(&case, "checkout").await.remove(2).1;
    assert_eq!(text, "production enabled: true → false in Flagsmith, put right");
    case.until_documents_read(3).await;
    assert_eq!(reasons(&case, "checkout").await, expected);
}

#[tokio::test]
async fn a_drift_that_is_left_alone_is_told_once() {
    let case = Case::start().await;
    case.flagsmith.add_feature(json!({"name": "banner", "default_enabled": true})).await;
    let observed = json!({"name": "production", "management": "Observe", "enabled": true});
    case.apply_flag("banner", json!({"environments": [observed]})).await;
    case.until_ready(Kind::Flag, "banner").await;
    case.flagsmith.edit_state(&case.production, "banner", json!({"enabled": false})).await;
    let expected = ["Adopted", "DriftTolerated"];
    case.eventually("the drift is told", async || reasons(&case, "banner").await == expected).await;
    let text = told(&case, "banner").await.remove(1).1;
    assert_eq!(text, "production enabled: true → false in Flagsmith, left alone (Observed)");
    case.until_documents_read(5).await;
    assert_eq!(reasons(&case, "banner").await, expected, "once a drift, not once a poll");
}

#[tokio::test]
async fn server_keys_that_are_made_and_deleted_are_told_without_themselves() {
    let (case, key) = published(rotated()).await;
    case.apply_environment("production", json!({})).await;
    until_live(&case, 0).await;
    let expected = [
        ("Adopted", "found in Flagsmith, and adopted"),
        ("CreateServerKey", "create server-side key backend"),
        ("DeleteServerKey", "delete server-side key backend"),
    ];
    let is_told = async || {
        let told = told(&case, "production").await;
        told.iter().map(|(reason, text)| (reason.as_str(), text.as_str())).eq(expected)
    };
    case.eventually("all is told", is_told).await;
    let events = case.cluster.list(Kind::Event).await;
    assert!(!events.iter().any(|event| event.0.to_string().contains(&key)));
}

#[tokio::test]
async fn a_project_that_is_deleted_is_told() {
    let case = Case::start().await;
    let spec = json!({"connectionRef": {"name": "flagsmith"}, "deletionPolicy": "Delete"});
    case.cluster.apply(Kind::Project, "outlet", spec).await;
    case.until_ready(Kind::Project, "outlet").await;
    case.cluster.delete(Kind::Project, "outlet").await;
    case.until_gone(Kind::Project, "outlet").await;
    let deleted = ("Project".to_owned(), "delete project outlet".to_owned());
    case.eventually("it is told", async || told(&case, "outlet").await.contains(&deleted)).await;
}
