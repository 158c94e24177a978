//! What a feature's own fields should be, and the changes that make them so.

use super::{
    Cell, Change, FlagRef, Known, Missing, Plan, World,
    owner::{self, DesiredOwners},
    tag::{self, Wanted},
    variant::{self, DesiredVariant},
};
use crate::flagsmith::{Feature, FeatureName, FeaturePatch, NewFeature};
use std::collections::BTreeSet;

/// A feature's own fields. An absent one is never written.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DesiredDefinition {
    /// What people read beside the name.
    pub description: Option<String>,
    /// Whether an environment starts with the flag on; sent at creation only.
    pub default_enabled: Option<bool>,
    /// The value that an environment starts with, as Flagsmith keeps it; sent at creation only.
    pub initial_value: Option<String>,
    /// The labels of all its tags, apart from Flagsmith's own.
    pub tags: Option<BTreeSet<String>>,
    /// The label of the tag by which this cluster shows that it keeps the feature.
    pub managed_tag: Option<String>,
    /// Who owns it.
    pub owners: DesiredOwners,
    /// Whether only server-side keys are told of it.
    pub is_server_key_only: Option<bool>,
    /// Whether it is set aside in Flagsmith's pages.
    pub is_archived: Option<bool>,
    /// All its variants.
    pub variants: Option<Vec<DesiredVariant>>,
}

/// What must be written for the feature to be there, with those fields; `None` where another object owns them.
#[must_use]
pub fn plan(name: &FeatureName, desired: Option<&DesiredDefinition>, world: &World) -> Plan {
    let mut plan = Plan::default();
    match (world.definition(name), desired) {
        (Known::Unknown, _) => plan.unknown.push(Cell::Definition(name.clone())),
        (Known::Absent, None) => plan.missing.push(Missing::Feature(name.clone())),
        (Known::Absent, Some(desired)) => create(&mut plan, name, (desired, world)),
        (Known::Present(_), None) => {}
        (Known::Present(feature), Some(desired)) => update(&mut plan, feature, (desired, world)),
    }
    plan
}

/// What must be written for the feature to be gone.
#[must_use]
pub fn plan_removal(name: &FeatureName, world: &World) -> Plan {
    let mut plan = Plan::default();
    match world.definition(name) {
        Known::Unknown => plan.unknown.push(Cell::Definition(name.clone())),
        Known::Absent => {}
        Known::Present(feature) => plan.changes.push(Change::DeleteFeature(FlagRef::of(feature))),
    }
    plan
}

/// What must be written for this cluster to keep the feature no longer, which another one does: its tag is taken off.
///
/// `None` where no other keeps it, as far as the world is known.
#[must_use]
pub fn plan_leave(name: &FeatureName, own: Option<&String>, world: &World) -> Option<Plan> {
    let feature = world.definition(name).present()?;
    if world.tags_unknown {
        return Some(Plan { unknown: vec![Cell::Tags], ..Plan::default() });
    }
    if tag::other_keepers(feature, own, world).is_empty() {
        return None;
    }
    let patch =
        tag::without_own(feature, own, world).map(|tags| FeaturePatch { tags: Some(tags), ..FeaturePatch::default() });
    let change = patch.map(|patch| Change::UpdateFeature { feature: FlagRef::of(feature), patch });
    Some(Plan { changes: change.into_iter().collect(), ..Plan::default() })
}

/// What must be written for the feature to be archived; one that is gone needs nothing.
#[must_use]
pub fn plan_archive(name: &FeatureName, world: &World) -> Plan {
    let mut plan = Plan::default();
    match world.definition(name) {
        Known::Unknown => plan.unknown.push(Cell::Definition(name.clone())),
        Known::Present(feature) if !feature.is_archived => {
            let patch = FeaturePatch { is_archived: Some(true), ..FeaturePatch::default() };
            plan.changes.push(Change::UpdateFeature { feature: FlagRef::of(feature), patch });
        }
        Known::Absent | Known::Present(_) => {}
    }
    plan
}

