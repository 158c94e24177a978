//! Users: the superuser that a fresh server has, and others without any permission.

use crate::answer::{Answer, Outcome};
use crate::call::Call;
use crate::route::Route;
use crate::store::{Store, stamp};
use jiff::Timestamp;
use rand::Rng;
use serde_json::{Value, json};
use uuid::Uuid;

pub(crate) const ROUTES: &[Route] = &[Route::account("/api/v1/auth/users/me/", &[("GET", me)])];

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
    /// Adds a user, and gives the account token.
    pub(crate) fn add_user(&mut self, email: &str, superuser: bool) -> String {
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
        token
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
