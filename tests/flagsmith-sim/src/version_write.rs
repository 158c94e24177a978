//! `POST …/versions/`: a whole change of a flag as one version, published at once if the body says so. Nothing checks that
//! weights add up to no more than 100: above that, the environment's documents break.

use crate::answer::{Answer, Outcome};
use crate::call::Call;
use crate::field::{self, Attributes, Errors, Field, Initially, Kind};
use crate::flag::Flag;
use crate::nested::{each, list, noted};
use crate::segment::Segment;
use crate::state_draft::{self, Place, StateDraft};
use crate::store::Store;
use crate::version::Version;
use crate::weight_list::Doubled;
use serde_json::{Value, json};

const FIELDS: &[Field] = &[
    Field::of("publish_immediately", Kind::Boolean, Initially::Bool(false)),
    Field::nullable("description", Kind::Text { max: usize::MAX, blank: true }),
    Field::nullable("live_from", Kind::Time),
];

struct Change {
    create: Vec<StateDraft>,
    update: Vec<StateDraft>,
    delete: Vec<u64>,
    taken: Attributes,
}

/// A list in a body, which may be left out; null breaks the server.
fn items<'a>(body: &'a Attributes, name: &str, errors: &mut Errors) -> Result<&'a [Value], Answer> {
    match body.get(name) {
        None => Ok(&[]),
        Some(Value::Null) => Err(Answer::server_error()),
        Some(given) => Ok(noted(list(given), name, errors).map(Vec::as_slice).unwrap_or_default()),
    }
}

fn read(store: &Store, body: &Attributes) -> Result<Change, Answer> {
    let (taken, mut errors) = field::take(FIELDS, body, true);
    let mut states = |name| {
        let given = items(body, name, &mut errors)?;
        let drafts = each(given, |item| state_draft::read(store, item));
        Ok(noted(drafts, name, &mut errors).unwrap_or_default())
    };
    let (create, update) = (states("feature_states_to_create")?, states("feature_states_to_update")?);
    let segments = items(body, "segment_ids_to_delete_overrides", &mut errors)?;
    let integer = |item: &Value| item.as_u64().ok_or_else(|| json!(["A valid integer is required."]));
    let delete = noted(each(segments, integer), "segment_ids_to_delete_overrides", &mut errors);
    errors.finish()?;
    Ok(Change { create, update, delete: delete.unwrap_or_default(), taken })
}

pub(crate) fn create(store: &mut Store, call: &Call) -> Outcome {
    let (environment, feature) = store.flag_to_version(call)?;
    let (environment, feature, versioned) = (environment.id, feature.id, environment.versioned);
    let change = read(store, call.object()?)?;
    if !versioned {
        return Err(Answer::invalid(json!({ "environment": "Environment must use v2 feature versioning." })));
    }
    let mut flag = store.draft(environment, feature, call.horizon);
    apply(store, &mut flag, &change)?;
    let version = store.add_version(environment, feature, call.caller.user());
    describe(version, &change.taken);
    if field::is_true(&change.taken, "publish_immediately") {
        version.publish(call.caller.user());
    }
    let (uuid, answer) = (version.uuid, Answer::created(version.json()));
    store.keep_states(&flag, Some(uuid));
    store.touch(environment);
    Ok(answer)
}

fn describe(version: &mut Version, taken: &Attributes) {
    version.description = taken.get("description").and_then(Value::as_str).map(str::to_owned);
    version.live_from = field::string(taken, "live_from").parse().ok();
}

fn apply(store: &mut Store, flag: &mut Flag, change: &Change) -> Result<(), Answer> {
    for draft in &change.create {
        add(store, flag, draft)?;
    }
    for draft in &change.update {
        rewrite(store, flag, draft)?;
    }
    flag.states.retain(|state| !state.segment().is_some_and(|segment| change.delete.contains(&segment)));
    Ok(())
}

fn conflict(message: &str) -> Answer {
    Answer::invalid(json!({ "message": message }))
}

fn segment_name(store: &Store, segment: u64) -> String {
    store.segments.get(&segment).map(Segment::name).unwrap_or_default()
}

/// Adds an override: without a value of the default's, and without its weights.
fn add(store: &mut Store, flag: &mut Flag, draft: &StateDraft) -> Result<(), Answer> {
    let Some(Place { segment, priority }) = draft.place else {
        return Err(conflict("Cannot create FeatureState objects that are not segment overrides."));
    };
    if flag.states.iter().any(|state| state.segment() == Some(segment)) {
        let name = segment_name(store, segment);
        return Err(conflict(&format!(
            "An unresolvable conflict occurred: segment override already exists for segment '{name}'"
        )));
    }
    let mut state = flag.new_override(store, segment, flag.next_priority());
    draft.write(store, &mut state).map_err(|Doubled| Answer::server_error())?;
    flag.states.push(state);
    if let Some(priority) = priority {
        flag.place_override(segment, priority);
    }
    Ok(())
}

/// Changes an override, or the default; without a default the server breaks.
fn rewrite(store: &mut Store, flag: &mut Flag, draft: &StateDraft) -> Result<(), Answer> {
    let segment = draft.place.as_ref().map(|place| place.segment);
    let state = flag.states.iter_mut().find(|state| state.identity().is_none() && state.segment() == segment);
    let state = state.ok_or_else(|| match segment {
        Some(segment) => conflict(&format!(
            "An unresolvable conflict occurred: segment override does not exist for segment '{}'.",
            segment_name(store, segment)
        )),
        None => Answer::server_error(),
    })?;
    draft.rewrite(store, state).map_err(|Doubled| Answer::server_error())?;
    state.updated = jiff::Timestamp::now();
    if let Some(Place { segment, priority: Some(priority) }) = draft.place {
        flag.place_override(segment, priority);
    }
    Ok(())
}
