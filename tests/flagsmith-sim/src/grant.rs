//! What a user was granted in a project or in an environment, and the routes by which administrators grant it.

use crate::answer::{Answer, Outcome};
use crate::call::Call;
use crate::field::{self, Attributes, Errors, Field, Initially, Kind};
use crate::right::{ADMIN, VIEW_ENVIRONMENT, VIEW_PROJECT};
use crate::route::Route;
use crate::store::Store;
use serde_json::{Value, json};

pub(crate) const ROUTES: &[Route] = &[
    Route::account("/api/v1/projects/{project}/user-permissions/", &[("GET", list), ("POST", create)]),
    Route::account(
        "/api/v1/projects/{project}/user-permissions/{grant}/",
        &[("GET", get), ("PUT", update), ("PATCH", update), ("DELETE", delete)],
    ),
    Route::account("/api/v1/projects/{project}/my-permissions/", &[("GET", mine)]),
    Route::account("/api/v1/environments/{environment}/user-permissions/", &[("GET", list), ("POST", create)]),
    Route::account(
        "/api/v1/environments/{environment}/user-permissions/{grant}/",
        &[("GET", get), ("PUT", update), ("PATCH", update), ("DELETE", delete)],
    ),
    Route::account("/api/v1/environments/{environment}/my-permissions/", &[("GET", mine)]),
];

/// All that can be granted, in projects and in environments: the API does not tell the two apart.
const RIGHTS: &[&str] = &[
    "VIEW_PROJECT",
    "CREATE_ENVIRONMENT",
    "DELETE_FEATURE",
    "CREATE_FEATURE",
    "EDIT_FEATURE",
    "MANAGE_SEGMENTS",
    "VIEW_AUDIT_LOG",
    "MANAGE_PROJECT_LEVEL_CHANGE_REQUESTS",
    "APPROVE_PROJECT_LEVEL_CHANGE_REQUESTS",
    "CREATE_PROJECT_LEVEL_CHANGE_REQUESTS",
    "MANAGE_TAGS",
    "VIEW_ENVIRONMENT",
    "UPDATE_FEATURE_STATE",
    "MANAGE_IDENTITIES",
    "VIEW_IDENTITIES",
    "CREATE_CHANGE_REQUEST",
    "APPROVE_CHANGE_REQUEST",
    "MANAGE_SEGMENT_OVERRIDES",
];

const FIELDS: &[Field] = &[
    Field::required("user", Kind::Anything),
    Field::of("permissions", Kind::Anything, Initially::EmptyList),
    Field::of("admin", Kind::Boolean, Initially::Bool(false)),
];

/// Where a grant holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    Project(u64),
    Environment(u64),
}

impl Target {
    fn row(self) -> &'static str {
        match self {
            Self::Project(_) => "UserProjectPermission",
            Self::Environment(_) => "UserEnvironmentPermission",
        }
    }
}

#[derive(Debug)]
pub(crate) struct Grant {
    pub(crate) user: u64,
    pub(crate) target: Target,
    id: u64,
    rights: Vec<String>,
    admin: bool,
}

impl Grant {
    fn json(&self, user: &Value) -> Value {
        json!({ "id": self.id, "permissions": self.rights, "admin": self.admin, "user": user })
    }
}

impl Store {
    pub(crate) fn granted(&self, user: Option<u64>, target: Target, right: &str) -> bool {
        let grants = self.grants.values();
        let mut own = grants.filter(|grant| Some(grant.user) == user && grant.target == target);
        own.any(|grant| grant.admin || grant.rights.iter().any(|each| each == right))
    }

    /// Grants a user these rights and no others; `ADMIN` makes an administrator.
    pub(crate) fn grant(&mut self, user: u64, target: Target, rights: &[&str]) {
        let known = self.grants.values().find(|grant| grant.user == user && grant.target == target);
        let id = known.map(|grant| grant.id);
        let id = id.unwrap_or_else(|| self.next_id());
        let (marks, rights): (Vec<&str>, Vec<&str>) = rights.iter().partition(|right| **right == ADMIN);
        let rights = rights.into_iter().map(str::to_owned).collect();
        self.grants.insert(id, Grant { user, target, id, rights, admin: !marks.is_empty() });
    }

    /// Who makes a thing administers it; an organisation's key is nobody.
    pub(crate) fn grant_to_maker(&mut self, call: &Call, target: Target) {
        if let Some(user) = call.caller.user() {
            self.grant(user, target, &[ADMIN]);
        }
    }

    /// The project or environment in the path, where the caller has a right; it is forbidden to name none.
    fn target(&self, call: &Call, rights: (&str, &str)) -> Result<Target, Answer> {
        if call.param("project").is_empty() {
            let environment = self.nesting_environment(call, rights.1)?;
            return Ok(Target::Environment(environment.id));
        }
        self.permitted_project(call, rights.0).map(Target::Project)
    }

