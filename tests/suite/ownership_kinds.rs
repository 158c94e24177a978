//! Who owns segments and environments: as with flags.

use serde_json::{Value, json};

use crate::support::{Case, Kind, Object};

fn rules(value: &str) -> Value {
    json!([{"type": "ALL", "conditions": [{"property": "plan", "operator": "EQUAL", "value": value}]}])
}

/// Asks for a look at once: environments and segments are listed at whole polls alone.
async fn ask(case: &Case, kind: Kind, name: &str) {
    let asked = json!({"flagsmith-operator.dev/reconcile-requested-at": format!("{:?}", std::time::SystemTime::now())});
    case.cluster.edit(kind, name, json!({"metadata": {"annotations": asked}})).await;
}

/// Whether the last request was answered.
fn is_answered(one: &Object) -> bool {
    let asked = one.at("/metadata/annotations/flagsmith-operator.dev~1reconcile-requested-at");
    one.at("/status/lastHandledReconcileAt") == asked
}

async fn tolerated(case: &Case, (kind, name): (Kind, &str), reason: &str) -> Object {
    ask(case, kind, name).await;
    let tolerates = |one: &Object| one.tolerates(reason) && is_answered(one);
    case.until(kind, name, (&format!("ready, and not in sync: {reason}"), tolerates)).await
}

async fn synced(case: &Case, kind: Kind, name: &str) -> Object {
    case.until(kind, name, ("in sync", Object::is_synced)).await
}

fn value(segment: &Value) -> &Value {
    &segment["rules"][0]["conditions"][0]["value"]
}

#[tokio::test]
async fn an_observed_segment_is_shown_and_never_written() {
    let case = Case::start().await;
    case.sim.clear_requests();
    let wish = json!({"management": "Observe", "description": "ours", "rules": rules("beta")});
    case.apply_segment("beta", wish).await;
    let segment = case.until_waiting(Kind::Segment, "beta", "SegmentNotFound").await;
    assert_eq!(segment.drift(), [["existence", "present", "absent", "Observed"]]);
    assert_eq!(case.writes(), Vec::<String>::new());
    case.flagsmith.add_segment("beta", rules("theirs")).await;
    let segment = tolerated(&case, (Kind::Segment, "beta"), "Observed").await;
    let shown = [
        ["description", "ours", "", "Observed"],
        ["rules", "All(plan EQUAL beta)", "All(plan EQUAL theirs)", "Observed"],
    ];
    assert_eq!(segment.drift(), shown);
    case.sim.clear_requests();
    case.until_documents_read(3).await;
    assert_eq!(case.writes(), Vec::<String>::new());
    let after = case.cluster.read(Kind::Segment, "beta").await;
    assert_eq!(after.resource_version(), segment.resource_version(), "nor is its status, again");
}

#[tokio::test]
async fn a_segment_is_handed_over_and_keeps_the_name_that_it_is_given() {
    let case = Case::start().await;
    case.apply_segment("beta", json!({"management": "InitialOnly", "rules": rules("beta")})).await;
    synced(&case, Kind::Segment, "beta").await;
    case.flagsmith.edit_segment("beta", json!({"name": "theirs", "rules": rules("theirs")})).await;
    let segment = tolerated(&case, (Kind::Segment, "beta"), "HandedOver").await;
    let places: Vec<_> = segment.drift().into_iter().map(|[place, ..]| place).collect();
    assert_eq!(places, ["name", "rules"]);
    case.sim.clear_requests();
    case.until_documents_read(3).await;
    assert_eq!(case.writes(), Vec::<String>::new());
    assert_eq!(value(&case.flagsmith.segment("theirs").await), "theirs");
}

#[tokio::test]
async fn a_segment_has_its_grace() {
    let case = Case::start().await;
    case.apply_segment("beta", json!({"driftGracePeriod": "4s", "rules": rules("beta")})).await;
    synced(&case, Kind::Segment, "beta").await;
    case.flagsmith.edit_segment("beta", json!({"rules": rules("theirs")})).await;
    tolerated(&case, (Kind::Segment, "beta"), "GracePeriod").await;
    assert_eq!(value(&case.flagsmith.segment("beta").await), "theirs");
    synced(&case, Kind::Segment, "beta").await;
    assert_eq!(value(&case.flagsmith.segment("beta").await), "beta");
    // One that is gone, too.
    case.flagsmith.delete_segment(&case.flagsmith.segment("beta").await).await;
    let segment = tolerated(&case, (Kind::Segment, "beta"), "GracePeriod").await;
    assert_eq!(segment.drift(), [["existence", "present", "absent", "GracePeriod"]]);
    synced(&case, Kind::Segment, "beta").await;
    assert_eq!(case.flagsmith.segments("beta").await.len(), 1);
}

