//! The world and the stamps that say how far it may be believed. Pure: no clock, no request.

use std::collections::{BTreeSet, HashMap};

use super::{
    listings::ShownSegments,
    sightings::Sightings,
    stamp::{Source, Span, Stamp, Stamps},
    taken::{Shown, Suspect, Taken},
    transport::Answer,
};
use crate::{
    flagsmith::{Document, DocumentFlag, Environment, EnvironmentId, Feature, FeatureId, FlagState},
    world::{Cell, Change, Known, World},
};

/// The world and the stamps of its cells.
#[derive(Debug, Default)]
pub struct Ledger {
    pub(super) world: World,
    pub(super) stamps: HashMap<Cell, Stamps>,
    /// When what is forgotten was last read or written.
    pub(super) horizon: Stamp,
    pub(super) sightings: Sightings,
    pub(super) shown_segments: ShownSegments,
}

impl Ledger {
    /// The world as it is believed.
    #[must_use]
    pub fn world(&self) -> &World {
        &self.world
    }

    /// When the newest listing of the features was sent; `None` before the first.
    #[must_use]
    pub fn listed_at(&self) -> Option<Stamp> {
        self.sightings.listed_at()
    }

    /// Whether a cell's content is known by a document alone.
    #[must_use]
    pub fn is_hearsay(&self, cell: &Cell) -> bool {
        let stamps = self.stamps.get(cell).filter(|_| matches!(cell, Cell::State(..) | Cell::Identities(..)));
        stamps.is_some_and(|stamps| stamps.source() == Source::Document)
    }

    /// Takes in a list of the environments.
    pub fn take_environments(&mut self, at: Span, list: Vec<Environment>) -> Taken {
        let mut taken = Taken::default();
        if !self.observe(&Cell::Environments, at, Source::Direct) {
            return taken;
        }
        self.world.environments_unknown = false;
        self.note_switched(&list);
        if self.world.environments != list {
            self.keep_environments(list, &mut taken);
        }
        self.forget_environments(at.sent);
        taken
    }

    fn keep_environments(&mut self, list: Vec<Environment>, taken: &mut Taken) {
        let kept: BTreeSet<_> = list.iter().map(|one| one.id).collect();
        self.world.states.retain(|(id, _), _| kept.contains(id));
        self.world.identities.retain(|(id, _), _| kept.contains(id));
        self.sightings.keep(&kept);
        self.shown_segments.keep(&kept);
        self.world.environments = list;
        taken.touched.push(Cell::Environments);
    }

    /// Takes in a list of the features.
    pub fn take_features(&mut self, at: Span, list: Vec<Feature>) -> Taken {
        let mut taken = Taken::default();
        if self.listed_at().is_some_and(|held| held > at.sent) {
            return taken;
        }
        self.sightings.list(at.sent, &list);
        for feature in list {
            let cell = Cell::Definition(feature.name.clone());
            if self.observe(&cell, at, Source::Direct) {
                self.define(feature, &mut taken);
            }
        }
        self.settle_absences(&mut taken);
        self.forget_features(at.sent);
        taken
    }

    /// Takes in an environment's document. A state that differs from what is held is not believed, but suspected; so is
    /// one that was written or lost since: only what was never known is taken from a document.
    pub fn take_document(&mut self, at: Span, document: &Document) -> Taken {
        let mut taken = Taken::default();
        let environment = document.environment;
        let shown: HashMap<_, _> = document.flags.iter().map(|one| (one.id, Some(one.name.clone()))).collect();
        let present: BTreeSet<_> = shown.keys().copied().collect();
        taken.lags = self.sightings.show(environment, at.sent, shown);
        self.settle_absences(&mut taken);
        self.note_segments(at.sent, document);
        for flag in &document.flags {
            self.compare((environment, flag), at, &mut taken);
        }
        self.compare_identities(at, document, &mut taken);
        let vanished = self.vanished(environment, at.sent, &present);
        taken.suspect.extend(vanished.into_iter().map(|cell| Suspect { cell, shown: Shown::Nothing }));
        taken
    }

