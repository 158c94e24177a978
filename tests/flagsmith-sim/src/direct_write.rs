//! Direct writes of an environment's default states, where it is unversioned: changes, deletion, and repair.

use crate::answer::{Answer, Outcome};
use crate::call::Call;
use crate::field::{self, Attributes, Errors};
use crate::nested::{key, noted};
use crate::right::{UPDATE_FEATURE_STATE, VIEW_ENVIRONMENT};
use crate::state::{FlagState, Holder};
use crate::state_list::{FIELDS, given_value};
use crate::store::Store;
use crate::weight_list::{self, Doubled, WeightDraft};
use jiff::Timestamp;
use serde_json::{Value, json};

impl Store {
    /// The live default state in the path; a missing environment is told apart from a forbidden one.
    fn default_state(&self, call: &Call, right: &str) -> Result<&FlagState, Answer> {
        let environment = self.environment_with_key(call.param("environment"));
        let environment = environment.ok_or_else(|| Answer::detail(404, "Environment not found."))?;
        if call.param("state").parse::<u64>().is_err() {
            return Err(Answer::detail(404, "Not found."));
        }
        let live = self.live_states(environment.id).into_iter();
        let mut defaults = live.filter(|state| state.is_default());
        let state = defaults.find(|state| state.id == call.id("state"));
        let state = state.ok_or_else(|| Answer::no_such("FeatureState"))?;
        let permitted = self.may_in(call.caller, environment, right);
        permitted.then_some(state).ok_or_else(Answer::denied)
    }

    fn written(&mut self, id: u64) -> Result<&mut FlagState, Answer> {
        let state = self.states.get_mut(&id).ok_or_else(Answer::server_error)?;
        state.updated = Timestamp::now();
        Ok(state)
    }
}

/// The 400 of a direct write in a versioned environment.
pub(crate) fn unversioned(store: &Store, environment: u64) -> Result<(), Answer> {
    if store.environments.get(&environment).is_some_and(|each| each.versioned) {
        return Err(Answer::detail(
            400,
            "This environment uses v2 feature versioning. Use the environment feature version endpoint instead.",
        ));
    }
    Ok(())
}

pub(crate) fn get(store: &mut Store, call: &Call) -> Outcome {
    Ok(Answer::ok(store.default_state(call, VIEW_ENVIRONMENT)?.plain_json().into()))
}

/// What a body asks of a state, besides its value.
struct Draft {
    enabled: Option<bool>,
    weights: Option<Vec<WeightDraft>>,
}

fn read(store: &Store, call: &Call, state: (u64, u64)) -> Result<Draft, Answer> {
    let body = call.object()?;
    let (taken, mut errors) = field::take(FIELDS, body, true);
    check_place(store, call, (body, state), &mut errors)?;
    // A PATCH knows nothing of weights.
    let weights = if call.partial() { None } else { weight_list::read(store, body, &mut errors) };
    errors.finish()?;
    if weights.as_ref().is_some_and(|weights| weight_list::total(weights) > 100.0) {
        return Err(Answer::invalid_field("non_field_errors", "Multivariate percentage values exceed 100%."));
    }
    Ok(Draft { enabled: taken.get("enabled").and_then(Value::as_bool), weights })
}

/// Refuses to move a state to another feature or environment; a PATCH to another feature breaks the server.
fn check_place(
    store: &Store,
    call: &Call,
    (body, (feature, environment)): (&Attributes, (u64, u64)),
    errors: &mut Errors,
) -> Result<(), Answer> {
    if let Some(given) = body.get("feature") {
        let named = key(given, |id| store.features.contains_key(&id));
        match noted(named, "feature", errors) {
            Some(named) if named != feature && call.partial() => return Err(Answer::server_error()),
            Some(named) if named != feature => errors.add("feature", "Cannot change the feature of a feature state"),
            Some(_) | None => {}
        }
    }
    match body.get("environment").filter(|_| !call.partial()) {
        Some(Value::Null) => errors.add("environment", "Environment may not be null."),
        Some(given) => {
            let named = key(given, |id| store.environments.contains_key(&id));
            if noted(named, "environment", errors).is_some_and(|named| named != environment) {
                errors.add("environment", "Cannot change the environment of a feature state");
            }
        }
        None => {}
    }
    Ok(())
}

