//! When two values are the same.

use super::super::value::DesiredValue;
use crate::flagsmith::Value;

#[test]
fn json_is_met_by_any_text_that_means_the_same() {
    let wanted = DesiredValue::Json(serde_json::from_str(r#"{"a": {"n": 1, "s": "1"}, "b": [1, 2]}"#).unwrap());
    let met = |text: &str| wanted.is_met_by(&Value::String(text.to_owned()));
    assert!(met(r#"{"b":[1,2],"a":{"s":"1","n":1}}"#));
    assert!(met("{ \"b\" : [1.0, 2e0],\n\"a\": {\"s\": \"\\u0031\", \"n\": 1} }"));
    for other in [
        r#"{"b":[2,1],"a":{"s":"1","n":1}}"#,
        r#"{"b":[1,2],"a":{"s":1,"n":1}}"#,
        r#"{"b":[1,2],"a":{"s":"1","n":true}}"#,
        r#"{"b":[1,2],"a":{"s":"1","n":1},"c":null}"#,
        r#"{"b":[1,2]}"#,
        "{",
        "",
    ] {
        assert!(!met(other), "{other}");
    }
}

#[test]
fn a_number_too_great_to_be_a_float_is_compared_to_its_last_digit() {
    let wanted = DesiredValue::Json(serde_json::from_str(r#"{"n": 9007199254740993}"#).unwrap());
    assert!(wanted.is_met_by(&Value::String(r#"{"n":9007199254740993}"#.to_owned())));
    assert!(!wanted.is_met_by(&Value::String(r#"{"n":9007199254740992}"#.to_owned())));
}

#[test]
fn a_text_a_number_and_a_truth_value_are_never_the_same() {
    let values = [
        Value::String("1".to_owned()),
        Value::Integer(1),
        Value::Boolean(true),
        Value::String("true".to_owned()),
        Value::Null,
    ];
    for (at, wanted) in values.iter().enumerate() {
        for (other, live) in values.iter().enumerate() {
            assert_eq!(DesiredValue::Exactly(wanted.clone()).is_met_by(live), at == other);
        }
    }
}