    /// Takes in a list of an environment's states.
    pub fn take_states(&mut self, at: Span, of: EnvironmentId, states: Vec<(FeatureId, FlagState)>) -> Taken {
        let mut taken = Taken::default();
        let present: BTreeSet<_> = states.iter().map(|(feature, _)| *feature).collect();
        self.sightings.show(of, at.sent, present.iter().map(|feature| (*feature, None)).collect());
        self.settle_absences(&mut taken);
        for (feature, state) in states {
            taken.add(self.take_state(at, &Cell::State(of, feature), Some(state)));
        }
        for cell in self.vanished(of, at.sent, &present) {
            taken.add(self.take_missing(at, &cell));
        }
        taken
    }

    /// Takes in a direct reading of one flag's state; `None` where there is none.
    pub fn take_state(&mut self, at: Span, cell: &Cell, state: Option<FlagState>) -> Taken {
        let mut taken = Taken::default();
        if let Cell::State(environment, feature) = cell
            && self.observe(cell, at, Source::Direct)
        {
            let state = state.map_or(Known::Absent, Known::Present);
            let held = self.world.states.insert((*environment, *feature), state.clone());
            let side = if held == Some(state) { &mut taken.agreed } else { &mut taken.touched };
            side.push(cell.clone());
        }
        taken
    }

    /// Takes in that a direct reading did not find what it looked for: it is unknown until one does.
    pub fn take_missing(&mut self, at: Span, cell: &Cell) -> Taken {
        let mut taken = Taken::default();
        if !self.admits(cell, at.sent) {
            return taken;
        }
        let is_unknown = match cell {
            Cell::State(environment, feature) => self.world.state(*environment, *feature) == Known::Unknown,
            Cell::Identities(environment, feature) => self.world.identities(*environment, *feature) == Known::Unknown,
            _ => return taken,
        };
        if !is_unknown {
            taken.touched.push(cell.clone());
        }
        self.doubt(at.arrived, cell);
        taken
    }

    /// A write of the cell sets out.
    pub fn begin(&mut self, cell: &Cell) {
        self.stamps.entry(cell.clone()).or_default().begin();
    }

    /// A write was answered with the whole of what it wrote.
    pub fn answered(&mut self, now: Stamp, change: &Change, answer: Answer) -> Taken {
        let mut taken = Taken::default();
        let cell = change.cell();
        self.stamps.entry(cell.clone()).or_default().end(now);
        if let (Change::DeleteFeature(feature), Answer::Gone) = (change, &answer) {
            self.sightings.deleted(now, feature.id);
        }
        match (cell, answer) {
            (Cell::Environments, Answer::Unseen) if self.note_switch(change) => {}
            (Cell::Segments, answer) => self.answered_of_segments((now, change), answer, &mut taken),
            (Cell::Environments, Answer::Environment(environment)) => self.settle_in(environment, &mut taken),
            (Cell::Environments, Answer::Gone) => {
                let mut left = self.world.environments.clone();
                left.retain(|one| !matches!(change, Change::DeleteEnvironment(gone) if gone.id == one.id));
                self.keep_environments(left, &mut taken);
            }

            (Cell::Project, Answer::Project(project)) => {
                self.world.project = Some(project);
                taken.touched.push(Cell::Project);
            }
            (Cell::Definition(_), Answer::Feature(feature)) => self.define(feature, &mut taken),
            (Cell::Definition(name), Answer::Gone) => self.undefine(&name, &mut taken),
            (Cell::Tags, Answer::Tag(tag)) => self.settle_tag(tag, &mut taken),
            (Cell::Definition(name), answer @ (Answer::Variant(_) | Answer::VariantGone(_) | Answer::Owners(_))) => {
                self.settle_part(&name, answer, &mut taken);
            }
            (Cell::State(environment, feature), Answer::State(state)) => {
                let state = Known::Present(state);
                self.world.states.insert((environment, feature), state);
            }
            (cell, _) => self.forget(&cell),
        }
        self.unsettle(now, change);
        taken
    }

