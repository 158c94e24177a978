//! The two lists of feature states, and the deletion and repair of an environment's default.

use crate::answer::{Answer, Outcome};
use crate::call::Call;
use crate::field::{self, Attributes, Field, Initially, Kind};
use crate::page;
use crate::route::Route;
use crate::state::{FlagState, Holder};
use crate::store::Store;
use crate::value::{FlagValue, Unfit};
use serde_json::{Value, json};

pub(crate) const ROUTES: &[Route] = &[
    Route::account("/api/v1/environments/{environment}/featurestates/", &[("GET", defaults), ("POST", create)]),
    Route::account("/api/v1/environments/{environment}/featurestates/{state}/", &[("DELETE", delete)]),
    Route::account("/api/v1/features/featurestates/", &[("GET", all)]),
];

pub(crate) const FIELDS: &[Field] = &[Field::of("enabled", Kind::Boolean, Initially::Bool(false))];

impl Store {
    /// The value of a state to be made: the one in the body, if it can be stored, or else the feature's initial one.
    pub(crate) fn first_value(&self, call: &Call, feature: u64) -> Result<FlagValue, Answer> {
        let given = call.object()?.get("feature_state_value");
        let given = given.and_then(|given| FlagValue::from_plain(given).ok());
        Ok(given.unwrap_or_else(|| self.initial_value(feature)))
    }

    pub(crate) fn with_identity(&self, state: &FlagState) -> Value {
        let mut json = state.plain_json();
        let identity = state.identity().and_then(|id| self.identities.get(&id));
        let identity = identity.map(|each| json!({ "id": each.id, "identifier": each.identifier }));
        json.insert("identity".to_owned(), json!(identity));
        Value::Object(json)
    }
}

/// The environment's defaults, or with `anyIdentity` the identities' overrides instead; plain values.
fn defaults(store: &mut Store, call: &Call) -> Outcome {
    let environment = store.nesting_environment(call)?.id;
    let identities = call.query.iter().any(|(name, _)| name == "anyIdentity");
    let feature = call.query_id("feature");
    let name = call.query("feature_name");
    let live = store.live_states(environment);
    let found = live.into_iter().filter(|state| {
        let definition = store.features.get(&state.feature);
        let ours = if identities { state.identity().is_some() } else { state.is_default() };
        ours && feature.is_none_or(|wanted| wanted == state.feature)
            && name.is_none_or(|wanted| definition.is_some_and(|each| each.name == wanted))
    });
    page::fixed(call, found.map(|state| store.with_identity(state)).collect())
}

/// Every state of an environment, with its value in columns.
fn all(store: &mut Store, call: &Call) -> Outcome {
    let id = call.query_id("environment").unwrap_or_default();
    let environment = store.environments.get(&id);
    environment.filter(|each| !each.deleted && store.may_see(call, each)).ok_or_else(Answer::denied)?;
    let feature = call.query_id("feature");
    let link = call.query_id("feature_segment");
    let live = store.live_states(id);
    let found = live.into_iter().filter(|state| {
        feature.is_none_or(|wanted| wanted == state.feature) && link.is_none_or(|wanted| Some(wanted) == state.link())
    });
    let shown = found.map(|state| Value::Object(state.json(&state.value.columns().into())));
    page::fixed(call, shown.collect())
}

/// What `feature_state_value` asks for, if it is there.
pub(crate) fn given_value(call: &Call) -> Result<Option<FlagValue>, Answer> {
    let given = call.object()?.get("feature_state_value");
    let value = given.map(FlagValue::from_plain).transpose();
    value.map_err(|unfit| match unfit {
        Unfit::Refused(column, message) => Answer::invalid_field(column, &message),
        Unfit::Broken => Answer::server_error(),
    })
}

/// The feature of the project that a body names; it is forbidden to name none.
pub(crate) fn own_feature(store: &Store, body: &Attributes, project: u64) -> Result<u64, Answer> {
    let feature = body.get("feature").and_then(Value::as_u64).and_then(|id| store.features.get(&id));
    let own = feature.filter(|feature| feature.project == project);
    own.map(|feature| feature.id).ok_or_else(Answer::denied)
}

/// The 400 of a direct write in a versioned environment.
fn unversioned(store: &Store, environment: u64) -> Result<(), Answer> {
    if store.environments.get(&environment).is_some_and(|each| each.versioned) {
        return Err(Answer::detail(
            400,
            "This environment uses v2 feature versioning. Use the environment feature version endpoint instead.",
        ));
    }
    Ok(())
}

/// Puts back a default that was deleted.
fn create(store: &mut Store, call: &Call) -> Outcome {
    let environment = store.nesting_environment(call)?;
    let (environment, project) = (environment.id, environment.project);
    let body = call.object()?;
    let feature = own_feature(store, body, project)?;
    unversioned(store, environment)?;
    let (taken, errors) = field::take(FIELDS, body, true);
    errors.finish()?;
    if store.flag(environment, feature, u64::MAX).default().is_some() {
        let message =
            "Feature state already exists for this environment, feature, version, segment & identity combination";
        return Err(Answer::invalid(json!([format!("['{message}']")])));
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
fn delete(store: &mut Store, call: &Call) -> Outcome {
    let environment = store.nesting_environment(call)?.id;
    let id = call.id("state");
    let state = store.states.get(&id);
    state
        .filter(|state| state.environment == environment && state.is_default())
        .ok_or_else(|| Answer::no_such("FeatureState"))?;
    unversioned(store, environment)?;
    store.states.remove(&id);
    store.touch(environment);
    Ok(Answer::no_content())
}
