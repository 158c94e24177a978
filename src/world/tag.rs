//! Which tags a feature should have.

use std::collections::BTreeSet;

use super::{Cell, Change, Missing, Plan, World};
use crate::flagsmith::{Feature, Tag, TagId};

/// The tags of those labels. Those that are missing are made first; of two of one label none is chosen, and then there is no
/// answer.
pub(super) fn resolve(plan: &mut Plan, labels: &BTreeSet<String>, world: &World) -> Option<BTreeSet<TagId>> {
    if labels.is_empty() {
        return Some(BTreeSet::new());
    }
    if world.tags_unknown {
        plan.unknown.push(Cell::Tags);
        return None;
    }
    let (mut found, mut lacking, mut twins) = (BTreeSet::new(), Vec::new(), Vec::new());
    for label in labels {
        let named: Vec<_> =
            world.tags.iter().filter(|tag| is_ours(tag) && tag.label == *label).map(|tag| tag.id).collect();
        match named.as_slice() {
            [] => lacking.push(Change::CreateTag { label: label.clone() }),
            [tag] => drop(found.insert(*tag)),
            _ => twins.push(Missing::TagTwins { label: label.clone(), tags: named }),
        }
    }
    // What cannot be used yet is not made either.
    if !twins.is_empty() {
        plan.missing.extend(twins);
        return None;
    }
    let is_whole = lacking.is_empty();
    plan.changes.extend(lacking);
    is_whole.then_some(found)
}

/// All tags that the feature shall have, where it has others.
pub(super) fn difference(
    plan: &mut Plan,
    labels: &BTreeSet<String>,
    (feature, world): (&Feature, &World),
) -> Option<BTreeSet<TagId>> {
    if world.tags_unknown {
        plan.unknown.push(Cell::Tags);
        return None;
    }
    let wanted = resolve(plan, labels, world)?;
    let ours: BTreeSet<_> = world.tags.iter().filter(|tag| is_ours(tag)).map(|tag| tag.id).collect();
    let is_met = feature.tags.intersection(&ours).eq(&wanted);
    // What is not ours stays; so does one that is on no list, for nobody can tell whose it is.
    (!is_met).then(|| feature.tags.difference(&ours).chain(&wanted).copied().collect())
}

/// Whether a manifest has a say in that tag: Flagsmith puts its own on features and takes them off.
fn is_ours(tag: &Tag) -> bool {
    !tag.is_system_tag
}
