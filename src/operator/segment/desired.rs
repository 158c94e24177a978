//! From a `FlagsmithSegment`'s spec to a segment that cannot be wrong. Pure.

use super::regex;
use crate::operator::{flag::desired, obstacle::InvalidSpec};
use crate::{
    crd::{
        FlagsmithSegment, InnerSegmentRule, SegmentCondition, SegmentOperator, SegmentRule, SegmentRuleType,
        TextOrInteger,
    },
    flagsmith::{RuleType, Uuid},
    world::{
        segment::DesiredSegment,
        segment_rule::{Comparison, DesiredCondition, DesiredRule, Test},
    },
};

/// What Flagsmith keeps of a condition's value, in characters (facts.md §7).
const LONGEST_VALUE: usize = 1000;

/// The segment as its author wants it.
///
/// # Errors
/// [`InvalidSpec`] for what a schema cannot refuse.
pub fn resolve(segment: &FlagsmithSegment, uuid: Option<Uuid>) -> Result<DesiredSegment, InvalidSpec> {
    let rules = segment.spec.rules.iter().enumerate();
    Ok(DesiredSegment {
        name: segment.flagsmith_name().into(),
        uuid,
        description: segment.spec.description.as_deref().map(desired::described),
        feature: segment.spec.feature.as_deref().map(Into::into),
        rules: Some(rules.map(|(at, one)| rule(one, &format!("spec.rules[{at}]"))).collect::<Result<_, _>>()?),
        may_be_made: true,
    })
}

