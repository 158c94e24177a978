//! The rules of a segment, as users write them.

use std::collections::BTreeMap;

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::{
    JSON, JSONSchemaProps, JSONSchemaPropsOrArray,
};
use kube::KubeSchema;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// A rule: all, any or none of what it holds must hold. One that holds nothing always holds.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct SegmentRule {
    /// How many of what the rule holds must hold: ALL, ANY or NONE.
    pub r#type: SegmentRuleType,
    /// Rules one level below. Absent: none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 100))]
    pub rules: Vec<InnerSegmentRule>,
    /// The rule's own conditions. Absent: none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 100))]
    pub conditions: Vec<SegmentCondition>,
}

/// A rule within a rule.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
pub struct InnerSegmentRule {
    /// How many of the conditions must hold: ALL, ANY or NONE.
    pub r#type: SegmentRuleType,
    /// Nothing: Flagsmith takes rules on two levels. Absent: none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 100), schema_with = "whatever")]
    #[x_kube(validation = Rule::new("size(self) == 0").message("Flagsmith takes rules on two levels: move what these hold one level up"))]
    pub rules: Vec<Map<String, Value>>,
    /// The rule's conditions. Absent: none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 100))]
    pub conditions: Vec<SegmentCondition>,
}

/// How many must hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum SegmentRuleType {
    /// All of them.
    All,
    /// At least one.
    Any,
    /// Not one.
    None,
}

/// What is asked of one trait. Beside the operator stands what it compares with: `values` for IN, `percentage` for
/// `PERCENTAGE_SPLIT`, nothing for `IS_SET` and `IS_NOT_SET`, and `value` for all others.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, KubeSchema)]
#[serde(rename_all = "camelCase")]
#[x_kube(
    validation = Rule::new("has(self.values) == (self.operator == 'IN')")
        .message("IN compares with values, as in values: [gold, silver]; no other operator does"),
    validation = Rule::new("has(self.percentage) == (self.operator == 'PERCENTAGE_SPLIT')")
        .message("PERCENTAGE_SPLIT takes percentage, as in percentage: 25; no other operator does"),
    validation = Rule::new("has(self.value) != (self.operator in ['IN', 'PERCENTAGE_SPLIT', 'IS_SET', 'IS_NOT_SET'])")
        .message("every operator takes value, as in value: beta, save IN (values), PERCENTAGE_SPLIT (percentage), IS_SET and IS_NOT_SET (nothing)"),
    validation = Rule::new("has(self.property) || self.operator == 'PERCENTAGE_SPLIT'")
        .message("say by property which trait is meant; only PERCENTAGE_SPLIT does without, and then splits by identity")
)]
pub struct SegmentCondition {
    /// The trait, by its name or by a path such as `$.identity.identifier`. Absent, with `PERCENTAGE_SPLIT` alone: the identity itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 1000))]
    #[x_kube(validation = Rule::new(r"!(self.startsWith(' ') || self.endsWith(' ') || self.endsWith('\n'))").message("Flagsmith drops blanks around a property: leave them out"))]
    pub property: Option<String>,
    /// What is asked of the trait.
    pub operator: SegmentOperator,
    /// What the trait is compared with; with MODULO a divisor and a remainder, as in `4|1`. Absent with IN, `PERCENTAGE_SPLIT`,
    /// `IS_SET` and `IS_NOT_SET` alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "text_or_integer")]
    pub value: Option<TextOrInteger>,
    /// With IN: the texts of which the trait is one, at most 1,000 characters together. Absent with all other operators.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 500), inner(length(min = 1, max = 1000)))]
    #[x_kube(merge_strategy = ListMerge::Set)]
    pub values: Option<Vec<String>>,
    /// With `PERCENTAGE_SPLIT`: the share, from 0 to 100 with at most 6 decimals, as in `25` or `"12.5"`. Absent with all other operators.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "percentage")]
    pub percentage: Option<TextOrInteger>,
    /// What people read beside the condition. Absent: never written.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 20000))]
    pub description: Option<String>,
}

