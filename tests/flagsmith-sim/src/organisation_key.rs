//! An organisation's Api-Keys ("master API keys"). The key is shown only at its creation.

use crate::answer::{Answer, Outcome};
use crate::call::Call;
use crate::caller::Caller;
use crate::field::{self, Field, Initially, Kind};
use crate::page;
use crate::route::Route;
use crate::store::{Store, random_word, stamp};
use jiff::Timestamp;
use serde_json::{Value, json};

pub(crate) const ROUTES: &[Route] =
    &[Route::account("/api/v1/organisations/{organisation}/master-api-keys/", &[("GET", list), ("POST", create)])];

const FIELDS: &[Field] = &[
    Field::required("name", Kind::Text { max: 50, blank: false }),
    Field::of("is_admin", Kind::Boolean, Initially::Bool(true)),
    Field::nullable("expiry_date", Kind::Time),
];

#[derive(Debug)]
pub(crate) struct OrganisationKey {
    pub(crate) organisation: u64,
    pub(crate) key: String,
    prefix: String,
    name: String,
    created: Timestamp,
    created_by: Option<u64>,
    expires: Option<Timestamp>,
}

impl OrganisationKey {
    pub(crate) fn expired(&self, now: Timestamp) -> bool {
        self.expires.is_some_and(|expires| expires < now)
    }

    fn json(&self, key: Option<&str>) -> Value {
        json!({
            "id": format!("{}.pbkdf2hash{}", self.prefix, "0".repeat(90)),
            "prefix": self.prefix,
            "created": stamp(self.created),
            "name": self.name,
            "revoked": false,
            "expiry_date": self.expires.map(stamp),
            "key": key,
            "is_admin": true,
            "has_expired": self.expired(Timestamp::now()),
            "created_by": self.created_by,
        })
    }
}

impl Store {
    /// Makes an account token or an Api-Key invalid.
    pub(crate) fn revoke(&mut self, credential: &str) {
        self.organisation_keys.retain(|key| key.key != credential);
        for user in self.users.values_mut().filter(|user| user.token == credential) {
            user.token.clear();
        }
    }

    /// Adds an administrator's key to an organisation, and gives it.
    pub(crate) fn add_organisation_key(&mut self, organisation: u64, name: &str) -> String {
        let prefix = random_word(8);
        let key = format!("{prefix}.{}", random_word(32));
        self.organisation_keys.push(OrganisationKey {
            organisation,
            key: key.clone(),
            prefix,
            name: name.to_owned(),
            created: Timestamp::now(),
            created_by: None,
            expires: None,
        });
        key
    }
}

/// Only people manage keys.
fn organisation(store: &Store, call: &Call) -> Result<u64, Answer> {
    if matches!(call.caller, Caller::OrganisationKey { .. }) {
        let detail = "Authentication credentials were not provided.";
        return Err(Answer::unauthenticated(detail));
    }
    let id = call.id("organisation");
    let theirs = store.organisations.contains_key(&id) && store.administers(call.caller, id);
    theirs.then_some(id).ok_or_else(Answer::denied)
}

fn list(store: &mut Store, call: &Call) -> Outcome {
    let id = organisation(store, call)?;
    let keys = store.organisation_keys.iter();
    let shown = keys.filter(|key| key.organisation == id);
    page::fixed(call, shown.map(|key| key.json(None)).collect())
}

fn create(store: &mut Store, call: &Call) -> Outcome {
    let id = organisation(store, call)?;
    let (attributes, mut errors) = field::take(FIELDS, call.object()?, false);
    if attributes.get("is_admin") == Some(&Value::Bool(false)) {
        errors.add("is_admin", "RBAC is not installed, cannot create non-admin key");
    }
    errors.finish()?;
    let name = field::string(&attributes, "name");
    store.add_organisation_key(id, &name);
    let key = store.organisation_keys.last_mut().ok_or_else(Answer::server_error)?;
    key.created_by = call.caller.user();
    key.expires = field::string(&attributes, "expiry_date").parse().ok();
    Ok(Answer::created(key.json(Some(&key.key))))
}
