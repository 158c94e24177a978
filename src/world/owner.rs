//! Who should own a feature.

use std::collections::BTreeSet;

use super::{Cell, Change, FlagRef, Known, Missing, Plan, World};
use crate::flagsmith::{Feature, Group, GroupId, OwnerStep, People, User, UserId};

/// The owners of a feature. An absent list is never written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DesiredOwners {
    /// All users, by e-mail address in lower case, as Flagsmith keeps it.
    pub users: Option<BTreeSet<String>>,
    /// All groups, by name.
    pub groups: Option<BTreeSet<String>>,
}

/// Finds one by name.
type LookUp<I> = fn(&People, &str) -> Result<I, Missing>;

/// What is found of the people that are named.
struct Found<I> {
    ids: BTreeSet<I>,
    is_whole: bool,
}

/// The users and groups that a feature is made with. Whoever is unknown is told of, and left out.
pub(super) fn resolve(
    plan: &mut Plan,
    desired: &DesiredOwners,
    world: &World,
) -> (BTreeSet<UserId>, BTreeSet<GroupId>) {
    let DesiredOwners { users, groups } = desired;
    let (users, groups) = (users.clone().unwrap_or_default(), groups.clone().unwrap_or_default());
    let users = find(plan, &users, (world, find_user)).ids;
    (users, find(plan, &groups, (world, find_group)).ids)
}

/// What must be written for those to own the feature. Whoever is missing is added before anybody is removed: a project may ask
/// that there be an owner (facts.md §2). Nobody is removed for the sake of somebody who is unknown.
pub(super) fn plan(plan: &mut Plan, desired: &DesiredOwners, (feature, world): (&Feature, &World)) {
    let DesiredOwners { users, groups } = desired;
    let (mut added, mut removed) = (Vec::new(), Vec::new());
    if let Some(wanted) = users {
        let live = feature.owners.iter().map(|user| (user.email.to_lowercase(), user.id)).collect();
        let (lacking, surplus) = compare(wanted, live);
        let found = find(plan, &lacking, (world, find_user));
        added.extend(some(found.ids).map(OwnerStep::AddUsers));
        removed.extend(some(surplus).filter(|_| found.is_whole).map(OwnerStep::RemoveUsers));
    }
    if let Some(wanted) = groups {
        let live = feature.group_owners.iter().map(|group| (group.name.clone(), group.id)).collect();
        let (lacking, surplus) = compare(wanted, live);
        let found = find(plan, &lacking, (world, find_group));
        added.extend(some(found.ids).map(OwnerStep::AddGroups));
        removed.extend(some(surplus).filter(|_| found.is_whole).map(OwnerStep::RemoveGroups));
    }
    let change = |step| Change::ChangeOwners { feature: FlagRef::of(feature), step };
    plan.changes.extend(added.into_iter().chain(removed).map(change));
}

/// Which of the wanted names are not among the live ones, and which of the live ones are not wanted.
fn compare<I: Ord>(wanted: &BTreeSet<String>, live: Vec<(String, I)>) -> (BTreeSet<String>, BTreeSet<I>) {
    let lacking = wanted.iter().filter(|name| live.iter().all(|(live, _)| live != *name)).cloned().collect();
    let surplus = live.into_iter().filter(|(name, _)| !wanted.contains(name)).map(|(_, id)| id).collect();
    (lacking, surplus)
}

/// People are read only where somebody is to be found among them.
fn find<I: Ord>(plan: &mut Plan, names: &BTreeSet<String>, (world, look_up): (&World, LookUp<I>)) -> Found<I> {
    let mut found = Found { ids: BTreeSet::new(), is_whole: true };
    if names.is_empty() {
        return found;
    }
    let Known::Present(people) = &world.people else {
        if !plan.unknown.contains(&Cell::People) {
            plan.unknown.push(Cell::People);
        }
        return Found { is_whole: false, ..found };
    };
    for name in names {
        match look_up(people, name) {
            Ok(id) => drop(found.ids.insert(id)),
            Err(missing) => {
                plan.missing.push(missing);
                found.is_whole = false;
            }
        }
    }
    found
}

fn find_user(people: &People, email: &str) -> Result<UserId, Missing> {
    let found = people.users.iter().find(|user: &&User| user.email.to_lowercase() == email);
    found.map(|user| user.id).ok_or_else(|| Missing::User(email.to_owned()))
}

fn find_group(people: &People, name: &str) -> Result<GroupId, Missing> {
    let named: Vec<_> =
        people.groups.iter().filter(|group: &&Group| group.name == name).map(|group| group.id).collect();
    match named.as_slice() {
        [] => Err(Missing::Group(name.to_owned())),
        [group] => Ok(*group),
        _ => Err(Missing::GroupTwins { name: name.to_owned(), groups: named }),
    }
}

fn some<I>(ids: BTreeSet<I>) -> Option<BTreeSet<I>> {
    Some(ids).filter(|ids| !ids.is_empty())
}
