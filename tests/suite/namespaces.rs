//! An operator of some namespaces: by Roles there alone, and without a look at any other.

use kube::api::{Api, DynamicObject, ListParams};
use serde_json::{Value, json};

use crate::support::{Case, Cluster, Kind, Served, Turn, render};

#[tokio::test]
async fn several_namespaces_are_watched_and_no_other() {
    let turn = Turn::shared().await;
    let (first, second, other) = (Cluster::new().await, Cluster::new().await, Cluster::new().await);
    let plan = Case::plan();
    let launch = plan.launch(&first, &[&first, &second]).await;
    let mut case = plan.start_in(first, launch, turn).await;
    for cluster in [&other, &second] {
        cluster.apply_secret("flagsmith-token", json!({"token": case.sim.token()})).await;
        cluster.apply(Kind::Connection, "flagsmith", case.connection_spec(json!({}))).await;
        cluster.apply(Kind::Project, "shop", json!({"connectionRef": {"name": "flagsmith"}})).await;
    }
    case.apply_flag_on("checkout", json!({"string": "first"})).await;
    case.until_ready(Kind::Flag, "checkout").await;
    case.cluster = second;
    case.apply_flag_on("basket", json!({"string": "second"})).await;
    case.until_ready(Kind::Flag, "basket").await;
    assert_eq!(case.served("checkout").await, Some(Served::on("first")));
    assert_eq!(case.served("basket").await, Some(Served::on("second")));
    case.cluster.delete(Kind::Flag, "basket").await;
    case.until_gone(Kind::Flag, "basket").await;
    assert_eq!(other.read(Kind::Connection, "flagsmith").await.at("/status"), &Value::Null);
}

/// Where namespaces are named, the chart makes nothing for the operator that holds in all.
#[tokio::test]
async fn nothing_is_granted_outside_of_the_namespaces() {
    let _turn = Turn::shared().await;
    let cluster = Cluster::new().await;
    let documents = render(&cluster.namespace, &Case::plan().values(&[&cluster]));
    assert!(documents.iter().all(|one| !one["kind"].as_str().unwrap().starts_with("Cluster")));
    let foreign = documents.iter().find(|one| one["metadata"]["namespace"] != cluster.namespace.as_str());
    assert_eq!(foreign, None);
}

/// The driver takes every kind down one road, which ends at a finalizer that is not wanted.
#[tokio::test]
async fn our_finalizer_is_taken_off_every_kind_that_keeps_nothing() {
    let case = Case::start().await;
    case.apply_environment("production", json!({})).await;
    let finalizer = json!({"metadata": {"finalizers": ["flagsmith-operator.dev/finalizer"]}});
    for (kind, name) in [(Kind::Environment, "production"), (Kind::Project, "shop"), (Kind::Connection, "flagsmith")] {
        case.until_ready(kind, name).await;
        case.cluster.edit(kind, name, finalizer.clone()).await;
        let is_free = |object: &crate::support::Object| object.at("/metadata/finalizers").is_null();
        case.until(kind, name, ("free of the finalizer", is_free)).await;
    }
}

/// Whether the operator's token may list Secrets everywhere.
#[tokio::test]
async fn the_token_of_the_suite_is_not_the_administrators() {
    let case = Case::start().await;
    let secret = Kind::Secret.resource();
    let api: Api<DynamicObject> = Api::all_with(case.operator.client().await, &secret);
    let refusal = api.list(&ListParams::default()).await.unwrap_err().to_string();
    assert!(refusal.contains("cannot list resource \"secrets\" in API group \"\" at the cluster scope"), "{refusal}");
}
