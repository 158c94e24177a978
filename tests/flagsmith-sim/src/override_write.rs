//! Direct writes of segment overrides that are there, where the environment is unversioned: their states, their order, their end.

use crate::answer::{Answer, Outcome};
use crate::call::Call;
use crate::direct_write::unversioned;
use crate::field::Errors;
use crate::right::MANAGE_SEGMENT_OVERRIDES;
use crate::segment_override;
use crate::state::{FlagState, Holder};
use crate::state_draft;
use crate::store::Store;
use crate::weight_list::Doubled;
use jiff::Timestamp;
use serde_json::Value;

impl Store {
    /// The override that a link belongs to, where the caller may change it.
    fn linked(&self, link: u64, call: &Call) -> Result<&FlagState, Answer> {
        let state = self.states.values().find(|state| state.link() == Some(link));
        let state = state.ok_or_else(|| Answer::no_such("FeatureSegment"))?;
        let environment = self.environments.get(&state.environment).ok_or_else(Answer::server_error)?;
        let permitted = self.may_in(call.caller, environment, MANAGE_SEGMENT_OVERRIDES);
        permitted.then_some(state).ok_or_else(Answer::denied)
    }
}

/// Changes a state by its id; the place is asked for, and cannot be changed.
pub(crate) fn update(store: &mut Store, call: &Call) -> Outcome {
    let state = store.states.get(&call.id("state")).cloned().ok_or_else(|| Answer::no_such("FeatureState"))?;
    unversioned(store, state.environment)?;
    let body = call.object()?;
    let mut errors = Errors::default();
    for name in ["feature", "environment"] {
        if !body.contains_key(name) {
            errors.add(name, "This field is required.");
        }
    }
    errors.finish()?;
    let mut given = body.clone();
    given.remove("feature_segment");
    given.entry("feature_state_value").or_insert_with(|| Value::Object(state.value.columns()));
    let draft = state_draft::read(store, &given.into()).map_err(Answer::invalid)?;
    let mut state = state;
    draft.write(store, &mut state).map_err(|Doubled| Answer::server_error())?;
    if state.total_share() > 100.0 {
        return Err(Answer::invalid_field("non_field_errors", "Multivariate percentage values exceed 100%."));
    }
    state.updated = Timestamp::now();
    store.touch(state.environment);
    let answer = Answer::ok(Value::Object(state.json(&state.value.columns().into())));
    store.states.insert(state.id, state);
    Ok(answer)
}

/// Gives overrides the priorities that a list names, whatever others have.
pub(crate) fn reorder(store: &mut Store, call: &Call) -> Outcome {
    let places = call.body.as_array().cloned().unwrap_or_default();
    let number = |place: &Value, name: &str| place.get(name).and_then(Value::as_u64).unwrap_or_default();
    for place in &places {
        store.linked(number(place, "id"), call)?;
    }
    let mut shown = Vec::new();
    for place in &places {
        let (id, wanted) = (number(place, "id"), number(place, "priority"));
        let mut states = store.states.values_mut();
        let Some(state) = states.find(|state| state.link() == Some(id)) else { continue };
        if let Holder::Segment { priority, .. } = &mut state.holder {
            *priority = wanted;
        }
        let environment = state.environment;
        shown.push(id);
        store.touch(environment);
    }
    let states = store.states.values().filter(|state| state.link().is_some_and(|link| shown.contains(&link)));
    Ok(Answer::ok(states.map(|state| segment_override::shown(store, state)).collect()))
}

/// Ends an override; those that are weaker close the gap.
pub(crate) fn delete(store: &mut Store, call: &Call) -> Outcome {
    let state = store.linked(call.id("link"), call)?.clone();
    unversioned(store, state.environment)?;
    let mut flag = store.flag(state.environment, state.feature, u64::MAX);
    flag.states.retain(|each| each.id != state.id);
    flag.close_gap(state.priority().unwrap_or_default());
    store.keep_states(&flag, None);
    store.touch(state.environment);
    Ok(Answer::no_content())
}
