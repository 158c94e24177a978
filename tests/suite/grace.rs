//! Break-glass: what somebody changes in Flagsmith is left alone for a while, shown, and then put right.

use serde_json::{Value, json};

use crate::support::{Case, Kind, Object, Served};

/// The flag checkout, on and of that value in production, with that grace.
async fn apply_checkout(case: &Case, grace: &str, value: &str) {
    let production = json!({"name": "production", "enabled": true, "value": {"string": value}});
    case.apply_flag("checkout", json!({"driftGracePeriod": grace, "description": value, "environments": [production]}))
        .await;
}

/// In sync, also as its last edit has it.
async fn synced(case: &Case) -> Object {
    case.until(Kind::Flag, "checkout", ("in sync", Object::is_synced)).await
}

async fn graced(case: &Case) -> Object {
    let is_graced = |flag: &Object| flag.tolerates("GracePeriod");
    case.until(Kind::Flag, "checkout", ("ready, in its grace", is_graced)).await
}

fn time(value: &Value) -> k8s_openapi::jiff::Timestamp {
    value.as_str().unwrap().parse().unwrap()
}

async fn what_was_changed_in_flagsmith_is_left_alone_and_then_put_right(versioned: bool) {
    let case = Case::plan().versioned(versioned).start().await;
    apply_checkout(&case, "5s", "blue").await;
    synced(&case).await;
    case.sim.clear_requests();
    case.flagsmith.write_state(&case.production, "checkout", (false, json!("blue"))).await;
    let theirs = case.writes();
    let flag = graced(&case).await;
    assert_eq!(flag.drift(), [["production enabled", "true", "false", "GracePeriod"]]);
    let [since, until] = ["/status/drift/0/since", "/status/drift/0/until"].map(|at| time(flag.at(at)));
    assert_eq!(until.duration_since(since).as_secs(), 5);
    assert_eq!(case.writes(), theirs, "it is left alone");
    let is_right = async || case.served("checkout").await == Some(Served::on("blue"));
    case.eventually("it is put right", is_right).await;
    assert!(k8s_openapi::jiff::Timestamp::now() >= until);
    synced(&case).await;
    assert_eq!(flag.owned(), ("Enforce", "5s", true));
}

#[tokio::test]
async fn what_was_changed_in_flagsmith_is_left_alone_and_then_put_right_without_versions() {
    what_was_changed_in_flagsmith_is_left_alone_and_then_put_right(false).await;
}

#[tokio::test]
async fn what_was_changed_in_flagsmith_is_left_alone_and_then_put_right_with_versions() {
    what_was_changed_in_flagsmith_is_left_alone_and_then_put_right(true).await;
}

#[tokio::test]
async fn a_second_change_begins_no_second_grace() {
    let case = Case::start().await;
    apply_checkout(&case, "1h", "blue").await;
    synced(&case).await;
    case.flagsmith.write_state(&case.production, "checkout", (true, json!("red"))).await;
    let before = graced(&case).await;
    case.flagsmith.write_state(&case.production, "checkout", (false, json!("green"))).await;
    let both = |flag: &Object| flag.drift().len() == 2;
    let flag = case.until(Kind::Flag, "checkout", ("both are shown", both)).await;
    assert_eq!(flag.drift()[1], ["production value", "blue", "green", "GracePeriod"]);
    assert_eq!(flag.at("/status/drift/1/since"), before.at("/status/drift/0/since"));
}

