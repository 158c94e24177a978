//! `/api/experiments/`: a flag's value and its overrides, upserted in one request, in both kinds of environment (since
//! 2.205). Nothing is undone where something breaks halfway: what was written stays, or a draft of a version does.

use crate::answer::{Answer, Outcome};
use crate::call::Call;
use crate::environment::Environment;
use crate::flag::Flag;
use crate::right::UPDATE_FEATURE_STATE;
use crate::route::Route;
use crate::state::Holder;
use crate::store::Store;
use crate::update_change::{self, OverrideUpdate, StateUpdate};
use crate::weight_list::{self, WeightDraft};
use serde_json::json;

pub(crate) const ROUTES: &[Route] = &[
    Route::account(
        "/api/experiments/environments/{environment:str}/update-flag-v1/",
        &[("POST", one), ("GET", refuse), ("PUT", refuse), ("PATCH", refuse), ("DELETE", refuse)],
    ),
    Route::account(
        "/api/experiments/environments/{environment:str}/update-flag-v2/",
        &[("POST", whole), ("GET", refuse), ("PUT", refuse), ("PATCH", refuse), ("DELETE", refuse)],
    ),
    Route::account(
        "/api/experiments/environments/{environment:str}/delete-segment-override/",
        &[("POST", delete), ("GET", refuse), ("PUT", refuse), ("PATCH", refuse), ("DELETE", refuse)],
    ),
];

/// Another method: who may not even post is told so first.
fn refuse(store: &mut Store, call: &Call) -> Outcome {
    store.nesting_environment(call, UPDATE_FEATURE_STATE)?;
    Err(Answer::detail(405, &format!("Method \"{}\" not allowed.", call.method)).with("allow", "OPTIONS, POST"))
}

fn environment<'a>(store: &'a Store, call: &Call) -> Result<&'a Environment, Answer> {
    let environment = store.nesting_environment(call, UPDATE_FEATURE_STATE)?;
    if environment.approvals.is_some() {
        return Err(Answer::detail(
            403,
            "This endpoint cannot be used when change requests are enabled. Use the change request workflow instead.",
        ));
    }
    Ok(environment)
}

/// Writes a change of a flag, and keeps what was done of it if it breaks halfway.
fn write(
    store: &mut Store,
    call: &Call,
    (environment, feature): (u64, u64),
    change: impl FnOnce(&mut Store, &mut Flag) -> Result<(), Answer>,
) -> Outcome {
    let mut flag = store.draft(environment, feature, call.horizon);
    let changed = change(store, &mut flag);
    let by = call.caller.user();
    let mut kept = None;
    if flag.versioned {
        let version = store.add_version(environment, feature, by);
        if changed.is_ok() {
            version.publish(by);
        }
        kept = Some(version.uuid);
    }
    store.keep_states(&flag, kept);
    store.touch(environment);
    changed.map(|()| Answer::no_content())
}

/// `update-flag-v1`: the environment's default, or one override.
fn one(store: &mut Store, call: &Call) -> Outcome {
    let project = environment(store, call)?.project;
    let update = update_change::read_one(store, call.object()?, project)?;
    let feature = update_change::feature(store, &update.feature, project)?;
    let environment = environment(store, call)?.id;
    write(store, call, (environment, feature), |store, flag| match update.over {
        Some(over) => upsert(store, flag, over),
        None => set_default(flag, update.state),
    })
}

/// `update-flag-v2`: the default, and overrides.
fn whole(store: &mut Store, call: &Call) -> Outcome {
    let project = environment(store, call)?.project;
    let update = update_change::read_whole(store, call.object()?, project)?;
    let feature = update_change::feature(store, &update.feature, project)?;
    let environment = environment(store, call)?.id;
    write(store, call, (environment, feature), |store, flag| {
        set_default(flag, update.state)?;
        update.overrides.into_iter().try_for_each(|over| upsert(store, flag, over))
    })
}

fn set_default(flag: &mut Flag, update: StateUpdate) -> Result<(), Answer> {
    let state = flag.states.iter_mut().find(|state| state.is_default());
    let state = state.ok_or_else(Answer::server_error)?;
    // A value that the database refuses comes after the mark that it takes.
    state.enabled = update.enabled;
    state.value = update.value.ok_or_else(Answer::server_error)?;
    Ok(())
}

/// Changes an override or makes it, without any weights but those it names.
fn upsert(store: &mut Store, flag: &mut Flag, over: OverrideUpdate) -> Result<(), Answer> {
    let OverrideUpdate { segment, priority, state: update, weights } = over;
    if !flag.states.iter().any(|state| state.segment() == Some(segment)) {
        let state = flag.new_override(store, segment, flag.next_priority());
        flag.states.push(state);
    }
    let state = flag.states.iter_mut().find(|state| state.segment() == Some(segment));
    let state = state.ok_or_else(Answer::server_error)?;
    state.enabled = update.enabled;
    state.value = update.value.ok_or_else(Answer::server_error)?;
    let left = state.weights.iter().filter(|each| !weights.iter().any(|draft| draft.variant == each.variant));
    let total = left.map(|each| each.share).sum::<f64>() + weight_list::total(&weights);
    if !weights.is_empty() && total > 100.0 {
        let message = format!("Multivariate allocations for the feature state must not exceed 100%, got {total:?}%.");
        return Err(Answer::invalid(json!([message])));
    }
    for WeightDraft { variant, share, .. } in weights {
        match state.weights.iter_mut().find(|weight| weight.variant == variant) {
            Some(weight) => weight.share = share,
            None => state.weights.push(store.new_weight(variant, share)),
        }
    }
    match priority.map(u64::try_from) {
        Some(Ok(priority)) => flag.move_override(segment, priority),
        Some(Err(_)) => return Err(Answer::server_error()),
        None => {}
    }
    Ok(())
}

/// `delete-segment-override`; only in a versioned environment the weaker ones move up.
fn delete(store: &mut Store, call: &Call) -> Outcome {
    let project = environment(store, call)?.project;
    let (feature, segment) = update_change::read_deletion(store, call.object()?, project)?;
    let feature = update_change::feature(store, &feature, project)?;
    let environment = environment(store, call)?.id;
    let mut holders = store.flag(environment, feature, u64::MAX).states.into_iter().map(|state| state.holder);
    let priority = holders.find_map(|holder| match holder {
        Holder::Segment { segment: own, priority, .. } if own == segment => Some(priority),
        _ => None,
    });
    let message = format!("Segment override for segment {segment} does not exist");
    let priority = priority.ok_or_else(|| Answer::detail(404, &message))?;
    write(store, call, (environment, feature), |_, flag| {
        flag.states.retain(|state| state.segment() != Some(segment));
        if flag.versioned {
            flag.close_gap(priority);
        }
        Ok(())
    })
}
