//! A state as a version's body describes it: its value in columns, its segment, its weights.

use crate::field::{self, Attributes, Field, Initially, Kind};
use crate::nested::{accept, key, noted, object, required};
use crate::state::FlagState;
use crate::store::Store;
use crate::value::{FlagValue, LIMIT};
use crate::weight_list::{self, Doubled, WeightDraft};
use serde_json::{Value, json};

const ENABLED: &[Field] = &[Field::of("enabled", Kind::Boolean, Initially::Bool(false))];

const PRIORITY: &[Field] = &[Field::of("priority", Kind::Integer, Initially::Number(0))];

const COLUMNS: &[Field] = &[
    Field::nullable("type", Kind::Choice(&["unicode", "int", "bool", ""])),
    Field::nullable("string_value", Kind::Text { max: LIMIT, blank: true }),
    Field::nullable("integer_value", Kind::Int32),
    Field::nullable("boolean_value", Kind::Boolean),
];

#[derive(Debug)]
pub(crate) struct Place {
    pub(crate) segment: u64,
    pub(crate) priority: Option<u64>,
}

#[derive(Debug)]
pub(crate) struct StateDraft {
    /// The override that it describes; none for the environment's default.
    pub(crate) place: Option<Place>,
    enabled: Option<bool>,
    columns: Attributes,
    weights: Option<Vec<WeightDraft>>,
}

pub(crate) fn read(store: &Store, given: &Value) -> Result<StateDraft, Value> {
    let body = object(given)?;
    let (taken, mut errors) = field::take(ENABLED, &body, true);
    let columns = required(&body, "feature_state_value").and_then(columns);
    let columns = noted(columns, "feature_state_value", &mut errors).unwrap_or_default();
    let place = match body.get("feature_segment") {
        None | Some(Value::Null) => None,
        Some(given) => noted(place(store, given), "feature_segment", &mut errors),
    };
    let weights = weight_list::read(store, &body, &mut errors);
    let enabled = taken.get("enabled").and_then(Value::as_bool);
    accept(StateDraft { place, enabled, columns, weights }, errors)
}

fn columns(given: &Value) -> Result<Attributes, Value> {
    let (taken, errors) = field::take(COLUMNS, &object(given)?, true);
    accept(taken, errors)
}

fn place(store: &Store, given: &Value) -> Result<Place, Value> {
    let body = object(given)?;
    let (taken, mut errors) = field::take(PRIORITY, &body, true);
    let segment = required(&body, "segment");
    let segment = segment.and_then(|given| key(given, |id| store.segments.contains_key(&id)));
    let segment = noted(segment, "segment", &mut errors).unwrap_or_default();
    let priority = taken.get("priority").and_then(Value::as_i64);
    if priority.is_some_and(|priority| priority < 0) {
        errors.put("priority", json!(["Ensure this value is greater than or equal to 0."]));
    }
    let priority = priority.and_then(|priority| u64::try_from(priority).ok());
    accept(Place { segment, priority }, errors)
}

impl StateDraft {
    /// Writes what the body names; a row of weights is known by its variant, whatever id the body gives.
    pub(crate) fn rewrite(&self, store: &mut Store, state: &mut FlagState) -> Result<(), Doubled> {
        let known = |variant| state.weights.iter().find(|weight| weight.variant == variant).map(|weight| weight.id);
        let matched = |each: &WeightDraft| WeightDraft { id: known(each.variant).or(each.id), ..each.clone() };
        let weights = self.weights.as_ref().map(|weights| weights.iter().map(matched).collect::<Vec<_>>());
        self.put(store, state, weights.as_deref())
    }

    /// Writes what the body names: the weights of a list replace all, and the columns that it leaves out stay.
    pub(crate) fn write(&self, store: &mut Store, state: &mut FlagState) -> Result<(), Doubled> {
        self.put(store, state, self.weights.as_deref())
    }

    fn put(&self, store: &mut Store, state: &mut FlagState, weights: Option<&[WeightDraft]>) -> Result<(), Doubled> {
        let Self { place: _, enabled, columns, weights: _ } = self;
        state.enabled = enabled.unwrap_or(state.enabled);
        let mut value = state.value.columns();
        value.extend(columns.clone());
        state.value = FlagValue::from_columns(&value);
        weights.map_or(Ok(()), |weights| store.weigh(state, weights))
    }
}