async fn an_edit_is_never_delayed(versioned: bool) {
    let case = Case::plan().versioned(versioned).start().await;
    apply_checkout(&case, "1h", "blue").await;
    synced(&case).await;
    case.flagsmith.write_state(&case.production, "checkout", (false, json!("blue"))).await;
    let before = graced(&case).await;
    // Of other fields, which leaves the one that has its grace.
    apply_checkout(&case, "1h", "green").await;
    let is_written = async || case.served("checkout").await == Some(Served::off("green"));
    case.eventually("the value is written", is_written).await;
    let flag = graced(&case).await;
    assert_eq!(flag.drift(), [["production enabled", "true", "false", "GracePeriod"]]);
    assert_eq!(flag.at("/status/drift"), before.at("/status/drift"));
    // Of that field.
    let production = json!({"name": "production", "enabled": false, "value": {"string": "green"}});
    let spec = json!({"driftGracePeriod": "1h", "description": "green", "environments": [production]});
    case.apply_flag("checkout", spec.clone()).await;
    synced(&case).await;
    apply_checkout(&case, "1h", "green").await;
    synced(&case).await;
    assert_eq!(case.served("checkout").await, Some(Served::on("green")));
}

#[tokio::test]
async fn an_edit_is_never_delayed_without_versions() {
    an_edit_is_never_delayed(false).await;
}

#[tokio::test]
async fn an_edit_is_never_delayed_with_versions() {
    an_edit_is_never_delayed(true).await;
}

#[tokio::test]
async fn an_edit_of_what_has_its_grace_is_written_at_once() {
    let case = Case::start().await;
    apply_checkout(&case, "1h", "blue").await;
    synced(&case).await;
    case.flagsmith.write_state(&case.production, "checkout", (true, json!("red"))).await;
    graced(&case).await;
    apply_checkout(&case, "1h", "green").await;
    synced(&case).await;
    assert_eq!(case.served("checkout").await, Some(Served::on("green")));
}

#[tokio::test]
async fn a_flag_that_was_deleted_is_made_again_after_its_grace() {
    let case = Case::start().await;
    apply_checkout(&case, "4s", "blue").await;
    let before = synced(&case).await;
    case.flagsmith.delete_feature("checkout").await;
    let flag = graced(&case).await;
    assert_eq!(flag.drift(), [["existence", "present", "absent", "GracePeriod"]]);
    assert_eq!(case.flagsmith.features("checkout").await.len(), 0);
    let is_another = |flag: &Object| flag.is_synced() && flag.at("/status/uuid") != before.at("/status/uuid");
    case.until(Kind::Flag, "checkout", ("made again", is_another)).await;
    assert_eq!(case.served("checkout").await, Some(Served::on("blue")));
}

#[tokio::test]
async fn a_grace_outlives_the_operator() {
    let mut case = Case::start().await;
    apply_checkout(&case, "6s", "blue").await;
    synced(&case).await;
    case.flagsmith.write_state(&case.production, "checkout", (false, json!("blue"))).await;
    let before = graced(&case).await;
    case.operator.kill();
    case.operator.restart();
    synced(&case).await;
    let until = time(before.at("/status/drift/0/until"));
    assert!(k8s_openapi::jiff::Timestamp::now() >= until, "not before its time");
    assert_eq!(case.served("checkout").await, Some(Served::on("blue")));
}

#[tokio::test]
async fn a_drift_is_counted_once_by_its_field() {
    let case = Case::start().await;
    apply_checkout(&case, "3s", "blue").await;
    synced(&case).await;
    let path = format!(
        "/api/__future__/environments/{}/features/{}/",
        case.production,
        case.flagsmith.feature("checkout").await["id"]
    );
    case.sim.clear_requests();
    case.flagsmith.write_state(&case.production, "checkout", (false, json!("blue"))).await;
    graced(&case).await;
    synced(&case).await;
    let of_the_flag: Vec<_> =
        case.sim.requests().into_iter().filter(|one| one.path == path).map(|one| one.method).collect();
    assert_eq!(of_the_flag, ["GET", "PATCH"], "one read before it is told, and one write");
    let metrics = case.operator.metrics().await;
    let drifts: Vec<_> = metrics.into_iter().filter(|(name, _)| name.contains("_drifts_total")).collect();
    let counted = r#"flagsmith_operator_drifts_total{kind="FeatureFlag",field="enabled"}"#;
    assert_eq!(drifts, [(counted.to_owned(), 1.0)]);
}