/// What is asked of a trait, as Flagsmith calls it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum SegmentOperator {
    /// The trait is the value.
    Equal,
    /// The trait is not the value.
    NotEqual,
    /// The trait is greater than the value.
    GreaterThan,
    /// The trait is greater than the value, or the same.
    GreaterThanInclusive,
    /// The trait is less than the value.
    LessThan,
    /// The trait is less than the value, or the same.
    LessThanInclusive,
    /// The trait holds the value.
    Contains,
    /// The trait does not hold the value.
    NotContains,
    /// The trait matches the value, which is a regular expression.
    Regex,
    /// The trait divided by the one number leaves the other, as in `4|1`.
    Modulo,
    /// The trait is one of the values.
    In,
    /// The trait, or the identity, is in that share of all.
    PercentageSplit,
    /// There is such a trait.
    IsSet,
    /// There is no such trait.
    IsNotSet,
}

/// A text, or a whole number that stands for its text.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(untagged)]
pub enum TextOrInteger {
    /// A whole number.
    Integer(i64),
    /// A text.
    Text(String),
}

impl std::fmt::Display for TextOrInteger {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Integer(number) => number.fmt(f),
            Self::Text(text) => text.fmt(f),
        }
    }
}

/// Without the blanks around it that Flagsmith drops. A rule would say so in better words, and cost four times what is allowed.
fn text_or_integer(_: &mut SchemaGenerator) -> Schema {
    json_schema!({"x-kubernetes-int-or-string": true, "maxLength": 1000, "pattern": r"^(\S((?s:.)*\S)?)?$"})
}

fn percentage(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "x-kubernetes-int-or-string": true,
        "minimum": 0,
        "maximum": 100,
        "maxLength": 10,
        "pattern": r"^(100([.]0{1,6})?|[0-9]{1,2}([.][0-9]{1,6})?)$",
    })
}

/// Rules that are refused whatever they hold, so that none is dropped without a word.
fn whatever(_: &mut SchemaGenerator) -> Schema {
    json_schema!({"type": "array", "items": {"type": "object", "x-kubernetes-preserve-unknown-fields": true}})
}

/// Has MODULO take two numbers: a pattern costs nothing, and as a rule it would cost more than the apiserver allows. kube's derive
/// takes no such alternatives, so that they are added afterwards.
pub(super) fn refine(schema: &mut JSONSchemaProps) {
    let properties = schema.properties.iter_mut().flat_map(BTreeMap::values_mut);
    let items = schema.items.iter_mut().filter_map(|items| match items {
        JSONSchemaPropsOrArray::Schema(items) => Some(items.as_mut()),
        JSONSchemaPropsOrArray::Schemas(_) => None,
    });
    properties.chain(items).for_each(refine);
    let is_condition =
        |properties: &BTreeMap<_, _>| ["operator", "percentage"].iter().all(|one| properties.contains_key(*one));
    if schema.properties.as_ref().is_some_and(is_condition) {
        let modulo = JSONSchemaProps { enum_: Some(vec![JSON("MODULO".into())]), ..JSONSchemaProps::default() };
        let other = JSONSchemaProps { not: Some(Box::new(modulo)), ..JSONSchemaProps::default() };
        let numbers = JSONSchemaProps { pattern: Some(NUMBERS.to_owned()), ..JSONSchemaProps::default() };
        schema.any_of = Some(vec![having("operator", other), having("value", numbers)]);
    }
}

/// A divisor and a remainder.
const NUMBERS: &str = "^-?[0-9]+([.][0-9]+)?[|]-?[0-9]+([.][0-9]+)?$";

fn having(name: &str, schema: JSONSchemaProps) -> JSONSchemaProps {
    JSONSchemaProps { properties: Some(BTreeMap::from([(name.to_owned(), schema)])), ..JSONSchemaProps::default() }
}
