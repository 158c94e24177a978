//! The loop that keeps a mirror fresh.

use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use tokio::sync::watch;

use super::{Clock, Depth, Mirror, Transport, effective_interval};
use crate::flagsmith::Error;

/// Every so many polls read the lists too.
const POLLS_A_LISTING: u32 = 10;
/// A project that was never read yet holds up all that is in it: it is tried again after so long, however rarely it is polled.
const UNREAD: Duration = Duration::from_secs(10);

/// Polls the mirror for ever, as often as is wanted. What fails is in its health, and is tried again at the next turn.
pub async fn keep<T: Transport, C: Clock>(mirror: Arc<Mirror<T, C>>, mut wanted: watch::Receiver<Duration>) {
    mirror.is_kept.store(true, Ordering::Relaxed);
    let mut polls = 0;
    loop {
        let depth = if polls % POLLS_A_LISTING == 0 { Depth::Whole } else { Depth::Documents };
        let outcome = mirror.poll(depth).await;
        let interval = effective_interval(*wanted.borrow_and_update(), mirror.health().slowest_document);
        let pause = match outcome {
            Ok(()) => {
                polls += 1;
                interval
            }
            Err(error) if mirror.health().loaded => interval.max(asked_to_wait(&error)),
            Err(error) => interval.min(UNREAD).max(asked_to_wait(&error)),
        };
        let pause = tokio::time::sleep(pause.mul_f64(rand::random_range(0.9..1.1)));
        tokio::select! {
            () = pause => {}
            // Another interval holds at once.
            Ok(()) = wanted.changed() => {}
        }
    }
}

fn asked_to_wait(error: &Error) -> Duration {
    match error {
        Error::Throttled { retry_after } => *retry_after,
        Error::BudgetSpent { wait } => *wait,
        _ => Duration::ZERO,
    }
}
