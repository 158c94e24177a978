//! Groups of an organisation's users. Their names are not unique.

use crate::answer::{Answer, Outcome};
use crate::call::Call;
use crate::field::{self, Attributes, Field, Initially, Kind};
use crate::page;
use crate::route::Route;
use crate::store::Store;
use serde_json::{Value, json};

pub(crate) const ROUTES: &[Route] = &[
    Route::account("/api/v1/organisations/{organisation}/groups/", &[("GET", list), ("POST", create)]),
    Route::account("/api/v1/organisations/{organisation}/groups/summaries/", &[("GET", summaries)]),
];

const FIELDS: &[Field] = &[
    Field::required("name", Kind::Text { max: 200, blank: false }),
    Field::of("is_default", Kind::Boolean, Initially::Bool(false)),
    Field::nullable("external_id", Kind::Text { max: 255, blank: true }),
];

#[derive(Debug)]
pub(crate) struct Group {
    pub(crate) id: u64,
    pub(crate) organisation: u64,
    attributes: Attributes,
}

impl Group {
    pub(crate) fn summary(&self) -> Value {
        json!({"id": self.id, "name": field::string(&self.attributes, "name")})
    }

    fn json(&self) -> Value {
        let mut json = json!({"id": self.id, "users": []});
        field::extend(&mut json, &self.attributes);
        json
    }
}

impl Store {
    fn groups_of(&self, organisation: u64) -> impl Iterator<Item = &Group> {
        self.groups.values().filter(move |group| group.organisation == organisation)
    }

    /// The organisation in the path, for those who belong to it, or lead it.
    fn grouped_organisation(&self, call: &Call, leads: bool) -> Result<u64, Answer> {
        let id = call.id("organisation");
        let belongs = call.caller.user().is_some_and(|user| self.role(user, id).is_some());
        let permitted = self.administers(call.caller, id) || (belongs && !leads);
        (permitted && self.organisations.contains_key(&id)).then_some(id).ok_or_else(Answer::denied)
    }
}

/// Only those whom an administrator, or nobody else, leads.
fn list(store: &mut Store, call: &Call) -> Outcome {
    let organisation = store.grouped_organisation(call, false)?;
    let shows = store.administers(call.caller, organisation);
    let groups = store.groups_of(organisation).filter(|_| shows);
    page::fixed(call, groups.map(Group::json).collect())
}

fn summaries(store: &mut Store, call: &Call) -> Outcome {
    let organisation = store.grouped_organisation(call, false)?;
    Ok(Answer::ok(store.groups_of(organisation).map(Group::summary).collect()))
}

fn create(store: &mut Store, call: &Call) -> Outcome {
    let organisation = store.grouped_organisation(call, true)?;
    let (taken, errors) = field::take(FIELDS, call.object()?, false);
    errors.finish()?;
    let mut attributes = field::initial(FIELDS);
    attributes.extend(taken);
    let group = Group { id: store.next_id(), organisation, attributes };
    let answer = Answer::created(group.json());
    store.groups.insert(group.id, group);
    Ok(answer)
}
