//! What of a segment is taken, and what is refused with which words.

use serde_json::{Value, json};

use super::{accepted::assert_accepted, edited::assert_edit_refused, refused::assert_refused};
use crate::support::Kind;

fn segment(rules: Value) -> Value {
    json!({"projectRef": {"name": "shop"}, "rules": rules})
}

fn with(condition: Value) -> Value {
    segment(json!([{"type": "ALL", "rules": [{"type": "ANY", "conditions": [condition]}]}]))
}

fn equal(value: Value) -> Value {
    json!({"property": "plan", "operator": "EQUAL", "value": value})
}

fn many(count: usize) -> Vec<Value> {
    (0..count).map(|number| equal(json!(number.to_string()))).collect()
}

#[tokio::test]
async fn conditions_that_flagsmith_would_refuse_or_misread() {
    let value: &[&str] = &["every operator takes value, as in value: beta"];
    let values: &[&str] = &["IN compares with values, as in values: [gold, silver]"];
    let percentage: &[&str] = &["PERCENTAGE_SPLIT takes percentage, as in percentage: 25"];
    let blanks: &[&str] = &["Flagsmith drops blanks"];
    let property = |property: &str| with(json!({"property": property, "operator": "IS_SET"}));
    assert_refused(
        Kind::Segment,
        &[
            (with(json!({"property": "p", "operator": "EQUAL"})), value),
            (with(json!({"property": "p", "operator": "IS_SET", "value": "x"})), value),
            (with(json!({"property": "p", "operator": "IN", "value": "a,b"})), values),
            (with(json!({"property": "p", "operator": "EQUAL", "value": "a", "values": ["a"]})), values),
            (with(json!({"property": "p", "operator": "IN", "values": []})), &["values"]),
            (with(json!({"property": "p", "operator": "IN", "values": ["a", "a"]})), &["values", "duplicate"]),
            (with(json!({"operator": "PERCENTAGE_SPLIT", "value": "25"})), percentage),
            (with(json!({"property": "p", "operator": "EQUAL", "value": "a", "percentage": 25})), percentage),
            (with(json!({"operator": "PERCENTAGE_SPLIT", "percentage": 101})), &["percentage", "100"]),
            (with(json!({"operator": "PERCENTAGE_SPLIT", "percentage": "1.1234567"})), &["percentage", "should match"]),
            (with(json!({"property": "p", "operator": "MODULO", "value": "4"})), &["conditions[0]", "anyOf"]),
            (with(json!({"property": "p", "operator": "MODULO", "value": "four|one"})), &["conditions[0]", "anyOf"]),
            (with(json!({"operator": "EQUAL", "value": "a"})), &["say by property which trait is meant"]),
            (with(json!({"property": "p", "operator": "LIKE", "value": "a"})), &["operator", "GREATER_THAN_INCLUSIVE"]),
            (with(equal(json!(" beta"))), &["value", "should match"]),
            (with(equal(json!("beta\n"))), &["value", "should match"]),
            (with(equal(json!("x".repeat(1001)))), &["value", "1000"]),
            (property(""), &["property"]),
            (property(" plan"), blanks),
            (property(&"x".repeat(1001)), &["property", "1000"]),
        ],
    )
    .await;
}

#[tokio::test]
async fn rules_that_flagsmith_would_refuse() {
    let deep = json!([{"type": "ALL", "rules": [{"type": "ANY", "rules": [{"type": "ALL", "conditions": many(1)}]}]}]);
    let too_many = json!([{"type": "ALL", "conditions": many(50), "rules": [{"type": "ANY", "conditions": many(51)}]}]);
    assert_refused(
        Kind::Segment,
        &[
            (json!({"projectRef": {"name": "shop"}}), &["spec.rules"]),
            (segment(json!([])), &["spec.rules"]),
            (segment(json!([{"type": "SOME"}])), &["type", "ALL", "NONE"]),
            (segment(deep), &["Flagsmith takes rules on two levels: move what these hold one level up"]),
            (segment(too_many), &["Flagsmith takes at most 100 conditions in one segment"]),
        ],
    )
    .await;
}

#[tokio::test]
async fn the_smallest_and_the_largest_segments() {
    let split = json!({"operator": "PERCENTAGE_SPLIT", "percentage": "12.5"});
    let values: Vec<_> = (0..500).map(|number| number.to_string()).collect();
    let inner: Vec<_> = (0..100).map(|_| json!({"type": "ANY", "rules": [], "conditions": many(1)})).collect();
    let mut whole = segment(json!([{"type": "ALL", "rules": inner}, {"type": "NONE"}]));
    for (field, value) in
        [("feature", "Checkout V2"), ("name", "Beta testers"), ("deletionPolicy", "Orphan"), ("description", "")]
    {
        whole[field] = json!(value);
    }
    let specs = [
        segment(json!([{"type": "ALL"}])),
        segment(json!([{"type": "ANY", "conditions": many(100)}])),
        whole,
        with(split),
        with(equal(json!(18))),
        with(equal(json!(""))),
        with(equal(json!("x".repeat(1000)))),
        with(json!({"property": "p", "operator": "IN", "values": values})),
        with(json!({"property": "p", "operator": "IN", "values": ["a,b"]})),
        with(json!({"property": "p", "operator": "MODULO", "value": "4|1", "description": "every fourth"})),
        with(json!({"property": "p", "operator": "IS_NOT_SET"})),
    ];
    assert_accepted(Kind::Segment, &specs).await;
}

#[tokio::test]
async fn a_segments_project_stays() {
    let before = segment(json!([{"type": "ALL"}]));
    let mut after = before.clone();
    after["projectRef"]["name"] = json!("other");
    let part = "projectRef cannot be changed: delete the object and apply it anew";
    assert_edit_refused(Kind::Segment, (before, after), part).await;
}
