//! Variants: the values among which a multivariate flag is split.

use serde::Deserialize;

use super::{Percentage, Value, VariantId};

/// A variant of a feature.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(from = "Wire")]
pub struct Variant {
    /// Its number.
    pub id: VariantId,
    /// By what people name it; unique in its feature. Flagsmith's pages make variants without one.
    pub key: Option<String>,
    /// What it serves.
    pub value: Value,
    /// The share with which an environment starts.
    pub weight: Percentage,
}

/// A variant as it is answered: one column a type.
#[derive(Deserialize)]
struct Wire {
    id: VariantId,
    #[serde(default)]
    key: Option<String>,
    #[serde(flatten)]
    value: Columns,
    default_percentage_allocation: Percentage,
}

/// A value as the database keeps it.
#[derive(Clone, Debug, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub(super) enum Columns {
    Unicode { string_value: Option<String> },
    Int { integer_value: Option<i32> },
    Bool { boolean_value: Option<bool> },
}

impl From<Columns> for Value {
    fn from(columns: Columns) -> Self {
        match columns {
            Columns::Unicode { string_value } => string_value.map_or(Self::Null, Self::String),
            Columns::Int { integer_value } => integer_value.map_or(Self::Null, Self::Integer),
            Columns::Bool { boolean_value } => boolean_value.map_or(Self::Null, Self::Boolean),
        }
    }
}

impl From<Wire> for Variant {
    fn from(wire: Wire) -> Self {
        let Wire { id, key, value, default_percentage_allocation: weight } = wire;
        Self { id, key, value: value.into(), weight }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variant_as_recorded_is_read() {
        let recorded = r#"{"id": 6, "uuid": "2ecdf66e", "type": "unicode", "integer_value": null,
            "string_value": "green", "boolean_value": null, "default_percentage_allocation": 5.0, "key": null, "feature": 6}"#;
        let (value, weight) = (Value::String("green".to_owned()), "5".parse().unwrap());
        assert_eq!(
            serde_json::from_str::<Variant>(recorded).unwrap(),
            Variant { id: VariantId(6), key: None, value, weight }
        );
    }
}
