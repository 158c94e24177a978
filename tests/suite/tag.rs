//! Tags, and the marks of a flag that one request writes with them.

use serde_json::json;

use crate::support::{Case, Kind};

#[tokio::test]
async fn a_flag_is_made_with_its_tags_and_marks_in_one_request() {
    let case = Case::plan().resync("1s").start().await;
    let fields = json!({"tags": ["new", "old"], "serverKeyOnly": true, "archived": true, "description": "d"});
    case.flagsmith.add_tag("old").await;
    case.apply_flag("checkout", fields).await;
    case.until_ready(Kind::Flag, "checkout").await;
    let feature = case.flagsmith.feature("checkout").await;
    assert_eq!(case.flagsmith.labels("checkout").await, ["new", "old"]);
    assert_eq!((&feature["is_server_key_only"], &feature["is_archived"]), (&json!(true), &json!(true)));
    let project = format!("/api/v1/projects/{}", case.flagsmith.project);
    let last = case.writes().split_off(case.writes().len() - 2);
    assert_eq!(last, [format!("POST {project}/tags/"), format!("POST {project}/features/")]);

    case.sim.clear_requests();
    case.until_documents_read(4).await;
    assert_eq!(case.writes(), Vec::<String>::new(), "a re-sync writes nothing");
}

#[tokio::test]
async fn each_edit_of_tags_and_marks_is_one_write_and_each_drift_is_corrected() {
    let case = Case::start().await;
    case.apply_flag("checkout", json!({"tags": ["a"], "serverKeyOnly": false, "archived": false})).await;
    case.until_ready(Kind::Flag, "checkout").await;
    let path = case.flagsmith.below("checkout", "").await;
    for fields in [
        json!({"tags": [], "serverKeyOnly": false, "archived": false}),
        json!({"tags": [], "serverKeyOnly": true, "archived": false}),
        json!({"tags": ["a"], "serverKeyOnly": true, "archived": true}),
    ] {
        case.sim.clear_requests();
        let flag = case.apply_flag("checkout", fields.clone()).await;
        let is_done = |one: &crate::support::Object| one.is_ready() && one.is_observed();
        case.until(Kind::Flag, "checkout", ("ready", is_done)).await;
        assert_eq!(case.writes(), [format!("PATCH {path}")], "{fields} {flag:?}");
    }
    case.flagsmith
        .edit_feature("checkout", json!({"tags": [], "is_server_key_only": false, "is_archived": false}))
        .await;
    let is_back = async || {
        let feature = case.flagsmith.feature("checkout").await;
        let is_marked = feature["is_archived"] == true && feature["is_server_key_only"] == true;
        is_marked && case.flagsmith.labels("checkout").await == ["a"]
    };
    case.eventually("the drift is corrected", is_back).await;
}

#[tokio::test]
async fn what_a_manifest_leaves_out_stays() {
    let case = Case::plan().resync("1s").start().await;
    let tag = case.flagsmith.add_tag("theirs").await;
    let feature = json!({"name": "checkout", "tags": [tag], "is_archived": true, "is_server_key_only": true,
        "multivariate_options": [{"string_value": "blue", "default_percentage_allocation": 10}]});
    case.flagsmith.add_feature(feature).await;
    let before = case.flagsmith.feature("checkout").await;
    case.sim.clear_requests();
    case.apply_flag("checkout", json!({"description": "ours"})).await;
    case.until_ready(Kind::Flag, "checkout").await;
    case.until_documents_read(3).await;
    let mut expected = before;
    expected["description"] = json!("ours");
    assert_eq!(case.flagsmith.feature("checkout").await, expected);
    assert_eq!(case.writes().len(), 1, "{:?}", case.writes());
}

#[tokio::test]
async fn tags_of_one_label_are_named_and_nothing_else_is_held_up() {
    let case = Case::start().await;
    let twins = [case.flagsmith.add_tag("a").await, case.flagsmith.add_tag("a").await];
    let production = json!({"name": "production", "enabled": true});
    case.apply_flag("checkout", json!({"tags": ["a"], "environments": [production]})).await;
    let flag = case.until_stalled(Kind::Flag, "checkout", "AmbiguousName").await;
    assert!(twins.iter().all(|id| flag.message().contains(&id.to_string())), "{}", flag.message());
    assert!(case.served("checkout").await.is_some_and(|flag| flag.enabled));
    assert_eq!(case.flagsmith.labels("checkout").await, Vec::<String>::new());

    case.flagsmith.delete(&format!("/api/v1/projects/{}/tags/{}/", case.flagsmith.project, twins[1])).await;
    case.until_ready(Kind::Flag, "checkout").await;
    assert_eq!(case.flagsmith.labels("checkout").await, ["a"]);
}

#[tokio::test]
async fn flags_that_want_one_new_tag_make_it_once() {
    let case = Case::start().await;
    for flag in ["a", "b", "c", "d"] {
        case.apply_flag(flag, json!({"tags": ["new"]})).await;
    }
    for flag in ["a", "b", "c", "d"] {
        case.until_ready(Kind::Flag, flag).await;
        assert_eq!(case.flagsmith.labels(flag).await, ["new"]);
    }
}

#[tokio::test]
async fn defaults_are_refused_an_edit_once_the_feature_exists() {
    let case = Case::start().await;
    let with = |value| json!({"defaults": {"value": {"json": {"limit": value}}}});
    case.apply_flag("checkout", with(1)).await;
    case.until_ready(Kind::Flag, "checkout").await;
    let mut changed = with(2);
    changed["projectRef"] = json!({"name": "shop"});
    let manifest = case.cluster.manifest(Kind::Flag, "checkout", &changed);
    let message = case.cluster.try_apply(Kind::Flag, &manifest).await.unwrap_err();
    assert!(message.contains("defaults cannot be changed once the feature exists"), "{message}");
    case.apply_flag("checkout", with(1)).await;
    case.apply_flag("checkout", json!({})).await;
}
