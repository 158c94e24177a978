//! The states of one version. A draft takes new ones: the only way to put back a default that a versioned flag lacks.

use crate::answer::{Answer, Outcome};
use crate::call::Call;
use crate::environment::Environment;
use crate::field;
use crate::flag::Flag;
use crate::right::{UPDATE_FEATURE_STATE, VIEW_ENVIRONMENT};
use crate::route::Route;
use crate::state::{FlagState, Holder};
use crate::state_draft::{self, Place};
use crate::store::{Store, stamp};
use crate::version::Version;
use crate::weight_list::Doubled;
use serde_json::{Map, Value, json};
use uuid::Uuid;

pub(crate) const ROUTES: &[Route] = &[Route::account(
    "/api/v1/environments/{environment:int}/features/{feature:int}/versions/{version}/featurestates/",
    &[("GET", list), ("POST", create)],
)];

impl FlagState {
    /// As a version shows it: in columns, with its segment.
    pub(crate) fn version_json(&self) -> Value {
        let value = Value::Object(self.value.columns());
        let segment = match self.holder {
            Holder::Segment { link, segment, priority, uuid } => {
                json!({ "id": link, "segment": segment, "priority": priority, "uuid": uuid })
            }
            Holder::Environment | Holder::Identity(_) => Value::Null,
        };
        let mut json = Value::Object(self.json(&value));
        field::extend(&mut json, &Map::from_iter([("feature_segment".to_owned(), segment)]));
        if let Value::Object(members) = &mut json {
            members.remove("version");
            members.remove("environment_feature_version");
            members.insert("live_from".to_owned(), json!(self.live_from.map(stamp)));
        }
        json
    }
}

/// The version in the path, of an environment where the caller has a right; nobody asks for a right in the project.
fn version<'a>(store: &'a Store, call: &Call, right: &str) -> Result<(&'a Version, &'a Environment), Answer> {
    let environment = store.environments.get(&call.id("environment")).filter(|each| !each.deleted);
    let environment = environment.ok_or_else(Answer::server_error)?;
    if !store.may_in(call.caller, environment, right) {
        return Err(Answer::denied());
    }
    let uuid = call.param("version").parse::<Uuid>().map_err(|_| Answer::detail(404, "Not found."))?;
    let mut versions = store.versions.values();
    let version = versions.find(|version| version.uuid == uuid && version.feature == call.id("feature"));
    let version = version.filter(|version| version.environment == environment.id);
    Ok((version.ok_or_else(|| Answer::no_such("EnvironmentFeatureVersion"))?, environment))
}

fn list(store: &mut Store, call: &Call) -> Outcome {
    let (version, environment) = version(store, call, VIEW_ENVIRONMENT)?;
    let states = store.flag_states_in(environment.id, version.feature, Some(version.uuid));
    Ok(Answer::ok(states.iter().map(FlagState::version_json).collect()))
}

/// Adds a state to a draft. A second of its kind, or weights beside those that a default has from its feature, break the
/// server.
fn create(store: &mut Store, call: &Call) -> Outcome {
    let (version, environment) = version(store, call, UPDATE_FEATURE_STATE)?;
    let (uuid, feature, environment) = (version.uuid, version.feature, environment.id);
    if version.published {
        return Err(Answer::detail(400, "Cannot modify published version."));
    }
    let draft = state_draft::read(store, &call.object()?.clone().into());
    let draft = draft.map_err(Answer::invalid)?;
    let states = store.flag_states_in(environment, feature, Some(uuid));
    let mut flag = Flag { environment, feature, versioned: true, states };
    let segment = draft.place.as_ref().map(|place| place.segment);
    if flag.states.iter().any(|state| state.segment() == segment) {
        return Err(Answer::server_error());
    }
    let mut state = match segment {
        Some(segment) => flag.new_override(store, segment, flag.next_priority()),
        None => store.new_state(environment, feature, Holder::Environment),
    };
    if segment.is_none() {
        state.weights = store.default_weights(feature);
    }
    let written = draft.write(store, &mut state).map_err(|Doubled| Answer::server_error());
    let id = state.id;
    flag.states.push(state);
    if let Some(Place { segment, priority: Some(priority) }) = draft.place {
        flag.place_override(segment, priority);
    }
    let shown = flag.states.iter().find(|state| state.id == id).map(FlagState::version_json);
    store.keep_states(&flag, Some(uuid));
    written?;
    Ok(Answer::created(shown.unwrap_or_default()))
}
