//! A segment: adopted when there is one of its name, else created; it follows its manifest, whoever edits it.

use std::time::Duration;

use flagsmith_sim::Fault;
use serde_json::{Value, json};

use crate::support::{Case, Kind, Object};

/// Rules as in design.md.
fn rules(value: &str) -> Value {
    let beta = json!({"property": "plan", "operator": "EQUAL", "value": value});
    json!([{"type": "ALL", "rules": [{"type": "ANY", "conditions": [beta]}]}])
}

async fn beta(case: &Case) -> Object {
    case.apply_segment("beta", json!({"rules": rules("beta")})).await;
    case.until_ready(Kind::Segment, "beta").await
}

fn condition(segment: &Value) -> &Value {
    &segment["rules"][0]["rules"][0]["conditions"][0]
}

#[tokio::test]
async fn a_segment_is_created_once_and_an_edit_is_one_write() {
    let case = Case::plan().resync("1s").start().await;
    case.sim.clear_requests();
    case.apply_segment("beta", json!({"description": "For the brave", "rules": rules("beta")})).await;
    let segment = case.until_ready(Kind::Segment, "beta").await;
    case.until_documents_read(3).await;
    let live = case.flagsmith.segment("beta").await;
    assert_eq!((segment.at("/status/id"), segment.at("/status/uuid")), (&live["id"], &live["uuid"]));
    assert_eq!((segment.at("/status/origin"), segment.at("/status/name")), (&json!("Created"), &json!("beta")));
    assert_eq!((&live["description"], &condition(&live)["value"]), (&json!("For the brave"), &json!("beta")));
    assert_eq!(case.writes().len(), 1, "{:?}", case.writes());
    case.sim.clear_requests();
    case.apply_segment("beta", json!({"description": "For all", "rules": rules("gold")})).await;
    case.until_ready(Kind::Segment, "beta").await;
    let edited = case.flagsmith.segment("beta").await;
    assert_eq!((&edited["description"], &condition(&edited)["value"]), (&json!("For all"), &json!("gold")));
    assert_eq!(edited["uuid"], live["uuid"]);
    case.until_documents_read(3).await;
    assert_eq!(case.writes().len(), 1, "{:?}", case.writes());
}

#[tokio::test]
async fn a_segment_that_is_there_is_adopted_without_a_write_and_stays() {
    let case = Case::start().await;
    let mut theirs = rules("beta");
    theirs[0]["rules"][0]["conditions"].as_array_mut().unwrap().push(json!({"property": "x", "operator": "IS_SET"}));
    case.flagsmith.add_segment("beta", theirs).await;
    case.sim.clear_requests();
    let mut ours = rules("beta");
    let set = json!({"property": "x", "operator": "IS_SET"});
    ours[0]["rules"][0]["conditions"].as_array_mut().unwrap().insert(0, set);
    case.apply_segment("beta", json!({"rules": ours})).await;
    let segment = case.until_ready(Kind::Segment, "beta").await;
    case.until_documents_read(2).await;
    assert_eq!((segment.at("/status/origin"), case.writes().len()), (&json!("Adopted"), 0), "{:?}", case.writes());
    case.cluster.delete(Kind::Segment, "beta").await;
    case.until_gone(Kind::Segment, "beta").await;
    case.until_documents_read(2).await;
    assert_eq!(case.flagsmith.segments("beta").await.len(), 1);
}

#[tokio::test]
async fn a_segment_that_was_edited_in_flagsmith_is_corrected_with_one_write() {
    let case = Case::start().await;
    beta(&case).await;
    for theirs in [json!({"rules": rules("theirs")}), json!({"name": "theirs"})] {
        case.sim.clear_requests();
        case.flagsmith.edit_segment("beta", theirs).await;
        let is_ours = async || {
            let live = case.flagsmith.segments("beta").await;
            live.len() == 1 && condition(&live[0])["value"] == "beta"
        };
        case.eventually("the segment is ours again", is_ours).await;
        case.until_documents_read(3).await;
        // One is theirs.
        assert_eq!(case.writes().len(), 2, "{:?}", case.writes());
    }
}

#[tokio::test]
async fn a_segment_that_is_renamed_in_its_manifest_stays_the_same() {
    let case = Case::start().await;
    let before = beta(&case).await;
    case.apply_segment("beta", json!({"name": "Beta testers", "rules": rules("beta")})).await;
    let after = case.until_ready(Kind::Segment, "beta").await;
    assert_eq!(after.at("/status/uuid"), before.at("/status/uuid"));
    let count = async |name: &str| case.flagsmith.segments(name).await.len();
    assert_eq!((count("Beta testers").await, count("beta").await), (1, 0));
}

