//! Takes one object through its turn, step by step as [`super`] has them.
//!
//! The driver knows finalizers, conditions and requeues, and nothing of any kind.

use std::{
    collections::BTreeSet,
    sync::Arc,
    time::{Duration, Instant},
};

use k8s_openapi::jiff::Timestamp;
use kube::{ResourceExt as _, runtime::controller::Action};

use super::{
    backoff::{Failures, Pace, requeue},
    condition::{self, Before},
    drift::{recheck, synced},
    finalizer,
    inquiry::Inquiries,
    managed::{Managed, Rooms, Said, Settled, Status as _},
    outlook::Outlook,
    request, status, tally,
};
use crate::operator::obstacle::{
    Obstacle, Remedy,
    unkept::{self, Unkept},
};
use crate::{
    crd::Origin,
    flagsmith::Error as FlagsmithError,
    world::{Missing, Plan},
};

/// How many rounds of reading and writing one turn may take. A flag that is new takes three.
pub(in crate::operator) const ROUNDS: usize = 8;

/// What a driver of one kind holds.
pub struct Driver {
    pub(in crate::operator) rooms: Arc<Rooms>,
    pub(in crate::operator) failures: Failures,
    pub(in crate::operator) unkept: Unkept,
    pub(in crate::operator) inquiries: Inquiries,
    resync: Duration,
}

/// What a turn came to: the status, or what is in the way.
type Turn<K> = Result<Settled<<K as Managed>::Status>, Obstacle>;

impl Driver {
    /// A driver that looks at each object every `resync` though nothing happened.
    #[must_use]
    pub fn new(rooms: Arc<Rooms>, resync: Duration) -> Self {
        let (failures, inquiries) = (Failures::default(), Inquiries::default());
        Self { rooms, failures, unkept: Unkept::new(resync), inquiries, resync }
    }

    /// Takes one object down the road, as far as it goes. It never fails: what is in the way is in the status.
    pub async fn reconcile<K: Managed>(&self, object: Arc<K>) -> Action {
        let uid = object.uid().unwrap_or_default();
        let (outcome, recheck) = if object.meta().deletion_timestamp.is_some() {
            self.inquiries.forget(&uid);
            (self.take_leave(object.as_ref().clone()).await, None)
        } else {
            self.bring(object.as_ref().clone()).await
        };
        tally::turn::<K>(&self.rooms, outcome.as_ref().copied().map_err(|(obstacle, _)| obstacle));
        self.requeue(&uid, outcome.as_ref().copied(), recheck)
    }

    fn requeue(&self, uid: &str, outcome: Result<(), &(Obstacle, u32)>, recheck: Option<Duration>) -> Action {
        if outcome.is_ok() {
            self.failures.forget(uid);
            self.unkept.forget(uid);
        }
        let failures = outcome.err().map_or(0, |(_, failures)| *failures);
        let pace = Pace { resync: self.resync, failures, chance: rand::random_range(0.0..1.0) };
        let wait = requeue(outcome.map_err(|(obstacle, _)| obstacle), pace);
        Action::requeue(recheck.map_or(wait, |recheck| recheck.min(wait)))
    }

    /// The road of an object that is to be; and when it must be looked at again, though nothing happens.
    async fn bring<K: Managed>(&self, mut object: K) -> (Result<(), (Obstacle, u32)>, Option<Duration>) {
        if object.is_suspended(&self.rooms) {
            let outcome = self.hold(&object).await;
            return (outcome.map_err(|obstacle| self.count(&object, obstacle)), None);
        }
        let former = object.status().and_then(super::managed::Status::origin);
        let turn = self.advance(&mut object).await;
        let turn = turn.map_err(|obstacle| self.blame(&object, obstacle));
        let due = turn.as_ref().ok().and_then(|settled| settled.recheck);
        let graced = turn.as_ref().ok().and_then(|settled| recheck::<K>(&settled.status));
        (self.conclude(&object, (former, turn)).await, due.into_iter().chain(graced).min())
    }

