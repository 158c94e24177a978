//! What a `__future__` body asks of a flag, checked as the API checks it.

use crate::answer::Answer;
use crate::feature::Feature;
use crate::field::{self, Attributes, Errors, Field, Initially, Kind};
use crate::nested::{accept, each, list, object};
use crate::store::Store;
use crate::value::{FlagValue, Unfit};
use serde_json::{Value, json};

const ENABLED: &[Field] = &[Field::of("enabled", Kind::Boolean, Initially::Bool(false))];
const PRIORITY: &[Field] = &[Field::of("priority", Kind::Integer, Initially::Number(0))];
const WEIGHT: &[Field] = &[Field::required("id", Kind::Integer), Field::required("weight", Kind::Percentage)];
const VALUE: &[Field] = &[
    Field::required("type", Kind::Choice(&["string", "integer", "boolean"])),
    Field::required("value", Kind::Text { max: usize::MAX, blank: true }),
];

/// What is to be served; what is `None` was left out.
#[derive(Debug, Default)]
pub(crate) struct StateChange {
    pub(crate) enabled: Option<bool>,
    pub(crate) value: Option<FlagValue>,
    /// Variants and their shares: all of the feature's.
    pub(crate) weights: Option<Vec<(u64, f64)>>,
    /// Whether it holds a value that the database will refuse.
    pub(crate) too_big: bool,
}

#[derive(Debug)]
pub(crate) struct OverrideChange {
    pub(crate) segment: u64,
    pub(crate) priority: Option<u64>,
    pub(crate) state: StateChange,
}

#[derive(Debug, Default)]
pub(crate) struct FlagChange {
    pub(crate) default: Option<StateChange>,
    pub(crate) overrides: Option<Vec<OverrideChange>>,
}

impl FlagChange {
    /// Whether it writes nothing at all: then not even a version is made.
    pub(crate) fn is_empty(&self, replace: bool) -> bool {
        let default = self.default.as_ref().is_some_and(|change| {
            replace || change.enabled.is_some() || change.value.is_some() || change.weights.is_some()
        });
        let overrides = self.overrides.as_ref().is_some_and(|list| replace || !list.is_empty());
        !default && !overrides
    }
}

/// Reads bodies for one feature.
pub(crate) struct Reader<'a> {
    pub(crate) store: &'a Store,
    pub(crate) feature: &'a Feature,
    /// Whether the request is a PUT.
    pub(crate) replace: bool,
}

