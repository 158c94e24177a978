//! Who else has to do with an environment or a project whose object is to go: looked up in the stores.

use std::collections::BTreeSet;

use kube::{
    Resource, ResourceExt as _,
    runtime::reflector::{ObjectRef, Store},
};

use super::site::Site;
use crate::operator::{
    ground::Reference,
    road::{
        finalizer,
        managed::{Managed, Rooms},
    },
    watch::stores::Stores,
};
use crate::{
    crd::{CONFIRM_DELETE, FeatureFlag, FlagsmithEnvironment, FlagsmithProject, Origin},
    flagsmith::Uuid,
    world::removal::Removal,
};

/// What is to be known before that environment is deleted; none where another object names it, which keeps it.
#[must_use]
pub fn of_environment(environment: &FlagsmithEnvironment, uuid: Uuid, rooms: &Rooms) -> Option<Removal> {
    let (stores, site) = (&rooms.stores, environment.reference().site(rooms));
    let status = environment.status.as_ref();
    let seen = status.and_then(|status| status.name.as_deref());
    let is_its = |name: &str| environment.flagsmith_name() == name || seen == Some(name);
    let keeps = |other: &FlagsmithEnvironment| {
        let recorded = other.status.as_ref().and_then(|status| status.uuid.as_deref());
        let is_named = is_its(other.flagsmith_name()) && other.reference().is_at(site.as_ref(), rooms);
        other.uid() != environment.uid() && !is_leaving(other) && (is_named || recorded == Some(uuid.as_str()))
    };
    if stores.environments.find(keeps).is_some() {
        return None;
    }
    let flags = stores.flags.state_filter(|flag| flag.reference().is_at(site.as_ref(), rooms));
    let (leaving, staying): (Vec<_>, Vec<_>) = flags.into_iter().partition(|flag| is_leaving(flag.as_ref()));
    let names_it = |flag: &FeatureFlag| flag.spec.environments.iter().any(|one| is_its(&one.name));
    Some(Removal {
        uuid,
        is_ours: status.is_some_and(|status| status.origin == Some(Origin::Created)),
        is_confirmed: is_confirmed(environment),
        made: made(stores),
        named_by: staying.iter().filter(|flag| names_it(flag)).map(|flag| title(flag.as_ref())).collect(),
        before: leaving.iter().filter(|one| finalizer::is_kept(one.as_ref())).map(|one| title(one.as_ref())).collect(),
    })
}

/// What is to be known before that project is deleted; none where another object names it, which keeps it.
#[must_use]
pub fn of_project(project: &FlagsmithProject, uuid: Uuid, rooms: &Rooms) -> Option<Removal> {
    let (stores, status) = (&rooms.stores, project.status.as_ref()?);
    let site = Site { object: ObjectRef::from_obj(project), found: status.server.clone().zip(status.id) };
    let keeps = |other: &FlagsmithProject| {
        let recorded = other.status.as_ref().and_then(|status| status.uuid.as_deref());
        other.uid() != project.uid() && !is_leaving(other) && recorded == Some(uuid.as_str())
    };
    if stores.projects.find(keeps).is_some() {
        return None;
    }
    let mut parts = Parts { named_by: Vec::new(), before: Vec::new() };
    let is_in = |reference: Reference<'_>| reference.is_at(Some(&site), rooms);
    parts.sort(stores.flags.state_filter(|one| is_in(one.reference())).iter().map(AsRef::as_ref));
    parts.sort(stores.segments.state_filter(|one| is_in(one.reference())).iter().map(AsRef::as_ref));
    parts.sort(stores.environments.state_filter(|one| is_in(one.reference())).iter().map(AsRef::as_ref));
    Some(Removal {
        uuid,
        is_ours: status.origin == Some(Origin::Created),
        is_confirmed: is_confirmed(project),
        made: made(stores),
        named_by: parts.named_by,
        before: parts.before,
    })
}

/// The objects of what is in a project.
struct Parts {
    named_by: Vec<String>,
    before: Vec<String>,
}

impl Parts {
    fn sort<'a, K: Managed>(&mut self, objects: impl Iterator<Item = &'a K>) {
        for object in objects {
            if !is_leaving(object) {
                self.named_by.push(title(object));
            } else if finalizer::is_kept(object) {
                self.before.push(title(object));
            }
        }
    }
}

/// All that the operator created, by its recorded identity.
fn made(stores: &Stores) -> BTreeSet<Uuid> {
    fn of<K>(store: &Store<K>, recorded: impl Fn(&K) -> Option<(Option<Origin>, Option<String>)>) -> Vec<Uuid>
    where
        K: Resource<DynamicType = ()> + Clone + 'static,
    {
        let recorded = store.state().into_iter().filter_map(|one| recorded(one.as_ref()));
        recorded
            .filter(|(origin, _)| *origin == Some(Origin::Created))
            .filter_map(|(_, uuid)| uuid.map(Uuid::from))
            .collect()
    }
    let flags = of(&stores.flags, |one| one.status.as_ref().map(|status| (status.origin, status.uuid.clone())));
    let segments = of(&stores.segments, |one| one.status.as_ref().map(|status| (status.origin, status.uuid.clone())));
    let environments =
        of(&stores.environments, |one| one.status.as_ref().map(|status| (status.origin, status.uuid.clone())));
    flags.into_iter().chain(segments).chain(environments).collect()
}

fn is_confirmed<K: Resource>(object: &K) -> bool {
    object.annotations().get(CONFIRM_DELETE).is_some_and(|word| word == "true")
}

fn is_leaving<K: Resource>(object: &K) -> bool {
    object.meta().deletion_timestamp.is_some()
}

/// How people know an object: kind and namespace/name.
#[must_use]
pub fn title<K: Resource<DynamicType = ()>>(object: &K) -> String {
    format!("{} {}/{}", K::kind(&()), object.namespace().unwrap_or_default(), object.name_any())
}
