//! What becomes of a feature when its object is deleted, and which objects carry the finalizer.

use serde_json::{Value, json};

use crate::support::{Case, Kind, Object};

const FINALIZER: &str = "flagsmith-operator.dev/finalizer";

fn has_finalizer(flag: &Object) -> bool {
    flag.at("/metadata/finalizers").as_array().is_some_and(|all| all.contains(&json!(FINALIZER)))
}

/// A flag of that policy, that was there before or not; after it was ready.
async fn flag(existing: bool, policy: Value) -> (Case, Object) {
    let case = Case::start().await;
    if existing {
        case.flagsmith.add_feature(json!({"name": "checkout"})).await;
    }
    let mut fields = json!({"environments": [{"name": "production", "enabled": true}]});
    if !policy.is_null() {
        fields["deletionPolicy"] = policy;
    }
    case.apply_flag("checkout", fields).await;
    let flag = case.until_ready(Kind::Flag, "checkout").await;
    (case, flag)
}

async fn delete(case: &Case) {
    case.cluster.delete(Kind::Flag, "checkout").await;
    case.until_gone(Kind::Flag, "checkout").await;
}

#[tokio::test]
async fn what_was_created_is_deleted_with_its_object() {
    let (case, flag) = flag(false, Value::Null).await;
    assert_eq!(flag.at("/status/origin"), "Created");
    assert!(has_finalizer(&case.cluster.read(Kind::Flag, "checkout").await));
    delete(&case).await;
    assert_eq!(case.flagsmith.features("checkout").await.len(), 0);
}

#[tokio::test]
async fn what_was_adopted_stays() {
    let (case, flag) = flag(true, Value::Null).await;
    assert_eq!(flag.at("/status/origin"), "Adopted");
    assert!(!has_finalizer(&flag));
    delete(&case).await;
    case.until_documents_read(2).await;
    let feature = case.flagsmith.feature("checkout").await;
    assert_eq!(feature["is_archived"], false);
}

#[tokio::test]
async fn what_was_adopted_is_deleted_where_the_manifest_says_so() {
    let (case, flag) = flag(true, json!("Delete")).await;
    assert!(has_finalizer(&flag));
    delete(&case).await;
    assert_eq!(case.flagsmith.features("checkout").await.len(), 0);
}

#[tokio::test]
async fn what_was_created_stays_where_the_manifest_says_so() {
    let (case, flag) = flag(false, json!("Orphan")).await;
    assert_eq!(flag.at("/status/origin"), "Created");
    assert!(!has_finalizer(&flag));
    delete(&case).await;
    case.until_documents_read(2).await;
    assert_eq!(case.flagsmith.features("checkout").await.len(), 1);
}

#[tokio::test]
async fn what_was_created_is_archived_where_the_manifest_says_so() {
    let (case, flag) = flag(false, json!("Archive")).await;
    assert!(has_finalizer(&flag));
    delete(&case).await;
    assert_eq!(case.flagsmith.feature("checkout").await["is_archived"], true);
}

#[tokio::test]
async fn a_policy_that_is_edited_moves_the_finalizer() {
    let (case, _) = flag(false, Value::Null).await;
    case.cluster.edit(Kind::Flag, "checkout", json!({"spec": {"deletionPolicy": "Orphan"}})).await;
    case.until(Kind::Flag, "checkout", ("without a finalizer", |flag| !has_finalizer(flag))).await;
    case.cluster.edit(Kind::Flag, "checkout", json!({"spec": {"deletionPolicy": "Delete"}})).await;
    case.until(Kind::Flag, "checkout", ("with a finalizer", has_finalizer)).await;
}

#[tokio::test]
async fn a_released_flag_goes_and_its_feature_stays() {
    let (case, _) = flag(false, Value::Null).await;
    case.cluster.release(Kind::Flag, "checkout").await;
    case.sim.clear_requests();
    delete(&case).await;
    assert_eq!(case.flagsmith.features("checkout").await.len(), 1);
    assert_eq!(case.writes(), Vec::<String>::new());
}

#[tokio::test]
async fn a_flag_goes_though_flagsmith_is_down_only_once_it_is_up() {
    let (case, _) = flag(false, Value::Null).await;
    case.sim.down();
    case.cluster.delete(Kind::Flag, "checkout").await;
    let says_why = |flag: &Object| flag.reason("Reconciling") == "Unreachable";
    let flag = case.until(Kind::Flag, "checkout", ("said to be held by Unreachable", says_why)).await;
    assert!(has_finalizer(&flag));
    case.sim.up();
    case.until_gone(Kind::Flag, "checkout").await;
    assert_eq!(case.flagsmith.features("checkout").await.len(), 0);
}

#[tokio::test]
async fn a_flag_that_is_gone_from_flagsmith_goes_without_ado() {
    let (case, _) = flag(false, Value::Null).await;
    case.cluster.edit(Kind::Flag, "checkout", json!({"spec": {"suspend": true}})).await;
    case.until(Kind::Flag, "checkout", ("observed", Object::is_observed)).await;
    case.flagsmith.delete_feature("checkout").await;
    case.cluster.edit(Kind::Flag, "checkout", json!({"spec": {"suspend": false}})).await;
    case.cluster.delete(Kind::Flag, "checkout").await;
    case.until_gone(Kind::Flag, "checkout").await;
    assert_eq!(case.flagsmith.features("checkout").await.len(), 0);
}
