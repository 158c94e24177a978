//! How many requests a credential may make, and for what.

use std::fmt;
use std::num::NonZeroU32;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use governor::clock::{Clock, MonotonicClock};
use governor::middleware::NoOpMiddleware;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};

const MINUTE: Duration = Duration::from_secs(60);

/// What a request is made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// To bring an object to its first Ready; there may be thousands at once.
    Converge,
    /// To follow an edit of an object that was Ready before; someone waits for it.
    Edit,
    /// To see what Flagsmith has.
    Read,
}

/// The requests of one credential: three token buckets of seven, two and one tenth of its limit.
///
/// Converge draws on the first alone, so that first convergences leave three tenths; Edit draws on the second and then the
/// first; Read on the third and then on what the others leave, so that a tenth is always its own. Of a limit below ten a
/// minute, the smaller shares are none.
///
/// When Flagsmith itself says that it is enough, nobody asks anything before the time that it names: it counts by credential.
pub struct Budget {
    buckets: Buckets<MonotonicClock>,
    held_until: Mutex<Option<Instant>>,
}

impl Budget {
    /// A full budget of `per_minute` requests a minute; 0 counts as 1.
    #[must_use]
    pub fn new(per_minute: u32) -> Self {
        Self { buckets: Buckets::new(per_minute, &MonotonicClock), held_until: Mutex::default() }
    }

    /// Lets no request through for so long.
    pub fn hold(&self, wait: Duration) {
        *self.held_until.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now().checked_add(wait);
    }

    /// For how long yet no request is let through, if so.
    #[must_use]
    pub fn held(&self) -> Option<Duration> {
        let until = *self.held_until.lock().unwrap_or_else(PoisonError::into_inner);
        let left = until?.saturating_duration_since(Instant::now());
        (!left.is_zero()).then_some(left)
    }

    /// Takes one request. Never blocks.
    ///
    /// # Errors
    /// The shortest wait after which this purpose may find one.
    pub fn take(&self, purpose: Purpose) -> Result<(), Duration> {
        self.buckets.take(purpose)
    }
}

impl fmt::Debug for Budget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Budget").finish_non_exhaustive()
    }
}

type Bucket<C> = RateLimiter<NotKeyed, InMemoryState, C, NoOpMiddleware<<C as Clock>::Instant>>;

struct Buckets<C: Clock> {
    clock: C,
    converge: Option<Bucket<C>>,
    edit: Option<Bucket<C>>,
    read: Option<Bucket<C>>,
}

impl<C: Clock + Clone> Buckets<C> {
    fn new(per_minute: u32, clock: &C) -> Self {
        let all = per_minute.max(1);
        let (edit, read) = (all / 5, all / 10);
        let converge = all - edit - read;
        Self {
            clock: clock.clone(),
            converge: bucket(converge, clock),
            edit: bucket(edit, clock),
            read: bucket(read, clock),
        }
    }

    fn take(&self, purpose: Purpose) -> Result<(), Duration> {
        let order = match purpose {
            Purpose::Converge => [&self.converge, &None, &None],
            Purpose::Edit => [&self.edit, &self.converge, &None],
            Purpose::Read => [&self.read, &self.converge, &self.edit],
        };
        let mut shortest = MINUTE;
        for bucket in order.into_iter().flatten() {
            match bucket.check() {
                Ok(()) => return Ok(()),
                Err(spent) => shortest = shortest.min(spent.wait_time_from(self.clock.now())),
            }
        }
        Err(shortest)
    }
}

