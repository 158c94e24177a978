//! `/api/__future__/`: a whole flag in one request, in both kinds of environment (since 2.263).

use crate::answer::{Answer, Outcome};
use crate::call::Call;
use crate::flag_change::Reader;
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

/// The environment and the feature in the path; whatever is missing or forbidden is simply not found.
fn flag(store: &Store, call: &Call) -> Result<(u64, u64), Answer> {
    let missing = || Answer::detail(404, "Not found.");
    let environment = store.environment(call).map_err(|_| missing())?;
    let feature = store.features.get(&call.id("feature")).ok_or_else(missing)?;
    if feature.project != environment.project {
        return Err(missing());
    }
    Ok((environment.id, feature.id))
}

fn show(store: &Store, (environment, feature): (u64, u64)) -> Outcome {
    let flag = store.flag(environment, feature, u64::MAX);
    flag.json().map(Answer::ok)
}

fn get(store: &mut Store, call: &Call) -> Outcome {
    show(store, flag(store, call)?)
}

fn update(store: &mut Store, call: &Call) -> Outcome {
    let body = call.body.as_object();
    let body = body.ok_or_else(|| Answer::invalid(json!(["Expected an object."])))?;
    let (environment, feature) = flag(store, call)?;
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
    let (environment, feature) = flag(store, call)?;
    let mut flag = store.draft(environment, feature, call.horizon);
    flag.remove_override(call.id("segment"))?;
    store.write_flag(&flag, call.caller.user());
    show(store, (environment, feature))
}
