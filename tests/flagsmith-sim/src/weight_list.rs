//! `multivariate_feature_state_values`: a list of weights that replaces those of a state.

use crate::field::{self, Attributes, Errors, Field, Kind};
use crate::nested::{accept, each, key, list, noted, object, required};
use crate::state::FlagState;
use crate::store::Store;
use serde_json::Value;

const NAME: &str = "multivariate_feature_state_values";

const SHARE: &[Field] = &[Field::required("percentage_allocation", Kind::Percentage)];

#[derive(Clone, Debug)]
pub(crate) struct WeightDraft {
    /// That of the row it changes; a new row is made without it.
    pub(crate) id: Option<u64>,
    pub(crate) variant: u64,
    pub(crate) share: f64,
}

/// Two rows of one state would have the same variant.
#[derive(Debug)]
pub(crate) struct Doubled;

/// The list in a body, if there is one.
pub(crate) fn read(store: &Store, body: &Attributes, errors: &mut Errors) -> Option<Vec<WeightDraft>> {
    let given = body.get(NAME)?;
    let weights = list(given).and_then(|items| each(items, |item| weight(store, item)));
    noted(weights, NAME, errors)
}

fn weight(store: &Store, given: &Value) -> Result<WeightDraft, Value> {
    let body = object(given)?;
    let (taken, mut errors) = field::take(SHARE, &body, false);
    let variant = required(&body, "multivariate_feature_option");
    let variant = variant.and_then(|given| key(given, |id| store.variants.contains_key(&id)));
    let variant = noted(variant, "multivariate_feature_option", &mut errors);
    let share = taken.get("percentage_allocation").and_then(Value::as_f64);
    let id = body.get("id").and_then(Value::as_u64);
    accept(WeightDraft { id, variant: variant.unwrap_or_default(), share: share.unwrap_or_default() }, errors)
}

pub(crate) fn total(drafts: &[WeightDraft]) -> f64 {
    drafts.iter().map(|draft| draft.share).sum()
}

impl Store {
    /// Makes a state's weights those of a list: rows that it names by id are changed, others made, the rest deleted.
    pub(crate) fn weigh(&mut self, state: &mut FlagState, drafts: &[WeightDraft]) -> Result<(), Doubled> {
        let mut kept = Vec::new();
        for WeightDraft { id, variant, share } in drafts.iter().cloned() {
            let row = state.weights.iter().position(|weight| Some(weight.id) == id);
            let mut others = state.weights.iter().enumerate().filter(|(place, _)| Some(*place) != row);
            if others.any(|(_, weight)| weight.variant == variant) {
                return Err(Doubled);
            }
            if let Some(weight) = row.and_then(|row| state.weights.get_mut(row)) {
                (weight.variant, weight.share) = (variant, share);
                kept.push(weight.id);
            } else {
                let weight = self.new_weight(variant, share);
                kept.push(weight.id);
                state.weights.push(weight);
            }
        }
        state.weights.retain(|weight| kept.contains(&weight.id));
        Ok(())
    }
}
