//! The two lists of feature states.

use crate::answer::{Answer, Outcome};
use crate::call::Call;
use crate::direct_write;
use crate::field::{Field, Initially, Kind};
use crate::override_write;
use crate::page;
use crate::right::VIEW_ENVIRONMENT;
use crate::route::Route;
use crate::state::FlagState;
use crate::store::Store;
use crate::value::{FlagValue, Unfit};
use serde_json::{Value, json};

pub(crate) const ROUTES: &[Route] = &[
    Route::account(
        "/api/v1/environments/{environment}/featurestates/",
        &[("GET", defaults), ("POST", direct_write::create)],
    ),
    Route::account(
        "/api/v1/environments/{environment}/featurestates/{state}/",
        &[
            ("GET", direct_write::get),
            ("PUT", direct_write::update),
            ("PATCH", direct_write::update),
            ("DELETE", direct_write::delete),
        ],
    ),
    Route::account("/api/v1/features/featurestates/", &[("GET", all)]),
    Route::account("/api/v1/features/featurestates/{state}/", &[("PATCH", broken), ("PUT", override_write::update)]),
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
    let environment = store.nesting_environment(call, VIEW_ENVIRONMENT)?.id;
    let identities = call.query.iter().any(|(name, _)| name == "anyIdentity");
    let feature = match call.query("feature").map(str::parse::<u64>) {
        // What is no number breaks the server.
        Some(Err(_)) => return Err(Answer::server_error()),
        Some(Ok(id)) => Some(id),
        None => None,
    };
    let name = call.query("feature_name").map(str::to_lowercase);
    let live = store.live_states(environment);
    let found = live.into_iter().filter(|state| {
        let definition = store.features.get(&state.feature);
        let ours = if identities { state.identity().is_some() } else { state.is_default() };
        ours && feature.is_none_or(|wanted| wanted == state.feature)
            && name.as_ref().is_none_or(|wanted| definition.is_some_and(|each| each.name.to_lowercase() == *wanted))
    });
    page::fixed(call, found.map(|state| store.with_identity(state)).collect())
}

/// Every state of an environment, with its value in columns.
fn all(store: &mut Store, call: &Call) -> Outcome {
    let id = call.query_id("environment").unwrap_or_default();
    let environment = store.environments.get(&id);
    environment
        .filter(|each| !each.deleted && store.may_in(call.caller, each, VIEW_ENVIRONMENT))
        .ok_or_else(Answer::denied)?;
    let feature = call.query_id("feature");
    if feature.is_some_and(|id| !store.features.contains_key(&id)) {
        let message = "Select a valid choice. That choice is not one of the available choices.";
        return Err(Answer::invalid_field("feature", message));
    }
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

/// Breaks the server, whatever is asked of it.
fn broken(_: &mut Store, _: &Call) -> Outcome {
    Err(Answer::server_error())
}
