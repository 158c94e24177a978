//! Plain attributes as tables: what each accepts, what it starts with, and what the API says when it is wrong.

use crate::answer::Answer;
use crate::store::stamp;
use serde_json::{Map, Value, json};

/// The plain attributes of one thing.
pub(crate) type Attributes = Map<String, Value>;

#[derive(Clone, Copy, Debug)]
pub(crate) enum Kind {
    Boolean,
    Integer,
    /// An integer that fits a column of the database.
    Int32,
    /// A number from 0 to 100.
    Percentage,
    /// A moment, as ISO 8601 writes it.
    Time,
    Text {
        max: usize,
        blank: bool,
    },
    Choice(&'static [&'static str]),
    Anything,
}

/// The value of an attribute that a create leaves out.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Initially {
    Required,
    Null,
    Bool(bool),
    Number(u64),
    Text(&'static str),
    EmptyList,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Field {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    pub(crate) nullable: bool,
    pub(crate) initially: Initially,
}

impl Field {
    pub(crate) const fn required(name: &'static str, kind: Kind) -> Self {
        Self { name, kind, nullable: false, initially: Initially::Required }
    }

    pub(crate) const fn nullable(name: &'static str, kind: Kind) -> Self {
        Self { name, kind, nullable: true, initially: Initially::Null }
    }

    pub(crate) const fn of(name: &'static str, kind: Kind, initially: Initially) -> Self {
        Self { name, kind, nullable: false, initially }
    }

    fn check(&self, given: &Value) -> Result<Value, String> {
        if given.is_null() {
            return match (self.nullable, self.kind) {
                (true, _) | (_, Kind::Anything) => Ok(Value::Null),
                _ => Err("This field may not be null.".to_owned()),
            };
        }
        match self.kind {
            Kind::Boolean => boolean(given, self.nullable),
            Kind::Integer => integer(given),
            Kind::Int32 => integer(given).and_then(int32),
            Kind::Percentage => percentage(given),
            Kind::Time => time(given),
            Kind::Text { max, blank } => text(given, max, blank).map(Value::String),
            Kind::Choice(choices) => choice(given, choices),
            Kind::Anything => Ok(given.clone()),
        }
    }
}

/// What a create starts from.
pub(crate) fn initial(fields: &[Field]) -> Attributes {
    let value = |initially| match initially {
        Initially::Required | Initially::Null => Value::Null,
        Initially::Bool(value) => json!(value),
        Initially::Number(value) => json!(value),
        Initially::Text(value) => json!(value),
        Initially::EmptyList => json!([]),
    };
    let pairs = fields.iter().map(|field| (field.name.to_owned(), value(field.initially)));
    pairs.collect()
}

/// Takes from a body what the fields allow; anything else in it is ignored, as the API ignores it. `partial` asks for
/// nothing that is required.
pub(crate) fn take(fields: &[Field], body: &Attributes, partial: bool) -> (Attributes, Errors) {
    let mut taken = Attributes::new();
    let mut errors = Errors::default();
    for field in fields {
        match body.get(field.name).map(|given| field.check(given)) {
            Some(Ok(value)) => {
                taken.insert(field.name.to_owned(), value);
            }
            Some(Err(message)) => errors.add(field.name, &message),
            None if partial || !matches!(field.initially, Initially::Required) => {}
            None => errors.add(field.name, "This field is required."),
        }
    }
    (taken, errors)
}

/// The complaints about a body, by field.
#[derive(Debug, Default)]
pub(crate) struct Errors(Attributes);

impl Errors {
    pub(crate) fn add(&mut self, field: &str, message: &str) {
        self.put(field, json!([message]));
    }

    pub(crate) fn put(&mut self, field: &str, complaint: Value) {
        self.0.insert(field.to_owned(), complaint);
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn finish(self) -> Result<(), Answer> {
        if self.0.is_empty() { Ok(()) } else { Err(Answer::invalid(Value::Object(self.0))) }
    }

    pub(crate) fn into_value(self) -> Value {
        Value::Object(self.0)
    }
}

/// What is said of a text that the database could not keep.
pub(crate) const NULL_CHARACTERS: &str = "Null characters are not allowed.";

/// Text as a serializer takes it: numbers become text, and surrounding blanks go.
pub(crate) fn text(given: &Value, max: usize, blank: bool) -> Result<String, String> {
    let text = match given {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) => number.to_string(),
        _ => return Err("Not a valid string.".to_owned()),
    };
    if text.contains('\0') {
        return Err(NULL_CHARACTERS.to_owned());
    }
    if text.is_empty() && !blank {
        return Err("This field may not be blank.".to_owned());
    }
    if text.chars().count() > max {
        return Err(format!("Ensure this field has no more than {max} characters."));
    }
    Ok(text)
}

fn boolean(given: &Value, nullable: bool) -> Result<Value, String> {
    let word = match given {
        Value::Bool(value) => return Ok(Value::Bool(*value)),
        Value::Number(number) => number.to_string(),
        Value::String(word) => word.to_lowercase(),
        _ => return Err("Must be a valid boolean.".to_owned()),
    };
    match word.as_str() {
        "true" | "t" | "yes" | "y" | "on" | "1" => Ok(Value::Bool(true)),
        "false" | "f" | "no" | "n" | "off" | "0" => Ok(Value::Bool(false)),
        "" | "null" if nullable => Ok(Value::Null),
        _ => Err("Must be a valid boolean.".to_owned()),
    }
}

fn integer(given: &Value) -> Result<Value, String> {
    let number = match given {
        Value::Number(number) => number.as_i64(),
        Value::String(word) => word.trim().parse().ok(),
        _ => None,
    };
    number.map(Value::from).ok_or_else(|| "A valid integer is required.".to_owned())
}

fn int32(number: Value) -> Result<Value, String> {
    match number.as_i64() {
        Some(large) if large > i64::from(i32::MAX) => {
            Err("Ensure this value is less than or equal to 2147483647.".to_owned())
        }
        Some(small) if small < i64::from(i32::MIN) => {
            Err("Ensure this value is greater than or equal to -2147483648.".to_owned())
        }
        _ => Ok(number),
    }
}

fn percentage(given: &Value) -> Result<Value, String> {
    let number = match given {
        Value::String(text) => text.trim().parse().ok(),
        other => other.as_f64(),
    };
    match number {
        None => Err("A valid number is required.".to_owned()),
        Some(number) if number > 100.0 => Err("Ensure this value is less than or equal to 100.".to_owned()),
        Some(number) if number < 0.0 => Err("Ensure this value is greater than or equal to 0.".to_owned()),
        Some(number) => Ok(json!(number)),
    }
}

fn time(given: &Value) -> Result<Value, String> {
    let time = given.as_str().and_then(|text| text.parse().ok());
    time.map(stamp).ok_or_else(|| {
        "Datetime has wrong format. Use one of these formats instead: YYYY-MM-DDThh:mm[:ss[.uuuuuu]][+HH:MM|-HH:MM|Z]."
            .to_owned()
    })
}

fn choice(given: &Value, choices: &[&str]) -> Result<Value, String> {
    let word = match given {
        Value::String(word) => word.clone(),
        other => other.to_string(),
    };
    if choices.contains(&word.as_str()) {
        Ok(Value::String(word))
    } else {
        Err(format!("\"{word}\" is not a valid choice."))
    }
}

/// A text attribute; empty where it is null.
pub(crate) fn string(attributes: &Attributes, name: &str) -> String {
    attributes.get(name).and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// A boolean attribute; false where it is null.
pub(crate) fn is_true(attributes: &Attributes, name: &str) -> bool {
    attributes.get(name).and_then(Value::as_bool) == Some(true)
}

/// Adds attributes to an object.
pub(crate) fn extend(object: &mut Value, attributes: &Attributes) {
    if let Value::Object(members) = object {
        members.extend(attributes.clone());
    }
}
