//! Segments of a project. Their names are not unique.

use crate::answer::{Answer, Outcome};
use crate::call::Call;
use crate::field::{self, Attributes, Field, Initially, Kind};
use crate::page;
use crate::right::{MANAGE_SEGMENTS, VIEW_PROJECT};
use crate::route::Route;
use crate::rule::{self, Rule};
use crate::state::Holder;
use crate::store::{Store, stamp};
use jiff::Timestamp;
use serde_json::{Value, json};
use uuid::Uuid;

pub(crate) const ROUTES: &[Route] = &[
    Route::account("/api/v1/projects/{project}/segments/", &[("GET", list), ("POST", create)]),
    Route::account(
        "/api/v1/projects/{project}/segments/{segment}/",
        &[("GET", get), ("PUT", update), ("PATCH", update), ("DELETE", delete)],
    ),
];

const FIELDS: &[Field] = &[
    Field::required("name", Kind::Text { max: 2000, blank: false }),
    Field::nullable("description", Kind::Text { max: usize::MAX, blank: true }),
    Field::nullable("feature", Kind::Integer),
    Field::of("metadata", Kind::Anything, Initially::EmptyList),
];

#[derive(Debug)]
pub(crate) struct Segment {
    pub(crate) id: u64,
    pub(crate) project: u64,
    pub(crate) rules: Vec<Rule>,
    attributes: Attributes,
    uuid: Uuid,
    created: Timestamp,
    updated: Timestamp,
}

impl Segment {
    pub(crate) fn name(&self) -> String {
        field::string(&self.attributes, "name")
    }

    /// The feature it was made for, if for one.
    pub(crate) fn feature(&self) -> Option<u64> {
        self.attributes.get("feature").and_then(Value::as_u64)
    }

    fn json(&self) -> Value {
        let mut json = json!({
            "id": self.id,
            "uuid": self.uuid,
            "created_at": stamp(self.created),
            "updated_at": stamp(self.updated),
            "project": self.project,
            "version_of": self.id,
            "rules": self.rules.iter().map(Rule::json).collect::<Vec<_>>(),
            "membership_counts": [],
            "managed_by": "",
        });
        field::extend(&mut json, &self.attributes);
        json
    }
}

impl Store {
    /// Removes a segment with its overrides, everywhere.
    fn remove_segment(&mut self, id: u64) {
        self.segments.remove(&id);
        self.states.retain(|_, state| !matches!(state.holder, Holder::Segment { segment, .. } if segment == id));
    }

    /// A feature takes the segments along that are for it alone.
    pub(crate) fn remove_segments_of(&mut self, feature: u64) {
        let of_it = self.segments.values().filter(|segment| segment.feature() == Some(feature));
        for id in of_it.map(|segment| segment.id).collect::<Vec<_>>() {
            self.remove_segment(id);
        }
    }

    fn segment(&self, call: &Call, right: &str) -> Result<&Segment, Answer> {
        if !self.projects.contains_key(&call.id("project")) {
            return Err(Answer::denied());
        }
        let project = self.project(call, VIEW_PROJECT)?.id;
        let segment = self
            .segments
            .get(&call.id("segment"))
            .filter(|segment| segment.project == project)
            .ok_or_else(|| Answer::no_such("Segment"))?;
        self.project(call, right).map(|_| segment)
    }
}

/// Whoever manages segments without seeing the project is told that there is none; whoever does neither is refused.
fn list(store: &mut Store, call: &Call) -> Outcome {
    let manager = store.permitted_project(call, MANAGE_SEGMENTS).is_ok();
    let project =
        if manager { store.project(call, VIEW_PROJECT)?.id } else { store.permitted_project(call, VIEW_PROJECT)? };
    let search = call.query("q").map(str::to_lowercase);
    let specific = call.query_flag("include_feature_specific").unwrap_or(true);
    let found = store.segments.values().filter(|segment| {
        segment.project == project
            && (specific || segment.feature().is_none())
            && search.as_ref().is_none_or(|part| segment.name().to_lowercase().contains(part))
    });
    page::sized(call, found.map(Segment::json).collect())
}

/// The plain attributes and the rules of a body; rules are required unless it is partial.
fn read(store: &mut Store, call: &Call) -> Result<(Attributes, Option<Vec<Rule>>), Answer> {
    let body = call.object()?;
    rule::check_depth(body)?;
    let (taken, mut errors) = field::take(FIELDS, body, call.partial());
    let rules = match body.get("rules") {
        Some(given) => Some(rule::read(store, given)),
        None if call.partial() => None,
        None => Some(Err(json!(["This field is required."]))),
    };
    let rules = match rules.transpose() {
        Ok(rules) => rules,
        Err(complaint) => {
            errors.put("rules", complaint);
            None
        }
    };
    let feature = taken.get("feature").and_then(Value::as_u64);
    if let Some(id) = feature.filter(|id| !store.features.contains_key(id)) {
        errors.add("feature", &format!("Invalid pk \"{id}\" - object does not exist."));
    }
    errors.finish()?;
    rule::check_count(rules.as_deref().unwrap_or_default())?;
    if body.get("rules").is_some_and(rule::lacks_property) {
        return Err(Answer::server_error());
    }
    Ok((taken, rules))
}

fn create(store: &mut Store, call: &Call) -> Outcome {
    let project = store.permitted_project(call, MANAGE_SEGMENTS)?;
    let (taken, rules) = read(store, call)?;
    let mut attributes = field::initial(FIELDS);
    attributes.extend(taken);
    let now = Timestamp::now();
    let segment = Segment {
        id: store.next_id(),
        project,
        rules: rules.unwrap_or_default(),
        attributes,
        uuid: Uuid::new_v4(),
        created: now,
        updated: now,
    };
    let answer = Answer::created(segment.json());
    store.segments.insert(segment.id, segment);
    store.touch_project(project);
    Ok(answer)
}

fn get(store: &mut Store, call: &Call) -> Outcome {
    Ok(Answer::ok(store.segment(call, VIEW_PROJECT)?.json()))
}

fn update(store: &mut Store, call: &Call) -> Outcome {
    let (id, project) = store.segment(call, MANAGE_SEGMENTS).map(|each| (each.id, each.project))?;
    let (mut taken, rules) = read(store, call)?;
    store.bear(&mut taken);
    let segment = store.segments.get_mut(&id).ok_or_else(Answer::server_error)?;
    segment.attributes.extend(taken);
    segment.updated = Timestamp::now();
    if let Some(rules) = rules {
        segment.rules = rules;
    }
    let answer = Answer::ok(segment.json());
    store.touch_project(project);
    Ok(answer)
}

/// Deletes its overrides too, everywhere.
fn delete(store: &mut Store, call: &Call) -> Outcome {
    let (id, project) = store.segment(call, MANAGE_SEGMENTS).map(|each| (each.id, each.project))?;
    store.remove_segment(id);
    store.touch_project(project);
    Ok(Answer::no_content())
}
