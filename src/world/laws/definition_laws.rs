//! Definitions as worlds and wishes may hold them, and what is to be true of them.

use std::collections::BTreeSet;

use proptest::{prelude::*, test_runner::TestCaseError};

use super::{
    super::{World, definition::DesiredDefinition, owner::DesiredOwners, tag::MANAGED, variant::DesiredVariant},
    carry_out::definition::{Details, people},
    wishes::{text, value, wanted},
};
use crate::flagsmith::{Feature, GroupId, Percentage, Tag, TagId, UserId};

const LABELS: [&str; 3] = ["red", "green", "blue"];
const KEYS: [&str; 4] = ["a", "b", "c", "d"];
const USERS: [&str; 3] = ["admin@example.com", "jane@example.com", "nobody@example.com"];
const GROUPS: [&str; 3] = ["payments", "twins", "nobody"];

fn some_of(words: &[&str]) -> impl Strategy<Value = BTreeSet<String>> + use<> {
    let words: Vec<_> = words.iter().map(|&word| word.to_owned()).collect();
    let most = words.len();
    prop::sample::subsequence(words, 0..=most).prop_map(|some| some.into_iter().collect())
}

/// Shares of at most a hundred in all.
fn shares(count: usize) -> impl Strategy<Value = Vec<Percentage>> {
    prop::collection::vec(prop_oneof![Just(0_u32), Just(100), 0..=100_u32], count).prop_map(|mut cuts| {
        cuts.sort_unstable();
        let before = [0].into_iter().chain(cuts.clone());
        before.zip(&cuts).map(|(from, to)| (to - from).to_string().parse().unwrap()).collect()
    })
}

/// Twins too, Flagsmith's own, and those of clusters.
pub fn tags() -> impl Strategy<Value = Vec<Tag>> {
    let label = prop::sample::select(LABELS.to_vec()).prop_map(str::to_owned);
    let description = prop::option::weighted(0.2, Just(MANAGED.to_owned()));
    let tag = (label, prop::bool::weighted(0.3), description);
    let tag =
        tag.prop_map(|(label, is_system_tag, description)| Tag { id: TagId(0), label, description, is_system_tag });
    prop::collection::vec(tag, 0..4)
}

/// Of a feature.
pub fn details() -> impl Strategy<Value = Details> {
    let owned = (prop::collection::btree_set(1..=2_i64, 0..3), prop::collection::btree_set(1..=3_i64, 0..3));
    let is = (any::<bool>(), any::<bool>());
    let variants = prop::collection::vec((prop::option::of(0..KEYS.len()), value()), 4);
    let one = (prop::collection::vec(0..4_usize, 0..3), owned, is, variants, shares(4), 0..=4_usize);
    one.prop_map(|(tags, (owners, groups), (is_archived, is_server_key_only), variants, defaults, count)| {
        let mut keys = BTreeSet::new();
        let keyed = variants.into_iter().zip(defaults).take(count).map(|((key, value), weight)| {
            let key = key.filter(|key| keys.insert(*key)).map(|key| KEYS[key].to_owned());
            (key, value, weight)
        });
        let variants = keyed.collect();
        let owners = owners.into_iter().map(UserId).collect();
        let groups = groups.into_iter().map(GroupId).collect();
        Details { tags, owners, groups, is_archived, is_server_key_only, variants }
    })
}

fn variants() -> impl Strategy<Value = Vec<DesiredVariant>> {
    let keys = prop::sample::subsequence(KEYS.to_vec(), 0..=KEYS.len()).prop_shuffle();
    let values = prop::collection::vec(wanted(), KEYS.len());
    (keys, values, prop::option::of(shares(KEYS.len()))).prop_map(|(keys, values, shares)| {
        let named = keys.into_iter().zip(values).enumerate();
        let variant = |(place, (key, value)): (usize, (&str, _))| {
            let weight = shares.as_ref().map(|shares| shares[place]);
            DesiredVariant { key: key.to_owned(), value, weight }
        };
        named.map(variant).collect()
    })
}

pub fn definition() -> impl Strategy<Value = DesiredDefinition> {
    let starts = (prop::option::of(text()), prop::option::of(any::<bool>()), prop::option::of(text()));
    let owners = (prop::option::of(some_of(&USERS)), prop::option::of(some_of(&GROUPS)));
    let is = (prop::option::of(any::<bool>()), prop::option::of(any::<bool>()));
    let managed = prop::option::weighted(0.3, prop::sample::select(LABELS.to_vec()).prop_map(str::to_owned));
    let tags = (prop::option::of(some_of(&LABELS)), managed);
    let parts = (starts, tags, owners, is, prop::option::of(variants()));
    parts.prop_map(|((description, default_enabled, initial_value), (tags, managed_tag), owners, is, variants)| {
        DesiredDefinition {
            description,
            default_enabled,
            initial_value,
            tags,
            managed_tag,
            owners: DesiredOwners { users: owners.0, groups: owners.1 },
            is_server_key_only: is.0,
            is_archived: is.1,
            variants,
        }
    })
}

