//! What a body of `/api/experiments/` asks of a flag, checked as the API checks it.

use crate::answer::Answer;
use crate::field::{self, Attributes, Errors, Field, Initially, Kind};
use crate::nested::{accept, each, list, noted, object, required};
use crate::store::Store;
use crate::value::{FlagValue, Unfit, python_text};
use crate::weight_list::WeightDraft;
use serde_json::{Value, json};

const ENABLED: &[Field] = &[Field::required("enabled", Kind::Boolean)];
const ID: &[Field] = &[Field::required("id", Kind::Integer)];
const PRIORITY: &[Field] = &[Field::nullable("priority", Kind::Integer)];
const SEGMENT: &[Field] = &[Field::required("segment_id", Kind::Integer)];
const FEATURE: &[Field] = &[
    Field::of("name", Kind::Text { max: usize::MAX, blank: false }, Initially::Null),
    Field::of("id", Kind::Integer, Initially::Null),
];
const VALUE: &[Field] = &[
    Field::required("type", Kind::Choice(&["integer", "string", "boolean"])),
    Field::required("value", Kind::Text { max: usize::MAX, blank: true }),
];
const WEIGHT: &[Field] = &[
    Field::required("multivariate_feature_option", Kind::Integer),
    Field::required("percentage_allocation", Kind::Percentage),
];

/// What is to be served; the value is none where the database will refuse it.
#[derive(Debug, Default)]
pub(crate) struct StateUpdate {
    pub(crate) enabled: bool,
    pub(crate) value: Option<FlagValue>,
}

#[derive(Debug)]
pub(crate) struct OverrideUpdate {
    pub(crate) segment: u64,
    pub(crate) priority: Option<i64>,
    pub(crate) state: StateUpdate,
    pub(crate) weights: Vec<WeightDraft>,
}

/// A body of `update-flag-v1`: for the default, unless it is for an override.
#[derive(Debug)]
pub(crate) struct OneUpdate {
    pub(crate) feature: Attributes,
    pub(crate) state: StateUpdate,
    pub(crate) over: Option<OverrideUpdate>,
}

/// A body of `update-flag-v2`.
#[derive(Debug)]
pub(crate) struct WholeUpdate {
    pub(crate) feature: Attributes,
    pub(crate) state: StateUpdate,
    pub(crate) overrides: Vec<OverrideUpdate>,
}

/// The feature that a body names by its id or, letter by letter, its name.
pub(crate) fn feature(store: &Store, named: &Attributes, project: u64) -> Result<u64, Answer> {
    let mut own = store.features.values().filter(|feature| feature.project == project);
    let found = own.find(|feature| match named.get("name").and_then(Value::as_str) {
        Some(name) => feature.name == name,
        None => named.get("id").and_then(Value::as_u64) == Some(feature.id),
    });
    let message = || format!("Feature '{}' not found in project", python_text(&Value::Object(named.clone())));
    found.map(|feature| feature.id).ok_or_else(|| Answer::invalid(json!([message()])))
}

fn feature_name(body: &Attributes) -> Result<Attributes, Value> {
    let (taken, errors) = field::take(FEATURE, &object(required(body, "feature")?)?, true);
    let named = accept(taken, errors)?;
    let message = match (named.contains_key("name"), named.contains_key("id")) {
        (false, false) => "Either 'name' or 'id' is required for feature identification",
        (true, true) => "Provide either 'name' or 'id', not both",
        _ => return Ok(named),
    };
    Err(json!({ "non_field_errors": [message] }))
}

fn value(body: &Attributes) -> Result<Option<FlagValue>, Value> {
    let (taken, errors) = field::take(VALUE, &object(required(body, "value")?)?, false);
    let taken = accept(taken, errors)?;
    match FlagValue::from_typed(&field::string(&taken, "type"), &field::string(&taken, "value")) {
        Ok(value) => Ok(Some(value)),
        Err(Unfit::Refused(_, message)) => Err(json!({ "non_field_errors": [message] })),
        Err(Unfit::Broken) => Ok(None),
    }
}

/// Takes the errors of a table of fields over to those of the body around.
fn take(fields: &[Field], body: &Attributes, errors: &mut Errors) -> Attributes {
    let (taken, complaints) = field::take(fields, body, false);
    if let Value::Object(complaints) = complaints.into_value() {
        complaints.into_iter().for_each(|(name, each)| errors.put(&name, each));
    }
    taken
}

fn state(body: &Attributes, errors: &mut Errors) -> StateUpdate {
    let taken = take(ENABLED, body, errors);
    let value = noted(value(body), "value", errors).flatten();
    StateUpdate { enabled: field::is_true(&taken, "enabled"), value }
}

/// A segment of the project.
fn own_segment(store: &Store, id: Option<i64>, project: u64) -> Result<u64, Value> {
    let id = id.unwrap_or_default();
    let segment = u64::try_from(id).ok().and_then(|id| store.segments.get(&id));
    let own = segment.filter(|segment| segment.project == project).map(|segment| segment.id);
    own.ok_or_else(|| json!([format!("Segment with id {id} not found in project")]))
}