fn rule(rule: &SegmentRule, field: &str) -> Result<DesiredRule, InvalidSpec> {
    let SegmentRule { r#type, rules, conditions: own } = rule;
    let inner = |(at, one): (usize, &InnerSegmentRule)| {
        let InnerSegmentRule { r#type, rules: _, conditions: own } = one;
        let conditions = conditions(own, &format!("{field}.rules[{at}]"))?;
        Ok(DesiredRule { r#type: rule_type(*r#type), rules: Vec::new(), conditions })
    };
    Ok(DesiredRule {
        r#type: rule_type(*r#type),
        rules: rules.iter().enumerate().map(inner).collect::<Result<_, _>>()?,
        conditions: conditions(own, field)?,
    })
}

fn rule_type(wanted: SegmentRuleType) -> RuleType {
    match wanted {
        SegmentRuleType::All => RuleType::All,
        SegmentRuleType::Any => RuleType::Any,
        SegmentRuleType::None => RuleType::None,
    }
}

fn conditions(wanted: &[SegmentCondition], field: &str) -> Result<Vec<DesiredCondition>, InvalidSpec> {
    let one = |(at, one): (usize, &SegmentCondition)| condition(one, format!("{field}.conditions[{at}]"));
    wanted.iter().enumerate().map(one).collect()
}

fn condition(condition: &SegmentCondition, field: String) -> Result<DesiredCondition, InvalidSpec> {
    let SegmentCondition { property, operator, value: _, values: _, percentage: _, description } = condition;
    if property.is_none() && *operator != SegmentOperator::PercentageSplit {
        return Err(InvalidSpec::NotForOperator { field });
    }
    let test = test(condition, &field)?;
    let is_trimmed = |text: &str| text.trim() == text;
    if !is_trimmed(&test.value()) || !property.as_deref().is_none_or(is_trimmed) {
        return Err(InvalidSpec::Blanks { field });
    }
    let description = description.as_deref().map(desired::described);
    Ok(DesiredCondition { property: property.clone(), test, description })
}

fn test(condition: &SegmentCondition, field: &str) -> Result<Test, InvalidSpec> {
    let wrong = || InvalidSpec::NotForOperator { field: field.to_owned() };
    let SegmentCondition { property: _, operator, value, values, percentage, description: _ } = condition;
    let test = match (operator, value, values, percentage) {
        (SegmentOperator::In, None, Some(values), None) => Test::In(values.clone()),
        (SegmentOperator::PercentageSplit, None, None, Some(share)) => {
            Test::Split(share.to_string().parse().map_err(|_| wrong())?)
        }
        (SegmentOperator::IsSet, None, None, None) => Test::IsSet,
        (SegmentOperator::IsNotSet, None, None, None) => Test::IsNotSet,
        (operator, Some(value), None, None) => compare(comparison(*operator).ok_or_else(wrong)?, value, field)?,
        _ => return Err(wrong()),
    };
    let length = test.value().chars().count();
    if length > LONGEST_VALUE {
        return Err(InvalidSpec::ListTooLong { field: format!("{field}.values"), length });
    }
    Ok(test)
}

fn compare(comparison: Comparison, value: &TextOrInteger, field: &str) -> Result<Test, InvalidSpec> {
    let text = value.to_string();
    let fault = (comparison == Comparison::Regex).then(|| regex::fault(&text)).flatten();
    match fault {
        Some(fault) => Err(InvalidSpec::NotARegex { field: format!("{field}.value"), fault }),
        None => Ok(Test::Compare(comparison, text)),
    }
}

fn comparison(operator: SegmentOperator) -> Option<Comparison> {
    Some(match operator {
        SegmentOperator::Equal => Comparison::Equal,
        SegmentOperator::NotEqual => Comparison::NotEqual,
        SegmentOperator::GreaterThan => Comparison::GreaterThan,
        SegmentOperator::GreaterThanInclusive => Comparison::GreaterThanInclusive,
        SegmentOperator::LessThan => Comparison::LessThan,
        SegmentOperator::LessThanInclusive => Comparison::LessThanInclusive,
        SegmentOperator::Contains => Comparison::Contains,
        SegmentOperator::NotContains => Comparison::NotContains,
        SegmentOperator::Regex => Comparison::Regex,
        SegmentOperator::Modulo => Comparison::Modulo,
        SegmentOperator::In | SegmentOperator::PercentageSplit | SegmentOperator::IsSet | SegmentOperator::IsNotSet => {
            return None;
        }
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::crd::FlagsmithSegmentSpec;

    fn segment(condition: &Value) -> Result<DesiredSegment, InvalidSpec> {
        let rules = json!([{"type": "ALL", "rules": [{"type": "ANY", "conditions": [condition]}]}]);
        let spec: FlagsmithSegmentSpec =
            serde_json::from_value(json!({"projectRef": {"name": "shop"}, "rules": rules})).unwrap();
        resolve(&FlagsmithSegment::new("beta", spec), None)
    }

    fn told(condition: &Value) -> String {
        segment(condition).unwrap_err().to_string()
    }

    #[test]
    fn a_condition_becomes_what_flagsmith_keeps() {
        for (condition, operator, value) in [
            (json!({"property": "plan", "operator": "EQUAL", "value": "beta"}), "EQUAL", "beta"),
            (
                json!({"property": "age", "operator": "GREATER_THAN_INCLUSIVE", "value": 18}),
                "GREATER_THAN_INCLUSIVE",
                "18",
            ),
            (json!({"property": "plan", "operator": "IN", "values": ["b", "a"]}), "IN", "b,a"),
            (json!({"operator": "PERCENTAGE_SPLIT", "percentage": "12.50"}), "PERCENTAGE_SPLIT", "12.5"),
            (json!({"property": "plan", "operator": "IS_NOT_SET"}), "IS_NOT_SET", ""),
            (json!({"property": "id", "operator": "MODULO", "value": "4|1"}), "MODULO", "4|1"),
        ] {
            let made = segment(&condition).unwrap().rules.unwrap()[0].wire(&[]);
            let [inner] = made.rules.as_slice() else { panic!("{made:?}") };
            let [one] = inner.conditions.as_slice() else { panic!("{inner:?}") };
            assert_eq!((one.operator.as_str(), one.value.as_deref()), (operator, Some(value)));
        }
    }

    #[test]
    fn what_a_schema_lets_through_is_told_to_the_author_by_its_field() {
        let long: Vec<_> = (0..101).map(|number| format!("{number:09}")).collect();
        let field = "spec.rules[0].rules[0].conditions[0]";
        for (condition, says) in [
            (json!({"property": "plan", "operator": "IN", "values": long}), "1009 characters"),
            (json!({"property": "plan", "operator": "REGEX", "value": "(a"}), "a ( is not closed"),
            (json!({"property": "plan", "operator": "EQUAL", "value": "\u{a0}a"}), "starts or ends with a blank"),
            (json!({"property": "plan", "operator": "EQUAL", "values": ["a"]}), "what its operator takes"),
            (json!({"operator": "EQUAL", "value": "a"}), "what its operator takes"),
            (json!({"operator": "PERCENTAGE_SPLIT", "percentage": 101}), "what its operator takes"),
        ] {
            let message = told(&condition);
            assert!(message.contains(says) && message.starts_with(field), "{message}");
        }
    }
}