/// Changes what the body names; its value is written before the rest of it is looked at, and stays if that is refused.
pub(crate) fn update(store: &mut Store, call: &Call) -> Outcome {
    let state = store.default_state(call, UPDATE_FEATURE_STATE)?;
    let (id, feature, environment) = (state.id, state.feature, state.environment);
    unversioned(store, environment)?;
    if let Some(value) = given_value(call)? {
        store.written(id)?.value = value;
        store.touch(environment);
    }
    let draft = read(store, call, (feature, environment))?;
    let state = store.written(id)?;
    state.enabled = draft.enabled.unwrap_or(state.enabled);
    store.touch(environment);
    reweigh(store, id, draft.weights.as_deref())?;
    let state = store.written(id)?;
    Ok(Answer::ok(if call.partial() {
        json!({ "feature": feature, "enabled": state.enabled })
    } else {
        state.plain_json().into()
    }))
}

/// Replaces a state's weights; what was written before a row is refused stays.
fn reweigh(store: &mut Store, id: u64, weights: Option<&[WeightDraft]>) -> Result<(), Answer> {
    let Some(weights) = weights else {
        return Ok(());
    };
    let mut state = store.written(id)?.clone();
    let weighed = store.weigh(&mut state, weights);
    store.written(id)?.weights = state.weights;
    weighed.map_err(|Doubled| {
        let message =
            "Multivariate feature state value with this Feature state and Multivariate feature option already exists.";
        Answer::invalid(json!([format!("{{'__all__': ['{message}']}}")]))
    })
}

/// The feature of the project that a body names; it is forbidden to name none.
pub(crate) fn own_feature(store: &Store, body: &Attributes, project: u64) -> Result<u64, Answer> {
    let feature = body.get("feature").and_then(Value::as_u64).and_then(|id| store.features.get(&id));
    let own = feature.filter(|feature| feature.project == project);
    own.map(|feature| feature.id).ok_or_else(Answer::denied)
}

pub(crate) fn already_exists() -> Answer {
    let message = "Feature state already exists for this environment, feature, version, segment & identity combination";
    Answer::invalid(json!([format!("['{message}']")]))
}

/// Puts back a default that was deleted.
pub(crate) fn create(store: &mut Store, call: &Call) -> Outcome {
    let environment = store.nesting_environment(call, UPDATE_FEATURE_STATE)?;
    let (environment, project) = (environment.id, environment.project);
    let body = call.object()?;
    let feature = own_feature(store, body, project)?;
    unversioned(store, environment)?;
    let (taken, errors) = field::take(FIELDS, body, true);
    errors.finish()?;
    if store.flag(environment, feature, u64::MAX).default().is_some() {
        return Err(already_exists());
    }
    let mut state = store.new_state(environment, feature, Holder::Environment);
    state.enabled = field::is_true(&taken, "enabled");
    state.value = store.first_value(call, feature)?;
    state.weights = store.default_weights(feature);
    let answer = Answer::created(state.plain_json().into());
    store.states.insert(state.id, state);
    store.touch(environment);
    Ok(answer)
}

/// Deletes an environment's default: the feature vanishes from that environment.
pub(crate) fn delete(store: &mut Store, call: &Call) -> Outcome {
    let state = store.default_state(call, UPDATE_FEATURE_STATE)?;
    let (id, environment) = (state.id, state.environment);
    unversioned(store, environment)?;
    store.states.remove(&id);
    store.touch(environment);
    Ok(Answer::no_content())
}