/// Whether a feature is as is wished, wherever the wish can be met.
pub fn is_met(wish: &DesiredDefinition, feature: &Feature, world: &World) -> bool {
    let DesiredDefinition {
        description,
        default_enabled: _,
        initial_value: _,
        tags: _,
        managed_tag: _,
        owners,
        is_server_key_only,
        is_archived,
        variants,
    } = wish;
    description.as_deref().is_none_or(|wish| wish == feature.description.as_deref().unwrap_or_default())
        && are_tags_met(wish, feature, world)
        && are_owners_met(owners, feature)
        && is_server_key_only.is_none_or(|wish| wish == feature.is_server_key_only)
        && is_archived.is_none_or(|wish| wish == feature.is_archived)
        && variants.as_ref().is_none_or(|wish| are_variants_met(wish, feature))
}

fn are_tags_met(wish: &DesiredDefinition, feature: &Feature, world: &World) -> bool {
    let people_s = || world.tags.iter().filter(|tag| !tag.is_system_tag);
    let wanted: BTreeSet<_> = wish.tags.iter().flatten().chain(&wish.managed_tag).collect();
    let has_twins = wanted.iter().any(|label| people_s().filter(|tag| tag.label == **label).count() > 1);
    let (live, others): (Vec<_>, Vec<_>) =
        people_s().filter(|tag| feature.tags.contains(&tag.id)).partition(|tag| wanted.contains(&tag.label));
    // Those of other clusters stay; so do all others where the author leaves them alone.
    let is_alone = wish.tags.is_none() || others.iter().all(|tag| tag.description.as_deref() == Some(MANAGED));
    has_twins || (live.len() == wanted.len() && is_alone)
}

fn are_owners_met(wish: &DesiredOwners, feature: &Feature) -> bool {
    let known: BTreeSet<_> = people().users.into_iter().map(|user| user.email).collect();
    let DesiredOwners { users, groups } = wish;
    let live: BTreeSet<_> = feature.owners.iter().map(|user| user.email.clone()).collect();
    let are_users = users.as_ref().is_none_or(|wish| live == *wish || !wish.is_subset(&known));
    let live: BTreeSet<_> = feature.group_owners.iter().map(|group| group.name.clone()).collect();
    let is_known = |name: &String| name == "payments" || live.contains(name);
    let are_groups = groups.as_ref().is_none_or(|wish| live == *wish || !wish.iter().all(is_known));
    are_users && are_groups
}

fn are_variants_met(wish: &[DesiredVariant], feature: &Feature) -> bool {
    let is_met = |wish: &DesiredVariant| {
        let live = feature.variants.iter().find(|one| one.key.as_deref() == Some(&wish.key));
        live.is_some_and(|live| {
            wish.value.is_met_by(&live.value) && wish.weight.is_none_or(|weight| weight == live.weight)
        })
    };
    feature.variants.len() == wish.len() && wish.iter().all(is_met)
}

/// What a wish leaves out is as it was.
pub fn is_untouched(wish: Option<&DesiredDefinition>, before: &Feature, now: &Feature) -> Result<(), TestCaseError> {
    let Some(wish) = wish else {
        prop_assert_eq!(before, now);
        return Ok(());
    };
    prop_assert!(wish.description.is_some() || before.description == now.description);
    prop_assert!(wish.tags.is_some() || wish.managed_tag.is_some() || before.tags == now.tags);
    prop_assert!(wish.tags.is_some() || before.tags.is_subset(&now.tags));
    prop_assert!(wish.owners.users.is_some() || before.owners == now.owners);
    prop_assert!(wish.owners.groups.is_some() || before.group_owners == now.group_owners);
    prop_assert!(wish.is_archived.is_some() || before.is_archived == now.is_archived);
    prop_assert!(wish.is_server_key_only.is_some() || before.is_server_key_only == now.is_server_key_only);
    prop_assert!(wish.variants.is_some() || before.variants == now.variants);
    prop_assert_eq!((before.id, &before.initial_value), (now.id, &now.initial_value));
    Ok(())
}
