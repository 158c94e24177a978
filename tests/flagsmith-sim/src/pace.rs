//! How much time things take on the server, and how far its clock is ahead.

use crate::engine::lock;
use crate::sim::Sim;
use std::time::Duration;

impl Sim {
    /// Makes each task take so long: a switch to versions, a copy that is made in the background.
    ///
    /// # Panics
    /// In front of a real server.
    pub fn task_delay(&self, delay: Duration) {
        lock(self.own_store()).tasks.delay = delay;
    }

    /// Serves the flags of an environment to SDKs as they were looked up at most so long ago, by whoever asked for them then.
    ///
    /// # Panics
    /// In front of a real server.
    pub fn flag_lag(&self, lag: Duration) {
        lock(self.own_store()).flag_cache.lag = lag;
    }

    /// Sets the clock forward by which server-side keys are made and which the `Date` header tells.
    ///
    /// # Panics
    /// In front of a real server.
    pub fn advance(&self, time: Duration) {
        lock(self.own_store()).ahead += time;
    }

    /// Makes each write take so long: its work is done at the end, and writes overlap.
    pub fn write_delay(&self, delay: Duration) {
        *lock(&self.engine.write_delay) = delay;
    }
}