    /// A credential that is refused is the connection's to say, once; its dependants wait for it. So it is to find out anew
    /// what a server can do that lacks a route.
    pub(in crate::operator) fn blame<K: Managed>(&self, object: &K, obstacle: Obstacle) -> Obstacle {
        match (&obstacle, object.connection(&self.rooms)) {
            (Obstacle::Flagsmith(FlagsmithError::CredentialRefused { .. }), Some(connection)) => {
                let name = connection.name.clone();
                self.rooms.wakes.connections.wake(connection);
                Obstacle::ConnectionNotReady { name }
            }
            (Obstacle::Flagsmith(FlagsmithError::RouteMissing), Some(connection)) => {
                if let Ok(session) = self.rooms.sessions.get(&connection) {
                    session.doubt(true);
                }
                self.rooms.wakes.connections.wake(connection);
                obstacle
            }
            _ => obstacle,
        }
    }

    async fn hold<K: Managed>(&self, object: &K) -> Result<(), Obstacle> {
        object.rest(&self.rooms);
        let held = object.status().cloned().unwrap_or_default();
        let conditions = condition::suspend(&self.before(object, 0));
        let handled = held.handled().map(str::to_owned);
        let status = held.with(Said { conditions, generation: object.meta().generation, handled });
        status::write(&self.rooms.client, object, &status).await
    }

    /// Writes the status, once, and only if it is another. With the turn goes what the origin was before it.
    pub(in crate::operator) async fn conclude<K: Managed>(
        &self,
        object: &K,
        (former, turn): (Option<Origin>, Turn<K>),
    ) -> Result<(), (Obstacle, u32)> {
        let held = object.status().cloned().unwrap_or_default();
        let (own, extra, obstacle) = match turn {
            Ok(Settled { status, extra, obstacles, recheck: _ }) => (status, extra, obstacles.into_iter().next()),
            Err(obstacle) => (held, object.words(&self.rooms), Some(obstacle)),
        };
        let outcome = obstacle.map_or(Ok(()), |obstacle| Err(self.count(object, obstacle)));
        if let Err((obstacle, _)) = &outcome {
            if matches!(obstacle.remedy(), Remedy::Again | Remedy::Mirror) {
                return outcome;
            }
            self.tell_others(object, obstacle);
        }
        let failures = outcome.as_ref().err().map_or(0, |(_, failures)| *failures);
        let before = self.before(object, failures);
        let outcome_of = outcome.as_ref().copied().map_err(|(obstacle, _)| obstacle);
        let conditions = condition::settle(&before, outcome_of, synced::<K>(extra, outcome_of));
        let status =
            own.with(Said { conditions, generation: object.meta().generation, handled: request::handled(object) });
        match status::write(&self.rooms.client, object, &status).await {
            Ok(()) => {
                // Only now: a status that cannot be written is settled again.
                self.tell_origin(object, (former, status.origin()));
                self.tell_tolerated(object, &status);
                self.tell_stalled(object, status.conditions());
                outcome
            }
            Err(obstacle) => Err(self.count(object, obstacle)),
        }
    }

    fn tell_others<K: Managed>(&self, object: &K, obstacle: &Obstacle) {
        tracing::info!(kind = %K::kind(&()), namespace = object.namespace(), name = object.name_any(), reason = %obstacle.reason(), "{obstacle}");
        object.warn(&self.rooms, obstacle.remedy());
    }

    fn count<K: Managed>(&self, object: &K, obstacle: Obstacle) -> (Obstacle, u32) {
        let uid = object.uid().unwrap_or_default();
        let failures = match obstacle.remedy() {
            Remedy::Time => self.failures.count(&uid, Instant::now()),
            Remedy::TimeOf(_) | Remedy::Again | Remedy::Mirror => 1,
            Remedy::Author | Remedy::Object => {
                self.failures.forget(&uid);
                0
            }
        };
        (obstacle, failures)
    }