/// The segment that a member names, with its priority.
fn named_segment(store: &Store, given: &Value, project: u64) -> Result<(u64, Option<i64>), Value> {
    let body = object(given)?;
    let mut errors = Errors::default();
    let mut taken = take(ID, &body, &mut errors);
    taken.extend(take(PRIORITY, &body, &mut errors));
    let taken = accept(taken, errors)?;
    let segment = own_segment(store, taken.get("id").and_then(Value::as_i64), project)?;
    Ok((segment, taken.get("priority").and_then(Value::as_i64)))
}

pub(crate) fn read_one(store: &Store, body: &Attributes, project: u64) -> Result<OneUpdate, Answer> {
    let mut errors = Errors::default();
    let feature = noted(feature_name(body), "feature", &mut errors).unwrap_or_default();
    let state = state(body, &mut errors);
    let segment = body.get("segment").map(|given| named_segment(store, given, project));
    let segment = segment.and_then(|read| noted(read, "segment", &mut errors));
    errors.finish()?;
    Ok(match segment {
        Some((segment, priority)) => {
            let over = OverrideUpdate { segment, priority, state, weights: Vec::new() };
            OneUpdate { feature, state: StateUpdate::default(), over: Some(over) }
        }
        None => OneUpdate { feature, state, over: None },
    })
}

pub(crate) fn read_deletion(store: &Store, body: &Attributes, project: u64) -> Result<(Attributes, u64), Answer> {
    let mut errors = Errors::default();
    let feature = noted(feature_name(body), "feature", &mut errors).unwrap_or_default();
    let segment = required(body, "segment").and_then(|given| named_segment(store, given, project));
    let segment = noted(segment, "segment", &mut errors);
    errors.finish()?;
    Ok((feature, segment.unwrap_or_default().0))
}

pub(crate) fn read_whole(store: &Store, body: &Attributes, project: u64) -> Result<WholeUpdate, Answer> {
    let mut errors = Errors::default();
    let feature = noted(feature_name(body), "feature", &mut errors).unwrap_or_default();
    let default = required(body, "environment_default").and_then(|given| {
        let (body, mut errors) = (object(given)?, Errors::default());
        accept(state(&body, &mut errors), errors)
    });
    let state = noted(default, "environment_default", &mut errors).unwrap_or_default();
    let overrides = body.get("segment_overrides").map(|given| overrides(store, given, project));
    let overrides = overrides.and_then(|read| noted(read, "segment_overrides", &mut errors)).unwrap_or_default();
    errors.finish()?;
    check_variants(store, &overrides, self::feature(store, &feature, project).ok())?;
    Ok(WholeUpdate { feature, state, overrides })
}

fn overrides(store: &Store, given: &Value, project: u64) -> Result<Vec<OverrideUpdate>, Value> {
    let updates = each(list(given)?, override_update)?;
    for (position, update) in updates.iter().enumerate() {
        if updates.iter().take(position).any(|other| other.segment == update.segment) {
            return Err(json!(["Duplicate segment_id values are not allowed"]));
        }
    }
    for update in &updates {
        own_segment(store, i64::try_from(update.segment).ok(), project)?;
    }
    Ok(updates)
}

fn override_update(given: &Value) -> Result<OverrideUpdate, Value> {
    let body = object(given)?;
    let mut errors = Errors::default();
    let mut taken = take(SEGMENT, &body, &mut errors);
    taken.extend(take(PRIORITY, &body, &mut errors));
    let state = state(&body, &mut errors);
    let weights = body.get("multivariate_feature_state_values");
    let weights = weights.map(|given| list(given).and_then(|items| each(items, weight)));
    let weights = weights.and_then(|read| noted(read, "multivariate_feature_state_values", &mut errors));
    let segment = taken.get("segment_id").and_then(Value::as_u64).unwrap_or_default();
    let priority = taken.get("priority").and_then(Value::as_i64);
    accept(OverrideUpdate { segment, priority, state, weights: weights.unwrap_or_default() }, errors)
}

fn weight(given: &Value) -> Result<WeightDraft, Value> {
    let (taken, errors) = field::take(WEIGHT, &object(given)?, false);
    let variant = taken.get("multivariate_feature_option").and_then(Value::as_u64);
    let share = taken.get("percentage_allocation").and_then(Value::as_f64);
    accept(WeightDraft { id: None, variant: variant.unwrap_or_default(), share: share.unwrap_or_default() }, errors)
}

/// Refuses variants that are named twice, or are another feature's.
fn check_variants(store: &Store, overrides: &[OverrideUpdate], feature: Option<u64>) -> Result<(), Answer> {
    let Some(feature) = feature else {
        return Ok(());
    };
    for OverrideUpdate { weights, .. } in overrides {
        let mut named: Vec<_> = weights.iter().map(|weight| weight.variant).collect();
        named.sort_unstable();
        let own = |id: &u64| store.variants.get(id).is_some_and(|variant| variant.feature == feature);
        let message = if named.windows(2).any(|pair| pair.first() == pair.last()) {
            "Multivariate options must be unique".to_owned()
        } else if named.iter().all(own) {
            continue;
        } else {
            named.retain(|id| !own(id));
            format!("Multivariate options {named:?} do not belong to the feature")
        };
        return Err(Answer::invalid_field("non_field_errors", &message));
    }
    Ok(())
}
