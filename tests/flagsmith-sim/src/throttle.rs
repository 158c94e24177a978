//! A limit on the requests of each account in a window of time, as `UserRateThrottle` counts them. SDKs have none.

use crate::answer::Answer;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

#[derive(Debug, Default)]
pub(crate) struct Throttle {
    limit: Option<(usize, Duration)>,
    /// By credential, the requests that were let through.
    seen: BTreeMap<String, Vec<Instant>>,
}

impl Throttle {
    pub(crate) fn set(&mut self, limit: Option<(usize, Duration)>) {
        self.limit = limit;
        self.seen.clear();
    }

    /// Lets a request through, or says when to come again.
    pub(crate) fn admit(&mut self, credential: &str) -> Result<(), Answer> {
        let Some((limit, window)) = self.limit else {
            return Ok(());
        };
        let seen = self.seen.entry(credential.to_owned()).or_default();
        seen.retain(|at| at.elapsed() < window);
        if seen.len() < limit {
            seen.push(Instant::now());
            return Ok(());
        }
        let oldest = seen.first().map_or(Duration::ZERO, Instant::elapsed);
        let left = window.saturating_sub(oldest);
        let seconds = left.as_secs() + u64::from(left.subsec_nanos() > 0);
        Err(Answer::throttled(seconds))
    }
}