#[tokio::test]
async fn twins_are_named_and_left_alone_until_there_is_one() {
    let case = Case::plan().resync("2s").start().await;
    let one = case.flagsmith.add_segment("beta", rules("one")).await;
    let other = case.flagsmith.add_segment("beta", rules("other")).await;
    case.sim.clear_requests();
    case.apply_segment("beta", json!({"rules": rules("beta")})).await;
    let segment = case.until_stalled(Kind::Segment, "beta", "AmbiguousName").await;
    assert!(segment.message().contains(&format!("(ids {}, {})", one["id"], other["id"])), "{}", segment.message());
    assert_eq!(case.writes().len(), 0);
    case.flagsmith.delete_segment(&other).await;
    let segment = case.until_ready(Kind::Segment, "beta").await;
    assert_eq!(segment.at("/status/uuid"), &one["uuid"]);
}

#[tokio::test]
async fn the_recorded_one_of_twins_is_kept_and_none_is_renamed_into_a_twin() {
    let case = Case::start().await;
    let before = beta(&case).await;
    let twin = case.flagsmith.add_segment("beta", rules("twin")).await;
    case.apply_segment("beta", json!({"rules": rules("new")})).await;
    let after = case.until_ready(Kind::Segment, "beta").await;
    assert_eq!(after.at("/status/uuid"), before.at("/status/uuid"));
    let live = case.flagsmith.segments("beta").await;
    assert_eq!(live.iter().filter(|one| condition(one)["value"] == "twin").count(), 1);
    case.flagsmith.delete_segment(&twin).await;
    case.flagsmith.add_segment("taken", rules("x")).await;
    case.until_documents_read(3).await;
    case.apply_segment("beta", json!({"name": "taken", "rules": rules("new")})).await;
    case.until_stalled(Kind::Segment, "beta", "AmbiguousName").await;
    assert_eq!(case.flagsmith.segments("taken").await.len(), 1);
}

#[tokio::test]
async fn a_segment_for_one_feature_waits_for_it_and_follows() {
    let case = Case::start().await;
    case.apply_segment("beta", json!({"feature": "checkout", "rules": rules("beta")})).await;
    case.until_waiting(Kind::Segment, "beta", "FeatureNotFound").await;
    case.apply_flag_on("checkout", json!({"string": "blue"})).await;
    case.until_ready(Kind::Segment, "beta").await;
    let feature = case.flagsmith.feature("checkout").await["id"].clone();
    assert_eq!(case.flagsmith.segment("beta").await["feature"], feature);
    case.flagsmith.edit_segment("beta", json!({"feature": null})).await;
    let is_back = async || case.flagsmith.segment("beta").await["feature"] == feature;
    case.apply_segment("beta", json!({"feature": "checkout", "description": "again", "rules": rules("beta")})).await;
    case.eventually("it is for the feature again", is_back).await;
}

#[tokio::test]
async fn a_segment_that_was_deleted_in_flagsmith_is_made_again() {
    let case = Case::start().await;
    let before = beta(&case).await;
    let live = case.flagsmith.segment("beta").await;
    case.flagsmith.delete_segment(&live).await;
    let is_another = |segment: &Object| segment.is_ready() && segment.at("/status/uuid") != before.at("/status/uuid");
    let after = case.until(Kind::Segment, "beta", ("ready with another uuid", is_another)).await;
    assert_eq!(after.at("/status/origin"), "Created");
}

#[tokio::test]
async fn what_was_created_is_deleted_once_no_flag_has_an_override_for_it() {
    let case = Case::start().await;
    beta(&case).await;
    let segment = case.flagsmith.segment("beta").await;
    case.flagsmith.add_feature(json!({"name": "checkout"})).await;
    case.flagsmith.override_for(&case.production, "checkout", std::slice::from_ref(&segment)).await;
    case.until_documents_read(3).await;
    case.cluster.delete(Kind::Segment, "beta").await;
    let waiting = case.until_waiting(Kind::Segment, "beta", "SegmentInUse").await;
    assert!(waiting.message().contains("(checkout)"), "{}", waiting.message());
    assert_eq!(case.flagsmith.segments("beta").await.len(), 1);
    case.flagsmith.override_for(&case.production, "checkout", &[]).await;
    case.until_gone(Kind::Segment, "beta").await;
    assert_eq!(case.flagsmith.segments("beta").await.len(), 0);
}

#[tokio::test]
async fn a_policy_that_is_written_down_wins() {
    let case = Case::start().await;
    case.apply_segment("kept", json!({"deletionPolicy": "Orphan", "rules": rules("a")})).await;
    case.flagsmith.add_segment("gone", rules("a")).await;
    case.until_documents_read(2).await;
    case.apply_segment("gone", json!({"deletionPolicy": "Delete", "rules": rules("a")})).await;
    for name in ["kept", "gone"] {
        case.until_ready(Kind::Segment, name).await;
        case.cluster.delete(Kind::Segment, name).await;
        case.until_gone(Kind::Segment, name).await;
    }
    assert_eq!(case.flagsmith.segments("kept").await.len(), 1);
    assert_eq!(case.flagsmith.segments("gone").await.len(), 0);
}

