//! Keeps a [`World`] fresh and says what changed: for Flagsmith what an informer is for Kubernetes.
//!
//! A mirror reads a project in a few requests that do not grow with its flags, takes in the answer of each write, and
//! tells which things changed. It decides nothing about what should be, and never tries anything again by itself.

mod definition;
mod definitions;
mod forgetting;
mod health;
mod identities;
mod keeper;
#[cfg(test)]
mod laws;
mod ledger;
mod listings;
mod lock;
mod making;
mod people;
mod poll;
mod presence;
mod publisher;
mod resting;
mod sightings;
mod stamp;
mod switching;
mod taken;
mod transport;
mod unanswered;
mod under_way;

use std::{
    collections::BTreeSet,
    fmt,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

pub use health::Health;
pub use keeper::keep;
pub use ledger::Ledger;
pub use lock::{Place, WriteLocks};
pub use poll::Depth;
pub use resting::Silence;
pub use stamp::{Clock, Monotonic, Span, Stamp};
pub use taken::Taken;
pub use transport::{Answer, ProjectClient, Transport, Write};

use publisher::Users;
use unanswered::Unanswered;
use under_way::UnderWay;

use crate::{
    flagsmith::{EnvironmentId, EnvironmentKey, Error, FeatureName, ProjectId, Purpose, SegmentName},
    world::{Cell, Change, World},
};

/// What changed in a project, by the names that objects use.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Touch {
    /// A feature, in its definition or in some environment.
    Feature(FeatureName),
    /// A segment, by the name that it has or had.
    Segment(SegmentName),
    /// The mirror's health is another.
    Project,
    /// Flagsmith refuses the credential, or lacks a route that it should have.
    Connection,
    /// The world was read for the first time, or is to be looked at anew.
    Everything,
}

/// What a mirror stands on besides its transport and its clock.
#[derive(Clone, Debug)]
pub struct Ground {
    /// The server, normalised.
    pub server: String,
    /// The project.
    pub project: ProjectId,
    /// The locks that all mirrors share.
    pub locks: Arc<WriteLocks>,
    /// Who is told of changes. It must not block, nor look at the mirror.
    pub listener: Arc<dyn Listener>,
}

/// Who is told of what changed.
pub trait Listener: fmt::Debug + Send + Sync + 'static {
    /// Takes note of a change.
    fn touched(&self, project: ProjectId, touch: Touch);
}

/// One project, kept fresh.
#[derive(Debug)]
pub struct Mirror<T, C> {
    transport: T,
    clock: C,
    ground: Ground,
    ledger: Mutex<Ledger>,
    health: Mutex<Health>,
    unanswered: Mutex<Unanswered>,
    users: Users,
    /// When the last poll that succeeded began.
    polled: Mutex<Instant>,
    relisting: tokio::sync::Mutex<()>,
    lists_wanted: AtomicBool,
    is_kept: AtomicBool,
}

/// The mirror that the operator runs.
pub type LiveMirror = Mirror<ProjectClient, Monotonic>;

impl<T: Transport, C: Clock> Mirror<T, C> {
    /// A mirror that has seen nothing yet.
    pub fn new(transport: T, clock: C, ground: Ground) -> Self {
        Self {
            transport,
            clock,
            ground,
            ledger: Mutex::default(),
            health: Mutex::default(),
            unanswered: Mutex::default(),
            users: Users::default(),
            polled: Mutex::new(Instant::now()),
            relisting: tokio::sync::Mutex::default(),
            lists_wanted: AtomicBool::new(false),
            is_kept: AtomicBool::new(false),
        }
    }

    /// Looks at the world as it is believed. The look must be short: reads and writes wait for it.
    pub fn read<R>(&self, look: impl FnOnce(&World) -> R) -> R {
        look(self.ledger().world())
    }

