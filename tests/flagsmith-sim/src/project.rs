//! Projects: a bare array, one an organisation on the free plan.

use crate::answer::{Answer, Outcome};
use crate::call::Call;
use crate::field::{self, Attributes, Field, Initially, Kind};
use crate::grant::Target;
use crate::right::{ADMIN, VIEW_PROJECT};
use crate::route::Route;
use crate::store::Store;
use serde_json::{Value, json};
use uuid::Uuid;

pub(crate) const ROUTES: &[Route] = &[
    Route::account("/api/v1/projects/", &[("GET", list), ("POST", create)]),
    Route::account("/api/v1/projects/get-by-uuid/{uuid}/", &[("GET", get_by_uuid)]),
    Route::account(
        "/api/v1/projects/{project}/",
        &[("GET", get), ("PUT", update), ("PATCH", update), ("DELETE", delete)],
    ),
];

const FIELDS: &[Field] = &[
    Field::required("name", Kind::Text { max: 2000, blank: false }),
    Field::of("hide_disabled_flags", Kind::Boolean, Initially::Bool(false)),
    Field::of("prevent_flag_defaults", Kind::Boolean, Initially::Bool(false)),
    Field::of("only_allow_lower_case_feature_names", Kind::Boolean, Initially::Bool(true)),
    Field::nullable("feature_name_regex", Kind::Text { max: 255, blank: true }),
    Field::nullable("minimum_change_request_approvals", Kind::Integer),
    Field::of("enforce_feature_owners", Kind::Boolean, Initially::Bool(false)),
];

#[derive(Debug)]
pub(crate) struct Project {
    pub(crate) id: u64,
    pub(crate) organisation: u64,
    pub(crate) attributes: Attributes,
    uuid: Uuid,
}

impl Project {
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
            "organisation": self.organisation,
            "enable_dynamo_db": false,
            "migration_status": "NOT_APPLICABLE",
            "use_edge_identities": false,
            "enable_realtime_updates": false,
            "stale_flags_limit_days": 30,
            "edge_v2_migration_status": "NOT_STARTED",
            "show_edge_identity_overrides_for_feature": false,
        });
        field::extend(&mut json, &self.attributes);
        json
    }

    fn detail(&self, store: &Store) -> Value {
        let features = store.features.values();
        let segments = store.segments.values();
        let mut json = json!({
            "max_segments_allowed": 500,
            "max_features_allowed": 1000,
            "max_segment_overrides_allowed": 2000,
            "total_features": features.filter(|each| each.project == self.id).count(),
            "total_segments": segments.filter(|each| each.project == self.id).count(),
        });
        if let Value::Object(own) = self.json() {
            field::extend(&mut json, &own);
        }
        json
    }
}

impl Store {
    /// The project in the path, where the caller has a right; hidden from who may not see it.
    pub(crate) fn project(&self, call: &Call, right: &str) -> Result<&Project, Answer> {
        let project = self
            .projects
            .get(&call.id("project"))
            .filter(|project| self.may(call.caller, project, VIEW_PROJECT))
            .ok_or_else(|| Answer::no_such("Project"))?;
        self.may(call.caller, project, right).then_some(project).ok_or_else(Answer::denied)
    }

    /// The project in the path, where the API says "forbidden" of a missing one too, and asks for no right but one.
    pub(crate) fn permitted_project(&self, call: &Call, right: &str) -> Result<u64, Answer> {
        let project = self.projects.get(&call.id("project"));
        let permitted = project.filter(|project| self.may(call.caller, project, right));
        permitted.map(|project| project.id).ok_or_else(Answer::denied)
    }

    pub(crate) fn remove_project(&mut self, id: u64) {
        for feature in self.features_of(id) {
            self.remove_feature(feature);
        }
        for environment in self.environments_of(id) {
            self.remove_environment(environment);
        }
        self.segments.retain(|_, segment| segment.project != id);
        self.tags.retain(|_, tag| tag.project != id);
        self.forget_grants(Target::Project(id));
        self.projects.remove(&id);
        self.deleted_projects.remove(&id);
    }

