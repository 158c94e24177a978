//! What the operator serves: probes, and metrics that say what the stand-in's own log says, and nothing that is secret.

use std::collections::BTreeMap;

use serde_json::json;

use crate::support::{Case, Kind, Served};

const REQUESTS: &str = "flagsmith_operator_flagsmith_requests_total";

/// How many requests of each method had each kind of answer, as the operator counts.
async fn counted(case: &Case) -> BTreeMap<(String, String), u64> {
    let mut counts = BTreeMap::new();
    for (name, value) in case.operator.metrics().await {
        let Some(labels) = name.strip_prefix(REQUESTS) else { continue };
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is a count")]
        let value = value as u64;
        *counts.entry((label(labels, "method"), label(labels, "status"))).or_default() += value;
    }
    counts
}

fn label(labels: &str, name: &str) -> String {
    let (_, rest) = labels.split_once(&format!("{name}=\"")).unwrap();
    rest.split_once('"').unwrap().0.to_owned()
}

/// The same, as the stand-in logged it.
fn logged(case: &Case) -> BTreeMap<(String, String), u64> {
    let mut counts = BTreeMap::new();
    for request in case.sim.requests() {
        let status = match request.status {
            Some(200..300) => "2xx".to_owned(),
            Some(status @ (401 | 403 | 404)) => status.to_string(),
            other => format!("{other:?}"),
        };
        *counts.entry((request.method, status)).or_default() += 1;
    }
    counts
}

#[tokio::test]
async fn every_request_is_counted_once() {
    let case = Case::plan().unconnected().start().await;
    case.sim.clear_requests();
    case.apply_connection(json!({})).await;
    case.apply_project("shop").await;
    case.apply_flag_on("checkout", json!({"string": "blue"})).await;
    case.until_ready(Kind::Flag, "checkout").await;
    case.apply_flag_on("checkout", json!({"none": {}})).await;
    case.until_ready(Kind::Flag, "checkout").await;
    case.until_documents_read(3).await;
    // A project on hold is not read, so that there is time to count.
    case.cluster.edit(Kind::Project, "shop", json!({"spec": {"suspend": true}})).await;
    case.eventually("the counts are the same", async || counted(&case).await == logged(&case)).await;
    let counts = counted(&case).await;
    assert!(counts[&("GET".to_owned(), "2xx".to_owned())] > 5, "{counts:?}");
    assert_eq!(counts[&("PUT".to_owned(), "2xx".to_owned())], 1, "{counts:?}");
}

#[tokio::test]
async fn a_drift_that_is_corrected_is_counted_and_an_edit_is_not() {
    let case = Case::start().await;
    let corrections = async || {
        let metrics = case.operator.metrics().await;
        let corrections = metrics.into_iter().filter(|(name, _)| name.contains("drift_corrections_total"));
        corrections.collect::<Vec<_>>()
    };
    case.apply_flag_on("checkout", json!({"string": "blue"})).await;
    case.until_ready(Kind::Flag, "checkout").await;
    case.apply_flag_on("checkout", json!({"string": "red"})).await;
    case.until_ready(Kind::Flag, "checkout").await;
    assert_eq!(corrections().await, []);
    case.flagsmith.edit_state(&case.production, "checkout", json!({"enabled": false})).await;
    case.eventually("the drift is corrected", async || case.served("checkout").await == Some(Served::on("red"))).await;
    let line = r#"flagsmith_operator_drift_corrections_total{kind="FeatureFlag",change="SetState"}"#;
    case.eventually("it is counted", async || corrections().await == [(line.to_owned(), 1.0)]).await;
}

#[tokio::test]
async fn probes_and_metrics_hold_no_key_no_token_and_no_name() {
    let case = Case::start().await;
    case.apply_environment("production", json!({"secret": {"name": "flagsmith-production"}})).await;
    case.apply_flag_on("checkout", json!({"string": "blue"})).await;
    case.until_ready(Kind::Flag, "checkout").await;
    case.until_ready(Kind::Environment, "production").await;
    let mut texts = String::new();
    for path in ["/livez", "/readyz", "/metrics"] {
        let (status, text) = case.operator.serve(path).await.unwrap();
        assert_eq!(status, 200, "{path}");
        texts += &text;
    }
    for secret in [&case.production, case.sim.token(), "production", "checkout", "shop", &case.cluster.namespace] {
        assert!(!texts.contains(secret), "{secret} is in\n{texts}");
    }
    let ready = r#"flagsmith_operator_reconciles_total{kind="FeatureFlag",outcome="ready"}"#;
    let metrics = case.operator.metrics().await;
    assert!(metrics[ready] >= 1.0);
    assert_eq!(metrics.get("flagsmith_operator_mirrors"), Some(&1.0));
    assert!(metrics["flagsmith_operator_mirror_age_seconds"] < 30.0);
}

#[tokio::test]
async fn a_mirror_that_cannot_be_read_grows_old() {
    let case = Case::plan().request_timeout("1s").start().await;
    case.until_ready(Kind::Project, "shop").await;
    let age = async || case.operator.metrics().await.get("flagsmith_operator_mirror_age_seconds").copied();
    case.sim.down();
    case.eventually("it is 5 s old", async || age().await > Some(5.0)).await;
    case.sim.up();
    case.eventually("it is young again", async || age().await < Some(3.0)).await;
}
