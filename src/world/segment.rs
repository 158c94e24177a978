//! What a segment should be, and the changes that make it so.

use std::collections::BTreeSet;

use super::{
    Cell, Change, Known, Missing, Plan, SegmentRef, World,
    segment_rule::{self, DesiredRule},
};
use crate::flagsmith::{FeatureId, FeatureName, NewSegment, Segment, SegmentId, SegmentName, SegmentPatch, Uuid};

/// A segment as its author wants it. It cannot be wrong: `operator::desired_segment` makes it from a spec.
#[derive(Clone, Debug, PartialEq)]
pub struct DesiredSegment {
    /// Its name.
    pub name: SegmentName,
    /// Its identity, once it was recorded for this server and organisation.
    pub uuid: Option<Uuid>,
    /// What people read beside the name. Absent: never written.
    pub description: Option<String>,
    /// The one feature that it is for. Absent: never written.
    pub feature: Option<FeatureName>,
    /// Its rules. Absent: never written, and none in one that is made.
    pub rules: Option<Vec<DesiredRule>>,
    /// False: one that is absent is waited for.
    pub may_be_made: bool,
}

/// What must be written for the world to hold the segment.
#[must_use]
pub fn plan(desired: &DesiredSegment, world: &World) -> Plan {
    let mut plan = Plan::default();
    if world.segments_unknown {
        plan.unknown.push(Cell::Segments);
        return plan;
    }
    let feature = match desired.feature.as_ref().map(|name| (name, world.definition(name))) {
        None => None,
        Some((_, Known::Present(feature))) => Some(feature.id),
        Some((name, Known::Unknown)) => {
            plan.unknown.push(Cell::Definition(name.clone()));
            return plan;
        }
        Some((name, Known::Absent)) => {
            plan.missing.push(Missing::Feature(name.clone()));
            return plan;
        }
    };
    match find(desired, world) {
        Ok(Some(live)) => plan.changes.extend(update((desired, feature), live)),
        Ok(None) if !desired.may_be_made => plan.missing.push(Missing::Segment(desired.name.clone())),
        Ok(None) => plan.changes.push(create(desired, feature)),
        Err(missing) => plan.missing.push(missing),
    }
    plan
}

/// The segment in the world that is the desired one: by its recorded identity, else by its name. One that is gone is made anew.
///
/// # Errors
/// [`Missing::SegmentTwins`] where several have the name and none is recorded, or where a rename would make it so.
pub fn find<'a>(desired: &DesiredSegment, world: &'a World) -> Result<Option<&'a Segment>, Missing> {
    let recorded = desired.uuid.as_ref().and_then(|uuid| world.segment_by_uuid(uuid));
    let named: Vec<_> = world.segments.iter().filter(|one| one.name == desired.name).collect();
    match (recorded, named.as_slice()) {
        (Some(own), named) if own.name == desired.name || named.is_empty() => Ok(Some(own)),
        (Some(own), named) => Err(twins(desired, std::iter::once(own).chain(named.iter().copied()))),
        (None, []) => Ok(None),
        (None, [one]) => Ok(Some(one)),
        (None, named) => Err(twins(desired, named.iter().copied())),
    }
}

/// What must be written for the segment to be gone. It stays for as long as a flag serves something else to it, for that would
/// go with it (facts.md §7).
#[must_use]
pub fn plan_removal(id: SegmentId, world: &World) -> Plan {
    let mut plan = Plan::default();
    if world.segments_unknown {
        plan.unknown.push(Cell::Segments);
        return plan;
    }
    let Some(segment) = world.segment_by_id(id) else {
        return plan;
    };
    let (flags, unknown) = flags_that_use(id, world);
    plan.unknown = unknown;
    if !flags.is_empty() {
        plan.missing.push(Missing::SegmentInUse(segment.name.clone(), flags.into_iter().collect()));
    } else if plan.unknown.is_empty() {
        plan.changes.push(Change::DeleteSegment(reference(segment)));
    }
    plan
}

/// The flags that serve something else to the segment in some environment, and the states that must be read to tell.
#[must_use]
pub fn flags_that_use(id: SegmentId, world: &World) -> (BTreeSet<FeatureName>, Vec<Cell>) {
    let (mut flags, mut unknown) = (BTreeSet::new(), Vec::new());
    let features = world.definitions.values().filter_map(|known| known.as_ref().present());
    for feature in features {
        for environment in &world.environments {
            let at = (environment.id, feature.id);
            match world.states.get(&at) {
                Some(Known::Present(state)) if state.overrides.iter().any(|one| one.segment == id) => {
                    flags.insert(feature.name.clone());
                }
                Some(Known::Unknown) => unknown.push(Cell::State(at.0, at.1)),
                // What no document shows there has no state that could be overridden.
                Some(Known::Present(_) | Known::Absent) | None => {}
            }
        }
    }
    (flags, unknown)
}

impl DesiredSegment {
    /// Whether that segment is as a creation of ours would have left it.
    #[must_use]
    pub fn made(&self, segment: &Segment, world: &World) -> bool {
        let Self { name, uuid: _, description, feature, rules, may_be_made: _ } = self;
        let feature = feature.as_ref().and_then(|name| world.definition(name).present()).map(|feature| feature.id);
        *name == segment.name
            && described(description.as_deref(), segment)
            && feature == segment.feature
            && rules.as_ref().is_none_or(|rules| segment_rule::are_met(rules, &segment.rules))
    }
}

fn create(desired: &DesiredSegment, feature: Option<FeatureId>) -> Change {
    let DesiredSegment { name, uuid: _, description, feature: _, rules, may_be_made: _ } = desired.clone();
    let rules = rules.iter().flatten().map(|rule| rule.wire(&[])).collect();
    Change::CreateSegment(NewSegment { name, description, feature, rules })
}

fn update((desired, feature): (&DesiredSegment, Option<FeatureId>), live: &Segment) -> Option<Change> {
    let DesiredSegment { name, uuid: _, description, feature: _, rules, may_be_made: _ } = desired;
    let rewritten = |rules: &Vec<DesiredRule>| rules.iter().map(|rule| rule.wire(&live.rules)).collect();
    let patch = SegmentPatch {
        name: Some(name).filter(|wanted| **wanted != live.name).cloned(),
        description: description.clone().filter(|wanted| !described(Some(wanted), live)),
        feature: feature.filter(|wanted| Some(*wanted) != live.feature),
        rules: rules.as_ref().filter(|rules| !segment_rule::are_met(rules, &live.rules)).map(rewritten),
    };
    (patch != SegmentPatch::default()).then(|| Change::UpdateSegment { segment: reference(live), patch })
}

/// Whether the segment has that description; none and the empty text are one.
fn described(wanted: Option<&str>, live: &Segment) -> bool {
    wanted.is_none_or(|wanted| wanted == live.description.as_deref().unwrap_or_default())
}

fn twins<'a>(desired: &DesiredSegment, several: impl Iterator<Item = &'a Segment>) -> Missing {
    let ids: BTreeSet<_> = several.map(|one| one.id).collect();
    Missing::SegmentTwins(desired.name.clone(), ids.into_iter().collect())
}

fn reference(segment: &Segment) -> SegmentRef {
    SegmentRef { id: segment.id, name: segment.name.clone() }
}
