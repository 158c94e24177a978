//! Features of a project: names unique whatever their case, values and defaults fixed at creation.

use crate::answer::{Answer, Outcome};
use crate::call::Call;
use crate::feature_draft::{self, Draft};
use crate::feature_list;
use crate::field::{self, Attributes, Field, Initially, Kind};
use crate::right::{CREATE_FEATURE, DELETE_FEATURE, VIEW_PROJECT};
use crate::route::Route;
use crate::store::{Store, document_stamp, stamp};
use crate::variant::Variant;
use jiff::Timestamp;
use serde_json::{Value, json};
use uuid::Uuid;

pub(crate) const ROUTES: &[Route] = &[
    Route::account("/api/v1/projects/{project}/features/", &[("GET", feature_list::list), ("POST", create)]),
    Route::account(
        "/api/v1/projects/{project}/features/{feature}/",
        &[("GET", get), ("PUT", update), ("PATCH", update), ("DELETE", delete)],
    ),
];

/// What can be changed after creation, besides tags and variants.
pub(crate) const FIELDS: &[Field] = &[
    Field::nullable("description", Kind::Text { max: usize::MAX, blank: true }),
    Field::of("is_archived", Kind::Boolean, Initially::Bool(false)),
    Field::of("is_server_key_only", Kind::Boolean, Initially::Bool(false)),
    Field::of("type", Kind::Choice(&["STANDARD", "MULTIVARIATE", ""]), Initially::Text("STANDARD")),
    Field::of("metadata", Kind::Anything, Initially::EmptyList),
];

#[derive(Debug)]
pub(crate) struct Feature {
    pub(crate) id: u64,
    pub(crate) project: u64,
    pub(crate) name: String,
    pub(crate) initial_value: Option<String>,
    pub(crate) default_enabled: bool,
    pub(crate) tags: Vec<u64>,
    pub(crate) owners: Vec<u64>,
    pub(crate) group_owners: Vec<u64>,
    pub(crate) attributes: Attributes,
    pub(crate) created: Timestamp,
    uuid: Uuid,
}

impl Feature {
    pub(crate) fn kind(&self) -> String {
        field::string(&self.attributes, "type")
    }

    pub(crate) fn is_multivariate(&self) -> bool {
        self.kind() == "MULTIVARIATE"
    }

    pub(crate) fn is(&self, mark: &str) -> bool {
        field::is_true(&self.attributes, mark)
    }
}

impl Store {
    /// The feature in the path, of a project where the caller has a right.
    pub(crate) fn feature(&self, call: &Call, right: &str) -> Result<&Feature, Answer> {
        let project = self.project(call, VIEW_PROJECT)?.id;
        let feature = self.feature_of(call, project)?;
        self.project(call, right).map(|_| feature)
    }

    /// The feature in the path, if it is of a project.
    pub(crate) fn feature_of(&self, call: &Call, project: u64) -> Result<&Feature, Answer> {
        self.features
            .get(&call.id("feature"))
            .filter(|feature| feature.project == project)
            .ok_or_else(|| Answer::no_such("Feature"))
    }

    pub(crate) fn features_of(&self, project: u64) -> Vec<u64> {
        let features = self.features.values();
        let own = features.filter(|feature| feature.project == project);
        own.map(|feature| feature.id).collect()
    }

    pub(crate) fn feature_named(&self, project: u64, name: &str) -> Option<&Feature> {
        let name = name.to_lowercase();
        let mut features = self.features.values();
        features.find(|each| each.project == project && each.name.to_lowercase() == name)
    }

    pub(crate) fn remove_feature(&mut self, id: u64) {
        self.states.retain(|_, state| state.feature != id);
        self.versions.retain(|_, version| version.feature != id);
        self.variants.retain(|_, variant| variant.feature != id);
        self.features.remove(&id);
    }

