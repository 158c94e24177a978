//! The older routes of segment overrides: a direct write of one where the environment is unversioned, and their list.

use crate::answer::{Answer, Outcome};
use crate::call::Call;
use crate::direct_write::unversioned;
use crate::field::Errors;
use crate::override_write;
use crate::page;
use crate::right::{MANAGE_SEGMENT_OVERRIDES, VIEW_PROJECT};
use crate::route::Route;
use crate::segment::Segment;
use crate::state::{FlagState, Holder};
use crate::state_draft;
use crate::store::Store;
use crate::weight_list::Doubled;
use serde_json::{Value, json};

pub(crate) const ROUTES: &[Route] = &[
    Route::account(
        "/api/v1/environments/{environment:str}/features/{feature:int}/create-segment-override/",
        &[("POST", create)],
    ),
    Route::account("/api/v1/features/feature-segments/", &[("GET", list)]),
    Route::account("/api/v1/features/feature-segments/update-priorities/", &[("POST", override_write::reorder)]),
    Route::account("/api/v1/features/feature-segments/{link:int}/", &[("DELETE", override_write::delete)]),
];

/// Adds an override, weaker than those there are, be there one for its segment already.
fn create(store: &mut Store, call: &Call) -> Outcome {
    let environment = store.environment(call, MANAGE_SEGMENT_OVERRIDES)?;
    let (environment, project) = (environment.id, environment.project);
    let feature = store.feature_of(call, project)?.id;
    unversioned(store, environment)?;
    let draft = state_draft::read(store, &call.body).map_err(Answer::invalid)?;
    let mut flag = store.flag(environment, feature, u64::MAX);
    let place = draft.place.as_ref().ok_or_else(Answer::server_error)?;
    let priority = place.priority.unwrap_or_else(|| flag.next_priority());
    let mut state = flag.new_override(store, place.segment, priority);
    draft.write(store, &mut state).map_err(|Doubled| Answer::server_error())?;
    let answer = Answer::created(state.version_json());
    flag.states.push(state);
    store.keep_states(&flag, None);
    store.touch(environment);
    Ok(answer)
}

/// Lists the live overrides of a flag, the strongest first.
fn list(store: &mut Store, call: &Call) -> Outcome {
    let mut errors = Errors::default();
    for name in ["environment", "feature"] {
        match call.query_id(name) {
            None => errors.add(name, "This field is required."),
            Some(0) => errors.add(name, "A valid integer is required."),
            Some(_) => {}
        }
    }
    errors.finish()?;
    let environment = call.query_id("environment").and_then(|id| store.environments.get(&id));
    let environment = environment.filter(|each| !each.deleted).ok_or_else(Answer::server_error)?;
    let project = store.projects.get(&environment.project);
    let visible = project.is_some_and(|project| store.may(call.caller, project, VIEW_PROJECT));
    let live = store.live_states(environment.id).into_iter();
    let own = live.filter(|state| visible && Some(state.feature) == call.query_id("feature"));
    let mut overrides: Vec<_> = own.filter(|state| state.link().is_some()).collect();
    overrides.sort_by_key(|state| state.priority());
    page::fixed(call, overrides.into_iter().map(|state| shown(store, state)).collect())
}

pub(crate) fn shown(store: &Store, state: &FlagState) -> Value {
    let Holder::Segment { link, segment, priority, uuid } = &state.holder else {
        return Value::Null;
    };
    let known = store.segments.get(segment);
    json!({
        "id": link,
        "uuid": uuid,
        "segment": segment,
        "priority": priority,
        "environment": state.environment,
        "segment_name": known.map(Segment::name),
        "is_feature_specific": known.is_some_and(|segment| segment.feature().is_some()),
    })
}