/// A bucket that lets at most `share` requests through in any minute, wherever the minute begins.
///
/// A full bucket of depth b that gains r a minute lets b + r through in the minute after it was full, not r; so the share is
/// split between the two. A third of it is depth, for the burst of a start or of a large edit, two thirds are refill.
fn bucket<C: Clock + Clone>(share: u32, clock: &C) -> Option<Bucket<C>> {
    NonZeroU32::new(share)?;
    let burst = NonZeroU32::new(share / 3).unwrap_or(NonZeroU32::MIN);
    // A share of one is one request that comes back within the minute: the next is in the next minute.
    let refill = (share - burst.get()).max(1);
    Some(RateLimiter::direct_with_clock(Quota::with_period(MINUTE / refill)?.allow_burst(burst), clock.clone()))
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use governor::clock::FakeRelativeClock;

    use super::*;

    const EVERY: [Purpose; 3] = [Purpose::Converge, Purpose::Edit, Purpose::Read];
    const STEP: Duration = Duration::from_millis(50);

    fn drain(buckets: &Buckets<FakeRelativeClock>, purpose: Purpose) -> usize {
        std::iter::from_fn(|| buckets.take(purpose).ok()).count()
    }

    /// Takes all that can be had for 5 minutes after `idle`, and gives the most that any minute saw.
    fn busiest_minute(limit: u32, idle: Duration) -> usize {
        let clock = FakeRelativeClock::default();
        let buckets = Buckets::new(limit, &clock);
        clock.advance(idle);
        let (mut now, mut recent, mut most) = (Duration::ZERO, VecDeque::new(), 0);
        while now < MINUTE * 5 {
            let taken: usize = EVERY.into_iter().map(|purpose| drain(&buckets, purpose)).sum();
            recent.extend(std::iter::repeat_n(now, taken));
            while recent.front().is_some_and(|then| *then + MINUTE <= now) {
                recent.pop_front();
            }
            most = most.max(recent.len());
            clock.advance(STEP);
            now += STEP;
        }
        most
    }

    #[test]
    fn no_minute_sees_more_than_the_limit_and_a_busy_one_nearly_all_of_it() {
        for limit in [1, 2, 3, 5, 9, 10, 11, 29, 30, 60, 100, 500, 1000] {
            for idle in [Duration::ZERO, Duration::from_millis(12_345), MINUTE * 10] {
                let most = busiest_minute(limit, idle);
                assert!(most <= limit as usize, "{most} of {limit}");
                assert!(most * 10 >= limit as usize * 9 || most + 3 >= limit as usize, "only {most} of {limit}");
            }
        }
    }

    #[test]
    fn convergence_leaves_an_edit_its_share_and_a_read_its_tenth() {
        let buckets = Buckets::new(300, &FakeRelativeClock::default());
        assert_eq!(drain(&buckets, Purpose::Converge), 70);
        assert_eq!(drain(&buckets, Purpose::Edit), 20);
        assert_eq!(drain(&buckets, Purpose::Read), 10);
    }

    #[test]
    fn an_edit_may_use_what_convergence_leaves_and_a_read_may_use_all() {
        let buckets = Buckets::new(300, &FakeRelativeClock::default());
        assert_eq!(drain(&buckets, Purpose::Edit), 90);
        assert_eq!(drain(&buckets, Purpose::Converge), 0);
        assert_eq!(drain(&Buckets::new(300, &FakeRelativeClock::default()), Purpose::Read), 100);
    }

    #[test]
    fn the_wait_is_the_shortest_and_enough() {
        let clock = FakeRelativeClock::default();
        let buckets = Buckets::new(300, &clock);
        drain(&buckets, Purpose::Read);
        let (converge, edit) = (buckets.take(Purpose::Converge).unwrap_err(), buckets.take(Purpose::Edit).unwrap_err());
        assert_eq!(converge, MINUTE / 140);
        assert_eq!(edit, converge);
        clock.advance(converge);
        assert_eq!(buckets.take(Purpose::Edit), Ok(()));
        assert!(buckets.take(Purpose::Converge).is_err());
    }

    #[test]
    fn a_limit_too_small_to_share_still_serves_everyone() {
        for limit in [0, 1, 4] {
            for purpose in EVERY {
                assert_eq!(Buckets::new(limit, &FakeRelativeClock::default()).take(purpose), Ok(()));
            }
        }
    }
}
