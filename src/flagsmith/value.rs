//! What a flag serves.

use std::fmt;

use serde::de::{Unexpected, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A flag's value. Flagsmith has exactly these types (facts.md §4); JSON is a string to it.
///
/// Its serde form is plain typed JSON, as documents and state lists have it; `typed` is the other.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub enum Value {
    /// A text of at most 20,000 characters.
    String(String),
    /// A 32-bit integer.
    Integer(i32),
    /// A truth value.
    Boolean(bool),
    /// No value.
    #[default]
    Null,
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::String(text) => text.fmt(f),
            Self::Integer(number) => number.fmt(f),
            Self::Boolean(truth) => truth.fmt(f),
            Self::Null => f.write_str("null"),
        }
    }
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::String(text) => serializer.serialize_str(text),
            Self::Integer(number) => serializer.serialize_i32(*number),
            Self::Boolean(truth) => serializer.serialize_bool(*truth),
            Self::Null => serializer.serialize_unit(),
        }
    }
}

struct Plain;

impl Visitor<'_> for Plain {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string, a 32-bit integer, a boolean or null")
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Value, E> {
        Ok(Value::String(text.to_owned()))
    }

    fn visit_string<E: serde::de::Error>(self, text: String) -> Result<Value, E> {
        Ok(Value::String(text))
    }

    fn visit_bool<E: serde::de::Error>(self, truth: bool) -> Result<Value, E> {
        Ok(Value::Boolean(truth))
    }

    fn visit_i64<E: serde::de::Error>(self, number: i64) -> Result<Value, E> {
        i32::try_from(number).map(Value::Integer).map_err(|_| E::invalid_value(Unexpected::Signed(number), &self))
    }

    fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<Value, E> {
        i32::try_from(number).map(Value::Integer).map_err(|_| E::invalid_value(Unexpected::Unsigned(number), &self))
    }

    fn visit_unit<E: serde::de::Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Plain)
    }
}

/// The form of `/api/__future__/`: `{"type": "integer", "value": "42"}`, the value always a string, and `null` for no value.
pub(super) mod typed {
    use super::{Deserialize, Deserializer, Serialize, Serializer, Value};
    use serde::de::Error as _;

    #[derive(Serialize, Deserialize)]
    struct Typed {
        r#type: Type,
        value: String,
    }

    #[derive(Serialize, Deserialize)]
    #[serde(rename_all = "lowercase")]
    enum Type {
        String,
        Integer,
        Boolean,
    }

    pub(crate) fn serialize<S: Serializer>(value: &Value, serializer: S) -> Result<S::Ok, S::Error> {
        let r#type = match value {
            Value::String(_) => Type::String,
            Value::Integer(_) => Type::Integer,
            Value::Boolean(_) => Type::Boolean,
            Value::Null => return serializer.serialize_unit(),
        };
        Typed { r#type, value: value.to_string() }.serialize(serializer)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Value, D::Error> {
        let Some(Typed { r#type, value }) = Option::deserialize(deserializer)? else { return Ok(Value::Null) };
        match r#type {
            Type::String => Ok(Value::String(value)),
            Type::Integer => value.parse().map(Value::Integer).map_err(D::Error::custom),
            Type::Boolean => value.parse().map(Value::Boolean).map_err(D::Error::custom),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Future {
        #[serde(with = "typed")]
        value: Value,
    }

    fn every() -> [Value; 6] {
        [
            Value::String("42".to_owned()),
            Value::String(String::new()),
            Value::Integer(-7),
            Value::Integer(i32::MAX),
            Value::Boolean(true),
            Value::Null,
        ]
    }

    #[test]
    fn every_value_survives_both_forms() {
        for value in every() {
            let plain = serde_json::to_string(&value).unwrap();
            assert_eq!(serde_json::from_str::<Value>(&plain).unwrap(), value);
            let future = Future { value };
            let text = serde_json::to_string(&future).unwrap();
            assert_eq!(serde_json::from_str::<Future>(&text).unwrap(), future);
        }
    }

    #[test]
    fn the_type_of_plain_json_is_the_type_of_the_value() {
        assert_eq!(serde_json::from_str::<Value>("\"42\"").unwrap(), Value::String("42".to_owned()));
        assert_eq!(serde_json::from_str::<Value>("42").unwrap(), Value::Integer(42));
        assert_eq!(serde_json::from_str::<Value>("false").unwrap(), Value::Boolean(false));
    }

    #[test]
    fn the_future_form_holds_a_string_whatever_the_type() {
        let integer = Future { value: Value::Integer(42) };
        assert_eq!(serde_json::to_string(&integer).unwrap(), r#"{"value":{"type":"integer","value":"42"}}"#);
        let boolean = r#"{"value":{"type":"boolean","value":"true"}}"#;
        assert_eq!(serde_json::from_str::<Future>(boolean).unwrap().value, Value::Boolean(true));
        assert_eq!(serde_json::from_str::<Future>(r#"{"value":null}"#).unwrap().value, Value::Null);
    }

    #[test]
    fn what_flagsmith_cannot_hold_is_no_value() {
        for text in ["2147483648", "-2147483649", "1.5", "[]", "{}"] {
            assert!(serde_json::from_str::<Value>(text).is_err(), "{text}");
        }
        assert!(serde_json::from_str::<Future>(r#"{"value":{"type":"integer","value":"x"}}"#).is_err());
    }
}