    /// Rounds of looking and writing, until nothing is left to do.
    async fn advance<K: Managed>(&self, object: &mut K) -> Turn<K> {
        let uid = object.uid().unwrap_or_default();
        let mut asked = request::is_open(object);
        if asked {
            self.unkept.forget(&uid);
        }
        let (mut written, mut mistaken, mut told) = (self.unkept.held(&uid), false, BTreeSet::new());
        for _ in 0..ROUNDS {
            *object = finalizer::keep(&self.rooms.client, object.clone(), self.observes(object)).await?;
            let ground = object.fetch(&self.rooms).await?;
            let desired = object.resolve(&ground)?;
            if std::mem::take(&mut asked) {
                object.freshen(&ground).await?;
            }
            let seen = object.observe(&ground, &desired).await?;
            let mut outlook = self.foresee(object, (&desired, &ground), &written).await?;
            let stuck = self.set_aside(object, &ground, (&mut outlook, &written))?;
            let plan = &outlook.plan;
            if plan.is_quiet() {
                return Ok(self.finish(object, ground, (&seen, &outlook, stuck)).await);
            }
            if self.record(object, plan, &ground).await? || self.remember(object, &outlook).await? {
                continue;
            }
            let (changes, outcome) = self.carry_out(object, plan, &ground).await;
            self.own_up(object, &outlook, (&changes, &mut told));
            written.extend(changes);
            match outcome {
                Ok(()) => {}
                // What was written to is gone, and the mirror now doubts it: look again, once, before anybody is told.
                Err(Obstacle::Flagsmith(FlagsmithError::NotFound)) if !mistaken => mistaken = true,
                Err(obstacle) if unkept::is_refusal(&obstacle) && object.stands(&ground) => {
                    return Ok(self.finish(object, ground, (&seen, &outlook, Some(obstacle))).await);
                }
                Err(obstacle) => return Err(obstacle),
            }
        }
        Err(Obstacle::Unfinished)
    }

    /// Settles an object for which nothing is left to do but what its plan misses, or what it is stuck at, and publishes what
    /// came of it.
    async fn finish<K: Managed>(
        &self,
        object: &mut K,
        ground: K::Ground,
        (seen, outlook, stuck): (&K::Seen, &Outlook, Option<Obstacle>),
    ) -> Settled<K::Status> {
        let plan = &outlook.plan;
        let settled = object.settle(&ground, seen, plan);
        let mut settled = self.own(object, outlook, settled).await;
        object.attest(&ground, &mut settled);
        if let Some(mirror) = K::mirror(&ground).filter(|_| !plan.missing.is_empty()) {
            mirror.want_lists();
        }
        let mut undelivered = Vec::new();
        // What is there is delivered, also while Flagsmith is at work on it.
        if plan.missing.iter().all(|missing| matches!(missing, Missing::Settling(_))) {
            undelivered.extend(object.deliver(&self.rooms, &ground, &mut settled).await.err());
        }
        if plan.missing.is_empty() {
            undelivered.extend(object.publish(&self.rooms, ground, seen).await.err());
        }
        // What is not delivered is tried again sooner than what it is stuck at; what it waits for then is told after both.
        let place = if stuck.is_some() { 0 } else { settled.obstacles.len() };
        settled.obstacles.splice(place..place, undelivered.into_iter().chain(stuck));
        settled
    }

    /// Puts into status what must outlive a crash. True if something was put there: the round begins anew.
    async fn record<K: Managed>(&self, object: &mut K, plan: &Plan, ground: &K::Ground) -> Result<bool, Obstacle> {
        let record = object.record(plan, ground);
        let Some(status) = record.filter(|record| object.status() != Some(record)) else {
            return Ok(false);
        };
        *object = status::record(&self.rooms.client, object, &status).await?;
        Ok(true)
    }

    fn before<'a, K: Managed>(&self, object: &'a K, failures: u32) -> Before<'a> {
        Before {
            conditions: object.status().map(super::managed::Status::conditions).unwrap_or_default(),
            generation: object.meta().generation.unwrap_or_default(),
            failures,
            is_void: object.is_void(&self.rooms),
            now: Timestamp::now(),
        }
    }
}
