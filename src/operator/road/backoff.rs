//! When an object is taken up again. The queue is the only clock.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use crate::operator::obstacle::{Obstacle, Remedy};

const FIRST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_secs(300);
/// Besides the watch on the object that is waited for.
const WAITING: Duration = Duration::from_secs(60);
/// Besides the watch on the Secret.
const CREDENTIAL: Duration = Duration::from_secs(300);

/// Who failed so long ago and not again, though it is tried again much sooner, is gone.
const FORGOTTEN: Duration = Duration::from_secs(12 * 300);

/// Transient failures in a row, by object uid, and when the last was. Forgotten on success and on delete.
#[derive(Debug, Default)]
pub struct Failures(Mutex<HashMap<String, (u32, Instant)>>);

impl Failures {
    /// Counts one more, and says how many there are in a row.
    pub fn count(&self, uid: &str, now: Instant) -> u32 {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        held.retain(|_, (_, last)| now.saturating_duration_since(*last) < FORGOTTEN);
        let (count, last) = held.entry(uid.to_owned()).or_insert((0, now));
        (*count, *last) = (count.saturating_add(1), now);
        *count
    }

    /// Forgets an object's failures.
    pub fn forget(&self, uid: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(uid);
    }
}

/// What the next turn depends on.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// How often an object is looked at though nothing happened.
    pub resync: Duration,
    /// Transient failures in a row.
    pub failures: u32,
    /// A random number from 0 to 1, so that many objects do not come back at once.
    pub chance: f64,
}

/// How long until the object is taken up again, if nothing wakes it before.
#[must_use]
pub fn requeue(outcome: Result<(), &Obstacle>, pace: Pace) -> Duration {
    let jittered = |base: Duration| base.mul_f64(0.9 + 0.2 * pace.chance);
    let Err(obstacle) = outcome else {
        return jittered(pace.resync);
    };
    match obstacle.remedy() {
        Remedy::Author if is_credential(obstacle) => jittered(CREDENTIAL.min(pace.resync)),
        Remedy::Author => jittered(pace.resync),
        Remedy::Object | Remedy::Mirror => jittered(WAITING.min(pace.resync)),
        Remedy::Time => backoff(pace),
        // Spread over half as much again, so that what waited together does not come back together.
        Remedy::TimeOf(wait) => wait.max(Duration::from_millis(50)).mul_f64(1.0 + 0.5 * pace.chance),
        Remedy::Again => Duration::from_millis(50),
    }
}

fn is_credential(obstacle: &Obstacle) -> bool {
    matches!(obstacle, Obstacle::Flagsmith(crate::flagsmith::Error::CredentialRefused { .. }))
}

/// Full jitter between nothing and 1 s, 2 s, 4 s … 5 min, but never so little that it spins.
fn backoff(pace: Pace) -> Duration {
    let doublings = pace.failures.saturating_sub(1).min(16);
    let ceiling = FIRST.saturating_mul(1 << doublings).min(LONGEST);
    ceiling.mul_f64(pace.chance).max(Duration::from_millis(100))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_backoff_stays_between_a_tenth_of_a_second_and_five_minutes(failures in 0u32..1000, chance in 0.0..1.0) {
            let pace = Pace { resync: Duration::from_secs(600), failures, chance };
            let wait = backoff(pace);
            prop_assert!(wait >= Duration::from_millis(100) && wait <= LONGEST);
        }

        #[test]
        fn a_backoff_never_exceeds_its_doubled_ceiling(failures in 1u32..9, chance in 0.0..1.0) {
            let pace = Pace { resync: Duration::from_secs(600), failures, chance };
            prop_assert!(backoff(pace) <= FIRST * 2u32.pow(failures - 1));
        }
    }

    #[test]
    fn what_is_not_finished_backs_off_and_what_is_outdated_is_begun_anew_at_once() {
        let pace = Pace { resync: Duration::from_secs(600), failures: 5, chance: 1.0 };
        assert_eq!(requeue(Err(&Obstacle::Unfinished), pace), Duration::from_secs(16));
        assert_eq!(requeue(Err(&Obstacle::Outdated), pace), Duration::from_millis(50));
    }

    #[test]
    fn failures_are_counted_in_a_row_and_forgotten() {
        let (failures, now) = (Failures::default(), Instant::now());
        assert_eq!((failures.count("a", now), failures.count("a", now), failures.count("b", now)), (1, 2, 1));
        failures.forget("a");
        assert_eq!(failures.count("a", now), 1);
    }

    #[test]
    fn who_is_not_tried_again_is_forgotten() {
        let (failures, now) = (Failures::default(), Instant::now());
        failures.count("gone", now);
        assert_eq!(failures.count("b", now + LONGEST), 1);
        assert_eq!(failures.count("b", now + FORGOTTEN), 2);
        assert_eq!(failures.0.lock().unwrap().len(), 1);
    }
}