impl Reader<'_> {
    pub(crate) fn read(&self, body: &Attributes) -> Result<FlagChange, Answer> {
        let mut errors = Errors::default();
        let mut change = FlagChange::default();
        if let Some(given) = body.get("environment_default") {
            match self.default(given) {
                Ok(default) => change.default = Some(default),
                Err(complaint) => errors.put("environment_default", complaint),
            }
        }
        if let Some(given) = body.get("segment_overrides") {
            match self.overrides(given) {
                Ok(overrides) => change.overrides = Some(overrides),
                Err(complaint) => errors.put("segment_overrides", complaint),
            }
        }
        errors.finish()?;
        // The database, not the serializer, refuses what is too big: the whole is undone, and it is a 500.
        let defaults = change.default.iter();
        let overrides = change.overrides.iter().flatten().map(|each| &each.state);
        if defaults.chain(overrides).any(|change| change.too_big) {
            return Err(Answer::server_error());
        }
        Ok(change)
    }

    fn default(&self, given: &Value) -> Result<StateChange, Value> {
        let body = object(given)?;
        let mut errors = Errors::default();
        let change = self.state(&body, &mut errors);
        let incomplete = self.replace && self.feature.is_multivariate();
        if errors.is_empty() && incomplete && change.weights.is_none() {
            errors.add("variants", "Must include all feature's variants.");
        }
        accept(change, errors)
    }

    fn overrides(&self, given: &Value) -> Result<Vec<OverrideChange>, Value> {
        let changes = each(list(given)?, |item| self.override_change(item))?;
        for (position, change) in changes.iter().enumerate() {
            let mut earlier = changes.iter().take(position);
            if earlier.any(|other| other.segment == change.segment) {
                return Err(json!([format!("Duplicate segment: {}.", change.segment)]));
            }
        }
        Ok(changes)
    }

    fn override_change(&self, given: &Value) -> Result<OverrideChange, Value> {
        let body = object(given)?;
        let mut errors = Errors::default();
        let state = self.state(&body, &mut errors);
        let segment = self.segment(body.get("segment"));
        let (taken, complaint) = field::take(PRIORITY, &body, true);
        let priority = taken.get("priority").and_then(Value::as_i64);
        if let Value::Object(complaints) = complaint.into_value() {
            complaints.into_iter().for_each(|(name, each)| errors.put(&name, each));
        }
        if priority.is_some_and(|priority| priority < 0) {
            errors.add("priority", "Ensure this value is greater than or equal to 0.");
        }
        let segment = segment.unwrap_or_else(|complaint| {
            errors.put("segment", complaint);
            0
        });
        let priority = priority.and_then(|priority| u64::try_from(priority).ok());
        accept(OverrideChange { segment, priority, state }, errors)
    }

    fn segment(&self, given: Option<&Value>) -> Result<u64, Value> {
        let given = given.ok_or_else(|| json!(["This field is required."]))?;
        let body = object(given)?;
        let id = body.get("id").ok_or_else(|| json!({ "id": ["This field is required."] }))?;
        let id = id.as_u64().ok_or_else(|| json!({ "id": ["A valid integer is required."] }))?;
        match self.store.segments.get(&id) {
            Some(segment) if segment.project == self.feature.project => Ok(id),
            _ => Err(json!({ "id": ["Segment not found."] })),
        }
    }

    fn state(&self, body: &Attributes, errors: &mut Errors) -> StateChange {
        let (taken, complaint) = field::take(ENABLED, body, true);
        if let Value::Object(complaints) = complaint.into_value() {
            complaints.into_iter().for_each(|(name, each)| errors.put(&name, each));
        }
        let mut change =
            StateChange { enabled: taken.get("enabled").and_then(Value::as_bool), ..StateChange::default() };
        if let Some(given) = body.get("value") {
            match value(given) {
                Ok(Some(value)) => change.value = Some(value),
                Ok(None) => change.too_big = true,
                Err(complaint) => errors.put("value", complaint),
            }
        }
        if let Some(given) = body.get("variants") {
            match self.weights(given) {
                Ok(weights) => change.weights = Some(weights),
                Err(complaint) => errors.put("variants", complaint),
            }
        }
        change
    }

    fn weights(&self, given: &Value) -> Result<Vec<(u64, f64)>, Value> {
        let weights = each(list(given)?, weight)?;
        let variants = self.store.variants.values();
        let known = variants.filter(|variant| variant.feature == self.feature.id);
        let known: Vec<_> = known.map(|variant| variant.id).collect();
        let given: Vec<_> = weights.iter().map(|(id, _)| *id).collect();
        let complaint = if !self.feature.is_multivariate() {
            "Feature is not multivariate."
        } else if given.iter().any(|id| !known.contains(id)) {
            "Variant not found."
        } else if known.iter().any(|id| !given.contains(id)) {
            "Must include all feature's variants."
        } else if weights.iter().map(|(_, share)| share).sum::<f64>() > 100.0 {
            "Total weight must not exceed 100."
        } else {
            return Ok(weights);
        };
        Err(json!([complaint]))
    }
}

/// A value; none where the database will refuse it.
fn value(given: &Value) -> Result<Option<FlagValue>, Value> {
    if given.is_null() {
        return Err(json!(["This field may not be null."]));
    }
    let (taken, errors) = field::take(VALUE, &object(given)?, false);
    if !errors.is_empty() {
        return Err(errors.into_value());
    }
    let kind = field::string(&taken, "type");
    match FlagValue::from_typed(&kind, &field::string(&taken, "value")) {
        Ok(value) => Ok(Some(value)),
        Err(Unfit::Refused(_, message)) => Err(json!([message])),
        Err(Unfit::Broken) => Ok(None),
    }
}

fn weight(given: &Value) -> Result<(u64, f64), Value> {
    let body = object(given)?;
    let (taken, errors) = field::take(WEIGHT, &body, false);
    let share = taken.get("weight").and_then(Value::as_f64);
    let id = taken.get("id").and_then(Value::as_u64).unwrap_or_default();
    accept((id, share.unwrap_or_default()), errors)
}
