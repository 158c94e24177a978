//! The laws of a mirror, held against the server's true history after each step.

use std::collections::BTreeMap;

use super::{
    model::{Key, Version, held},
    wire::{Ask, Reply, Wire},
};
use crate::{
    flagsmith::{EnvironmentId, Error, FeatureName},
    mirror::Answer,
    world::{Cell, Change, Known, World},
};

/// What has been seen so far, and when.
#[derive(Debug, Default)]
pub struct Witness {
    /// The oldest version of each cell that what is held may be.
    least: BTreeMap<Key, usize>,
    /// Whether each name was absent at the last look.
    absent: BTreeMap<FeatureName, bool>,
    /// When the last write of each cell was answered or lost.
    floors: BTreeMap<Cell, u64>,
    /// When the answer of a write was lost that nothing has read since.
    lost: BTreeMap<Cell, u64>,
    /// When the newest direct reading that was answered set out.
    read: BTreeMap<Cell, u64>,
    environments: u64,
    segments: u64,
    features: Vec<(u64, Vec<FeatureName>)>,
    document: u64,
}

impl Witness {
    /// An answer has reached the mirror.
    pub fn answered(&mut self, (ask, sent): (&Ask, u64), answer: &Result<Reply, Error>, wire: &mut Wire) {
        let now = wire.event();
        match (ask, answer) {
            (Ask::Write(change), Ok(Reply::Written(answer))) => self.wrote(change, answer, (now, wire)),
            (Ask::Write(change), Err(error)) if error.ambiguous() => self.gave_up(change, now),
            (Ask::Write(change), Err(Error::NotFound)) => self.gave_up(change, now),
            (_, Ok(Reply::Environments(_))) => self.environments = self.environments.max(sent),
            (_, Ok(Reply::Segments(_))) => self.segments = self.segments.max(sent),
            (_, Ok(Reply::Features(list))) => {
                self.features.push((sent, list.iter().map(|one| one.name.clone()).collect()));
            }
            (_, Ok(Reply::Document(_))) => self.document = self.document.max(sent),
            (_, Ok(Reply::States(environment, states))) => {
                self.document = self.document.max(sent);
                for (feature, _) in states {
                    self.reads(Cell::State(*environment, *feature), sent);
                }
            }
            (_, Ok(Reply::Identities(environment, Some(feature), _))) => {
                self.reads(Cell::Identities(*environment, *feature), sent);
            }
            (_, Ok(Reply::Identities(environment, None, _))) => {
                let places: Vec<_> = wire.server.places.iter().filter(|(at, _)| at == environment).copied().collect();
                for (at, feature) in places {
                    self.reads(Cell::Identities(at, feature), sent);
                }
            }
            (_, Ok(Reply::Flag(environment, feature, _))) => self.reads(Cell::State(*environment, *feature), sent),
            (_, Ok(Reply::Written(_) | Reply::Tags(_)) | Err(_)) => {}
        }
    }

    /// The answer of a write was lost.
    pub fn gave_up(&mut self, change: &Change, now: u64) {
        self.floors.insert(change.cell(), now);
        self.lost.insert(change.cell(), now);
    }

    fn reads(&mut self, cell: Cell, sent: u64) {
        let newest = self.read.entry(cell).or_default();
        *newest = sent.max(*newest);
    }

    fn wrote(&mut self, change: &Change, answer: &Answer, (now, wire): (u64, &Wire)) {
        let cell = change.cell();
        self.floors.insert(cell.clone(), now);
        if !matches!(cell, Cell::Environments | Cell::Segments) {
            self.lost.remove(&cell);
        }
        let (key, version) = match (change, answer) {
            (_, Answer::Environment(one)) => (Key::Environment(one.id), Some(format!("{one:?}"))),
            (_, Answer::Segment(one)) => (Key::Segment(one.id), Some(format!("{one:?}"))),
            (Change::DeleteEnvironment(gone), Answer::Gone) => (Key::Environment(gone.id), None),
            (Change::DeleteSegment(segment), Answer::Gone) => (Key::Segment(segment.id), None),
            (_, Answer::Feature(one)) => (Key::Definition(one.name.clone()), Some(format!("{one:?}"))),
            (
                Change::SetState { environment, feature, .. } | Change::RestoreState { environment, feature, .. },
                Answer::State(one),
            ) => (Key::State(*environment, feature.id), Some(format!("{one:?}"))),
            (_, Answer::Unseen) => {
                self.lost.insert(cell, now);
                return;
            }
            (Change::DeleteFeature(feature), Answer::Gone) => {
                self.absent.insert(feature.name.clone(), true);
                (Key::Definition(feature.name.clone()), None)
            }
            other => unreachable!("{other:?}"),
        };
        self.raise(&key, &version, &wire.server.history[&key]);
    }