    fn own_grant(&self, call: &Call) -> Result<&Grant, Answer> {
        let target = self.target(call, (ADMIN, ADMIN))?;
        let found = self.grants.get(&call.id("grant")).filter(|grant| grant.target == target);
        found.ok_or_else(|| Answer::no_such(target.row()))
    }
}

/// Administrators list a project's grants, whoever sees it an environment's.
fn list(store: &mut Store, call: &Call) -> Outcome {
    let target = store.target(call, (ADMIN, VIEW_ENVIRONMENT))?;
    let grants = store.grants.values().filter(|grant| grant.target == target);
    Ok(Answer::ok(grants.map(|grant| grant.json(&json!(store.owner(grant.user)))).collect()))
}

/// The user, the rights and the mark of an administrator that a body names.
fn read(store: &Store, call: &Call) -> Result<Attributes, Answer> {
    let (taken, mut errors) = field::take(FIELDS, call.object()?, call.partial());
    if let Some(user) = taken.get("user") {
        let known = user.as_u64().is_some_and(|id| store.users.contains_key(&id));
        if !known {
            errors.add("user", &format!("Invalid pk \"{user}\" - object does not exist."));
        }
    }
    for right in taken.get("permissions").and_then(Value::as_array).into_iter().flatten() {
        check_right(right, &mut errors);
    }
    errors.finish()?;
    Ok(taken)
}

fn check_right(right: &Value, errors: &mut Errors) {
    let name = right.as_str().unwrap_or_default();
    if !RIGHTS.contains(&name) {
        errors.add("permissions", &format!("Invalid pk \"{name}\" - object does not exist."));
    }
}

fn write(grant: &mut Grant, taken: &Attributes) {
    if let Some(user) = taken.get("user").and_then(Value::as_u64) {
        grant.user = user;
    }
    if let Some(rights) = taken.get("permissions").and_then(Value::as_array) {
        grant.rights = rights.iter().filter_map(Value::as_str).map(str::to_owned).collect();
    }
    if taken.contains_key("admin") {
        grant.admin = field::is_true(taken, "admin");
    }
}

fn create(store: &mut Store, call: &Call) -> Outcome {
    let target = store.target(call, (ADMIN, ADMIN))?;
    let taken = read(store, call)?;
    let user = taken.get("user").and_then(Value::as_u64).unwrap_or_default();
    // A second row for the same user is refused by the database alone.
    if store.grants.values().any(|grant| grant.user == user && grant.target == target) {
        return Err(Answer::server_error());
    }
    let mut grant = Grant { user, target, id: store.next_id(), rights: Vec::new(), admin: false };
    write(&mut grant, &taken);
    let answer = Answer::created(grant.json(&json!(user)));
    store.grants.insert(grant.id, grant);
    Ok(answer)
}

fn get(store: &mut Store, call: &Call) -> Outcome {
    let grant = store.own_grant(call)?;
    Ok(Answer::ok(grant.json(&json!(grant.user))))
}

fn update(store: &mut Store, call: &Call) -> Outcome {
    let id = store.own_grant(call)?.id;
    let taken = read(store, call)?;
    let grant = store.grants.get_mut(&id).ok_or_else(Answer::server_error)?;
    write(grant, &taken);
    Ok(Answer::ok(grant.json(&json!(grant.user))))
}

fn delete(store: &mut Store, call: &Call) -> Outcome {
    let id = store.own_grant(call)?.id;
    store.grants.remove(&id);
    Ok(Answer::no_content())
}

/// What the caller may do; of an environment anyone may ask.
fn mine(store: &mut Store, call: &Call) -> Outcome {
    let Some(user) = call.caller.user() else {
        let detail = "This endpoint can only be used with a user and not Master API Key";
        return Err(Answer::detail(400, detail));
    };
    let (target, admin) = if call.param("project").is_empty() {
        let environment = store.environment_with_key(call.param("environment"));
        let environment = environment.ok_or_else(|| Answer::no_such("Environment"))?;
        (Target::Environment(environment.id), store.may_in(call.caller, environment, ADMIN))
    } else {
        let project = store.project(call, VIEW_PROJECT)?;
        (Target::Project(project.id), store.may(call.caller, project, ADMIN))
    };
    let mut own = store.grants.values().filter(|grant| grant.user == user && grant.target == target);
    let rights = own.next().map(|grant| grant.rights.clone()).unwrap_or_default();
    Ok(Answer::ok(json!({ "permissions": rights, "admin": admin, "tag_based_permissions": [] })))
}
