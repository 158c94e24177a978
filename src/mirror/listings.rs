//! What the lists of segments and tags say, and when a document makes them worth asking for. Pure.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    ledger::Ledger,
    stamp::{Source, Span, Stamp},
    taken::Taken,
    transport::Answer,
};
use crate::{
    flagsmith::{Document, EnvironmentId, FlagState, Rule, Segment, SegmentId, SegmentName, ShownSegment, Tag},
    world::{Cell, Change, Known},
};

/// The segments as each environment's newest document shows them, and since when one of them is news.
#[derive(Debug, Default)]
pub struct ShownSegments {
    shown: BTreeMap<EnvironmentId, Vec<ShownSegment>>,
    news: Option<Stamp>,
}

impl ShownSegments {
    /// Those environments are left.
    pub fn keep(&mut self, environments: &BTreeSet<EnvironmentId>) {
        self.shown.retain(|id, _| environments.contains(id));
    }

    /// Whether a list that was sent now may tell of segments what the newest did not. A document that goes on to contradict
    /// the list is news once.
    pub fn is_news(&self) -> bool {
        self.news.is_some()
    }

    fn show(&mut self, sent: Stamp, document: &Document, held: &[Segment]) {
        let before = self.shown.insert(document.environment, document.segments.clone());
        if before.as_ref() != Some(&document.segments) && !agrees(&document.segments, held) {
            self.news = Some(sent);
        }
    }

    fn listed(&mut self, sent: Stamp) {
        self.news = self.news.filter(|news| *news > sent);
    }
}

/// Whether a document shows the segments that are held. Those of one feature it shows only where they are in use.
fn agrees(shown: &[ShownSegment], held: &[Segment]) -> bool {
    let is_held = |one: &ShownSegment| {
        let held = held.iter().find(|held| held.id == one.id);
        held.is_some_and(|held| held.name == one.name && bare(&held.rules) == bare(&one.rules))
    };
    let is_shown = |held: &Segment| held.feature.is_some() || shown.iter().any(|one| one.id == held.id);
    shown.iter().all(is_held) && held.iter().all(is_shown)
}

fn overrides(state: &FlagState, segment: SegmentId) -> bool {
    state.overrides.iter().any(|one| one.segment == segment)
}

/// The names that the segments have or had which are in one of two lists alone, or otherwise in each.
fn changed(before: &[Segment], after: &[Segment]) -> BTreeSet<SegmentName> {
    let gone = before.iter().filter(|one| !after.contains(one));
    let made = after.iter().filter(|one| !before.contains(one));
    gone.chain(made).map(|one| one.name.clone()).collect()
}

/// Rules without what a document does not tell of them.
fn bare(rules: &[Rule]) -> Vec<Rule> {
    let bare_rule = |rule: &Rule| {
        let mut conditions = rule.conditions.clone();
        for condition in &mut conditions {
            condition.description = None;
            condition.property = condition.property.take().filter(|property| !property.is_empty());
            condition.value = condition.value.take().filter(|value| !value.is_empty());
        }
        Rule { r#type: rule.r#type, rules: bare(&rule.rules), conditions }
    };
    rules.iter().map(bare_rule).collect()
}

impl Ledger {
    /// Takes in a list of the segments.
    pub fn take_segments(&mut self, at: Span, list: Vec<Segment>) -> Taken {
        let mut taken = Taken::default();
        if !self.observe(&Cell::Segments, at, Source::Direct) {
            return taken;
        }
        self.shown_segments.listed(at.sent);
        let was_unknown = std::mem::replace(&mut self.world.segments_unknown, false);
        if self.world.segments != list || was_unknown {
            taken.segments = changed(&self.world.segments, &list);
            self.world.segments = list;
            taken.touched.push(Cell::Segments);
        }
        taken
    }

    /// A write of a segment was answered.
    pub(super) fn answered_of_segments(&mut self, (now, change): (Stamp, &Change), answer: Answer, taken: &mut Taken) {
        let mut list = self.world.segments.clone();
        match (change, answer) {
            (_, Answer::Segment(segment)) => {
                list.retain(|one| one.id != segment.id);
                list.push(segment);
                // As Flagsmith lists them.
                list.sort_by_key(|one| one.id);
            }
            (Change::DeleteSegment(segment), Answer::Gone) => {
                list.retain(|one| one.id != segment.id);
                self.doubt_overrides(now, segment.id);
            }
            _ => return self.forget(&Cell::Segments),
        }
        taken.segments = changed(&self.world.segments, &list);
        taken.touched.push(Cell::Segments);
        self.world.segments = list;
    }

    /// A segment takes its overrides with it, in every environment (facts.md §7).
    fn doubt_overrides(&mut self, now: Stamp, segment: SegmentId) {
        let uses = |known: &Known<_>| matches!(known, Known::Present(state) if overrides(state, segment));
        let using = self.world.states.iter().filter(|(_, known)| uses(known));
        let cells: Vec<_> = using.map(|((at, feature), _)| Cell::State(*at, *feature)).collect();
        for cell in cells {
            self.doubt(now, &cell);
        }
    }

    /// Takes in a list of the tags.
    pub fn take_tags(&mut self, at: Span, list: Vec<Tag>) -> Taken {
        let mut taken = Taken::default();
        if !self.observe(&Cell::Tags, at, Source::Direct) {
            return taken;
        }
        let was_unknown = std::mem::replace(&mut self.world.tags_unknown, false);
        if self.world.tags != list || was_unknown {
            self.world.tags = list;
            taken.touched.push(Cell::Tags);
        }
        taken
    }

    pub(super) fn note_segments(&mut self, sent: Stamp, document: &Document) {
        // What was sent before a write of ours was answered says nothing of it.
        if self.admits(&Cell::Segments, sent) {
            self.shown_segments.show(sent, document, &self.world.segments);
        }
    }
}
