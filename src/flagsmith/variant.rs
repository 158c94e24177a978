//! Variants: the values among which a multivariate flag is split.

use reqwest::Method;
use serde::{Deserialize, Serialize};

use super::call::Call;
use super::{Client, Error, FeatureId, Percentage, ProjectId, Right, Value, VariantId};

const VARIANTS: &str = "projects/{project}/features/{feature}/mv-options";
const VARIANT: &str = "projects/{project}/features/{feature}/mv-options/{variant}";

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

/// All that is said of a variant when it is made or changed: the route takes nothing less (facts.md §9).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewVariant {
    /// By what people name it.
    pub key: String,
    /// What it serves.
    pub value: Value,
    /// The share with which an environment starts; where the variant is made, each environment's defaults take it at once.
    pub weight: Percentage,
}

/// A variant as it is sent: whichever column is left out keeps what it held.
#[derive(Serialize)]
struct Sent<'a> {
    feature: FeatureId,
    key: &'a str,
    r#type: &'static str,
    string_value: Option<&'a str>,
    integer_value: Option<i32>,
    boolean_value: Option<bool>,
    default_percentage_allocation: Percentage,
}

impl NewVariant {
    fn sent(&self, feature: FeatureId) -> Sent<'_> {
        let Self { key, value, weight } = self;
        let (r#type, string_value, integer_value, boolean_value) = match value {
            Value::String(text) => ("unicode", Some(text.as_str()), None, None),
            Value::Integer(number) => ("int", None, Some(*number), None),
            Value::Boolean(truth) => ("bool", None, None, Some(*truth)),
            Value::Null => ("unicode", None, None, None),
        };
        let default_percentage_allocation = *weight;
        Sent { feature, key, r#type, string_value, integer_value, boolean_value, default_percentage_allocation }
    }
}

impl Client {
    /// Makes a variant, and gives each environment its weight.
    ///
    /// # Errors
    /// Any [`Error`]; [`Error::Refused`] where the weights of any environment, or of a version that was superseded, would be
    /// more than a hundred (facts.md §9).
    pub async fn create_variant(
        &self,
        project: ProjectId,
        feature: FeatureId,
        new: &NewVariant,
    ) -> Result<Variant, Error> {
        let call = Call::new(Method::POST, VARIANTS).needs(Right::CreateFeature).with(project).with(feature);
        self.ask(call.json(&new.sent(feature))?).await
    }

    /// Makes a variant what is said. The weights of environments stay as they are.
    ///
    /// # Errors
    /// Any [`Error`]; [`Error::Refused`] where the default weights of all variants would be more than a hundred.
    pub async fn replace_variant(
        &self,
        project: ProjectId,
        (feature, variant): (FeatureId, VariantId),
        new: &NewVariant,
    ) -> Result<Variant, Error> {
        let call = Call::new(Method::PUT, VARIANT).needs(Right::CreateFeature);
        self.ask(call.with(project).with(feature).with(variant).json(&new.sent(feature))?).await
    }

    /// Deletes a variant, with its weight in every environment.
    ///
    /// # Errors
    /// Any [`Error`]; [`Error::NotFound`] where it is gone already.
    pub async fn delete_variant(
        &self,
        project: ProjectId,
        feature: FeatureId,
        variant: VariantId,
    ) -> Result<(), Error> {
        let call = Call::new(Method::DELETE, VARIANT).needs(Right::CreateFeature);
        self.send(&call.with(project).with(feature).with(variant)).await?.nothing()
    }
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

    #[test]
    fn a_variant_is_sent_with_every_column() {
        let new = NewVariant { key: "n".to_owned(), value: Value::Integer(7), weight: "12.5".parse().unwrap() };
        let sent = r#"{"feature":6,"key":"n","type":"int","string_value":null,"integer_value":7,"boolean_value":null,"default_percentage_allocation":12.5}"#;
        assert_eq!(serde_json::to_string(&new.sent(FeatureId(6))).unwrap(), sent);
    }
}