    /// A write was refused: nothing changed.
    pub fn refused(&mut self, cell: &Cell) {
        self.stamps.entry(cell.clone()).or_default().refused();
    }

    /// A write's answer was lost: the cell is unknown until it is read.
    pub fn lost(&mut self, now: Stamp, cell: &Cell) {
        self.stamps.entry(cell.clone()).or_default().end(now);
        self.forget(cell);
    }

    /// The cell is not as it was believed: unknown until it is read.
    pub fn doubt(&mut self, now: Stamp, cell: &Cell) {
        self.stamps.entry(cell.clone()).or_default().raise(now);
        self.forget(cell);
    }

    pub(super) fn admits(&self, cell: &Cell, sent: Stamp) -> bool {
        self.stamps.get(cell).map_or(sent > self.horizon, |held| held.admits(sent))
    }

    pub(super) fn observe(&mut self, cell: &Cell, at: Span, source: Source) -> bool {
        let admitted = self.admits(cell, at.sent);
        if admitted {
            self.stamps.entry(cell.clone()).or_default().observed(at.arrived, source);
        }
        admitted
    }

    fn compare(&mut self, (environment, flag): (EnvironmentId, &DocumentFlag), at: Span, taken: &mut Taken) {
        if self.sightings.is_gone(flag.id) {
            return;
        }
        let (place, shown) = ((environment, flag.id), &flag.state);
        let cell = Cell::State(environment, flag.id);
        let is_held = self.world.states.get(&place) == Some(&Known::Present(shown.clone()));
        if !self.admits(&cell, at.sent) {
            return;
        }
        let stamps = self.stamps.entry(cell.clone()).or_default();
        if is_held {
            stamps.agreed(at.arrived);
        } else if stamps.is_untouched() {
            stamps.observed(at.arrived, Source::Document);
            self.world.states.insert(place, Known::Present(shown.clone()));
            taken.touched.push(cell);
        } else {
            taken.suspect.push(Suspect { cell, shown: Shown::State(shown.clone()) });
        }
    }

    /// The states that are held of an environment, though what was sent then does not show them.
    fn vanished(&self, environment: EnvironmentId, sent: Stamp, present: &BTreeSet<FeatureId>) -> Vec<Cell> {
        let held = self.world.states.iter().filter(|(_, known)| matches!(known, Known::Present(_)));
        let here = held.filter(|((at, feature), _)| *at == environment && !present.contains(feature));
        let cells = here.map(|((at, feature), _)| Cell::State(*at, *feature));
        cells.filter(|cell| self.admits(cell, sent)).collect()
    }

    fn settle_in(&mut self, environment: Environment, taken: &mut Taken) {
        let held = self.world.environments.iter_mut().find(|one| one.id == environment.id);
        match held {
            Some(held) if *held == environment => return,
            Some(held) => *held = environment,
            None => self.world.environments.push(environment),
        }
        taken.touched.push(Cell::Environments);
    }

    pub(super) fn forget(&mut self, cell: &Cell) {
        match cell {
            Cell::Project => self.world.project = None,
            Cell::Environments => self.world.environments_unknown = true,
            Cell::Segments => self.world.segments_unknown = true,
            Cell::Tags => self.world.tags_unknown = true,
            Cell::People => self.world.people = Known::Unknown,
            Cell::Definition(name) => {
                self.world.definitions.insert(name.clone(), Known::Unknown);
            }
            Cell::State(environment, feature) => {
                let at = (*environment, *feature);
                self.world.states.insert(at, Known::Unknown);
            }
            Cell::Identities(environment, feature) => {
                self.world.identities.insert((*environment, *feature), Known::Unknown);
            }
        }
    }
}