#[tokio::test]
async fn a_resync_of_every_operator_writes_nothing() {
    let case = Case::plan().resync("1s").start().await;
    let compared = ["EQUAL", "NOT_EQUAL", "GREATER_THAN", "GREATER_THAN_INCLUSIVE", "LESS_THAN", "LESS_THAN_INCLUSIVE"];
    let texts = ["CONTAINS", "NOT_CONTAINS", "REGEX"];
    let mut conditions: Vec<_> =
        compared.iter().map(|one| json!({"property": "p", "operator": one, "value": 18})).collect();
    conditions.extend(texts.iter().map(|one| json!({"property": "p", "operator": one, "value": "^a, b$"})));
    conditions.extend([
        json!({"property": "p", "operator": "EQUAL", "value": "", "description": " for\nall\n"}),
        json!({"property": "p", "operator": "MODULO", "value": "4.5|-1"}),
        json!({"property": "p", "operator": "IS_SET"}),
        json!({"property": "p", "operator": "IS_NOT_SET"}),
        json!({"property": "p", "operator": "IN", "values": ["b", "a c"]}),
        json!({"property": "p", "operator": "IN", "values": ["b,c", " \"ü\\"]}),
        json!({"operator": "PERCENTAGE_SPLIT", "percentage": "12.50"}),
        json!({"property": "$.identity.key", "operator": "PERCENTAGE_SPLIT", "percentage": 0}),
    ]);
    let inner: Vec<_> = ["ANY", "NONE", "ALL"].map(|one| json!({"type": one, "conditions": conditions})).into();
    let rules = json!([{"type": "ALL", "rules": inner, "conditions": conditions}, {"type": "NONE"}]);
    case.sim.clear_requests();
    case.apply_segment("all", json!({"name": "All of them", "description": "Äll\n", "rules": rules})).await;
    let ready = case.until_ready(Kind::Segment, "all").await;
    case.until_documents_read(4).await;
    let after = case.cluster.read(Kind::Segment, "all").await;
    assert_eq!((case.writes().len(), after.resource_version()), (1, ready.resource_version()), "{:?}", case.writes());
}

#[tokio::test]
async fn a_text_that_no_engine_can_read_is_told_and_not_sent() {
    let case = Case::start().await;
    case.sim.clear_requests();
    let condition = json!({"property": "mail", "operator": "REGEX", "value": "(@example"});
    case.apply_segment("beta", json!({"rules": [{"type": "ALL", "conditions": [condition]}]})).await;
    let segment = case.until_stalled(Kind::Segment, "beta", "InvalidSpec").await;
    let field = "spec.rules[0].conditions[0].value is no regular expression";
    assert!(segment.message().contains(field), "{}", segment.message());
    assert_eq!(case.writes().len(), 0);
}

#[tokio::test]
async fn of_two_objects_for_one_segment_the_older_wins_and_keeps_it() {
    let case = Case::start().await;
    case.apply_segment("older", json!({"name": "beta", "rules": rules("older")})).await;
    let older = case.until_ready(Kind::Segment, "older").await;
    case.until_older(&older).await;
    case.apply_segment("younger", json!({"name": "beta", "deletionPolicy": "Delete", "rules": rules("younger")})).await;
    let younger = case.until_stalled(Kind::Segment, "younger", "Conflict").await;
    assert!(younger.message().contains("/older, which is older"), "{}", younger.message());
    case.cluster.delete(Kind::Segment, "younger").await;
    case.until_gone(Kind::Segment, "younger").await;
    assert_eq!(condition(&case.flagsmith.segment("beta").await)["value"], "older");
}

/// Meets the creation of a segment with a fault; there is one afterwards, and it is ours.
async fn assert_created_once(fault: Fault) {
    let case = Case::plan().request_timeout("2s").start().await;
    case.until_ready(Kind::Project, "shop").await;
    case.sim.inject(fault);
    let segment = beta(&case).await;
    case.until_documents_read(3).await;
    assert_eq!((case.flagsmith.segments("beta").await.len(), segment.at("/status/origin")), (1, &json!("Created")));
}

fn creation() -> Fault {
    Fault::on("POST", "/segments/").times(1)
}

#[tokio::test]
async fn a_creation_whose_answer_is_lost_is_found_and_not_repeated() {
    assert_created_once(creation().drop_after()).await;
}

#[tokio::test]
async fn a_creation_that_comes_to_nothing_is_repeated() {
    assert_created_once(creation().html(502)).await;
}

#[tokio::test]
async fn a_creation_that_is_carried_out_after_its_answer_was_lost_is_waited_for() {
    assert_created_once(creation().delay(Duration::from_secs(3))).await;
}
