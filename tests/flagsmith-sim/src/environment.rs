//! Environments: known by a key that the client may choose, and that stays taken when they are deleted.

use crate::answer::{Answer, Outcome};
use crate::call::Call;
use crate::field::{self, Attributes, Errors, Field, Initially, Kind};
use crate::grant::Target;
use crate::page;
use crate::right::{ADMIN, CREATE_ENVIRONMENT, VIEW_ENVIRONMENT};
use crate::route::Route;
use crate::state::Holder;
use crate::store::{Store, random_word};
use jiff::Timestamp;
use serde_json::{Value, json};
use uuid::Uuid;

pub(crate) const ROUTES: &[Route] = &[
    Route::account("/api/v1/environments/", &[("GET", list), ("POST", create)]),
    Route::account("/api/v1/environments/get-by-uuid/{uuid}/", &[("GET", get_by_uuid)]),
    Route::account(
        "/api/v1/environments/{environment}/",
        &[("GET", get), ("PUT", update), ("PATCH", update), ("DELETE", delete)],
    ),
];

pub(crate) const NAME: Field = Field::required("name", Kind::Text { max: 2000, blank: false });

const FIELDS: &[Field] = &[
    NAME,
    Field::nullable("description", text(20_000)),
    Field::of("allow_client_traits", Kind::Boolean, Initially::Bool(true)),
    Field::nullable("banner_text", text(255)),
    Field::nullable("banner_colour", text(7)),
    Field::nullable("hide_disabled_flags", Kind::Boolean),
    Field::of("use_identity_composite_key_for_hashing", Kind::Boolean, Initially::Bool(true)),
    Field::of("hide_sensitive_data", Kind::Boolean, Initially::Bool(false)),
    Field::of("use_identity_overrides_in_local_eval", Kind::Boolean, Initially::Bool(true)),
    Field::of("metadata", Kind::Anything, Initially::EmptyList),
];

const KEY: &[Field] = &[Field::of("api_key", Kind::Text { max: 100, blank: false }, Initially::Null)];

const fn text(max: usize) -> Kind {
    Kind::Text { max, blank: true }
}

#[derive(Debug)]
pub(crate) struct Environment {
    pub(crate) id: u64,
    pub(crate) project: u64,
    pub(crate) key: String,
    pub(crate) attributes: Attributes,
    /// How many approvals a change request needs; with any number, be it 0, flags change by change requests alone.
    pub(crate) approvals: Option<u32>,
    /// Whether it uses v2 feature versioning.
    pub(crate) versioned: bool,
    /// Whether a task still copies flags into it.
    pub(crate) creating: bool,
    pub(crate) deleted: bool,
    pub(crate) updated: Timestamp,
    uuid: Uuid,
}

impl Environment {
    pub(crate) fn name(&self) -> String {
        field::string(&self.attributes, "name")
    }

    pub(crate) fn is(&self, setting: &str) -> bool {
        field::is_true(&self.attributes, setting)
    }

    fn json(&self) -> Value {
        let mut json = json!({
            "id": self.id,
            "uuid": self.uuid,
            "api_key": self.key,
            "project": self.project,
            "minimum_change_request_approvals": self.approvals,
            "use_mv_v2_evaluation": self.is("use_identity_composite_key_for_hashing"),
            "use_v2_feature_versioning": self.versioned,
            "is_creating": self.creating,
        });
        field::extend(&mut json, &self.attributes);
        json
    }
}

impl Store {
    pub(crate) fn environment_with_key(&self, key: &str) -> Option<&Environment> {
        let mut all = self.environments.values();
        all.find(|environment| !environment.deleted && environment.key == key)
    }

    pub(crate) fn environments_of(&self, project: u64) -> Vec<u64> {
        let all = self.environments.values();
        all.filter(|each| !each.deleted && each.project == project).map(|each| each.id).collect()
    }

    /// The environment in the path, where the caller has a right: 404 when missing, 403 when forbidden.
    pub(crate) fn environment(&self, call: &Call, right: &str) -> Result<&Environment, Answer> {
        let found = self.environment_with_key(call.param("environment"));
        let environment = found.ok_or_else(|| Answer::no_such("Environment"))?;
        let permitted = self.may_in(call.caller, environment, right);
        permitted.then_some(environment).ok_or_else(Answer::denied)
    }

    /// The environment in the path of a nested route, which says 403 for both.
    pub(crate) fn nesting_environment(&self, call: &Call, right: &str) -> Result<&Environment, Answer> {
        self.environment(call, right).map_err(|_| Answer::denied())
    }

    /// Deletes softly: the key stays taken.
    pub(crate) fn remove_environment(&mut self, id: u64) {
        if let Some(environment) = self.environments.get_mut(&id) {
            environment.deleted = true;
        }
        self.states.retain(|_, state| state.environment != id);
        self.versions.retain(|_, version| version.environment != id);
        self.server_keys.retain(|_, key| key.environment != id);
        self.identities.retain(|_, identity| identity.environment != id);
        self.forget_grants(Target::Environment(id));
    }

    pub(crate) fn add_environment(&mut self, project: u64, key: String, attributes: Attributes) -> u64 {
        let environment = Environment {
            id: self.next_id(),
            project,
            key,
            attributes,
            approvals: None,
            versioned: false,
            creating: false,
            deleted: false,
            updated: Timestamp::now(),
            uuid: Uuid::new_v4(),
        };
        let id = environment.id;
        self.environments.insert(id, environment);
        id
    }

    /// Notes that what an environment serves has changed.
    pub(crate) fn touch(&mut self, id: u64) {
        if let Some(environment) = self.environments.get_mut(&id) {
            environment.updated = Timestamp::now();
        }
    }

