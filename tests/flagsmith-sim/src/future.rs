//! `/api/__future__/`: a whole flag in one request, in both kinds of environment (since 2.263).

use crate::answer::{Answer, Outcome};
use crate::call::Call;
use crate::environment::Environment;
use crate::flag_change::Reader;
use crate::right::{MANAGE_SEGMENT_OVERRIDES, UPDATE_FEATURE_STATE, VIEW_ENVIRONMENT};
use crate::route::Route;
use crate::store::Store;
use serde_json::json;

pub(crate) const ROUTES: &[Route] = &[
    Route::account(
        "/api/__future__/environments/{environment:str}/features/{feature:int}/",
        &[("GET", get), ("PUT", update), ("PATCH", update)],
    ),
    Route::account(
        "/api/__future__/environments/{environment:str}/features/{feature:int}/segment-overrides/{segment:int}/",
        &[("DELETE", delete_override)],
    ),
];

fn missing() -> Answer {
    Answer::detail(404, "Not found.")
}

/// The environment and the feature in the path; what is missing, or hidden from the caller, is simply not found.
fn flag<'a>(store: &'a Store, call: &Call, rights: &[&str]) -> Result<(&'a Environment, Option<u64>), Answer> {
    let environment = store.environment_with_key(call.param("environment")).ok_or_else(missing)?;
    if !rights.iter().any(|right| store.may_in(call.caller, environment, right)) {
        return Err(missing());
    }
    let feature = store.features.get(&call.id("feature"));
    let own = feature.filter(|feature| feature.project == environment.project);
    Ok((environment, own.map(|feature| feature.id)))
}

/// The flag in the path, if the caller may write the properties named, and no change request is asked for.
fn writable(store: &Store, call: &Call, properties: &[&str]) -> Result<(u64, u64), Answer> {
    let (environment, feature) = flag(store, call, &[UPDATE_FEATURE_STATE, MANAGE_SEGMENT_OVERRIDES])?;
    for (property, right) in
        [("environment_default", UPDATE_FEATURE_STATE), ("segment_overrides", MANAGE_SEGMENT_OVERRIDES)]
    {
        if properties.contains(&property) && !store.may_in(call.caller, environment, right) {
            return Err(Answer::denied());
        }
    }
    let feature = feature.ok_or_else(missing)?;
    if environment.approvals.is_some() {
        let detail = "Cannot update flags in an environment with change requests enabled.";
        return Err(Answer::json(409, json!({ "detail": detail, "code": "change_requests_enabled" })));
    }
    Ok((environment.id, feature))
}

fn show(store: &Store, (environment, feature): (u64, u64)) -> Outcome {
    let flag = store.flag(environment, feature, u64::MAX);
    flag.json().map(Answer::ok)
}

fn get(store: &mut Store, call: &Call) -> Outcome {
    let (environment, feature) =
        flag(store, call, &[VIEW_ENVIRONMENT, UPDATE_FEATURE_STATE, MANAGE_SEGMENT_OVERRIDES])?;
    show(store, (environment.id, feature.ok_or_else(missing)?))
}

fn update(store: &mut Store, call: &Call) -> Outcome {
    let body = call.body.as_object();
    let body = body.ok_or_else(|| Answer::invalid(json!(["Expected an object."])))?;
    let properties: Vec<_> = body.keys().map(String::as_str).collect();
    let (environment, feature) = writable(store, call, &properties)?;
    let replace = !call.partial();
    let definition = store.features.get(&feature).ok_or_else(Answer::server_error)?;
    let reader = Reader { store, feature: definition, replace };
    let change = reader.read(body)?;
    if !change.is_empty(replace) {
        let mut flag = store.draft(environment, feature, call.horizon);
        flag.default().ok_or_else(Answer::server_error)?;
        flag.apply(store, change, replace)?;
        store.write_flag(&flag, call.caller.user());
    }
    show(store, (environment, feature))
}

fn delete_override(store: &mut Store, call: &Call) -> Outcome {
    let (environment, feature) = writable(store, call, &["segment_overrides"])?;
    let mut flag = store.draft(environment, feature, call.horizon);
    flag.remove_override(call.id("segment"))?;
    store.write_flag(&flag, call.caller.user());
    show(store, (environment, feature))
}
