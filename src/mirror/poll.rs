//! Reading the project: documents often, lists seldom, single flags where a document is not to be believed.

use std::{
    sync::{PoisonError, atomic::Ordering},
    time::{Duration, Instant},
};

use super::{
    Clock, Health, Mirror, Taken, Transport,
    stamp::{Span, Stamp},
    taken::{Shown, Suspect},
};
use crate::{
    flagsmith::{Environment, EnvironmentName, Error, FeatureId, StateList},
    world::{Cell, Known},
};

/// Above so many suspects in one environment, its list of states is read instead of each flag.
const FEW_SUSPECTS: usize = 20;

/// How much of the project a poll reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// One document for each environment.
    Documents,
    /// The lists of environments and features, and the documents.
    Whole,
}

impl<T: Transport, C: Clock> Mirror<T, C> {
    /// Reads the project and tells what changed.
    ///
    /// # Errors
    /// As the transport, where the whole project is out of reach. What fails for one environment alone is in [`Health`].
    pub async fn poll(&self, depth: Depth) -> Result<(), Error> {
        let _turn = self.relisting.lock().await;
        self.observe(depth).await
    }

    /// Reads the lists, unless somebody did since this was asked for.
    ///
    /// # Errors
    /// As [`Mirror::poll`].
    pub async fn relist(&self) -> Result<(), Error> {
        let asked = self.clock.now();
        let _turn = self.relisting.lock().await;
        if self.ledger().listed_at().is_some_and(|listed| listed > asked) {
            return Ok(());
        }
        self.observe(Depth::Whole).await
    }

    /// Has the next poll read the lists: something that they may hold is waited for.
    pub fn want_lists(&self) {
        self.lists_wanted.store(true, Ordering::Relaxed);
    }

    /// Reads those cells, each by itself.
    ///
    /// # Errors
    /// As the transport, for the first cell that could not be read; the others are read all the same.
    pub async fn look(&self, cells: &[Cell]) -> Result<(), Error> {
        let is_listed = |cell: &Cell| {
            matches!(cell, Cell::Project | Cell::Environments | Cell::Definition(_) | Cell::Segments | Cell::Tags)
        };
        if cells.iter().any(is_listed) {
            self.relist().await?;
        }
        let mut outcome = Ok(());
        if cells.contains(&Cell::People) {
            outcome = self.look_at_people().await;
        }
        for cell in cells {
            if let Cell::State(environment, feature) | Cell::Identities(environment, feature) = cell
                && let Some(environment) = self.read(|world| world.environment_by_id(*environment).cloned())
            {
                let looked = self.look_at(&environment, cell).await;
                if looked == Err(Error::NotFound) {
                    self.doubt_definition(*feature);
                }
                outcome = outcome.and(looked.map(drop));
            }
        }
        outcome
    }

    async fn look_at(&self, at: &Environment, cell: &Cell) -> Result<Taken, Error> {
        match cell {
            Cell::State(_, feature) => self.look_at_state(at, *feature).await,
            Cell::Identities(_, feature) => self.look_at_identities(at, *feature).await,
            _ => Ok(Taken::default()),
        }
    }

    /// A feature is not where it is believed to be: the lists tell what became of it.
    fn doubt_definition(&self, feature: FeatureId) {
        let now = self.clock.now();
        let mut ledger = self.ledger();
        if let Some(name) = ledger.feature_name(feature) {
            ledger.doubt(now, &Cell::Definition(name));
        }
        drop(ledger);
        self.want_lists();
    }

    async fn observe(&self, depth: Depth) -> Result<(), Error> {
        let (mut health, began) = (self.health(), Instant::now());
        let outcome = self.observe_into(&mut health, depth).await;
        if outcome.is_ok() {
            *self.polled.lock().unwrap_or_else(PoisonError::into_inner) = began;
        }
        health.loaded |= outcome.is_ok();
        health.error = outcome.clone().err();
        self.recover(&health);
        outcome
    }

    async fn observe_into(&self, health: &mut Health, depth: Depth) -> Result<(), Error> {
        let wanted = self.lists_wanted.swap(false, Ordering::Relaxed);
        let mut news = Taken::default();
        let mut outcome = Ok(());
        if wanted || depth == Depth::Whole || !health.loaded {
            outcome = self.list(health, &mut news).await.inspect_err(|_| self.want_lists());
        }
        if outcome.is_ok() {
            outcome = self.read_documents(health).await;
        }
        // What is new on the lists is told once the documents were read: else each flag would be read by itself.
        self.tell(&news);
        outcome
    }

    async fn read_documents(&self, health: &mut Health) -> Result<(), Error> {
        health.slowest_document = Duration::ZERO;
        let environments = self.read(|world| world.environments.clone());
        let is_there = |name: &EnvironmentName| environments.iter().any(|one| one.name == *name);
        health.lagging.retain(is_there);
        health.failing.retain(|name, _| is_there(name));
        let mut outcome = Ok(());
        for environment in &environments {
            let read = self.read_document(environment, health).await;
            // What is wrong with one environment keeps no other from being read.
            let is_its_own = matches!(read, Err(Error::Server { .. } | Error::Timeout { .. } | Error::Shape { .. }));
            outcome = outcome.and(read);
            if outcome.is_err() && !is_its_own {
                return outcome;
            }
        }
        if self.ledger().wants_lists() {
            self.want_lists();
        }
        outcome
    }

