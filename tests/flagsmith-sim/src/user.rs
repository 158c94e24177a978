//! Users: the superuser that a fresh server has, and others, who join organisations and are granted rights in them.

use crate::answer::{Answer, Outcome};
use crate::call::Call;
use crate::field::{self, Attributes, Errors, Field, Kind};
use crate::membership::Role;
use crate::route::Route;
use crate::store::{Store, stamp};
use jiff::Timestamp;
use rand::Rng;
use serde_json::{Value, json};
use uuid::Uuid;

pub(crate) const ROUTES: &[Route] = &[
    Route::open("/api/v1/auth/users/", &[("POST", sign_up)]),
    Route::account("/api/v1/auth/users/me/", &[("GET", me), ("DELETE", leave)]),
];

const FIELDS: &[Field] = &[
    Field::required("first_name", Kind::Text { max: 30, blank: false }),
    Field::required("last_name", Kind::Text { max: 150, blank: false }),
    Field::required("email", Kind::Text { max: 254, blank: false }),
    Field::required("password", Kind::Text { max: 600, blank: false }),
];

#[derive(Debug)]
pub(crate) struct User {
    pub(crate) id: u64,
    pub(crate) token: String,
    pub(crate) superuser: bool,
    uuid: Uuid,
    email: String,
    first_name: String,
    last_name: String,
    joined: Timestamp,
}

impl Store {
    /// Adds a user, and gives the id and the account token.
    pub(crate) fn add_user(&mut self, email: &str, superuser: bool) -> (u64, String) {
        let id = self.next_id();
        let token = format!("{:032x}{:08x}", rand::rng().random::<u128>(), rand::rng().random::<u32>());
        let (first, last) = if superuser { ("Admin", "Istrator") } else { ("Ordinary", "User") };
        let user = User {
            id,
            token: token.clone(),
            superuser,
            uuid: Uuid::new_v4(),
            email: email.to_owned(),
            first_name: first.to_owned(),
            last_name: last.to_owned(),
            joined: Timestamp::now(),
        };
        self.users.insert(id, user);
        (id, token)
    }

    /// A feature's owner, as its feature shows it.
    pub(crate) fn owner(&self, id: u64) -> Option<Value> {
        self.users.get(&id).map(|user| {
            json!({
                "id": user.id,
                "email": user.email,
                "first_name": user.first_name,
                "last_name": user.last_name,
                "last_login": stamp(user.joined),
                "uuid": user.uuid,
            })
        })
    }
}

impl Store {
    /// A member, as the organisation's list shows them.
    pub(crate) fn member(&self, id: u64, role: Role) -> Option<Value> {
        let mut json = self.owner(id)?;
        let joined = self.users.get(&id).map(|user| stamp(user.joined))?;
        let own = Attributes::from_iter([("role".to_owned(), json!(role.word())), ("date_joined".to_owned(), joined)]);
        field::extend(&mut json, &own);
        Some(json)
    }
}

fn me(store: &mut Store, call: &Call) -> Outcome {
    // An organisation's Api-Key has no user: the real server breaks there too.
    let user = call.caller.user().and_then(|id| store.users.get(&id));
    let user = user.ok_or_else(Answer::server_error)?;
    Ok(Answer::ok(json!({
        "id": user.id,
        "uuid": user.uuid,
        "email": user.email,
        "first_name": user.first_name,
        "last_name": user.last_name,
        "sign_up_type": null,
        "auth_type": "EMAIL",
        "is_superuser": user.superuser,
        "date_joined": stamp(user.joined),
        "pylon_email_signature": null,
        "onboarding": null,
    })))
}

/// Makes an account, without a password to it: clients come with its token.
fn sign_up(store: &mut Store, call: &Call) -> Outcome {
    let (named, mut errors) = field::take(FIELDS, call.object()?, false);
    let email = field::string(&named, "email");
    check_email(store, &email, &mut errors);
    if field::is_true(call.object()?, "superuser") {
        let message = "A superuser can only be created through this  endpoint if no other users exist.";
        errors.add("superuser", message);
    }
    errors.finish()?;
    let (id, token) = store.add_user(&email, false);
    let user = store.users.get_mut(&id).ok_or_else(Answer::server_error)?;
    (user.first_name, user.last_name) = (field::string(&named, "first_name"), field::string(&named, "last_name"));
    Ok(Answer::created(json!({
        "first_name": user.first_name,
        "last_name": user.last_name,
        "sign_up_type": null,
        "email": user.email,
        "id": id,
        "is_active": true,
        "marketing_consent_given": true,
        "uuid": user.uuid,
        "key": token,
    })))
}

fn check_email(store: &Store, email: &str, errors: &mut Errors) {
    if email.is_empty() {
        return;
    }
    if !email.contains('@') {
        errors.add("email", "Enter a valid email address.");
    } else if store.users.values().any(|user| user.email.eq_ignore_ascii_case(email)) {
        errors.add("email", "Email already exists. Please log in.");
    }
}

/// Deletes the account.
fn leave(store: &mut Store, call: &Call) -> Outcome {
    let id = call.caller.user().ok_or_else(Answer::server_error)?;
    store.forget_user(id);
    Ok(Answer::no_content())
}
