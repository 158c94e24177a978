//! Who owns a feature: users who may see its project, and groups of its organisation.

use crate::answer::{Answer, Outcome};
use crate::call::Call;
use crate::caller::Caller;
use crate::feature::Feature;
use crate::right::{CREATE_FEATURE, VIEW_PROJECT};
use crate::route::Route;
use crate::store::{Store, stamp};
use serde_json::{Value, json};

pub(crate) const ROUTES: &[Route] = &[
    Route::account("/api/v1/projects/{project}/features/{feature}/add-owners/", &[("POST", add_users)]),
    Route::account("/api/v1/projects/{project}/features/{feature}/remove-owners/", &[("POST", remove_users)]),
    Route::account("/api/v1/projects/{project}/features/{feature}/add-group-owners/", &[("POST", add_groups)]),
    Route::account("/api/v1/projects/{project}/features/{feature}/remove-group-owners/", &[("POST", remove_groups)]),
];

impl Store {
    /// The owners of a feature as it shows them: users, then groups.
    pub(crate) fn owners_of(&self, feature: &Feature) -> (Vec<Value>, Vec<Value>) {
        let users = feature.owners.iter().filter_map(|id| self.owner(*id)).collect();
        let groups = feature.group_owners.iter().filter_map(|id| self.groups.get(id));
        (users, groups.map(crate::group::Group::summary).collect())
    }

    pub(crate) fn sees_project(&self, user: u64, project: u64) -> bool {
        let Some(user) = self.users.get(&user) else { return false };
        let caller = Caller::User { id: user.id, superuser: user.superuser };
        self.projects.get(&project).is_some_and(|project| self.may(caller, project, VIEW_PROJECT))
    }

    fn own_json(&self, feature: &Feature) -> Value {
        let (owners, group_owners) = self.owners_of(feature);
        json!({
            "id": feature.id,
            "name": feature.name,
            "created_date": stamp(feature.created),
            "description": feature.attributes.get("description"),
            "initial_value": feature.initial_value,
            "default_enabled": feature.default_enabled,
            "type": feature.kind(),
            "owners": owners,
            "group_owners": group_owners,
            "is_server_key_only": feature.is("is_server_key_only"),
        })
    }

    /// Whether so many owners may go.
    fn may_lose(&self, feature: &Feature, lost: usize) -> Result<(), Answer> {
        let asks = self.projects.get(&feature.project).is_some_and(|project| project.is("enforce_feature_owners"));
        let all = feature.owners.len() + feature.group_owners.len();
        if asks && all <= lost {
            return Err(refused("This project requires at least one owner or group owner per feature."));
        }
        Ok(())
    }
}

fn refused(message: &str) -> Answer {
    Answer::invalid(json!([message]))
}

fn ids(call: &Call, name: &str) -> Result<Vec<u64>, Answer> {
    let given = call.object()?.get(name).and_then(Value::as_array);
    let given = given.ok_or_else(|| Answer::invalid_field(name, "This field is required."))?;
    Ok(given.iter().filter_map(Value::as_u64).collect())
}

fn user_ids(store: &Store, call: &Call) -> Result<Vec<u64>, Answer> {
    let ids = ids(call, "user_ids")?;
    let known = ids.iter().all(|id| store.users.contains_key(id));
    known.then_some(ids).ok_or_else(|| Answer::invalid_field("non_field_errors", "Some users not found"))
}

fn change(store: &mut Store, call: &Call, change: impl Fn(&mut Feature)) -> Outcome {
    let id = store.feature(call, CREATE_FEATURE)?.id;
    let feature = store.features.get_mut(&id).ok_or_else(Answer::server_error)?;
    change(feature);
    feature.owners.sort_unstable();
    feature.group_owners.sort_unstable();
    let feature = store.features.get(&id).ok_or_else(Answer::server_error)?;
    Ok(Answer::ok(store.own_json(feature)))
}

fn add_users(store: &mut Store, call: &Call) -> Outcome {
    let project = store.feature(call, CREATE_FEATURE)?.project;
    let ids = user_ids(store, call)?;
    if !ids.iter().all(|id| store.sees_project(*id, project)) {
        return Err(refused("Some users not found"));
    }
    change(store, call, |feature| {
        feature.owners.retain(|id| !ids.contains(id));
        feature.owners.extend(&ids);
    })
}

fn remove_users(store: &mut Store, call: &Call) -> Outcome {
    let ids = user_ids(store, call)?;
    store.may_lose(store.feature(call, CREATE_FEATURE)?, ids.len())?;
    change(store, call, |feature| feature.owners.retain(|id| !ids.contains(id)))
}

fn add_groups(store: &mut Store, call: &Call) -> Outcome {
    let project = store.feature(call, CREATE_FEATURE)?.project;
    let organisation = store.projects.get(&project).map(|project| project.organisation);
    let ids = ids(call, "group_ids")?;
    let own = |id: &u64| store.groups.get(id).is_some_and(|group| Some(group.organisation) == organisation);
    if !ids.iter().all(own) {
        return Err(refused("Some groups not found"));
    }
    change(store, call, |feature| {
        feature.group_owners.retain(|id| !ids.contains(id));
        feature.group_owners.extend(&ids);
    })
}

fn remove_groups(store: &mut Store, call: &Call) -> Outcome {
    let ids = ids(call, "group_ids")?;
    store.may_lose(store.feature(call, CREATE_FEATURE)?, ids.len())?;
    change(store, call, |feature| feature.group_owners.retain(|id| !ids.contains(id)))
}
