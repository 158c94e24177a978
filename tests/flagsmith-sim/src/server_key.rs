//! An environment's server-side SDK keys: listed in full, again and again; revoked only by deletion.

use crate::answer::{Answer, Outcome};
use crate::call::Call;
use crate::field::{self, Attributes, Field, Initially, Kind};
use crate::right::ADMIN;
use crate::route::Route;
use crate::store::{Store, random_word, stamp};
use jiff::Timestamp;
use serde_json::{Value, json};

pub(crate) const ROUTES: &[Route] = &[
    Route::account("/api/v1/environments/{environment}/api-keys/", &[("GET", list), ("POST", create)]),
    Route::account(
        "/api/v1/environments/{environment}/api-keys/{key}/",
        &[("PUT", update), ("PATCH", update), ("DELETE", delete)],
    ),
];

const FIELDS: &[Field] = &[
    Field::required("name", Kind::Text { max: 100, blank: false }),
    Field::of("active", Kind::Boolean, Initially::Bool(true)),
    Field::nullable("expires_at", Kind::Time),
];

#[derive(Debug)]
pub(crate) struct ServerKey {
    pub(crate) environment: u64,
    pub(crate) key: String,
    id: u64,
    created: Timestamp,
    attributes: Attributes,
}

impl ServerKey {
    fn json(&self) -> Value {
        let mut json = json!({
            "id": self.id,
            "key": self.key,
            "created_at": stamp(self.created),
        });
        field::extend(&mut json, &self.attributes);
        json
    }
}

impl Store {
    fn server_key(&mut self, call: &Call) -> Result<&mut ServerKey, Answer> {
        let environment = self.nesting_environment(call, ADMIN)?.id;
        self.server_keys
            .get_mut(&call.id("key"))
            .filter(|key| key.environment == environment)
            .ok_or_else(|| Answer::no_such("EnvironmentAPIKey"))
    }
}

fn list(store: &mut Store, call: &Call) -> Outcome {
    let environment = store.nesting_environment(call, ADMIN)?.id;
    let keys = store.server_keys.values();
    let own = keys.filter(|key| key.environment == environment);
    Ok(Answer::ok(own.map(ServerKey::json).collect()))
}

fn create(store: &mut Store, call: &Call) -> Outcome {
    let environment = store.nesting_environment(call, ADMIN)?.id;
    let (taken, errors) = field::take(FIELDS, call.object()?, false);
    errors.finish()?;
    let mut attributes = field::initial(FIELDS);
    attributes.extend(taken);
    let key = ServerKey {
        environment,
        key: format!("ser.{}", random_word(22)),
        id: store.next_id(),
        created: store.now(),
        attributes,
    };
    let answer = Answer::created(key.json());
    store.server_keys.insert(key.id, key);
    Ok(answer)
}

fn update(store: &mut Store, call: &Call) -> Outcome {
    let key = store.server_key(call)?;
    let (taken, errors) = field::take(FIELDS, call.object()?, call.partial());
    errors.finish()?;
    key.attributes.extend(taken);
    Ok(Answer::ok(key.json()))
}

fn delete(store: &mut Store, call: &Call) -> Outcome {
    let id = store.server_key(call)?.id;
    store.server_keys.remove(&id);
    Ok(Answer::no_content())
}
