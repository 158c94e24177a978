//! Whether someone is in a segment, and which variant they get: Flagsmith's evaluation engine, as far as flags need it.
//! Semantic versions and `JSONPath` properties other than the identity's own are left out.

use crate::rule::{Condition, Rule};
use crate::segment::Segment;
use crate::state::FlagState;
use md5::{Digest, Md5};
use regex::Regex;
use serde_json::Value;

/// Someone to evaluate flags for.
#[derive(Debug)]
pub(crate) struct Person<'a> {
    /// What percentages are hashed over: the environment's key and the identifier, or the identity's id.
    pub(crate) key: String,
    pub(crate) identifier: &'a str,
    pub(crate) traits: Vec<(&'a str, &'a Value)>,
}

impl Person<'_> {
    pub(crate) fn is_in(&self, segment: &Segment) -> bool {
        let id = segment.id.to_string();
        !segment.rules.is_empty() && segment.rules.iter().all(|rule| self.fits_rule(rule, &id))
    }

    fn fits_rule(&self, rule: &Rule, segment: &str) -> bool {
        let conditions = rule.conditions.iter().map(|each| self.fits(each, segment));
        let rules = rule.rules.iter().map(|each| self.fits_rule(each, segment));
        combined(&rule.kind, conditions) && combined(&rule.kind, rules)
    }

    fn fits(&self, condition: &Condition, segment: &str) -> bool {
        let wanted = condition.get("value");
        let operator = condition.get("operator");
        let given = self.property(&condition.get("property"), &operator);
        match operator.as_str() {
            "IS_SET" => given.is_some(),
            "IS_NOT_SET" => given.is_none(),
            "PERCENTAGE_SPLIT" => given.is_some_and(|given| {
                let share = wanted.parse::<f64>().ok();
                share.is_some_and(|share| percentage(&[segment, &plain(&given)]) <= share)
            }),
            _ => given.is_some_and(|given| compare(&operator, &given, &wanted)),
        }
    }

    fn property(&self, property: &str, operator: &str) -> Option<Value> {
        match property {
            "" if operator == "PERCENTAGE_SPLIT" => Some(Value::from(self.key.as_str())),
            "$.identity.key" => Some(Value::from(self.key.as_str())),
            "$.identity.identifier" => Some(Value::from(self.identifier)),
            _ => {
                let mut traits = self.traits.iter();
                let found = traits.find(|(key, _)| *key == property);
                found.map(|(_, value)| (*value).clone())
            }
        }
    }

    /// The variant that a state gives; none is the state's own value ("control").
    pub(crate) fn variant(&self, state: &FlagState) -> Option<u64> {
        let place = percentage(&[&state.seed.to_string(), &self.key]);
        let mut weights: Vec<_> = state.weights.iter().collect();
        weights.sort_by_key(|weight| weight.id);
        let mut start = 0.0;
        for weight in weights {
            let end = start + weight.share;
            if (start..end).contains(&place) {
                return Some(weight.variant);
            }
            start = end;
        }
        None
    }
}

/// No members fit whatever the kind of rule.
fn combined(kind: &str, members: impl ExactSizeIterator<Item = bool>) -> bool {
    let mut members = members;
    if members.len() == 0 {
        return true;
    }
    match kind {
        "ANY" => members.any(|fits| fits),
        "NONE" => !members.any(|fits| fits),
        _ => members.all(|fits| fits),
    }
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn compare(operator: &str, given: &Value, wanted: &str) -> bool {
    match (operator, given) {
        ("IN", Value::String(_) | Value::Number(_)) => among(&plain(given), wanted),
        ("REGEX", _) => {
            let pattern = Regex::new(&format!("^(?:{wanted})"));
            pattern.is_ok_and(|pattern| pattern.is_match(&plain(given)))
        }
        ("CONTAINS", Value::String(text)) => text.contains(wanted),
        ("NOT_CONTAINS", Value::String(text)) => !text.contains(wanted),
        ("MODULO", Value::Number(number)) => number.as_f64().is_some_and(|number| modulo(number, wanted)),
        (_, Value::Bool(flag)) => ordered(operator, Some(flag.cmp(&!matches!(wanted, "False" | "false")))),
        (_, Value::Number(number)) => {
            let pair = number.as_f64().zip(wanted.trim().parse().ok());
            pair.is_some_and(|(given, wanted): (f64, f64)| ordered(operator, given.partial_cmp(&wanted)))
        }
        (_, Value::String(text)) => ordered(operator, Some(text.as_str().cmp(wanted))),
        _ => false,
    }
}

fn ordered(operator: &str, order: Option<std::cmp::Ordering>) -> bool {
    order.is_some_and(|order| match operator {
        "EQUAL" => order.is_eq(),
        "NOT_EQUAL" => order.is_ne(),
        "GREATER_THAN" => order.is_gt(),
        "GREATER_THAN_INCLUSIVE" => order.is_ge(),
        "LESS_THAN" => order.is_lt(),
        "LESS_THAN_INCLUSIVE" => order.is_le(),
        _ => false,
    })
}

/// A list: JSON in brackets, or words between commas.
fn among(given: &str, wanted: &str) -> bool {
    match serde_json::from_str::<Vec<Value>>(wanted) {
        Ok(items) => items.iter().any(|item| plain(item) == given),
        Err(_) => wanted.split(',').any(|item| item == given),
    }
}

/// `divisor|remainder`; the remainder has the sign of the divisor, as in Python.
fn modulo(number: f64, wanted: &str) -> bool {
    let parts = wanted.split_once('|');
    let parts = parts.and_then(|(divisor, rest)| Some((divisor.parse().ok()?, rest.parse().ok()?)));
    parts.is_some_and(|(divisor, rest): (f64, f64)| {
        let remainder = number - divisor * (number / divisor).floor();
        (remainder - rest).abs() < f64::EPSILON
    })
}

/// Where some ids fall between 0 and 100.
fn percentage(ids: &[&str]) -> f64 {
    let mut times = 1;
    loop {
        let words = ids.repeat(times).join(",");
        let hash = u128::from_be_bytes(Md5::digest(words).into());
        let part = u32::try_from(hash % 9999).unwrap_or_default();
        if part < 9998 {
            return f64::from(part) / 9998.0 * 100.0;
        }
        times += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::percentage;

    /// The numbers are those of flagsmith-flag-engine 10.2.
    #[test]
    fn a_percentage_is_the_one_that_flagsmith_computes() {
        assert!((percentage(&["12", "93"]) - 27.655_531_106_221_24).abs() < 1e-9);
        assert!((percentage(&["1", "env_bob"]) - 78.485_697_139_427_88).abs() < 1e-9);
    }
}