    /// What is held is that version, which must not be older than what was seen before.
    fn raise(&mut self, key: &Key, version: &Version, history: &[Version]) {
        let least = self.least.entry(key.clone()).or_default();
        let at = (*least..history.len()).find(|at| history[*at] == *version);
        *least = at.unwrap_or_else(|| {
            panic!("{key:?} is held as {version:?}, older than what was seen: version {least} of {history:?}")
        });
    }

    /// What the mirror holds obeys the laws.
    pub fn look(&mut self, world: &World, wire: &Wire) {
        let is_there = |key: &Key| match key {
            Key::State(environment, feature) | Key::Identities(environment, feature) => {
                let mut features = world.definitions.values().filter_map(|known| known.as_ref().present());
                world.environment_by_id(*environment).is_some() && features.any(|one| one.id == *feature)
            }
            Key::Environment(_) | Key::Definition(_) | Key::Segment(_) => true,
        };
        for (key, history) in wire.server.history.iter().filter(|(key, _)| is_there(key)) {
            let version = match held(world, key) {
                Known::Unknown => {
                    self.notice(key, false, world);
                    continue;
                }
                Known::Absent => None,
                Known::Present(text) => Some(text),
            };
            self.trusts(key);
            self.notice(key, version.is_none(), world);
            self.raise(key, &version, history);
        }
    }

    /// A cell whose write was lost is unknown until a read that was sent afterwards.
    fn trusts(&mut self, key: &Key) {
        let (cell, read) = match key {
            Key::Environment(_) => (Cell::Environments, self.environments),
            Key::Segment(_) => (Cell::Segments, self.segments),
            Key::Definition(name) => {
                (Cell::Definition(name.clone()), self.features.last().map_or(0, |(sent, _)| *sent))
            }
            Key::State(environment, feature) => {
                let cell = Cell::State(*environment, *feature);
                (cell.clone(), self.read.get(&cell).copied().unwrap_or_default())
            }
            Key::Identities(environment, feature) => {
                let cell = Cell::Identities(*environment, *feature);
                (cell.clone(), self.read.get(&cell).copied().unwrap_or_default())
            }
        };
        if let Some(lost) = self.lost.get(&cell) {
            assert!(
                read > *lost,
                "{key:?} is believed though the answer of its write was lost and nothing read it since"
            );
            self.lost.remove(&cell);
        }
    }

    /// A name becomes absent only by the answer of a deletion, or by a list and a document newer than its last write.
    fn notice(&mut self, key: &Key, is_absent: bool, world: &World) {
        let Key::Definition(name) = key else { return };
        let was_absent = self.absent.insert(name.clone(), is_absent).unwrap_or(true);
        if !is_absent || was_absent {
            return;
        }
        let floor = self.floors.get(&Cell::Definition(name.clone())).copied().unwrap_or_default();
        let is_unlisted = |(sent, names): &(u64, Vec<FeatureName>)| *sent > floor && !names.contains(name);
        assert!(self.features.last().is_some_and(is_unlisted), "{name} is absent without a list that says so");
        let is_bare = world.environments.is_empty();
        assert!(is_bare || self.document > floor, "{name} is absent without a document that says so");
    }

    /// All that the server has, and nothing else, is held.
    pub fn is_whole(world: &World, wire: &Wire) {
        let server = &wire.server;
        let has = |environment, feature| {
            let mut environments = server.environments.iter();
            environments.any(|one| one.id == environment) && server.features.iter().any(|one| one.id == feature)
        };
        for (key, history) in &server.history {
            let truth = history.last().unwrap().clone();
            let believed = match (held(world, key), key) {
                // By whatever state nobody comes to a feature, or an environment, that is gone.
                (_, Key::State(environment, feature) | Key::Identities(environment, feature))
                    if !has(*environment, *feature) =>
                {
                    None
                }
                // Not read by itself yet, or read and not found.
                (Known::Unknown, Key::State(..)) if truth.is_none() => None,
                // No document tells, not of a flag without a state either, and nobody asked.
                (Known::Unknown, Key::Identities(environment, feature))
                    if server.is_silent || !server.states.contains_key(&(*environment, *feature)) =>
                {
                    truth.clone()
                }
                (Known::Present(text), _) => Some(text),
                (Known::Absent, _) => None,
                (Known::Unknown, _) => panic!("{key:?} is unknown though all was read"),
            };
            assert_eq!(believed, truth, "{key:?} after all was read");
        }
        let names: Vec<_> = world.definitions.keys().collect();
        assert_eq!(names.len(), server.features.len(), "{names:?} after all was read");
        let ids: Vec<EnvironmentId> = world.environments.iter().map(|one| one.id).collect();
        assert_eq!(ids, server.environments.iter().map(|one| one.id).collect::<Vec<_>>());
    }
}
