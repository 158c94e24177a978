//! Segments: what is kept of their rules, that their names are not, and what goes with them.

use flagsmith_operator::flagsmith::{Condition, Error, NewSegment, Rule, RuleType, Segment, SegmentId, SegmentPatch};
use serde_json::json;

use crate::support::{Case, future};

fn condition(operator: &str, property: Option<&str>, value: &str) -> Condition {
    let property = property.map(str::to_owned);
    Condition { operator: operator.to_owned(), property, value: Some(value.to_owned()), description: None }
}

fn rule(r#type: RuleType, rules: Vec<Rule>, conditions: Vec<Condition>) -> Rule {
    Rule { r#type, rules, conditions }
}

fn plan(value: &str) -> Vec<Rule> {
    let inner = rule(RuleType::Any, Vec::new(), vec![condition("EQUAL", Some("plan"), value)]);
    vec![rule(RuleType::All, vec![inner], Vec::new())]
}

fn new(name: &str, rules: Vec<Rule>) -> NewSegment {
    NewSegment { name: name.into(), description: None, feature: None, rules }
}

async fn made(case: &Case, name: &str, rules: Vec<Rule>) -> Segment {
    case.client.create_segment(case.project, &new(name, rules)).await.unwrap()
}

#[tokio::test]
async fn a_segment_is_made_and_listed_as_it_was_asked_for() {
    let case = case!().await;
    let wanted = NewSegment { description: Some("For the brave".to_owned()), ..new("beta", plan("beta")) };
    let segment = case.client.create_segment(case.project, &wanted).await.unwrap();
    assert_eq!(
        (&segment.name, &segment.description, &segment.rules),
        (&wanted.name, &wanted.description, &wanted.rules)
    );
    assert!(segment.created_at.is_some() && segment.feature.is_none());
    assert_eq!(case.client.segments(case.project).await.unwrap(), [segment]);
    case.agrees();
}

/// Their order is not promised.
fn sorted(rules: Vec<Rule>) -> Vec<Rule> {
    let mut rules: Vec<_> = rules.into_iter().map(|rule| Rule { rules: sorted(rule.rules), ..rule }).collect();
    for rule in &mut rules {
        rule.conditions.sort_by_key(|condition| format!("{condition:?}"));
    }
    rules.sort_by_key(|rule| format!("{rule:?}"));
    rules
}

#[tokio::test]
async fn every_operator_keeps_what_it_is_compared_with() {
    let case = case!().await;
    let mut conditions: Vec<_> = [
        "EQUAL",
        "NOT_EQUAL",
        "GREATER_THAN",
        "GREATER_THAN_INCLUSIVE",
        "LESS_THAN",
        "LESS_THAN_INCLUSIVE",
        "CONTAINS",
        "NOT_CONTAINS",
        "REGEX",
        "MODULO",
        "IN",
        "IS_SET",
        "IS_NOT_SET",
        "PERCENTAGE_SPLIT",
    ]
    .map(|operator| condition(operator, Some("p"), "12.50"))
    .into();
    for value in ["", "a,b c", r#"["a,b","c"]"#, "two\nlines", "4|1"] {
        conditions.push(condition("IN", Some("$.identity.identifier"), value));
    }
    conditions.push(condition("PERCENTAGE_SPLIT", None, "0"));
    let described = Condition { description: Some("why".to_owned()), ..condition("IS_SET", Some("p"), "") };
    conditions.push(described);
    let rules = vec![rule(RuleType::All, Vec::new(), conditions.clone()), rule(RuleType::None, Vec::new(), Vec::new())];
    assert_eq!(sorted(made(&case, "all", rules.clone()).await.rules), sorted(rules));
    let inner = rule(RuleType::None, Vec::new(), conditions);
    let nested = vec![rule(RuleType::Any, vec![inner], Vec::new())];
    assert_eq!(sorted(made(&case, "nested", nested.clone()).await.rules), sorted(nested));
    case.agrees();
}

#[tokio::test]
async fn what_a_patch_leaves_out_of_a_segment_stays() {
    let case = case!().await;
    let before = made(&case, "beta", plan("beta")).await;
    let rename = SegmentPatch { name: Some("ring".into()), ..SegmentPatch::default() };
    let renamed = case.client.update_segment(case.project, before.id, &rename).await.unwrap();
    assert_eq!(renamed, Segment { name: "ring".into(), ..before.clone() });
    let rules = vec![rule(RuleType::None, Vec::new(), vec![condition("EQUAL", Some("plan"), "free")])];
    let rewrite = SegmentPatch { rules: Some(rules.clone()), ..SegmentPatch::default() };
    let rewritten = case.client.update_segment(case.project, before.id, &rewrite).await.unwrap();
    assert_eq!(rewritten, Segment { rules, ..renamed });
    let describe = SegmentPatch { description: Some(String::new()), ..SegmentPatch::default() };
    let described = case.client.update_segment(case.project, before.id, &describe).await.unwrap();
    assert_eq!(described, Segment { description: Some(String::new()), ..rewritten });
    assert_eq!(case.client.segments(case.project).await.unwrap(), [described]);
    case.agrees();
}

#[tokio::test]
async fn several_segments_may_have_one_name() {
    let case = case!().await;
    let (one, other) = (made(&case, "beta", plan("beta")).await, made(&case, "beta", plan("beta")).await);
    assert!(one.id != other.id && one.uuid != other.uuid);
    assert_eq!(case.client.segments(case.project).await.unwrap(), [one, other]);
    case.agrees();
}

#[tokio::test]
async fn blanks_around_a_segment_s_texts_are_dropped() {
    let case = case!().await;
    let padded = Condition { description: Some(" d\n".to_owned()), ..condition("EQUAL", Some(" plan "), "\tbeta\n") };
    let segment = made(&case, " beta ", vec![rule(RuleType::All, Vec::new(), vec![padded])]).await;
    assert_eq!(segment.name.as_str(), "beta");
    let kept = Condition { description: Some("d".to_owned()), ..condition("EQUAL", Some("plan"), "beta") };
    assert_eq!(segment.rules[0].conditions, [kept]);
    case.agrees();
}

#[tokio::test]
async fn rules_that_cannot_be_are_refused() {
    let case = case!().await;
    let flat = |condition| vec![rule(RuleType::All, Vec::new(), vec![condition])];
    let many = |count: usize| (0..count).map(|_| condition("EQUAL", Some("p"), "x")).collect::<Vec<_>>();
    let deep = rule(RuleType::All, vec![rule(RuleType::All, plan("x"), Vec::new())], Vec::new());
    for rules in [
        Vec::new(),
        vec![deep],
        vec![rule(RuleType::All, vec![rule(RuleType::Any, Vec::new(), many(60))], many(41))],
        flat(condition("LIKE", Some("p"), "x")),
        flat(condition("EQUAL", Some(""), "x")),
        flat(condition("EQUAL", Some(&"p".repeat(1001)), "x")),
        flat(condition("EQUAL", Some("p"), &"x".repeat(1001))),
    ] {
        let refused = case.client.create_segment(case.project, &new("beta", rules)).await;
        assert!(matches!(refused, Err(Error::Refused { status: 400, .. })), "{refused:?}");
    }
    let most = vec![rule(RuleType::All, vec![rule(RuleType::Any, Vec::new(), many(60))], many(40))];
    assert_eq!(made(&case, "most", most.clone()).await.rules, most);
    case.agrees();
}

#[tokio::test]
async fn nothing_to_compare_with_becomes_the_text_none() {
    let case = case!().await;
    let nothing = Condition { value: None, ..condition("IS_SET", Some("p"), "") };
    let segment = made(&case, "beta", vec![rule(RuleType::All, Vec::new(), vec![nothing])]).await;
    assert_eq!(segment.rules[0].conditions, [condition("IS_SET", Some("p"), "None")]);
    case.agrees();
}

#[tokio::test]
async fn a_segment_is_turned_to_a_feature_and_goes_with_it() {
    let case = case!().await;
    let checkout = case.feature("checkout").await;
    let general = made(&case, "beta", plan("beta")).await;
    let turn = SegmentPatch { feature: Some(checkout.id), ..SegmentPatch::default() };
    let turned = case.client.update_segment(case.project, general.id, &turn).await.unwrap();
    assert_eq!(turned, Segment { feature: Some(checkout.id), ..general });
    let nobody = SegmentPatch { feature: Some(0.into()), ..SegmentPatch::default() };
    let refused = case.client.update_segment(case.project, turned.id, &nobody).await;
    assert!(matches!(refused, Err(Error::Refused { status: 400, .. })), "{refused:?}");
    case.client.delete_feature(case.project, checkout.id).await.unwrap();
    assert_eq!(case.client.segments(case.project).await.unwrap(), []);
    case.agrees();
}

#[tokio::test]
async fn a_segment_takes_its_overrides_with_it() {
    let case = case!().await;
    let production = case.environment("production").await;
    let checkout = case.feature("checkout").await;
    let segment = made(&case, "beta", plan("beta")).await;
    let one = json!({"segment": {"id": segment.id}, "priority": 0, "enabled": true});
    let path = future(&production.key, checkout.id);
    assert_eq!(case.patch(&path, json!({"segment_overrides": [one]})).await.0, 200);
    let overrides = async || case.client.document(&production.key).await.unwrap().flags[0].state.overrides.len();
    assert_eq!(overrides().await, 1);
    assert_eq!(case.client.delete_segment(case.project, segment.id).await, Ok(()));
    assert_eq!(overrides().await, 0);
    assert_eq!(case.client.delete_segment(case.project, segment.id).await, Err(Error::NotFound));
    assert_eq!(case.client.segments(case.project).await.unwrap(), []);
    case.agrees();
}

#[tokio::test]
async fn a_segment_that_is_not_there_is_not_found() {
    let case = case!().await;
    let rename = SegmentPatch { name: Some("ring".into()), ..SegmentPatch::default() };
    let updated = case.client.update_segment(case.project, SegmentId(0), &rename).await;
    assert_eq!(updated, Err(Error::NotFound));
    assert_eq!(case.client.delete_segment(case.project, SegmentId(0)).await, Err(Error::NotFound));
    case.agrees();
}
