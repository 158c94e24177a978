//! Identities, their traits, and their own overrides.

use crate::answer::{Answer, Outcome};
use crate::call::Call;
use crate::direct_write;
use crate::field::{self, Field, Kind};
use crate::page;
use crate::right::{MANAGE_IDENTITIES, UPDATE_FEATURE_STATE, VIEW_ENVIRONMENT, VIEW_IDENTITIES};
use crate::route::Route;
use crate::state::{FlagState, Holder};
use crate::state_list::{self, given_value};
use crate::store::Store;
use jiff::Timestamp;
use serde_json::{Value, json};

pub(crate) const ROUTES: &[Route] = &[
    Route::account("/api/v1/environments/{environment}/identities/", &[("GET", list), ("POST", create)]),
    Route::account("/api/v1/environments/{environment}/identities/{identity}/", &[("GET", get), ("DELETE", delete)]),
    Route::account(
        "/api/v1/environments/{environment}/identities/{identity}/featurestates/",
        &[("GET", overrides), ("POST", add_override)],
    ),
    Route::account(
        "/api/v1/environments/{environment}/identities/{identity}/featurestates/{state}/",
        &[("PUT", change_override), ("DELETE", delete_override)],
    ),
];

const FIELDS: &[Field] = &[Field::required("identifier", Kind::Text { max: 2000, blank: false })];

#[derive(Clone, Debug)]
pub(crate) struct Trait {
    pub(crate) id: u64,
    pub(crate) key: String,
    pub(crate) value: Value,
    pub(crate) transient: bool,
}

#[derive(Clone, Debug)]
pub(crate) struct Identity {
    pub(crate) id: u64,
    pub(crate) environment: u64,
    pub(crate) identifier: String,
    pub(crate) created: Timestamp,
    pub(crate) traits: Vec<Trait>,
}

impl Identity {
    fn json(&self) -> Value {
        json!({ "id": self.id, "identifier": self.identifier, "environment": self.environment })
    }
}

impl Store {
    pub(crate) fn identity_named(&self, environment: u64, identifier: &str) -> Option<&Identity> {
        let mut all = self.identities.values();
        all.find(|each| each.environment == environment && each.identifier == identifier)
    }

    pub(crate) fn new_identity(&mut self, environment: u64, identifier: &str) -> Identity {
        Identity {
            id: self.next_id(),
            environment,
            identifier: identifier.to_owned(),
            created: Timestamp::now(),
            traits: Vec::new(),
        }
    }

    fn identity(&self, call: &Call, right: &str) -> Result<&Identity, Answer> {
        let environment = self.nesting_environment(call, right)?.id;
        self.identities
            .get(&call.id("identity"))
            .filter(|identity| identity.environment == environment)
            .ok_or_else(|| Answer::no_such("Identity"))
    }

    fn override_of(&mut self, call: &Call) -> Result<&mut FlagState, Answer> {
        let identity = self.identity(call, UPDATE_FEATURE_STATE)?.id;
        self.states
            .get_mut(&call.id("state"))
            .filter(|state| state.identity() == Some(identity))
            .ok_or_else(|| Answer::no_such("FeatureState"))
    }
}

fn list(store: &mut Store, call: &Call) -> Outcome {
    let environment = store.nesting_environment(call, VIEW_IDENTITIES)?.id;
    let search = call.query("q").unwrap_or_default();
    let exact = search.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    let part = search.to_lowercase();
    let found = store.identities.values().filter(|identity| {
        identity.environment == environment
            && match exact {
                Some(exact) => identity.identifier == exact,
                None => identity.identifier.to_lowercase().contains(&part),
            }
    });
    page::sized(call, found.map(Identity::json).collect())
}

fn create(store: &mut Store, call: &Call) -> Outcome {
    let environment = store.nesting_environment(call, MANAGE_IDENTITIES)?.id;
    let (taken, errors) = field::take(FIELDS, call.object()?, false);
    errors.finish()?;
    let identifier = field::string(&taken, "identifier");
    if store.identity_named(environment, &identifier).is_some() {
        let message = format!("Identity with identifier '{identifier}' already exists in this environment");
        return Err(Answer::invalid(json!({ "identifier": message })));
    }
    let identity = store.new_identity(environment, &identifier);
    let answer = Answer::created(identity.json());
    store.identities.insert(identity.id, identity);
    Ok(answer)
}

fn get(store: &mut Store, call: &Call) -> Outcome {
    Ok(Answer::ok(store.identity(call, VIEW_IDENTITIES)?.json()))
}

fn delete(store: &mut Store, call: &Call) -> Outcome {
    let id = store.identity(call, MANAGE_IDENTITIES)?.id;
    store.states.retain(|_, state| state.identity() != Some(id));
    store.identities.remove(&id);
    Ok(Answer::no_content())
}

fn overrides(store: &mut Store, call: &Call) -> Outcome {
    let id = store.identity(call, VIEW_ENVIRONMENT)?.id;
    let own = store.states.values().filter(|state| state.identity() == Some(id));
    page::fixed(call, own.map(|state| store.with_identity(state)).collect())
}

/// Adds an override; the JSON type of its value decides. The same in both kinds of environment.
fn add_override(store: &mut Store, call: &Call) -> Outcome {
    let identity = store.identity(call, UPDATE_FEATURE_STATE)?;
    let (id, environment) = (identity.id, identity.environment);
    let body = call.object()?;
    let project = store.environments.get(&environment).map(|each| each.project);
    let feature = direct_write::own_feature(store, body, project.unwrap_or_default())?;
    let mut states = store.states.values();
    if states.any(|state| state.identity() == Some(id) && state.feature == feature) {
        return Err(direct_write::already_exists());
    }
    let (taken, errors) = field::take(state_list::FIELDS, body, true);
    errors.finish()?;
    let mut state = store.new_state(environment, feature, Holder::Identity(id));
    state.enabled = field::is_true(&taken, "enabled");
    state.value = store.first_value(call, feature)?;
    let answer = Answer::created(state.plain_json().into());
    store.states.insert(state.id, state);
    store.touch(environment);
    Ok(answer)
}

fn change_override(store: &mut Store, call: &Call) -> Outcome {
    store.override_of(call)?;
    let (taken, errors) = field::take(state_list::FIELDS, call.object()?, true);
    errors.finish()?;
    let value = given_value(call)?;
    let state = store.override_of(call)?;
    if taken.contains_key("enabled") {
        state.enabled = field::is_true(&taken, "enabled");
    }
    state.value = value.unwrap_or_else(|| state.value.clone());
    state.updated = Timestamp::now();
    let (environment, json) = (state.environment, state.plain_json());
    store.touch(environment);
    Ok(Answer::ok(json.into()))
}

fn delete_override(store: &mut Store, call: &Call) -> Outcome {
    let state = store.override_of(call)?;
    let (id, environment) = (state.id, state.environment);
    store.states.remove(&id);
    store.touch(environment);
    Ok(Answer::no_content())
}
