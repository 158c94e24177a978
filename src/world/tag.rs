//! Which tags a feature should have, and by which one cluster shows another that it keeps the feature.

use std::collections::BTreeSet;

use super::{Cell, Change, Missing, Plan, World};
use crate::flagsmith::{Feature, NewTag, Tag, TagId};

/// What the tag by which a cluster shows that it keeps a feature says beside its label; by it other clusters know it for one.
pub const MANAGED: &str = "Managed by flagsmith-operator";

/// The tags that a feature should have.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wanted<'a> {
    /// All of them, apart from those that a manifest has no say in; absent where the author leaves them alone.
    pub labels: Option<&'a BTreeSet<String>>,
    /// The one by which this cluster shows that it keeps the feature.
    pub managed: Option<&'a String>,
}

impl Wanted<'_> {
    /// The tags as they are sent at a creation, where any are. Those that are missing are made first; of two of one label none is
    /// chosen, and then there is no answer.
    pub fn resolve(self, plan: &mut Plan, world: &World) -> Option<BTreeSet<TagId>> {
        let Self { labels, managed } = self;
        let all: BTreeSet<_> = labels.into_iter().flatten().chain(managed).collect();
        if all.is_empty() {
            return labels.map(|_| BTreeSet::new());
        }
        if world.tags_unknown {
            plan.unknown.push(Cell::Tags);
            return None;
        }
        let (mut found, mut lacking, mut twins) = (BTreeSet::new(), Vec::new(), Vec::new());
        for label in all {
            let named: Vec<_> = world.tags.iter().filter(|tag| !tag.is_system_tag && tag.label == *label).collect();
            match named.as_slice() {
                [] => lacking.push(Change::CreateTag(self.new_tag(label))),
                [tag] => drop(found.insert(tag.id)),
                several => {
                    let tags = several.iter().map(|tag| tag.id).collect();
                    twins.push(Missing::TagTwins { label: label.clone(), tags });
                }
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
    pub fn difference(self, plan: &mut Plan, (feature, world): (&Feature, &World)) -> Option<BTreeSet<TagId>> {
        if self.labels.is_none() && self.managed.is_none() {
            return None;
        }
        if world.tags_unknown {
            plan.unknown.push(Cell::Tags);
            return None;
        }
        let wanted = self.resolve(plan, world)?;
        let ours = world.tags.iter().filter(|tag| self.has_say(tag)).map(|tag| tag.id).collect();
        // What is not ours stays; so does one that is on no list, for nobody can tell whose it is.
        let all: BTreeSet<_> = feature.tags.difference(&ours).chain(&wanted).copied().collect();
        (all != feature.tags).then_some(all)
    }

    /// Whether the author has a say in that tag. Flagsmith puts its own on features and takes them off, and clusters theirs.
    fn has_say(self, tag: &Tag) -> bool {
        self.labels.is_some() && !tag.is_system_tag && !is_managed(tag) && self.managed != Some(&tag.label)
    }

    fn new_tag(self, label: &String) -> NewTag {
        let description = (self.managed == Some(label)).then(|| MANAGED.to_owned());
        NewTag { label: label.clone(), description }
    }
}

/// The labels of other clusters that keep the feature too.
#[must_use]
pub fn other_keepers(feature: &Feature, own: Option<&String>, world: &World) -> BTreeSet<String> {
    let others = world.tags.iter().filter(|tag| is_managed(tag) && Some(&tag.label) != own);
    others.filter(|tag| feature.tags.contains(&tag.id)).map(|tag| tag.label.clone()).collect()
}

/// The feature's tags without that by which this cluster keeps it; nothing where it has none.
#[must_use]
pub fn without_own(feature: &Feature, own: Option<&String>, world: &World) -> Option<BTreeSet<TagId>> {
    let is_own = |tag: &&Tag| is_managed(tag) && Some(&tag.label) == own;
    let own: BTreeSet<_> = world.tags.iter().filter(is_own).map(|tag| tag.id).collect();
    let rest: BTreeSet<_> = feature.tags.difference(&own).copied().collect();
    (rest != feature.tags).then_some(rest)
}

fn is_managed(tag: &Tag) -> bool {
    !tag.is_system_tag && tag.description.as_deref() == Some(MANAGED)
}