    /// Reads the lists. One moment stands for both: whoever asked before it has both.
    async fn list(&self, health: &mut Health, news: &mut Taken) -> Result<(), Error> {
        let sent = self.clock.now();
        let environments = self.transport.environments().await?;
        news.add(self.ledger().take_environments(self.since(sent), environments));
        let segments = self.transport.segments().await?;
        news.add(self.ledger().take_segments(self.since(sent), segments));
        let list = self.transport.features().await?;
        news.add(self.ledger().take_features(self.since(sent), list.features));
        health.listed_at = list.date;
        // After the features, so that each tag that one of them has is on the list.
        let tags = self.transport.tags().await?;
        news.add(self.ledger().take_tags(self.since(sent), tags));
        self.list_people(news).await;
        self.list_project(news).await
    }

    pub(super) async fn read_document(&self, at: &Environment, health: &mut Health) -> Result<(), Error> {
        let (sent, began) = (self.clock.now(), Instant::now());
        match self.transport.document(&at.key).await {
            Ok(document) => {
                health.slowest_document = health.slowest_document.max(began.elapsed());
                health.failing.remove(&at.name);
                let taken = self.ledger().take_document(self.since(sent), &document);
                self.tell(&taken);
                self.confirm(at, (sent, taken), health).await?;
                if document.identities.is_none() {
                    self.read_identities(at).await?;
                }
                Ok(())
            }
            // One broken flag breaks the whole document, for everyone (facts.md §6); an old server may have none.
            Err(Error::Server { .. } | Error::Shape { .. } | Error::RouteMissing) => {
                health.lagging.remove(&at.name);
                // It fails, whatever becomes of the list.
                health.failing.entry(at.name.clone()).or_default();
                self.read_states(at, health).await?;
                self.read_identities(at).await.map(drop)
            }
            // Gone, or no longer ours to see: the lists tell, and once is enough.
            Err(Error::NotFound | Error::Forbidden { .. }) => {
                health.lagging.remove(&at.name);
                if health.failing.insert(at.name.clone(), Vec::new()).is_none() {
                    self.want_lists();
                }
                Ok(())
            }
            Err(error) => Err(error),
        }
    }

    /// Reads what a document shows otherwise than it is held. Where the reads side with what is held, the document lags.
    async fn confirm(&self, at: &Environment, (sent, shown): (Stamp, Taken), health: &mut Health) -> Result<(), Error> {
        let Taken { mut suspect, lags, touched: _, segments: _, agreed: _ } = shown;
        let (mut read, suspects) = (Taken::default(), suspect.len());
        let is_state = |one: &Suspect| matches!(one.cell, Cell::State(..));
        if suspect.len() > FEW_SUSPECTS || (health.lagging.contains(&at.name) && !suspect.is_empty()) {
            if suspect.iter().any(is_state) {
                read = self.read_states(at, health).await?;
            }
            if !suspect.iter().all(is_state) {
                read.add(self.read_identities(at).await?);
            }
        } else {
            let mut asked = Vec::new();
            for one in suspect {
                // What was written or read since the document was sent says nothing of the document.
                if self.ledger().admits(&one.cell, sent) {
                    read.add(self.confirm_one(at, &one.cell).await?);
                    asked.push(one);
                }
            }
            suspect = asked;
        }
        // What is served to identities may be again what it was, and of a flag that is gone it is nothing: that proves no lag.
        let mut states = suspect.iter().filter(|one| is_state(one));
        if lags || states.clone().any(|one| read.agreed.contains(&one.cell) && !self.is_held(one)) {
            health.lagging.insert(at.name.clone());
        } else if suspect.len() == suspects && states.all(|one| read.touched.contains(&one.cell)) {
            health.lagging.remove(&at.name);
        }
        Ok(())
    }

    /// Whether a cell is held, by now, as the document showed it.
    fn is_held(&self, suspect: &Suspect) -> bool {
        self.read(|world| match (&suspect.cell, &suspect.shown) {
            (Cell::State(environment, feature), Shown::State(shown)) => {
                world.state(*environment, *feature) == Known::Present(shown)
            }
            (Cell::Identities(environment, feature), Shown::Identities(shown)) => {
                world.identities(*environment, *feature) == Known::Present(shown)
            }
            (_, Shown::Nothing | Shown::State(_) | Shown::Identities(_)) => false,
        })
    }

    async fn confirm_one(&self, at: &Environment, cell: &Cell) -> Result<Taken, Error> {
        let sent = self.clock.now();
        match self.look_at(at, cell).await {
            // The feature went, or cannot be read here: unknown, until the lists or its own object's read say more.
            Err(Error::NotFound | Error::Server { .. }) => {
                let taken = self.ledger().take_missing(self.since(sent), cell);
                if !taken.touched.is_empty() {
                    self.want_lists();
                }
                self.tell(&taken);
                Ok(taken)
            }
            outcome => outcome,
        }
    }

    async fn look_at_state(&self, at: &Environment, feature: FeatureId) -> Result<Taken, Error> {
        let sent = self.clock.now();
        let state = self.transport.state(&at.key, feature).await?;
        let taken = self.ledger().take_state(self.since(sent), &Cell::State(at.id, feature), state);
        self.tell(&taken);
        Ok(taken)
    }

    async fn read_states(&self, at: &Environment, health: &mut Health) -> Result<Taken, Error> {
        let sent = self.clock.now();
        let StateList { states, overweight } = self.transport.states(&at.key).await?;
        let taken = self.ledger().take_states(self.since(sent), at.id, states);
        if let Some(broken) = health.failing.get_mut(&at.name) {
            *broken = overweight.into_iter().filter_map(|feature| self.ledger().feature_name(feature)).collect();
        }
        self.tell(&taken);
        Ok(taken)
    }

    pub(super) fn since(&self, sent: Stamp) -> Span {
        Span { sent, arrived: self.clock.now() }
    }
}
