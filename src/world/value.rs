//! A value as its author wants it.

use serde_json::{Map, Value as Json};

use crate::flagsmith::Value;

/// A value as its author wants it.
#[derive(Clone, Debug, PartialEq)]
pub enum DesiredValue {
    /// Exactly this one.
    Exactly(Value),
    /// Any text that means this object.
    Json(Map<String, Json>),
}

impl DesiredValue {
    /// Whether what Flagsmith holds is what is wanted. JSON is compared by its meaning, all else exactly.
    #[must_use]
    pub fn is_met_by(&self, live: &Value) -> bool {
        match (self, live) {
            (Self::Exactly(wanted), live) => wanted == live,
            (Self::Json(wanted), Value::String(text)) => {
                serde_json::from_str::<Map<String, Json>>(text).is_ok_and(|live| is_same_object(&live, wanted))
            }
            (Self::Json(_), _) => false,
        }
    }

    /// The value as Flagsmith keeps it.
    #[must_use]
    pub fn to_value(&self) -> Value {
        match self {
            Self::Exactly(value) => value.clone(),
            Self::Json(object) => Value::String(Json::Object(object.clone()).to_string()),
        }
    }
}

fn is_same_object(one: &Map<String, Json>, other: &Map<String, Json>) -> bool {
    one.len() == other.len() && one.iter().all(|(key, value)| other.get(key).is_some_and(|other| is_same(value, other)))
}

/// Whether two pieces of JSON mean the same: 1 and 1.0 are one number, and Kubernetes itself writes the one for the other.
fn is_same(one: &Json, other: &Json) -> bool {
    match (one, other) {
        (Json::Object(one), Json::Object(other)) => is_same_object(one, other),
        (Json::Array(one), Json::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| is_same(one, other))
        }
        (Json::Number(one), Json::Number(other)) if one.is_f64() || other.is_f64() => one.as_f64() == other.as_f64(),
        (one, other) => one == other,
    }
}
