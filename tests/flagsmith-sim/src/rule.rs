//! The rules of a segment: two levels, with conditions on either.

use crate::answer::Answer;
use crate::field::{self, Attributes, Field, Kind};
use crate::store::Store;
use crate::value::python_text;
use serde_json::{Value, json};

const MOST_CONDITIONS: usize = 100;

const OPERATORS: &[&str] = &[
    "EQUAL",
    "GREATER_THAN",
    "LESS_THAN",
    "LESS_THAN_INCLUSIVE",
    "CONTAINS",
    "GREATER_THAN_INCLUSIVE",
    "NOT_CONTAINS",
    "NOT_EQUAL",
    "REGEX",
    "PERCENTAGE_SPLIT",
    "MODULO",
    "IS_SET",
    "IS_NOT_SET",
    "IN",
];

const RULE: &[Field] = &[Field::required("type", Kind::Choice(&["ALL", "ANY", "NONE"]))];

const CONDITION: &[Field] = &[
    Field::required("operator", Kind::Choice(OPERATORS)),
    Field::nullable("property", Kind::Text { max: 1000, blank: false }),
    Field::nullable("value", text(1000)),
    Field::nullable("description", text(usize::MAX)),
];

const fn text(max: usize) -> Kind {
    Kind::Text { max, blank: true }
}

#[derive(Clone, Debug)]
pub(crate) struct Rule {
    pub(crate) kind: String,
    pub(crate) rules: Vec<Rule>,
    pub(crate) conditions: Vec<Condition>,
    id: u64,
    /// Whether it is on the first level; only there the API shows (empty) inner rules.
    outer: bool,
}

#[derive(Clone, Debug)]
pub(crate) struct Condition {
    id: u64,
    attributes: Attributes,
}

impl Condition {
    pub(crate) fn get(&self, name: &str) -> String {
        field::string(&self.attributes, name)
    }
}

impl Rule {
    pub(crate) fn json(&self) -> Value {
        let conditions = self.conditions.iter().map(|condition| {
            let mut json = json!({ "id": condition.id });
            field::extend(&mut json, &condition.attributes);
            json
        });
        let mut json = json!({
            "id": self.id,
            "type": self.kind,
            "conditions": conditions.collect::<Vec<_>>(),
        });
        if let (true, Value::Object(members)) = (self.outer, &mut json) {
            let rules = self.rules.iter().map(Self::json).collect();
            members.insert("rules".to_owned(), rules);
        }
        json
    }

    /// As the environment document shows it.
    pub(crate) fn document(&self) -> Value {
        let conditions = self.conditions.iter().map(|condition| {
            json!({
                "operator": condition.attributes.get("operator"),
                "value": condition.attributes.get("value"),
                "property_": condition.attributes.get("property"),
            })
        });
        json!({
            "type": self.kind,
            "rules": self.rules.iter().map(Self::document).collect::<Vec<_>>(),
            "conditions": conditions.collect::<Vec<_>>(),
        })
    }
}

fn members<'a>(rule: &'a Value, name: &str) -> &'a [Value] {
    let list = rule.get(name).and_then(Value::as_array);
    list.map(Vec::as_slice).unwrap_or_default()
}

fn kept(item: &Value) -> bool {
    item.get("delete") != Some(&Value::Bool(true))
}

/// Refuses rules within rules within rules.
pub(crate) fn check_depth(body: &Attributes) -> Result<(), Answer> {
    let body = Value::Object(body.clone());
    let inner = members(&body, "rules").iter().flat_map(|rule| members(rule, "rules"));
    if inner.flat_map(|rule| members(rule, "rules")).next().is_some() {
        let message = "Rules must not be nested more than 2 levels deep.";
        return Err(Answer::invalid_field("segment", message));
    }
    Ok(())
}

pub(crate) fn check_count(rules: &[Rule]) -> Result<(), Answer> {
    let inner = rules.iter().flat_map(|rule| &rule.rules);
    let count: usize = rules.iter().chain(inner).map(|rule| rule.conditions.len()).sum();
    if count > MOST_CONDITIONS {
        let message = format!(
            "The segment has {count} conditions, which exceeds the maximum condition count of {MOST_CONDITIONS}."
        );
        return Err(Answer::invalid_field("segment", &message));
    }
    Ok(())
}

/// Whether a condition does not even say that it has no property, which the server fails over.
pub(crate) fn lacks_property(given: &Value) -> bool {
    let rules = given.as_array().into_iter().flatten();
    rules.filter(|rule| kept(rule)).any(|rule| {
        let mut conditions = members(rule, "conditions").iter().filter(|one| kept(one));
        conditions.any(|one| one.get("property").is_none()) || rule.get("rules").is_some_and(lacks_property)
    })
}

/// Reads the rules of a body; the error is the complaint about them.
pub(crate) fn read(store: &mut Store, given: &Value) -> Result<Vec<Rule>, Value> {
    let Some(items) = given.as_array() else {
        let kind = crate::call::python_type(given);
        return Err(json!({
            "non_field_errors": [format!("Expected a list of items but got type \"{kind}\".")]
        }));
    };
    if items.iter().filter(|item| kept(item)).count() == 0 {
        return Err(json!({ "non_field_errors": ["This list may not be empty."] }));
    }
    each(items, |item| read_rule(store, item, true))
}

/// Reads every item, or gives the complaints of all, empty where there is none.
fn each<T>(items: &[Value], mut read: impl FnMut(&Value) -> Result<T, Value>) -> Result<Vec<T>, Value> {
    let results: Vec<_> = items.iter().filter(|item| kept(item)).map(&mut read).collect();
    if results.iter().all(Result::is_ok) {
        return Ok(results.into_iter().flatten().collect());
    }
    let complaints = results.into_iter().map(|result| result.err().unwrap_or_else(|| json!({})));
    Err(complaints.collect())
}

fn read_rule(store: &mut Store, given: &Value, outer: bool) -> Result<Rule, Value> {
    let body = given.as_object().cloned().unwrap_or_default();
    let (taken, mut errors) = field::take(RULE, &body, false);
    let conditions = each(members(given, "conditions"), |item| read_condition(store, item));
    let rules = each(members(given, "rules"), |item| read_rule(store, item, false));
    match (conditions, rules) {
        (Ok(conditions), Ok(rules)) if errors.is_empty() => {
            Ok(Rule { kind: field::string(&taken, "type"), rules, conditions, id: store.next_id(), outer })
        }
        (conditions, rules) => {
            if let Err(complaint) = conditions {
                errors.put("conditions", complaint);
            }
            if let Err(complaint) = rules {
                errors.put("rules", complaint);
            }
            Err(errors.into_value())
        }
    }
}

fn read_condition(store: &mut Store, given: &Value) -> Result<Condition, Value> {
    let mut body = given.as_object().cloned().unwrap_or_default();
    // Whatever it is, it is stored as text; none is stored as "None".
    let value = python_text(body.get("value").unwrap_or(&Value::Null));
    body.insert("value".to_owned(), Value::String(value));
    let (taken, errors) = field::take(CONDITION, &body, false);
    if !errors.is_empty() {
        return Err(errors.into_value());
    }
    let mut attributes = field::initial(CONDITION);
    attributes.extend(taken);
    let id = store.next_id();
    Ok(Condition { id, attributes })
}
