//! Whether to take the lease, renew it, wait for it or give it up. Pure: the time and what was read are arguments.
//!
//! Why two never hold it. A lease is written only over the very version that was seen (resourceVersion). A holder counts
//! itself one from the moment at which it *sent* the last renewal that was answered, and for two thirds of the lease's
//! duration. Another takes it only where it *saw* that renewal, which was later, and a whole duration has passed since, with
//! no newer version written. Each measures on a monotonic clock of its own; nobody believes another's.

use std::time::{Duration, Instant};

use k8s_openapi::{
    api::coordination::v1::{Lease, LeaseSpec},
    apimachinery::pkg::apis::meta::v1::MicroTime,
    jiff::Timestamp,
};
use kube::core::ObjectMeta;

/// The lease's name.
pub const NAME: &str = "flagsmith-operator";

/// How long a lease lasts, and what follows from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Term(Duration);

impl Term {
    /// A lease of at least that duration, in whole seconds, as the record has it.
    #[must_use]
    pub fn new(duration: Duration) -> Self {
        let rest = u64::from(duration.subsec_nanos() > 0);
        Self(Duration::from_secs((duration.as_secs() + rest).max(1)))
    }

    /// How long others leave alone a lease that they do not see renewed.
    #[must_use]
    pub fn duration(self) -> Duration {
        self.0
    }

    /// How long the holder counts itself the holder: the rest is for requests that are under way, and for clocks that run
    /// at another rate.
    #[must_use]
    pub fn tenure(self) -> Duration {
        self.0 * 2 / 3
    }

    /// Between two renewals, two looks, or two tries.
    #[must_use]
    pub fn pause(self) -> Duration {
        self.0 * 2 / 15
    }
}

/// What to do next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Read the lease.
    Look,
    /// Take it: write [`Candidate::claim`].
    Acquire,
    /// Keep it: write [`Candidate::claim`].
    Renew,
    /// Nothing, for so long.
    Wait(Duration),
    /// It was held, and is held no longer. This is the end of a candidate.
    Lost,
}

/// The lease as it was read or written.
#[derive(Clone, Debug)]
struct Seen {
    lease: Option<Lease>,
    /// When this version of it was first seen.
    since: Instant,
    /// When it was last seen to be so.
    confirmed: Instant,
}

/// One who wants the lease.
#[derive(Clone, Debug)]
pub struct Candidate {
    identity: String,
    term: Term,
    /// None where it must be looked at before anything is decided.
    seen: Option<Seen>,
    /// When the last write that was answered was sent.
    renewed: Option<Instant>,
    /// Nothing is tried before: the last try failed.
    rests_until: Option<Instant>,
}

impl Candidate {
    /// A candidate that has seen nothing yet. No other may ever have the same identity.
    #[must_use]
    pub fn new(identity: String, term: Term) -> Self {
        Self { identity, term, seen: None, renewed: None, rests_until: None }
    }

    /// Who it is.
    #[must_use]
    pub fn identity(&self) -> &str {
        &self.identity
    }

    /// Until when it holds the lease, if it ever did.
    #[must_use]
    pub fn holds_until(&self) -> Option<Instant> {
        self.renewed.map(|sent| sent + self.term.tenure())
    }

    /// Who holds the lease as far as is known.
    #[must_use]
    pub fn holder(&self) -> Option<&str> {
        self.seen.as_ref().and_then(|seen| holder(seen.lease.as_ref()))
    }

    /// How long an answer is waited for: not beyond the end of the lease that it is to renew.
    #[must_use]
    pub fn patience(&self, now: Instant) -> Duration {
        let usual = self.term.tenure() / 2;
        self.holds_until().map_or(usual, |end| end.saturating_duration_since(now).min(usual))
    }

    /// What to do next.
    #[must_use]
    pub fn decide(&self, now: Instant) -> Step {
        let end = self.holds_until();
        if end.is_some_and(|end| now >= end) {
            return Step::Lost;
        }
        let rest = self.rests_until.filter(|until| now < *until);
        let step = match (rest, &self.seen) {
            (Some(until), _) => Step::Wait(until - now),
            (None, None) => Step::Look,
            (None, Some(seen)) => self.decide_on(seen, now),
        };
        match (step, end) {
            (Step::Wait(pause), Some(end)) => Step::Wait(pause.min(end - now)),
            (step, _) => step,
        }
    }

