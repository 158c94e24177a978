//! Who is in an organisation, in which role, and the invitations by which a user joins it.

use crate::answer::{Answer, Outcome};
use crate::call::Call;
use crate::field::{self, Field, Initially, Kind};
use crate::grant::Target;
use crate::route::Route;
use crate::store::{Store, random_word, stamp};
use jiff::Timestamp;
use serde_json::{Value, json};

pub(crate) const ROUTES: &[Route] = &[
    Route::account("/api/v1/organisations/{organisation}/invite-links/", &[("GET", list), ("POST", invite)]),
    Route::account("/api/v1/organisations/{organisation}/invite-links/{invitation}/", &[("DELETE", withdraw)]),
    Route::account("/api/v1/organisations/{organisation}/users/", &[("GET", members)]),
    Route::account("/api/v1/organisations/{organisation}/remove-users/", &[("POST", remove)]),
    Route::account("/api/v1/users/join/link/{hash:str}/", &[("POST", join)]),
];

const FIELDS: &[Field] = &[
    Field::of("role", Kind::Choice(&["ADMIN", "USER"]), Initially::Text("USER")),
    Field::nullable("expires_at", Kind::Time),
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    Administrator,
    Member,
}

impl Role {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Administrator => "ADMIN",
            Self::Member => "USER",
        }
    }
}

#[derive(Debug)]
pub(crate) struct Membership {
    pub(crate) organisation: u64,
    pub(crate) user: u64,
    pub(crate) role: Role,
}

/// A link by which whoever has it joins an organisation.
#[derive(Debug)]
pub(crate) struct Invitation {
    pub(crate) organisation: u64,
    id: u64,
    hash: String,
    role: Role,
    created: Timestamp,
    expires: Option<Timestamp>,
}

impl Invitation {
    fn json(&self) -> Value {
        json!({
            "id": self.id,
            "hash": self.hash,
            "date_created": stamp(self.created),
            "role": self.role.word(),
            "expires_at": self.expires.map(stamp),
        })
    }
}

impl Store {
    pub(crate) fn role(&self, user: u64, organisation: u64) -> Option<Role> {
        let mut all = self.memberships.iter();
        all.find(|each| each.user == user && each.organisation == organisation).map(|each| each.role)
    }

    pub(crate) fn add_membership(&mut self, user: u64, organisation: u64, role: Role) {
        self.memberships.push(Membership { organisation, user, role });
    }

    /// The organisation in the path, for its administrators; the server breaks where it is missing.
    fn inviting_organisation(&self, call: &Call) -> Result<u64, Answer> {
        let id = call.id("organisation");
        if !self.organisations.contains_key(&id) {
            return Err(Answer::server_error());
        }
        let permitted = self.administers(call.caller, id);
        permitted
            .then_some(id)
            .ok_or_else(|| Answer::detail(403, "User does not have sufficient privileges to perform this action"))
    }

    /// Forgets what a user was: their memberships and their grants.
    pub(crate) fn forget_user(&mut self, id: u64) {
        self.users.remove(&id);
        self.memberships.retain(|each| each.user != id);
        self.grants.retain(|_, grant| grant.user != id);
        for feature in self.features.values_mut() {
            feature.owners.retain(|owner| *owner != id);
        }
        for version in self.versions.values_mut() {
            version.forget(id);
        }
    }

    /// Forgets who was granted what in a project or an environment that is gone.
    pub(crate) fn forget_grants(&mut self, target: Target) {
        self.grants.retain(|_, grant| grant.target != target);
    }
}

fn list(store: &mut Store, call: &Call) -> Outcome {
    let organisation = store.inviting_organisation(call)?;
    let own = store.invitations.values().filter(|each| each.organisation == organisation);
    Ok(Answer::ok(own.map(Invitation::json).collect()))
}

fn invite(store: &mut Store, call: &Call) -> Outcome {
    let organisation = store.inviting_organisation(call)?;
    let (taken, errors) = field::take(FIELDS, call.object()?, false);
    errors.finish()?;
    let role = if field::string(&taken, "role") == "ADMIN" { Role::Administrator } else { Role::Member };
    let invitation = Invitation {
        organisation,
        id: store.next_id(),
        hash: random_word(22),
        role,
        created: Timestamp::now(),
        expires: field::string(&taken, "expires_at").parse().ok(),
    };
    let answer = Answer::created(invitation.json());
    store.invitations.insert(invitation.id, invitation);
    Ok(answer)
}

fn withdraw(store: &mut Store, call: &Call) -> Outcome {
    let organisation = store.inviting_organisation(call)?;
    let id = call.id("invitation");
    let own = store.invitations.get(&id).filter(|each| each.organisation == organisation);
    own.ok_or_else(|| Answer::no_such("InviteLink"))?;
    store.invitations.remove(&id);
    Ok(Answer::no_content())
}

/// Who belongs to the organisation, for those who do.
fn members(store: &mut Store, call: &Call) -> Outcome {
    let id = call.id("organisation");
    store.organisations.contains_key(&id).then_some(()).ok_or_else(Answer::server_error)?;
    let belongs = call.caller.user().is_some_and(|user| store.role(user, id).is_some());
    if !belongs && !store.administers(call.caller, id) {
        return Err(Answer::denied());
    }
    let own = store.memberships.iter().filter(|each| each.organisation == id);
    Ok(Answer::ok(own.filter_map(|each| store.member(each.user, each.role)).collect()))
}

/// Takes users out of the organisation, where what they were granted no longer counts; what they did stays theirs.
fn remove(store: &mut Store, call: &Call) -> Outcome {
    let organisation = call.id("organisation");
    if !store.administers(call.caller, organisation) {
        return Err(Answer::denied());
    }
    let items = call.body.as_array().into_iter().flatten();
    let users: Vec<_> = items.filter_map(|item| item["id"].as_u64()).collect();
    for user in &users {
        store.memberships.retain(|each| each.user != *user || each.organisation != organisation);
    }
    Ok(Answer::ok(users.into_iter().map(|user| json!({ "id": user })).collect()))
}

/// Joins; whoever is in already breaks the server.
fn join(store: &mut Store, call: &Call) -> Outcome {
    let hash = call.param("hash");
    let invitation = store.invitations.values().find(|each| each.hash == hash);
    let invitation = invitation.ok_or_else(|| Answer::no_such("InviteLink"))?;
    let (organisation, role) = (invitation.organisation, invitation.role);
    if invitation.expires.is_some_and(|expires| expires < Timestamp::now()) {
        return Err(Answer::detail(400, "Invite has expired"));
    }
    let user = call.caller.user().ok_or_else(Answer::server_error)?;
    if store.role(user, organisation).is_some() {
        return Err(Answer::server_error());
    }
    store.add_membership(user, organisation, role);
    store.shown_organisation(organisation, Some(role)).map(Answer::ok)
}
