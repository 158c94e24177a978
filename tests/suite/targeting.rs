//! What stands in the way of weights and overrides, and how it is told.

use serde_json::{Value, json};

use crate::support::{Case, Kind, Plan, Served};

fn production(fields: Value) -> Value {
    let mut production = fields;
    production["name"] = json!("production");
    json!({"environments": [production]})
}

fn beta() -> Value {
    json!({"segmentOverrides": [{"segment": "beta", "enabled": true, "value": {"string": "blue"}}]})
}

async fn served_to_beta(case: &Case) -> Served {
    case.flagsmith.served_to(&case.production, "checkout", ("jane", &["beta"])).await
}

#[tokio::test]
async fn a_segment_is_waited_for() {
    let case = Case::start().await;
    case.apply_flag("checkout", production(beta())).await;
    let flag = case.until_waiting(Kind::Flag, "checkout", "SegmentNotFound").await;
    assert!(flag.message().contains("waiting for segment beta"), "{}", flag.message());
    case.flagsmith.add_audience("beta", None).await;
    case.until_ready(Kind::Flag, "checkout").await;
    assert_eq!(served_to_beta(&case).await, Served::on("blue"));
}

#[tokio::test]
async fn twins_among_segments_are_both_named_and_none_is_overridden() {
    let case = Case::start().await;
    let twins = [case.flagsmith.add_audience("beta", None).await, case.flagsmith.add_audience("beta", None).await];
    case.apply_flag("checkout", production(beta())).await;
    let flag = case.until_stalled(Kind::Flag, "checkout", "AmbiguousName").await;
    assert!(twins.iter().all(|id| flag.message().contains(&id.to_string())), "{}", flag.message());
    let path = format!("/api/v1/projects/{}/segments/{}/", case.flagsmith.project, twins[0]);
    case.flagsmith.delete(&path).await;
    case.until_ready(Kind::Flag, "checkout").await;
}

#[tokio::test]
async fn a_segment_of_another_feature_is_refused() {
    let case = Case::start().await;
    case.flagsmith.add_feature(json!({"name": "banner"})).await;
    case.flagsmith.add_audience("beta", Some("banner")).await;
    case.apply_flag("checkout", production(beta())).await;
    let flag = case.until_stalled(Kind::Flag, "checkout", "InvalidSpec").await;
    assert!(flag.message().contains("for another feature alone"), "{}", flag.message());
    case.apply_flag("banner", production(beta())).await;
    case.until_ready(Kind::Flag, "banner").await;
}

#[tokio::test]
async fn a_variant_is_waited_for() {
    let case = Case::start().await;
    case.flagsmith.add_multivariate("checkout", &["blue"]).await;
    let weights = json!({"weights": [{"variant": "green", "weight": 100}]});
    case.apply_flag("checkout", production(weights)).await;
    let flag = case.until_waiting(Kind::Flag, "checkout", "VariantNotFound").await;
    assert!(flag.message().contains("variant green"), "{}", flag.message());
    case.flagsmith.add_variant("checkout", "green").await;
    case.until_ready(Kind::Flag, "checkout").await;
    assert_eq!(served_to_beta(&case).await, Served::on("green"));
}

#[tokio::test]
async fn weights_of_more_than_a_hundred_never_reach_an_environment() {
    let case = Case::start().await;
    case.flagsmith.add_multivariate("checkout", &["blue", "green"]).await;
    let weight = |variant: &str, weight: Value| json!({"variant": variant, "weight": weight});
    let both = json!({"weights": [weight("blue", json!(60)), weight("green", json!(50))]});
    case.apply_flag("checkout", production(both)).await;
    let flag = case.until_stalled(Kind::Flag, "checkout", "InvalidSpec").await;
    assert!(flag.message().contains("spec.environments[production].weights come to 110"), "{}", flag.message());
    case.apply_flag("checkout", production(json!({"weights": [weight("blue", json!(60))]}))).await;
    case.until_ready(Kind::Flag, "checkout").await;
    case.sim.clear_requests();
    case.apply_flag("checkout", production(json!({"weights": [weight("green", json!("40.5"))]}))).await;
    let flag = case.until_stalled(Kind::Flag, "checkout", "InvalidSpec").await;
    assert!(flag.message().contains("environment production would come to more than 100"), "{}", flag.message());
    assert_eq!(case.writes(), Vec::<String>::new());
}

async fn all_of_it_is_written_once(plan: Plan) {
    let case = plan.resync("1s").start().await;
    case.flagsmith.add_multivariate("checkout", &["blue", "green"]).await;
    for segment in ["beta", "staff"] {
        case.flagsmith.add_audience(segment, None).await;
    }
    let weights = json!([{"variant": "blue", "weight": "33.333333"}, {"variant": "green", "weight": 10}]);
    let all = json!({"enabled": true, "value": {"json": {"limit": 1}}, "weights": weights,
        "segmentOverrides": [
            {"segment": "staff", "enabled": false, "value": {"json": {"limit": 2}}, "weights": weights},
            {"segment": "beta"}],
        "identityOverrides": [{"identity": "jane", "value": {"integer": 7}}, {"identity": "joe", "value": {"none": {}}}]});
    case.apply_flag("checkout", production(all)).await;
    case.until_ready(Kind::Flag, "checkout").await;
    let before = case.cluster.read(Kind::Flag, "checkout").await;
    case.sim.clear_requests();
    case.until_documents_read(10).await;
    assert_eq!(case.writes(), Vec::<String>::new());
    assert_eq!(case.cluster.read(Kind::Flag, "checkout").await, before);
}

#[tokio::test]
async fn a_resync_of_all_of_it_writes_nothing_in_an_unversioned_environment() {
    all_of_it_is_written_once(Case::plan()).await;
}

#[tokio::test]
async fn a_resync_of_all_of_it_writes_nothing_in_a_versioned_environment() {
    all_of_it_is_written_once(Case::plan().versioned(true)).await;
}

#[tokio::test]
async fn identities_are_read_by_themselves_where_no_document_tells() {
    let case = Case::start().await;
    let path = format!("/api/v1/environments/{}/", case.production);
    case.flagsmith.patch(&path, json!({"use_identity_overrides_in_local_eval": false})).await;
    let jane = json!([{"identity": "jane", "enabled": true, "value": {"string": "blue"}}]);
    case.apply_flag("checkout", production(json!({"identityOverrides": jane}))).await;
    case.until_ready(Kind::Flag, "checkout").await;
    case.flagsmith.add_identity_override(&case.production, "checkout", ("joe", json!("theirs"))).await;
    let is_gone = async || {
        let served = case.flagsmith.served_to(&case.production, "checkout", ("joe", &[])).await;
        served == Served::off(json!(null))
    };
    case.eventually("the override that is not listed is gone", is_gone).await;
    assert_eq!(case.flagsmith.served_to(&case.production, "checkout", ("jane", &[])).await, Served::on("blue"));
}