#[tokio::test]
async fn an_observed_environment_is_waited_for_and_never_written() {
    let case = Case::start().await;
    case.sim.clear_requests();
    let wish = json!({"management": "Observe", "description": "ours", "secret": {"name": "flagsmith-staging"}});
    case.apply_environment("staging", wish).await;
    let environment = case.until_waiting(Kind::Environment, "staging", "EnvironmentNotFound").await;
    assert_eq!(environment.drift(), [["existence", "present", "absent", "Observed"]]);
    assert_eq!(case.writes(), Vec::<String>::new());
    let key = case.flagsmith.add_environment("staging").await;
    let environment = tolerated(&case, (Kind::Environment, "staging"), "Observed").await;
    assert_eq!(environment.drift(), [["description", "ours", "", "Observed"]]);
    let held = case.cluster.secret_entry("flagsmith-staging", "FLAGSMITH_ENVIRONMENT_KEY").await;
    assert_eq!(held, Some(key), "the Secret is Kubernetes's");
}

#[tokio::test]
async fn an_environment_is_handed_over_or_has_its_grace() {
    let case = Case::start().await;
    case.apply_environment("staging", json!({"management": "InitialOnly", "description": "ours"})).await;
    case.apply_environment("production", json!({"driftGracePeriod": "8s", "description": "ours"})).await;
    synced(&case, Kind::Environment, "staging").await;
    synced(&case, Kind::Environment, "production").await;
    for (name, theirs) in [("staging", json!({"name": "theirs"})), ("production", json!({"description": "theirs"}))] {
        let key = case.flagsmith.environments(name).await[0]["api_key"].clone();
        case.flagsmith.patch(&format!("/api/v1/environments/{}/", key.as_str().unwrap()), theirs).await;
    }
    let staging = tolerated(&case, (Kind::Environment, "staging"), "HandedOver").await;
    assert_eq!(staging.drift(), [["name", "staging", "theirs", "HandedOver"]]);
    tolerated(&case, (Kind::Environment, "production"), "GracePeriod").await;
    synced(&case, Kind::Environment, "production").await;
    assert_eq!(case.flagsmith.environments("production").await[0]["description"], "ours");
    assert_eq!(case.flagsmith.environments("theirs").await.len(), 1);
}

#[tokio::test]
async fn settings_have_an_owner_as_all_else_has() {
    let case = Case::start().await;
    let environment = json!({"management": "Observe", "hideSensitiveData": true, "bannerText": "ours",
        "featureVersioning": "V2", "serverKeys": []});
    case.sim.clear_requests();
    case.apply_environment("production", environment).await;
    let production = tolerated(&case, (Kind::Environment, "production"), "Observed").await;
    let shown = [
        ["bannerText", "ours", "", "Observed"],
        ["hideSensitiveData", "true", "false", "Observed"],
        ["featureVersioning", "V2", "", "Observed"],
    ];
    assert_eq!(production.drift(), shown);
    let project = json!({"connectionRef": {"name": "flagsmith"}, "management": "Observe", "hideDisabledFlags": true});
    case.cluster.apply(Kind::Project, "shop", project).await;
    let shop = tolerated(&case, (Kind::Project, "shop"), "Observed").await;
    assert_eq!(shop.drift(), [["hideDisabledFlags", "true", "false", "Observed"]]);
    case.until_documents_read(2).await;
    assert_eq!(case.writes(), Vec::<String>::new());
    // Enforced, they are written.
    case.cluster.edit(Kind::Project, "shop", json!({"spec": {"management": "Enforce"}})).await;
    synced(&case, Kind::Project, "shop").await;
    let live = case.flagsmith.get(&format!("/api/v1/projects/{}/", case.flagsmith.project)).await;
    assert_eq!(live["hide_disabled_flags"], true);
}

#[tokio::test]
async fn no_key_is_made_or_rotated_where_nothing_is_written() {
    let case = Case::start().await;
    let keys = json!([{"key": "SERVER", "from": "ServerKey", "name": "backend"}]);
    let wish = json!({"management": "Observe", "serverKeys": [{"name": "backend"}],
        "secret": {"name": "flagsmith-production", "keys": keys}});
    case.sim.clear_requests();
    case.apply_environment("production", wish).await;
    case.until_stalled(Kind::Environment, "production", "InvalidSpec").await;
    case.until_documents_read(2).await;
    assert_eq!(case.writes(), Vec::<String>::new());
}
