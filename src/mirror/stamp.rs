//! When things were sent and answered, and what that lets us believe.
//!
//! The law of a cell: a read counts from the moment when it is *sent*; a write raises the cell's floor when its answer,
//! or its timeout, *arrives*; a read counts only if it was sent after the floor, after the *arrival* of the read that is
//! held, and if no write of the cell is under way. So what is held is never older than what was seen, and no write is
//! undone by a read that set out before it was answered. Of two reads that overlap nobody can tell which the server
//! answered first: the one that arrives first stays, and the next read says more.

use std::time::Instant;

/// A moment on the mirror's own clock.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Stamp(pub u64);

/// A read's way: the server answered it at some moment between the two.
#[derive(Clone, Copy, Debug)]
pub struct Span {
    /// When it was sent.
    pub sent: Stamp,
    /// When its answer was here.
    pub arrived: Stamp,
}

/// What tells the mirror the time; passed in, so that tests hold the hands.
pub trait Clock: Send + Sync + 'static {
    /// The present moment. It never goes back, and any two calls may return the same.
    fn now(&self) -> Stamp;
}

/// The machine's monotonic clock, in nanoseconds since it was made.
#[derive(Debug)]
pub struct Monotonic(Instant);

impl Default for Monotonic {
    fn default() -> Self {
        Self(Instant::now())
    }
}

impl Clock for Monotonic {
    fn now(&self) -> Stamp {
        Stamp(u64::try_from(self.0.elapsed().as_nanos()).unwrap_or(u64::MAX))
    }
}

/// How a cell's present content came to be known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Source {
    /// By a document, which may lag.
    #[default]
    Document,
    /// By a read of its own, a list, or the answer of a write.
    Direct,
}

/// The stamps of one cell.
#[derive(Clone, Copy, Debug, Default)]
pub struct Stamps {
    seen: Stamp,
    floor: Stamp,
    writing: u32,
    source: Source,
}

impl Stamps {
    /// Whether an observation that was sent then may replace what is held.
    #[must_use]
    pub fn admits(&self, sent: Stamp) -> bool {
        self.writing == 0 && sent > self.floor && sent > self.seen
    }

    /// Whether the cell was never read nor written.
    #[must_use]
    pub fn is_untouched(&self) -> bool {
        self.writing == 0 && self.floor == Stamp::default() && self.seen == Stamp::default()
    }

    /// When the cell was last read or written; none while it is being written.
    #[must_use]
    pub fn last(&self) -> Option<Stamp> {
        (self.writing == 0).then(|| self.floor.max(self.seen))
    }

    /// Takes note of an observation that was admitted.
    pub fn observed(&mut self, arrived: Stamp, source: Source) {
        self.seen = arrived;
        self.source = source;
    }

    /// Takes note that an observation agreed with what is held.
    pub fn agreed(&mut self, arrived: Stamp) {
        self.seen = arrived;
    }

    /// A write sets out.
    pub fn begin(&mut self) {
        self.writing += 1;
    }

    /// A write was answered, or given up: what was sent before now no longer counts.
    pub fn end(&mut self, now: Stamp) {
        self.writing = self.writing.saturating_sub(1);
        self.raise(now);
    }

    /// What was sent before now no longer counts.
    pub fn raise(&mut self, now: Stamp) {
        self.floor = now;
        self.source = Source::Direct;
    }

    /// A write was refused outright: nothing changed, so what was read meanwhile may count.
    pub fn refused(&mut self) {
        self.writing = self.writing.saturating_sub(1);
    }

    /// How the content came to be known.
    #[must_use]
    pub fn source(&self) -> Source {
        self.source
    }
}