    fn decide_on(&self, seen: &Seen, now: Instant) -> Step {
        match (self.renewed, holder(seen.lease.as_ref())) {
            (Some(sent), Some(holder)) if holder == self.identity => at(sent + self.term.pause(), now, Step::Renew),
            (Some(_), _) => Step::Lost,
            (None, Some(holder)) if holder != self.identity => self.await_end(seen, now),
            // It is free; or it is ours, and the answer that said so was lost.
            (None, _) => Step::Acquire,
        }
    }

    fn await_end(&self, seen: &Seen, now: Instant) -> Step {
        let end = seen.since + duration(seen.lease.as_ref()).unwrap_or(self.term.duration());
        if now >= end {
            return Step::Acquire;
        }
        match at(seen.confirmed + self.term.pause(), now, Step::Look) {
            Step::Wait(pause) => Step::Wait(pause.min(end - now)),
            step => step,
        }
    }

    /// The lease as it is to be written, over the version that was seen.
    #[must_use]
    pub fn claim(&self, clock: Timestamp) -> Lease {
        let held = self.seen.as_ref().and_then(|seen| seen.lease.clone());
        let is_first = held.is_none();
        let mut lease = held.unwrap_or_else(|| Lease {
            metadata: ObjectMeta { name: Some(NAME.to_owned()), ..ObjectMeta::default() },
            spec: None,
        });
        let is_ours = holder(Some(&lease)) == Some(self.identity());
        let former = lease.spec.take().unwrap_or_default();
        let transitions = former.lease_transitions.unwrap_or_default();
        lease.spec = Some(LeaseSpec {
            acquire_time: if is_ours { former.acquire_time } else { Some(MicroTime(clock)) },
            holder_identity: Some(self.identity.clone()),
            lease_duration_seconds: i32::try_from(self.term.duration().as_secs()).ok(),
            lease_transitions: Some(if is_ours || is_first { transitions } else { transitions.saturating_add(1) }),
            renew_time: Some(MicroTime(clock)),
            ..former
        });
        lease
    }

    /// The lease without a holder, where it is ours, over the version that was seen.
    #[must_use]
    pub fn resignation(&self, clock: Timestamp) -> Option<Lease> {
        let mut lease = self.seen.as_ref().and_then(|seen| seen.lease.clone())?;
        let is_ours = holder(Some(&lease)) == Some(self.identity());
        if let Some(spec) = &mut lease.spec {
            spec.holder_identity = None;
            spec.renew_time = Some(MicroTime(clock));
        }
        is_ours.then_some(lease)
    }

    /// It was read, and the answer is here now.
    pub fn saw(&mut self, lease: Option<Lease>, now: Instant) {
        let same = self.seen.take().filter(|seen| version(seen.lease.as_ref()) == version(lease.as_ref()));
        let since = same.map_or(now, |seen| seen.since);
        self.seen = Some(Seen { lease, since, confirmed: now });
    }

    /// It was written: sent then, answered now.
    pub fn wrote(&mut self, lease: Lease, sent: Instant, now: Instant) {
        self.seen = Some(Seen { lease: Some(lease), since: now, confirmed: now });
        self.renewed = Some(sent);
    }

    /// It is another than was seen: somebody else was first, or an answer to ourselves was lost.
    pub fn was_outrun(&mut self) {
        self.seen = None;
    }

    /// A try failed, or its answer was lost: what came of it will be seen.
    pub fn failed(&mut self, now: Instant) {
        self.rests_until = Some(now + self.term.pause());
    }
}

fn at(time: Instant, now: Instant, step: Step) -> Step {
    if now >= time { step } else { Step::Wait(time - now) }
}

/// Who holds a lease. One that was resigned has no holder, or, by other hands, an empty one.
#[must_use]
pub fn holder(lease: Option<&Lease>) -> Option<&str> {
    let holder = lease?.spec.as_ref()?.holder_identity.as_deref()?;
    (!holder.is_empty()).then_some(holder)
}

fn duration(lease: Option<&Lease>) -> Option<Duration> {
    let seconds = lease?.spec.as_ref()?.lease_duration_seconds?;
    u64::try_from(seconds).ok().map(Duration::from_secs)
}

fn version(lease: Option<&Lease>) -> Option<&str> {
    lease?.metadata.resource_version.as_deref()
}