    /// A project, also one that was deleted: what its environments ask for.
    pub(crate) fn any_project(&self, id: u64) -> Option<&Project> {
        self.projects.get(&id).or_else(|| self.deleted_projects.get(&id))
    }

    fn project_named(&self, name: &str, organisation: u64) -> Option<u64> {
        let mut projects = self.projects.values();
        projects.find(|each| each.organisation == organisation && each.name() == name).map(|each| each.id)
    }
}

#[expect(clippy::unnecessary_wraps, reason = "every handler may refuse; this one does not")]
fn list(store: &mut Store, call: &Call) -> Outcome {
    let organisation = call.query_id("organisation");
    let uuid = call.query("uuid");
    let seen = store.projects.values().filter(|project| {
        store.may(call.caller, project, VIEW_PROJECT)
            && organisation.is_none_or(|wanted| project.organisation == wanted)
            && uuid.is_none_or(|wanted| project.uuid.to_string() == wanted)
    });
    Ok(Answer::ok(seen.map(Project::json).collect()))
}

fn create(store: &mut Store, call: &Call) -> Outcome {
    let body = call.object()?;
    let organisation = body.get("organisation").and_then(|given| match given {
        Value::String(word) => word.parse().ok(),
        other => other.as_u64(),
    });
    let organisation = organisation.ok_or_else(Answer::server_error)?;
    let projects = store.projects.values();
    let full = store.free_plan && projects.filter(|each| each.organisation == organisation).count() > 0;
    if full || !store.organisations.contains_key(&organisation) || !store.administers(call.caller, organisation) {
        return Err(Answer::denied());
    }
    let (taken, errors) = field::take(FIELDS, body, false);
    errors.finish()?;
    if store.project_named(&field::string(&taken, "name"), organisation).is_some() {
        return Err(taken_name());
    }
    let mut attributes = field::initial(FIELDS);
    attributes.extend(taken);
    let project = Project { id: store.next_id(), organisation, attributes, uuid: Uuid::new_v4() };
    let answer = Answer::created(project.json());
    store.grant_to_maker(call, Target::Project(project.id));
    store.projects.insert(project.id, project);
    Ok(answer)
}

fn taken_name() -> Answer {
    Answer::invalid_field("non_field_errors", "A project with this name already exists.")
}

fn get(store: &mut Store, call: &Call) -> Outcome {
    Ok(Answer::ok(store.project(call, VIEW_PROJECT)?.detail(store)))
}

fn get_by_uuid(store: &mut Store, call: &Call) -> Outcome {
    let wanted = call.param("uuid");
    let mut projects = store.projects.values();
    projects
        .find(|each| each.uuid.to_string() == wanted && store.may(call.caller, each, VIEW_PROJECT))
        .map(|project| Answer::ok(project.json()))
        .ok_or_else(|| Answer::no_such("Project"))
}

fn update(store: &mut Store, call: &Call) -> Outcome {
    let (id, organisation) = store.project(call, ADMIN).map(|each| (each.id, each.organisation))?;
    let (taken, errors) = field::take(FIELDS, call.object()?, call.partial());
    errors.finish()?;
    let other = store.project_named(&field::string(&taken, "name"), organisation);
    if other.is_some_and(|other| other != id) {
        return Err(taken_name());
    }
    let project = store.projects.get_mut(&id).ok_or_else(Answer::server_error)?;
    project.attributes.extend(taken);
    Ok(Answer::ok(project.json()))
}

fn delete(store: &mut Store, call: &Call) -> Outcome {
    let id = store.project(call, ADMIN)?.id;
    let project = store.projects.remove(&id).ok_or_else(Answer::server_error)?;
    store.deleted_projects.insert(id, project);
    Ok(Answer::no_content())
}
