//! What Flagsmith does for the parts of a definition that have routes of their own.

use std::collections::BTreeSet;

use super::Project;
use crate::{
    flagsmith::{
        EnvironmentId, EnvironmentKey, EnvironmentPatch, EnvironmentSettings, Feature, FeatureId, FeatureName,
        FlagState, Group, GroupId, NewVariant, OwnerStep, People, Percentage, SettingsPatch, Tag, TagId, User, UserId,
        Value, Variant, VariantId,
    },
    world::{Change, EnvironmentStep, Known, World},
};

/// What a generated feature has besides a name.
#[derive(Clone, Debug)]
pub struct Details {
    /// By their places among the tags.
    pub tags: Vec<usize>,
    pub owners: BTreeSet<UserId>,
    pub groups: BTreeSet<GroupId>,
    pub is_archived: bool,
    pub is_server_key_only: bool,
    pub variants: Vec<(Option<String>, Value, Percentage)>,
}

/// Whoever's token makes features.
pub fn whoever_asks() -> User {
    User { id: UserId(1), email: "admin@example.com".to_owned() }
}

/// Two groups share a name.
pub fn people() -> People {
    let jane = User { id: UserId(2), email: "jane@example.com".to_owned() };
    let group = |id, name: &str| Group { id: GroupId(id), name: name.to_owned() };
    People {
        users: vec![whoever_asks(), jane],
        groups: vec![group(1, "payments"), group(2, "twins"), group(3, "twins")],
    }
}

impl Project {
    pub fn rotate_key(&mut self, id: EnvironmentId, key: EnvironmentKey) {
        self.truth.environments.iter_mut().find(|one| one.id == id).unwrap().key = key;
    }

    /// There are those tags.
    pub fn with_tags(&mut self, tags: Vec<Tag>) {
        self.truth.people = Known::Present(people());
        for tag in tags {
            let id = TagId(self.fresh());
            self.truth.tags.push(Tag { id, ..tag });
        }
    }

    /// A feature is like that.
    pub fn detail(&mut self, name: &FeatureName, details: Details) {
        let Details { tags, owners, groups, is_archived, is_server_key_only, variants } = details;
        let (owners, group_owners) = (self.users(&owners), self.groups(&groups));
        let tags = tags.iter().filter_map(|place| self.truth.tags.get(*place)).map(|tag| tag.id).collect();
        let made = |(key, value, weight)| Variant { id: VariantId(self.fresh()), key, value, weight };
        let variants: Vec<_> = variants.into_iter().map(made).collect();
        let found = self.feature(name);
        *found = Feature { is_archived, is_server_key_only, tags, owners, group_owners, variants, ..found.clone() };
    }

    /// A feature of that name is as if it had never been archived since.
    pub fn unarchive(&mut self, name: &FeatureName, before: &World) {
        if let Some(before) = before.definition(name).present() {
            self.feature(name).is_archived = before.is_archived;
        }
    }

    pub(super) fn update_environment(&mut self, environment: EnvironmentId, patch: EnvironmentPatch) {
        let mut all = self.truth.environments.iter_mut();
        let found = all.find(|one| one.id == environment).unwrap();
        found.name = patch.name.unwrap_or(found.name.clone());
        found.description = patch.description.or(found.description.take());
        set(&mut found.settings, patch.settings);
    }

    pub(super) fn switch(&mut self, step: &EnvironmentStep) {
        let EnvironmentStep::Version { environment, .. } = step else { unreachable!("nobody wishes for {step}") };
        let mut all = self.truth.environments.iter_mut();
        all.find(|one| one.id == *environment).unwrap().use_v2_feature_versioning = true;
    }

    pub(super) fn users(&self, ids: &BTreeSet<UserId>) -> Vec<User> {
        let _ = self;
        people().users.into_iter().filter(|user| ids.contains(&user.id)).collect()
    }

    pub(super) fn groups(&self, ids: &BTreeSet<GroupId>) -> Vec<Group> {
        let _ = self;
        people().groups.into_iter().filter(|group| ids.contains(&group.id)).collect()
    }