    /// A feature as lists show it, outside any environment.
    pub(crate) fn feature_json(&self, feature: &Feature) -> Value {
        let variants = self.variants.values();
        let options = variants.filter(|variant| variant.feature == feature.id);
        let versions = self.versions.values().rev();
        let mut newest = versions.filter(|version| version.feature == feature.id && version.published);
        let (owners, group_owners) = self.owners_of(feature);
        let mut json = json!({
            "id": feature.id,
            "uuid": feature.uuid,
            "name": feature.name,
            "project": feature.project,
            "initial_value": feature.initial_value,
            "default_enabled": feature.default_enabled,
            "created_date": stamp(feature.created),
            "tags": feature.tags,
            "multivariate_options": options.map(Variant::json).collect::<Vec<_>>(),
            "owners": owners,
            "group_owners": group_owners,
            "environment_feature_state": null,
            "segment_feature_state": null,
            "num_segment_overrides": 0,
            "num_identity_overrides": null,
            "is_num_identity_overrides_complete": true,
            "last_modified_in_any_environment": newest.next().map(|each| document_stamp(each.created)),
            "last_modified_in_current_environment": null,
            "code_references_counts": [],
        });
        field::extend(&mut json, &feature.attributes);
        json
    }
}

/// The API leaves some members out of some answers.
fn without(mut json: Value, member: &str) -> Value {
    if let Value::Object(members) = &mut json {
        members.remove(member);
    }
    json
}

fn create(store: &mut Store, call: &Call) -> Outcome {
    let project = store.permitted_project(call, CREATE_FEATURE)?;
    let draft = feature_draft::read(store, call, project)?;
    let Draft { name, initial_value, default_enabled, tags, owners, group_owners, variants, taken } = draft;
    let mut attributes = field::initial(FIELDS);
    attributes.extend(taken);
    let id = store.next_id();
    let feature = Feature {
        id,
        project,
        name,
        initial_value,
        default_enabled,
        tags,
        owners: owners.unwrap_or_else(|| call.caller.user().into_iter().collect()),
        group_owners,
        attributes,
        created: Timestamp::now(),
        uuid: Uuid::new_v4(),
    };
    store.features.insert(id, feature);
    for environment in store.environments_of(project) {
        store.add_default_state(environment, id);
    }
    for variant in variants {
        store.add_variant(id, &variant);
    }
    store.touch_project(project);
    let feature = store.features.get(&id).ok_or_else(Answer::server_error)?;
    let mut json = without(store.feature_json(feature), "code_references_counts");
    field::extend(&mut json, &Attributes::from_iter([("last_modified_in_any_environment".to_owned(), Value::Null)]));
    Ok(Answer::created(json))
}

fn get(store: &mut Store, call: &Call) -> Outcome {
    let feature = store.feature(call, VIEW_PROJECT)?;
    Ok(Answer::ok(store.feature_json(feature)))
}

/// Name, initial value, default and owners are silently left as they are.
fn update(store: &mut Store, call: &Call) -> Outcome {
    let (id, project) = store.feature(call, CREATE_FEATURE).map(|each| (each.id, each.project))?;
    let body = call.object()?;
    let (mut taken, mut errors) = field::take(FIELDS, body, call.partial());
    let variants = feature_draft::variants(body, &mut errors);
    errors.finish()?;
    let tags = feature_draft::tags(store, body, project)?;
    store.bear(&mut taken);
    let feature = store.features.get_mut(&id).ok_or_else(Answer::server_error)?;
    feature.attributes.extend(taken);
    if let Some(tags) = tags {
        feature.tags = tags;
    }
    if let Some(variants) = variants {
        store.replace_variants(id, variants);
    }
    store.touch_project(project);
    let feature = store.features.get(&id).ok_or_else(Answer::server_error)?;
    let json = store.feature_json(feature);
    let partial = call.partial();
    Ok(Answer::ok(if partial { without(json, "is_num_identity_overrides_complete") } else { json }))
}

fn delete(store: &mut Store, call: &Call) -> Outcome {
    let (id, project) = store.feature(call, DELETE_FEATURE).map(|each| (each.id, each.project))?;
    store.remove_feature(id);
    store.remove_segments_of(id);
    store.touch_project(project);
    Ok(Answer::no_content())
}
