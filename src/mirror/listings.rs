//! What the lists of segments and tags say, and when a document makes them worth asking for. Pure.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    ledger::Ledger,
    stamp::{Source, Span, Stamp},
    taken::Taken,
};
use crate::{
    flagsmith::{Document, EnvironmentId, Rule, Segment, ShownSegment, Tag},
    world::Cell,
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
            self.world.segments = list;
            taken.touched.push(Cell::Segments);
        }
        taken
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
        self.shown_segments.show(sent, document, &self.world.segments);
    }
}
