//! The world and the stamps that say how far it may be believed. Pure: no clock, no request.

use std::collections::{BTreeSet, HashMap};

use super::{
    stamp::{Source, Stamp, Stamps},
    transport::Answer,
};
use crate::{
    flagsmith::{Document, Environment, EnvironmentId, Feature, FeatureId, FeatureName, FlagState},
    world::{Cell, Change, Known, World},
};

/// The world and the stamps of its cells.
#[derive(Debug, Default)]
pub struct Ledger {
    world: World,
    stamps: HashMap<Cell, Stamps>,
    listed: Option<Listing>,
    documents: HashMap<EnvironmentId, Contents>,
}

/// The names that a listing of the features held.
#[derive(Debug)]
struct Listing {
    sent: Stamp,
    names: BTreeSet<FeatureName>,
}

/// The features that an environment's last document held.
#[derive(Debug)]
struct Contents {
    sent: Stamp,
    names: BTreeSet<FeatureName>,
}

/// What an observation did.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Taken {
    /// The cells whose content is now another.
    pub touched: Vec<Cell>,
    /// The states that a document shows otherwise than they are held: to be read one by one before they are believed.
    pub suspect: Vec<Cell>,
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
        self.listed.as_ref().map(|listing| listing.sent)
    }

    /// Whether a cell's content is known by a document alone.
    #[must_use]
    pub fn is_hearsay(&self, cell: &Cell) -> bool {
        self.stamps.get(cell).is_some_and(|stamps| stamps.source() == Source::Document)
    }

    /// Takes in a list of the environments.
    pub fn take_environments(&mut self, sent: Stamp, list: Vec<Environment>) -> Taken {
        let mut taken = Taken::default();
        if !self.observe(&Cell::Environments, sent, Source::Direct) {
            return taken;
        }
        self.world.environments_unknown = false;
        if self.world.environments != list {
            let kept: BTreeSet<_> = list.iter().map(|one| one.id).collect();
            self.world.states.retain(|(id, _), _| kept.contains(id));
            self.documents.retain(|id, _| kept.contains(id));
            self.world.environments = list;
            taken.touched.push(Cell::Environments);
        }
        taken
    }

    /// Takes in a list of the features.
    pub fn take_features(&mut self, sent: Stamp, list: Vec<Feature>) -> Taken {
        let mut taken = Taken::default();
        if self.listed_at().is_some_and(|held| held > sent) {
            return taken;
        }
        let names = list.iter().map(|one| one.name.clone()).collect();
        self.listed = Some(Listing { sent, names });
        for feature in list {
            let cell = Cell::Definition(feature.name.clone());
            if self.observe(&cell, sent, Source::Direct) {
                self.define(feature, &mut taken);
            }
        }
        self.settle_absences(&mut taken);
        taken
    }

    /// Takes in an environment's document. A state that differs from what is held is not believed, but suspected.
    pub fn take_document(&mut self, sent: Stamp, document: &Document) -> Taken {
        let mut taken = Taken::default();
        let environment = document.environment;
        let older = self.documents.get(&environment);
        if older.is_some_and(|held| held.sent > sent) {
            return taken;
        }
        let names = document.flags.iter().map(|one| one.name.clone()).collect();
        self.documents.insert(environment, Contents { sent, names });
        let mut present = BTreeSet::new();
        for shown in &document.flags {
            present.insert(shown.id);
            let cell = Cell::State(environment, shown.id);
            self.compare(&cell, sent, &shown.state, &mut taken);
        }
        let vanished = self.world.states.iter().filter(|((at, feature), held)| {
            *at == environment && matches!(held, Known::Present(_)) && !present.contains(feature)
        });
        let vanished: Vec<_> = vanished.map(|((at, id), _)| Cell::State(*at, *id)).collect();
        let admitted = vanished.into_iter().filter(|cell| self.admits(cell, sent));
        let admitted: Vec<_> = admitted.collect();
        taken.suspect.extend(admitted);
        self.settle_absences(&mut taken);
        taken
    }

    /// Takes in a direct reading of one flag's state.
    pub fn take_state(&mut self, sent: Stamp, cell: &Cell, state: Known<FlagState>) -> Taken {
        let mut taken = Taken::default();
        if let Cell::State(environment, feature) = cell
            && self.observe(cell, sent, Source::Direct)
        {
            let held = self.world.states.insert((*environment, *feature), state.clone());
            if held != Some(state) {
                taken.touched.push(cell.clone());
            }
        }
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
        match (cell, answer) {
            (Cell::Environments, Answer::Environment(environment)) => {
                self.world.environments.retain(|one| one.id != environment.id);
                self.world.environments.push(environment);
                taken.touched.push(Cell::Environments);
            }
            (Cell::Definition(_), Answer::Feature(feature)) => self.define(feature, &mut taken),
            (Cell::Definition(name), Answer::Gone) => self.undefine(&name, &mut taken),
            (Cell::State(environment, feature), Answer::State(state)) => {
                let state = Known::Present(state);
                self.world.states.insert((environment, feature), state);
            }
            (cell, _) => self.forget(&cell),
        }
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

    fn admits(&self, cell: &Cell, sent: Stamp) -> bool {
        self.stamps.get(cell).is_none_or(|held| held.admits(sent))
    }

    fn observe(&mut self, cell: &Cell, sent: Stamp, source: Source) -> bool {
        let stamps = self.stamps.entry(cell.clone()).or_default();
        let admitted = stamps.admits(sent);
        if admitted {
            stamps.observed(sent, source);
        }
        admitted
    }

    fn agree(&mut self, cell: &Cell, sent: Stamp) {
        let stamps = self.stamps.entry(cell.clone()).or_default();
        if stamps.admits(sent) {
            stamps.agreed(sent);
        }
    }

    fn compare(&mut self, cell: &Cell, sent: Stamp, shown: &FlagState, taken: &mut Taken) {
        let Cell::State(environment, feature) = cell else {
            return;
        };
        let at = (*environment, *feature);
        match self.world.state(at.0, at.1) {
            Known::Present(held) if held == shown => self.agree(cell, sent),
            Known::Present(_) if self.admits(cell, sent) => taken.suspect.push(cell.clone()),
            Known::Present(_) => {}
            Known::Unknown | Known::Absent => {
                if self.observe(cell, sent, Source::Document) {
                    self.world.states.insert(at, Known::Present(shown.clone()));
                    taken.touched.push(cell.clone());
                }
            }
        }
    }

    fn define(&mut self, feature: Feature, taken: &mut Taken) {
        let name = feature.name.clone();
        let held = self.world.definitions.get(&name);
        if held != Some(&Known::Present(feature.clone())) {
            taken.touched.push(Cell::Definition(name.clone()));
            self.world.definitions.insert(name, Known::Present(feature));
        }
    }

    fn undefine(&mut self, name: &FeatureName, taken: &mut Taken) {
        let held = self.world.definitions.remove(name);
        if let Some(Known::Present(feature)) = &held {
            let gone = feature.id;
            self.world.states.retain(|(_, id), _| *id != gone);
        }
        if held.is_some() {
            taken.touched.push(Cell::Definition(name.clone()));
        }
    }

    fn forget(&mut self, cell: &Cell) {
        match cell {
            Cell::Environments => self.world.environments_unknown = true,
            Cell::Definition(name) => {
                self.world.definitions.insert(name.clone(), Known::Unknown);
            }
            Cell::State(environment, feature) => {
                let at = (*environment, *feature);
                self.world.states.insert(at, Known::Unknown);
            }
        }
    }

    /// Absent needs a list and a document both newer than the floor; less than that is unknown.
    fn settle_absences(&mut self, taken: &mut Taken) {
        let Some(listing) = &self.listed else { return };
        let shown = self.documents.values().flat_map(|held| held.names.iter());
        let candidates: BTreeSet<FeatureName> =
            shown.chain(self.world.definitions.keys()).filter(|name| !listing.names.contains(*name)).cloned().collect();
        for name in candidates {
            let verdict = self.absence(&name);
            match verdict {
                Absence::Proved => self.undefine(&name, taken),
                Absence::Open => self.open(name, taken),
                Absence::Outdated => {}
            }
        }
    }

    fn absence(&self, name: &FeatureName) -> Absence {
        let stamps = self.stamps.get(&Cell::Definition(name.clone())).copied().unwrap_or_default();
        let Some(listing) = &self.listed else {
            return Absence::Open;
        };
        if !stamps.admits(listing.sent) {
            return Absence::Outdated;
        }
        let mut newer = self.documents.values().filter(|held| stamps.is_below(held.sent)).peekable();
        let no_environment = self.world.environments.is_empty();
        if newer.peek().is_none() && !no_environment {
            return Absence::Open;
        }
        if newer.any(|held| held.names.contains(name)) { Absence::Open } else { Absence::Proved }
    }

    fn open(&mut self, name: FeatureName, taken: &mut Taken) {
        let held = self.world.definitions.get(&name);
        if held != Some(&Known::Unknown) {
            taken.touched.push(Cell::Definition(name.clone()));
            self.world.definitions.insert(name, Known::Unknown);
        }
    }

    /// The name of a feature that is known to be there.
    #[must_use]
    pub fn feature_name(&self, id: FeatureId) -> Option<FeatureName> {
        let mut features = self.world.definitions.iter();
        features.find_map(|(name, known)| match known {
            Known::Present(feature) if feature.id == id => Some(name.clone()),
            _ => None,
        })
    }

    /// Whether some name is neither listed nor proved absent.
    #[must_use]
    pub fn has_open_definitions(&self) -> bool {
        let mut known = self.world.definitions.values();
        known.any(|one| *one == Known::Unknown)
    }
}

/// What may be said of a name that the list does not hold.
enum Absence {
    /// It is absent.
    Proved,
    /// It is neither listed nor proved absent.
    Open,
    /// The list is older than what is held.
    Outdated,
}