    /// How well the mirror is.
    pub fn health(&self) -> Health {
        self.health.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// How long ago the project was read without an error; before that, for how long it was not.
    pub fn age(&self) -> Duration {
        self.polled.lock().unwrap_or_else(PoisonError::into_inner).elapsed()
    }

    /// Whether somebody keeps it fresh; else whoever looks at it has it read first.
    pub fn is_kept(&self) -> bool {
        self.is_kept.load(Ordering::Relaxed)
    }

    /// The project.
    pub fn project(&self) -> ProjectId {
        self.ground.project
    }

    /// The cells of those changes that are known by a document alone, which may lag.
    pub fn hearsay(&self, changes: &[Change]) -> Vec<Cell> {
        let ledger = self.ledger();
        let cells = changes.iter().map(Change::cell);
        cells.filter(|cell| ledger.is_hearsay(cell)).collect()
    }

    /// Whether a cell is known by a document alone, which may lag.
    pub fn is_hearsay(&self, cell: &Cell) -> bool {
        self.ledger().is_hearsay(cell)
    }

    /// How long ago the creation of a segment of that name was sent whose answer never came: it may still be carried out.
    pub fn unanswered(&self, name: &SegmentName) -> Option<Duration> {
        self.unanswered.lock().unwrap_or_else(PoisonError::into_inner).since(name)
    }

    /// Whether the server failed to make an environment under that key.
    pub fn has_failed(&self, key: &EnvironmentKey) -> bool {
        self.unanswered.lock().unwrap_or_else(PoisonError::into_inner).has_failed(key)
    }

    /// A creation whose answer never came can no longer be carried out.
    pub fn is_over(&self, name: &SegmentName) {
        self.unanswered.lock().unwrap_or_else(PoisonError::into_inner).forget(name);
    }

    /// Carries out one write, alone in its cell, and takes in its answer.
    ///
    /// # Errors
    /// As the transport; after an ambiguous error the cell is unknown until it is read.
    pub async fn apply(&self, change: &Change, purpose: Purpose) -> Result<(), Error> {
        let place = Place { server: self.ground.server.clone(), project: self.ground.project };
        let _turn = self.ground.locks.hold(place, change).await;
        let key = change.environment().and_then(|id| self.key(id));
        let write = Write { change, key: key.as_ref(), purpose };
        let under_way = UnderWay::begin(self, change);
        let answer = self.transport.write(write).await;
        let taken = under_way.end(answer)?;
        self.read_created(change).await;
        self.tell(&taken);
        Ok(())
    }

    fn key(&self, id: EnvironmentId) -> Option<EnvironmentKey> {
        self.read(|world| world.environment_by_id(id).map(|one| one.key.clone()))
    }

    fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells whoever names the things that were touched.
    fn tell(&self, taken: &Taken) {
        let mut touches: BTreeSet<FeatureName> = BTreeSet::new();
        for cell in &taken.touched {
            match cell {
                Cell::Definition(name) => {
                    touches.insert(name.clone());
                }
                Cell::State(_, feature) | Cell::Identities(_, feature) => {
                    touches.extend(self.ledger().feature_name(*feature));
                }
                // Told by name.
                Cell::Segments => {}
                Cell::Project => self.send(Touch::Project),
                Cell::Environments | Cell::Tags | Cell::People => self.send(Touch::Everything),
            }
        }
        for name in &taken.segments {
            self.send(Touch::Segment(name.clone()));
        }
        for name in touches {
            self.send(Touch::Feature(name));
        }
    }

    fn send(&self, touch: Touch) {
        self.ground.listener.touched(self.ground.project, touch);
    }
}

/// At most, between two polls for the server's sake: one slow answer must not make us blind for an hour.
const LONGEST_RESPITE: Duration = Duration::from_secs(300);

/// Between two polls, at least: fifty times what the last document cost, so that polling takes some 2 % of a server's time.
#[must_use]
pub fn effective_interval(wanted: Duration, last_document: Duration) -> Duration {
    wanted.max((last_document * 50).min(LONGEST_RESPITE))
}
