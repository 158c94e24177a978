//! Organisations. Their names are not unique.

use crate::answer::{Answer, Outcome};
use crate::call::Call;
use crate::caller::Caller;
use crate::field::{self, Field, Kind};
use crate::membership::Role;
use crate::page;
use crate::route::Route;
use crate::store::{Store, stamp};
use jiff::Timestamp;
use serde_json::{Value, json};
use uuid::Uuid;

pub(crate) const ROUTES: &[Route] = &[
    Route::account("/api/v1/organisations/", &[("GET", list), ("POST", create)]),
    Route::account("/api/v1/organisations/{organisation}/", &[("GET", get), ("DELETE", delete)]),
];

const FIELDS: &[Field] = &[Field::required("name", Kind::Text { max: 2000, blank: false })];

#[derive(Debug)]
pub(crate) struct Organisation {
    pub(crate) id: u64,
    pub(crate) name: String,
    uuid: Uuid,
    created: Timestamp,
    subscription: (u64, Uuid),
}

impl Organisation {
    fn json(&self, seats: usize, role: Option<Role>) -> Value {
        let (subscription, subscription_uuid) = self.subscription;
        json!({
            "id": self.id,
            "uuid": self.uuid,
            "name": self.name,
            "created_date": stamp(self.created),
            "webhook_notification_email": null,
            "num_seats": seats,
            "subscription": {
                "id": subscription,
                "uuid": subscription_uuid,
                "has_active_billing_periods": false,
                "deleted_at": null,
                "subscription_id": null,
                "subscription_date": null,
                "plan": "free",
                "max_seats": 1,
                "max_api_calls": 50000,
                "cancellation_date": null,
                "customer_id": null,
                "billing_status": null,
                "payment_method": null,
                "notes": null,
            },
            "role": role.map(Role::word),
            "persist_trait_data": true,
            "block_access_to_admin": false,
            "restrict_project_create_to_admin": false,
            "force_2fa": false,
        })
    }
}

impl Store {
    fn organisation(&self, call: &Call) -> Result<&Organisation, Answer> {
        let found = self.organisations.get(&call.id("organisation"));
        let own = found.filter(|organisation| self.administers(call.caller, organisation.id));
        own.ok_or_else(Answer::denied)
    }

    /// An organisation as someone in a role there sees it.
    pub(crate) fn shown_organisation(&self, id: u64, role: Option<Role>) -> Result<Value, Answer> {
        let organisation = self.organisations.get(&id).ok_or_else(Answer::server_error)?;
        let seats = self.memberships.iter().filter(|each| each.organisation == id).count();
        Ok(organisation.json(seats, role))
    }
}

fn list(store: &mut Store, call: &Call) -> Outcome {
    let seen = store.organisations.keys().filter(|id| store.belongs(call.caller, **id));
    let shown = seen.map(|id| {
        let administrator = store.administers(call.caller, *id);
        store.shown_organisation(*id, Some(if administrator { Role::Administrator } else { Role::Member }))
    });
    page::fixed(call, shown.collect::<Result<_, _>>()?)
}

fn create(store: &mut Store, call: &Call) -> Outcome {
    if matches!(call.caller, Caller::OrganisationKey { .. }) {
        return Err(Answer::server_error());
    }
    let (attributes, errors) = field::take(FIELDS, call.object()?, false);
    errors.finish()?;
    let organisation = Organisation {
        id: store.next_id(),
        name: field::string(&attributes, "name"),
        uuid: Uuid::new_v4(),
        created: Timestamp::now(),
        subscription: (store.next_id(), Uuid::new_v4()),
    };
    let id = organisation.id;
    store.organisations.insert(id, organisation);
    if let Some(user) = call.caller.user() {
        store.add_membership(user, id, Role::Administrator);
    }
    store.shown_organisation(id, None).map(Answer::created)
}

fn get(store: &mut Store, call: &Call) -> Outcome {
    let id = store.organisation(call)?.id;
    store.shown_organisation(id, Some(Role::Administrator)).map(Answer::ok)
}

fn delete(store: &mut Store, call: &Call) -> Outcome {
    let id = store.organisation(call)?.id;
    let projects: Vec<_> = store
        .projects
        .values()
        .chain(store.deleted_projects.values())
        .filter(|project| project.organisation == id)
        .map(|project| project.id)
        .collect();
    for project in projects {
        store.remove_project(project);
    }
    store.organisation_keys.retain(|key| key.organisation != id);
    store.memberships.retain(|each| each.organisation != id);
    store.invitations.retain(|_, each| each.organisation != id);
    store.organisations.remove(&id);
    Ok(Answer::no_content())
}
