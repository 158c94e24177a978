//! A write from when it sets out until its answer, or the loss of it, is in the ledger.

use std::{
    sync::{MutexGuard, PoisonError},
    time::Instant,
};

use super::{Answer, Clock, Mirror, Taken, Transport, unanswered::Unanswered};
use crate::{
    flagsmith::Error,
    world::{Cell, Change},
};

/// A write that is under way. Dropped without an answer, as when its task is ended, it counts as lost.
pub(super) struct UnderWay<'a, T: Transport, C: Clock> {
    mirror: &'a Mirror<T, C>,
    change: &'a Change,
    is_answered: bool,
    sent: Instant,
}

impl<'a, T: Transport, C: Clock> UnderWay<'a, T, C> {
    /// It sets out now.
    pub fn begin(mirror: &'a Mirror<T, C>, change: &'a Change) -> Self {
        mirror.ledger().begin(&change.cell());
        Self { mirror, change, is_answered: false, sent: Instant::now() }
    }

    /// It was answered.
    ///
    /// # Errors
    /// What it was answered with. A deletion of what is gone is none.
    pub fn end(mut self, answer: Result<Answer, Error>) -> Result<Taken, Error> {
        self.is_answered = true;
        match answer {
            Ok(answer) => Ok(self.mirror.ledger().answered(self.mirror.clock.now(), self.change, answer)),
            // Gone, or hidden from this credential: the lists tell.
            Err(Error::NotFound) if is_deletion(self.change) => {
                self.mirror.ledger().lost(self.mirror.clock.now(), &self.change.cell());
                Ok(Taken::default())
            }
            Err(error) => {
                match error {
                    _ if error.ambiguous() => {
                        self.unanswered().failed(self.change, &error);
                        self.lose();
                    }
                    Error::NotFound => self.miss(),
                    _ => self.refuse(&error),
                }
                Err(error)
            }
        }
    }

    /// Nobody knows what came of it.
    fn lose(&self) {
        let now = self.mirror.clock.now();
        let mut ledger = self.mirror.ledger();
        ledger.lost(now, &self.change.cell());
        ledger.note_switch(self.change);
        ledger.unsettle(now, self.change);
        drop(ledger);
        self.unanswered().lost(self.change, self.sent);
    }

    fn unanswered(&self) -> MutexGuard<'_, Unanswered> {
        self.mirror.unanswered.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What it names is not where we believe it to be: nothing of it may be relied on.
    fn miss(&self) {
        let now = self.mirror.clock.now();
        let mut ledger = self.mirror.ledger();
        ledger.lost(now, &self.change.cell());
        ledger.unsettle(now, self.change);
        if let Change::SetState { feature, .. } | Change::RestoreState { feature, .. } = self.change {
            ledger.doubt(now, &Cell::Definition(feature.name.clone()));
        }
        drop(ledger);
        self.mirror.want_lists();
    }

    /// Nothing of it was done.
    fn refuse(&self, error: &Error) {
        self.mirror.ledger().refused(&self.change.cell());
        // A name that is taken is on the lists, and so is what an environment asks for.
        let is_listed = match self.change {
            Change::CreateFeature(_) | Change::CreateEnvironment(_) => true,
            // A variant or a segment that it names may be gone, or one that it does not name be new.
            Change::SetState { patch, .. } => patch.weights.is_some() || patch.overrides.is_some(),
            _ => false,
        };
        if is_listed || *error == Error::ChangeRequests {
            self.mirror.want_lists();
        }
    }
}

fn is_deletion(change: &Change) -> bool {
    matches!(change, Change::DeleteEnvironment(_) | Change::DeleteFeature(_) | Change::DeleteSegment(_))
}

impl<T: Transport, C: Clock> Drop for UnderWay<'_, T, C> {
    fn drop(&mut self) {
        if !self.is_answered {
            self.lose();
        }
    }
}