    /// The same for every environment of a project.
    pub(crate) fn touch_project(&mut self, project: u64) {
        for id in self.environments_of(project) {
            self.touch(id);
        }
    }

    fn shown_environment(&self, id: u64) -> Result<Value, Answer> {
        let found = self.environments.get(&id).map(Environment::json);
        found.ok_or_else(Answer::server_error)
    }
}

fn list(store: &mut Store, call: &Call) -> Outcome {
    let project = call.query("project").unwrap_or("0");
    // What is no number breaks the server.
    let project = project.parse().map_err(|_| Answer::server_error())?;
    if !store.projects.contains_key(&project) {
        let message = "Invalid or missing value for project parameter.";
        return Err(Answer::invalid(json!([message])));
    }
    let seen = store.environments.values().filter(|environment| {
        let present = !environment.deleted && environment.project == project;
        present && store.may_in(call.caller, environment, VIEW_ENVIRONMENT)
    });
    page::fixed(call, seen.map(Environment::json).collect())
}

/// What is wrong with a body for the environment `own` (0 when it is to be made) of a project.
fn complaints(store: &Store, taken: &Attributes, (own, project): (u64, u64), horizon: u64) -> Result<(), Answer> {
    let mut errors = Errors::default();
    let held = store.environments.get(&own).map(Environment::name);
    // What stays as it is is not looked at.
    let name = taken.get("name").and_then(Value::as_str).filter(|name| held.as_deref() != Some(*name));
    let key = taken.get("api_key").and_then(Value::as_str);
    let others = || store.environments.values().filter(move |each| each.id != own);
    let seen = |each: &&Environment| !each.deleted && each.id <= horizon;
    let mut namesakes = others().filter(seen).filter(|each| each.project == project);
    let namesake = namesakes.find(|each| name.is_some() && Some(each.name().as_str()) == name);
    let holder = others().find(|each| Some(each.key.as_str()) == key);
    match (holder, namesake) {
        (Some(holder), _) if seen(&holder) => {
            errors.add("api_key", "environment with this api key already exists.");
        }
        (_, Some(_)) => errors.add("non_field_errors", "An environment with this name already exists."),
        // One that is deleted, or was made meanwhile, is invisible to the check, but not to the database.
        (Some(_), None) => return Err(Answer::server_error()),
        (None, None) => {}
    }
    errors.finish()
}

fn create(store: &mut Store, call: &Call) -> Outcome {
    let body = call.object()?;
    let project = body.get("project").and_then(|given| match given {
        Value::String(word) => word.parse().ok(),
        other => other.as_u64(),
    });
    let found = project.and_then(|id| store.projects.get(&id));
    let project = found
        .filter(|project| store.may(call.caller, project, CREATE_ENVIRONMENT))
        .map(|project| project.id)
        .ok_or_else(Answer::denied)?;
    let taken = taken(body, false)?;
    complaints(store, &taken, (0, project), call.horizon)?;
    let mut attributes = field::initial(FIELDS);
    attributes.extend(taken);
    store.bear(&mut attributes);
    let key = attributes.remove("api_key");
    let key = key.and_then(|key| key.as_str().map(str::to_owned));
    let id = store.add_environment(project, key.unwrap_or_else(|| random_word(22)), attributes);
    store.grant_to_maker(call, Target::Environment(id));
    for feature in store.features_of(project) {
        store.add_default_state(id, feature);
    }
    Ok(Answer::created(store.shown_environment(id)?))
}

fn taken(body: &Attributes, partial: bool) -> Result<Attributes, Answer> {
    let (mut taken, errors) = field::take(FIELDS, body, partial);
    let (key, key_errors) = field::take(KEY, body, partial);
    taken.extend(key);
    if errors.is_empty() {
        key_errors.finish()?;
    }
    errors.finish()?;
    Ok(taken)
}

fn get(store: &mut Store, call: &Call) -> Outcome {
    let environment = store.environment(call, VIEW_ENVIRONMENT)?;
    let live = store.live_states(environment.id);
    let overrides = live.iter().filter(|state| matches!(state.holder, Holder::Segment { .. }));
    let mut json = json!({ "total_segment_overrides": overrides.count() });
    if let Value::Object(own) = environment.json() {
        field::extend(&mut json, &own);
    }
    Ok(Answer::ok(json))
}

fn get_by_uuid(store: &mut Store, call: &Call) -> Outcome {
    let wanted = call.param("uuid");
    let mut all = store.environments.values();
    let found = all.find(|each| !each.deleted && each.uuid.to_string() == wanted);
    let environment = found.ok_or_else(|| Answer::no_such("Environment"))?;
    if !store.may_in(call.caller, environment, VIEW_ENVIRONMENT) {
        return Err(Answer::denied());
    }
    Ok(Answer::ok(environment.json()))
}

fn update(store: &mut Store, call: &Call) -> Outcome {
    let (id, project) = store.environment(call, ADMIN).map(|each| (each.id, each.project))?;
    let mut taken = taken(call.object()?, call.partial())?;
    complaints(store, &taken, (id, project), call.horizon)?;
    store.bear(&mut taken);
    let key = taken.remove("api_key");
    let environment = store.environments.get_mut(&id).ok_or_else(Answer::server_error)?;
    if let Some(Value::String(key)) = key {
        environment.key = key;
    }
    environment.attributes.extend(taken);
    environment.updated = Timestamp::now();
    Ok(Answer::ok(store.shown_environment(id)?))
}

fn delete(store: &mut Store, call: &Call) -> Outcome {
    let id = store.environment(call, ADMIN)?.id;
    store.remove_environment(id);
    Ok(Answer::no_content())
}