/// It is made once all that it is made with is found out, so that one request says it all. Its variants come after it: only
/// their own route takes keys (facts.md §9).
fn create(plan: &mut Plan, name: &FeatureName, (desired, world): (&DesiredDefinition, &World)) {
    let new = new_feature(plan, name, (desired, world));
    if plan.is_quiet() {
        plan.changes.push(Change::CreateFeature(new));
    }
}

/// The feature as it is sent at its creation. What is to be found out or made first goes into the plan.
fn new_feature(plan: &mut Plan, name: &FeatureName, (desired, world): (&DesiredDefinition, &World)) -> NewFeature {
    let DesiredDefinition {
        description,
        default_enabled,
        initial_value,
        tags: _,
        managed_tag: _,
        owners,
        is_server_key_only,
        is_archived,
        variants: _,
    } = desired;
    let (users, groups) = owner::resolve(plan, owners, world);
    NewFeature {
        name: name.clone(),
        description: description.clone(),
        default_enabled: *default_enabled,
        initial_value: initial_value.clone(),
        tags: desired.tagged().resolve(plan, world),
        is_server_key_only: *is_server_key_only,
        is_archived: *is_archived,
        owners: users,
        group_owners: groups,
    }
}

fn update(plan: &mut Plan, feature: &Feature, (desired, world): (&DesiredDefinition, &World)) {
    let DesiredDefinition {
        description,
        // The defaults are Flagsmith's to keep once the feature exists: it ignores them in silence (facts.md §4).
        default_enabled: _,
        initial_value: _,
        tags: _,
        managed_tag: _,
        owners,
        is_server_key_only,
        is_archived,
        variants,
    } = desired;
    let live = feature.description.as_deref().unwrap_or_default();
    let patch = FeaturePatch {
        description: description.clone().filter(|wanted| wanted.as_str() != live),
        is_archived: is_archived.filter(|wanted| *wanted != feature.is_archived),
        is_server_key_only: is_server_key_only.filter(|wanted| *wanted != feature.is_server_key_only),
        tags: desired.tagged().difference(plan, (feature, world)),
    };
    if patch != FeaturePatch::default() {
        plan.changes.push(Change::UpdateFeature { feature: FlagRef::of(feature), patch });
    }
    owner::plan(plan, owners, (feature, world));
    if let Some(variants) = variants {
        plan.changes.extend(variant::plan(variants, feature));
    }
}

impl DesiredDefinition {
    fn tagged(&self) -> Wanted<'_> {
        Wanted { labels: self.tags.as_ref(), managed: self.managed_tag.as_ref() }
    }

    /// Whether that feature is as a creation of ours would have left it. What can no longer be told, as of a tag that is gone,
    /// says no.
    #[must_use]
    pub fn made(&self, feature: &Feature, world: &World) -> bool {
        let mut plan = Plan::default();
        let sent = new_feature(&mut plan, &feature.name, (self, world));
        plan.is_quiet() && is_as_sent(&sent, feature)
    }
}

fn is_as_sent(sent: &NewFeature, feature: &Feature) -> bool {
    let NewFeature {
        name: _,
        description,
        default_enabled,
        initial_value,
        tags,
        is_server_key_only,
        is_archived,
        owners,
        group_owners,
    } = sent;
    let same = |sent: &Option<String>, live: &Option<String>| sent.as_ref().is_none_or(|_| sent == live);
    let users: BTreeSet<_> = feature.owners.iter().map(|user| user.id).collect();
    let groups: BTreeSet<_> = feature.group_owners.iter().map(|group| group.id).collect();
    same(description, &feature.description)
        && same(initial_value, &feature.initial_value)
        && default_enabled.is_none_or(|sent| sent == feature.default_enabled)
        && tags.as_ref().is_none_or(|sent| sent.is_subset(&feature.tags))
        && is_server_key_only.is_none_or(|sent| sent == feature.is_server_key_only)
        && is_archived.is_none_or(|sent| sent == feature.is_archived)
        && owners.is_subset(&users)
        && group_owners.is_subset(&groups)
}
