//! What is nested in a body: objects and lists in it, and keys of other things, each with the complaint about it.

use crate::call::python_type;
use crate::field::{Attributes, Errors};
use serde_json::{Value, json};

pub(crate) fn object(given: &Value) -> Result<Attributes, Value> {
    match given {
        Value::Object(members) => Ok(members.clone()),
        Value::Null => Err(json!(["This field may not be null."])),
        other => {
            let kind = python_type(other);
            let message = format!("Invalid data. Expected a dictionary, but got {kind}.");
            Err(json!({ "non_field_errors": [message] }))
        }
    }
}

pub(crate) fn list(given: &Value) -> Result<&Vec<Value>, Value> {
    given.as_array().ok_or_else(|| match given {
        Value::Null => json!(["This field may not be null."]),
        other => {
            let kind = python_type(other);
            json!({ "non_field_errors": [format!("Expected a list of items but got type \"{kind}\".")] })
        }
    })
}

/// Reads every item, or gives the complaints of all, empty where there is none.
pub(crate) fn each<T>(items: &[Value], read: impl Fn(&Value) -> Result<T, Value>) -> Result<Vec<T>, Value> {
    let results: Vec<_> = items.iter().map(read).collect();
    if results.iter().all(Result::is_ok) {
        return Ok(results.into_iter().flatten().collect());
    }
    let complaints = results.into_iter().map(|result| result.err().unwrap_or_else(|| json!({})));
    Err(complaints.collect())
}

pub(crate) fn accept<T>(read: T, errors: Errors) -> Result<T, Value> {
    if errors.is_empty() { Ok(read) } else { Err(errors.into_value()) }
}

/// A member that must be there.
pub(crate) fn required<'a>(body: &'a Attributes, name: &str) -> Result<&'a Value, Value> {
    body.get(name).ok_or_else(|| json!(["This field is required."]))
}

/// The id of something that must exist.
pub(crate) fn key(given: &Value, exists: impl Fn(u64) -> bool) -> Result<u64, Value> {
    let id = match given {
        Value::Null => return Err(json!(["This field may not be null."])),
        Value::Number(number) => number.as_u64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    };
    match id {
        Some(id) if exists(id) => Ok(id),
        None if !given.is_number() => {
            Err(json!([format!("Incorrect type. Expected pk value, received {}.", python_type(given))]))
        }
        _ => {
            let id = given.as_str().map_or_else(|| given.to_string(), str::to_owned);
            Err(json!([format!("Invalid pk \"{id}\" - object does not exist.")]))
        }
    }
}

/// What was read of a member, or nothing, its complaint noted.
pub(crate) fn noted<T>(read: Result<T, Value>, name: &str, errors: &mut Errors) -> Option<T> {
    read.map_err(|complaint| errors.put(name, complaint)).ok()
}