    pub(super) fn write_part(&mut self, change: Change) {
        match change {
            Change::CreateTag(crate::flagsmith::NewTag { label, description }) => {
                if !self.truth.tags.iter().any(|tag| tag.label == label && !tag.is_system_tag) {
                    let id = TagId(self.fresh());
                    self.truth.tags.push(Tag { id, label, description, is_system_tag: false });
                }
            }
            Change::ChangeOwners { feature, step } => self.change_owners(&feature.name, &step),
            Change::CreateVariant { feature, new } => self.create_variant(&feature.name, new),
            Change::UpdateVariant { feature, variant, new } => self.update_variant(&feature.name, variant, new),
            Change::DeleteVariant { feature, variant } => {
                let found = self.feature(&feature.name);
                let before = found.variants.len();
                found.variants.retain(|one| one.id != variant);
                assert_eq!(found.variants.len() + 1, before, "{variant} is deleted twice");
                self.reweigh(feature.id, |state| {
                    state.weights.remove(&variant);
                    for one in &mut state.overrides {
                        one.weights.remove(&variant);
                    }
                });
            }
            other => unreachable!("{other} is no part of a definition"),
        }
    }

    fn change_owners(&mut self, name: &FeatureName, step: &OwnerStep) {
        let (users, groups) = match step {
            OwnerStep::AddUsers(ids) | OwnerStep::RemoveUsers(ids) => (self.users(ids), Vec::new()),
            OwnerStep::AddGroups(ids) | OwnerStep::RemoveGroups(ids) => (Vec::new(), self.groups(ids)),
        };
        let found = self.feature(name);
        found.owners.retain(|one| !users.contains(one));
        found.group_owners.retain(|one| !groups.contains(one));
        if matches!(step, OwnerStep::AddUsers(_) | OwnerStep::AddGroups(_)) {
            found.owners.extend(users);
            found.group_owners.extend(groups);
        }
        found.owners.sort_by_key(|one| one.id);
        found.group_owners.sort_by_key(|one| one.id);
    }

    /// With its weight where all have room for it, else without.
    fn create_variant(&mut self, name: &FeatureName, new: NewVariant) {
        let NewVariant { key, value, weight } = new;
        let id = VariantId(self.fresh());
        let feature = self.feature(name).clone();
        assert!(!feature.variants.iter().any(|one| one.key.as_deref() == Some(&key)), "{key} is created twice");
        let sum = |shares: &mut dyn Iterator<Item = Percentage>| Percentage::sum(shares.chain([weight]));
        let defaults = sum(&mut feature.variants.iter().map(|one| one.weight));
        let mut states = self.truth.states.iter().filter(|((_, id), _)| *id == feature.id);
        let has_room = states.all(|(_, known)| match known {
            Known::Present(state) => sum(&mut state.weights.values().copied()) <= Percentage::WHOLE,
            Known::Unknown | Known::Absent => true,
        });
        let weight = if has_room && defaults <= Percentage::WHOLE { weight } else { Percentage::ZERO };
        self.feature(name).variants.push(Variant { id, key: Some(key), value, weight });
        self.reweigh(feature.id, |state| state.weights.extend([(id, weight)]));
    }

    /// It would be refused where the defaults were more than a hundred.
    fn update_variant(&mut self, name: &FeatureName, id: VariantId, new: NewVariant) {
        let NewVariant { key, value, weight } = new;
        let found = self.feature(name);
        let place = found.variants.iter().position(|one| one.id == id).unwrap();
        found.variants[place] = Variant { id, key: Some(key), value, weight };
        let defaults = Percentage::sum(found.variants.iter().map(|one| one.weight));
        assert!(defaults <= Percentage::WHOLE, "the defaults are {defaults}");
        let keys: BTreeSet<_> = found.variants.iter().filter_map(|one| one.key.as_deref()).collect();
        let keyed = found.variants.iter().filter(|one| one.key.is_some()).count();
        assert_eq!(keys.len(), keyed, "two variants have one key");
    }

    /// The weights of a feature change everywhere, and nothing is known of its states until they are read.
    fn reweigh(&mut self, feature: FeatureId, change: impl Fn(&mut FlagState)) {
        for ((_, id), known) in &mut self.truth.states {
            if let (true, Known::Present(state)) = (*id == feature, known) {
                change(state);
                let sum = Percentage::sum(state.weights.values().copied());
                assert!(sum <= Percentage::WHOLE, "an environment serves {sum}");
            }
        }
        self.known.states.retain(|(_, id), _| *id != feature);
    }
}

/// Those of the settings that are wished for.
pub fn set(held: &mut EnvironmentSettings, patch: SettingsPatch) {
    held.banner_text = patch.banner_text.or(held.banner_text.take());
    held.hide_disabled_flags = patch.hide_disabled_flags.unwrap_or(held.hide_disabled_flags);
}
