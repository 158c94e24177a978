//! One request, taken apart.

use crate::answer::Answer;
use crate::caller::Caller;
use hyper::HeaderMap;
use serde_json::{Map, Value, json};

#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) params: Vec<(&'static str, String)>,
    pub(crate) query: Vec<(String, String)>,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
    pub(crate) caller: Caller,
    /// The newest id when the request arrived. A write in a versioned environment builds on what was live then, so two
    /// that overlap lose one of the two; and what was made since is not seen by checks that the database does not make.
    pub(crate) horizon: u64,
}

impl Call {
    pub(crate) fn param(&self, name: &str) -> &str {
        let found = self.params.iter().find(|(key, _)| *key == name);
        found.map_or("", |(_, value)| value.as_str())
    }

    /// A numeric path parameter; 0, which is nobody's id, for anything else.
    pub(crate) fn id(&self, name: &str) -> u64 {
        self.param(name).parse().unwrap_or(0)
    }

    pub(crate) fn query(&self, name: &str) -> Option<&str> {
        let found = self.query.iter().find(|(key, _)| key == name);
        found.map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
    }

    pub(crate) fn query_id(&self, name: &str) -> Option<u64> {
        self.query(name).map(|value| value.trim().parse().unwrap_or(0))
    }

    pub(crate) fn query_flag(&self, name: &str) -> Option<bool> {
        self.query(name).map(|value| matches!(value.to_lowercase().as_str(), "true" | "1" | "yes" | "on"))
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    pub(crate) fn partial(&self) -> bool {
        self.method == "PATCH"
    }

    /// The body as an object, or the 400 that a serializer gives.
    pub(crate) fn object(&self) -> Result<&Map<String, Value>, Answer> {
        self.body.as_object().ok_or_else(|| {
            let kind = python_type(&self.body);
            let message = format!("Invalid data. Expected a dictionary, but got {kind}.");
            Answer::invalid(json!({ "non_field_errors": [message] }))
        })
    }
}

/// What Python calls the type of a JSON value.
pub(crate) fn python_type(value: &Value) -> &'static str {
    match value {
        Value::Null => "NoneType",
        Value::Bool(_) => "bool",
        Value::Number(number) if number.is_f64() => "float",
        Value::Number(_) => "int",
        Value::String(_) => "str",
        Value::Array(_) => "list",
        Value::Object(_) => "dict",
    }
}
