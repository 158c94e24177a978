//! What a flag serves: a string, an int32, a boolean or nothing, in each of the forms that the API has for it.

use crate::field::NULL_CHARACTERS;
use serde_json::{Map, Value, json};

/// The longest string value.
pub(crate) const LIMIT: usize = 20_000;

/// A value and the column it lives in: a cleared value keeps its type.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum FlagValue {
    Text(Option<String>),
    Integer(Option<i32>),
    Boolean(Option<bool>),
}

/// Why a value cannot be stored.
#[derive(Debug)]
pub(crate) enum Unfit {
    /// It is refused.
    Refused(&'static str, String),
    /// It breaks the server.
    Broken,
}

impl FlagValue {
    pub(crate) const NONE: Self = Self::Text(None);

    /// Guesses the type of a feature's initial value, as Flagsmith does.
    pub(crate) fn guess(initial: Option<&str>) -> Self {
        let Some(text) = initial else {
            return Self::NONE;
        };
        match (python_int(text), text) {
            (Some(number), _) if number.abs() < i128::from(i32::MAX) => Self::Integer(i32::try_from(number).ok()),
            (_, "true" | "True") => Self::Boolean(Some(true)),
            (_, "false" | "False") => Self::Boolean(Some(false)),
            _ => Self::Text(Some(text.to_owned())),
        }
    }

    /// From plain JSON, whose type decides.
    pub(crate) fn from_plain(plain: &Value) -> Result<Self, Unfit> {
        match plain {
            Value::Null => Ok(Self::NONE),
            Value::Bool(value) => Ok(Self::Boolean(Some(*value))),
            Value::Number(number) if number.is_f64() => Ok(Self::Text(Some(number.to_string()))),
            Value::Number(number) => small(number.as_i64().map_or(i128::MAX, i128::from)),
            Value::String(text) if text.contains('\0') => {
                Err(Unfit::Refused("string_value", NULL_CHARACTERS.to_owned()))
            }
            Value::String(text) if text.trim().chars().count() > LIMIT => {
                let message = format!("Ensure this field has no more than {LIMIT} characters.");
                Err(Unfit::Refused("string_value", message))
            }
            Value::String(text) => Ok(Self::Text(Some(text.trim().to_owned()))),
            Value::Array(_) | Value::Object(_) => Err(Unfit::Refused("string_value", "Not a valid string.".to_owned())),
        }
    }

    /// From `__future__`'s form: a type, and text whatever the type.
    pub(crate) fn from_typed(kind: &str, text: &str) -> Result<Self, Unfit> {
        let refused = |what| Err(Unfit::Refused("value", format!("'{text}' is not a valid {what}")));
        match kind {
            "integer" => match python_int(text).map(i32::try_from) {
                Some(Ok(number)) => Ok(Self::Integer(Some(number))),
                Some(Err(_)) => Err(Unfit::Broken),
                None => refused("integer"),
            },
            "boolean" => match text.to_lowercase().as_str() {
                "true" => Ok(Self::Boolean(Some(true))),
                "false" => Ok(Self::Boolean(Some(false))),
                _ => refused("boolean (use 'true' or 'false')"),
            },
            _ if text.chars().count() > LIMIT => Err(Unfit::Broken),
            _ => Ok(Self::Text(Some(text.to_owned()))),
        }
    }

    /// From columns: `type` and `string_value`, `integer_value`, `boolean_value`.
    pub(crate) fn from_columns(columns: &Map<String, Value>) -> Self {
        let column = |name: &str| columns.get(name);
        match column("type").and_then(Value::as_str) {
            Some("int") => Self::Integer(
                column("integer_value").and_then(Value::as_i64).and_then(|number| i32::try_from(number).ok()),
            ),
            Some("bool") => Self::Boolean(column("boolean_value").and_then(Value::as_bool)),
            _ => Self::Text(column("string_value").and_then(Value::as_str).map(str::to_owned)),
        }
    }

    pub(crate) fn cleared(&self) -> Self {
        match self {
            Self::Text(_) => Self::Text(None),
            Self::Integer(_) => Self::Integer(None),
            Self::Boolean(_) => Self::Boolean(None),
        }
    }

    pub(crate) fn plain(&self) -> Value {
        match self {
            Self::Text(value) => json!(value),
            Self::Integer(value) => json!(value),
            Self::Boolean(value) => json!(value),
        }
    }

    pub(crate) fn columns(&self) -> Map<String, Value> {
        let (kind, text, integer, boolean) = match self {
            Self::Text(value) => ("unicode", json!(value), Value::Null, Value::Null),
            Self::Integer(value) => ("int", Value::Null, json!(value), Value::Null),
            Self::Boolean(value) => ("bool", Value::Null, Value::Null, json!(value)),
        };
        let pairs =
            [("type", json!(kind)), ("string_value", text), ("integer_value", integer), ("boolean_value", boolean)];
        pairs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    }

    /// `__future__`'s form.
    pub(crate) fn typed(&self) -> Value {
        match self {
            Self::Text(Some(text)) => json!({ "type": "string", "value": text }),
            Self::Integer(Some(number)) => {
                json!({ "type": "integer", "value": number.to_string() })
            }
            Self::Boolean(Some(value)) => json!({ "type": "boolean", "value": value.to_string() }),
            Self::Text(None) | Self::Integer(None) | Self::Boolean(None) => Value::Null,
        }
    }
}

fn small(number: i128) -> Result<FlagValue, Unfit> {
    let bound = if number > 0 { "less than or equal to 2147483647" } else { "greater than or equal to -2147483648" };
    i32::try_from(number)
        .map(|number| FlagValue::Integer(Some(number)))
        .map_err(|_| Unfit::Refused("integer_value", format!("Ensure this value is {bound}.")))
}

/// Python's `int()`: blanks around, a sign, underscores between digits.
fn python_int(text: &str) -> Option<i128> {
    let text = text.trim();
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    let groups: Vec<_> = digits.split('_').collect();
    let sound = groups.iter().all(|group| !group.is_empty() && group.bytes().all(|byte| byte.is_ascii_digit()));
    if !sound {
        return None;
    }
    // Past 38 digits only the size matters.
    let number = groups.concat().parse().unwrap_or(i128::MAX);
    Some(if text.starts_with('-') { -number } else { number })
}

/// Python's `str()` of a JSON value: what becomes of an initial value that is not text.
pub(crate) fn python_text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => python_repr(other),
    }
}

fn python_repr(value: &Value) -> String {
    match value {
        Value::Null => "None".to_owned(),
        Value::Bool(true) => "True".to_owned(),
        Value::Bool(false) => "False".to_owned(),
        Value::Number(number) => number.to_string(),
        Value::String(text) => format!("'{text}'"),
        Value::Array(items) => {
            let items: Vec<_> = items.iter().map(python_repr).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Object(members) => {
            let pairs = members.iter().map(|(name, value)| format!("'{name}': {}", python_repr(value)));
            format!("{{{}}}", pairs.collect::<Vec<_>>().join(", "))
        }
    }
}
