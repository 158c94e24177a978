//! The lookouts of one connection, an environment each, and what was written since they last looked.

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::task::AbortHandle;

use super::{
    lookout::{Lookout, Post, Watcher},
    vigil::{Order, View},
};
use crate::flagsmith::{EnvironmentId, EnvironmentKey, ProjectId};

/// The lookouts of one connection.
#[derive(Debug)]
pub struct Lookouts {
    post: Post,
    kept: Mutex<HashMap<EnvironmentId, Kept>>,
    doubts: Mutex<HashSet<(String, EnvironmentId)>>,
}

/// A lookout and the task in which it looks, which ends with it.
#[derive(Debug)]
struct Kept {
    project: ProjectId,
    lookout: Arc<Lookout>,
    keeper: AbortHandle,
    is_rotated: bool,
}

impl Drop for Kept {
    fn drop(&mut self) {
        self.keeper.abort();
    }
}

impl Lookouts {
    /// None yet.
    #[must_use]
    pub fn new(post: Post) -> Self {
        Self { post, kept: Mutex::default(), doubts: Mutex::default() }
    }

    /// Looks nowhere any more.
    pub fn close(&self) {
        self.kept().clear();
    }

    /// Something is written there for an object: what was seen before counts no longer.
    pub fn doubt(&self, uid: &str, environment: EnvironmentId) {
        self.doubts().insert((uid.to_owned(), environment));
    }

    /// Has these watched for in an environment; gives what is known of each. It does not wait.
    pub fn watch(
        &self,
        watcher: &Watcher,
        (environment, key): (EnvironmentId, &EnvironmentKey),
        mut orders: Vec<Order>,
    ) -> Vec<View> {
        let (lookout, is_rotated) = self.lookout(watcher.project, (environment, key));
        let is_doubted = self.doubts().remove(&(watcher.uid.clone(), environment));
        for order in &mut orders {
            order.is_doubted |= is_doubted;
            order.trusted = order.trusted.take().filter(|_| !is_rotated);
        }
        lookout.watch(watcher, orders)
    }

    /// Watches for nothing of that object any longer but in those environments.
    pub fn forget(&self, uid: &str, but_in: &[EnvironmentId]) {
        for (environment, kept) in self.kept().iter() {
            if !but_in.contains(environment) {
                kept.lookout.forget(uid);
            }
        }
    }

    /// That object is gone.
    pub fn part(&self, uid: &str) {
        self.forget(uid, &[]);
        self.doubts().retain(|(held, _)| held != uid);
    }

    /// Of that object's project those environments are left.
    pub fn keep(&self, watcher: &Watcher, left: &BTreeSet<EnvironmentId>) {
        self.kept().retain(|environment, kept| kept.project != watcher.project || left.contains(environment));
        self.doubts().retain(|(uid, environment)| *uid != watcher.uid || left.contains(environment));
    }

    /// The lookout of an environment, and whether another key had one before: what that one was served proves nothing.
    fn lookout(
        &self,
        project: ProjectId,
        (environment, key): (EnvironmentId, &EnvironmentKey),
    ) -> (Arc<Lookout>, bool) {
        let mut held = self.kept();
        if let Some(kept) = held.get(&environment).filter(|kept| kept.lookout.key() == key) {
            return (Arc::clone(&kept.lookout), kept.is_rotated);
        }
        let is_rotated = held.contains_key(&environment);
        let lookout = Arc::new(Lookout::new(self.post.clone(), key.clone()));
        let keeper = tokio::spawn(Arc::clone(&lookout).keep()).abort_handle();
        held.insert(environment, Kept { project, lookout: Arc::clone(&lookout), keeper, is_rotated });
        (lookout, is_rotated)
    }

    fn kept(&self) -> MutexGuard<'_, HashMap<EnvironmentId, Kept>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn doubts(&self) -> MutexGuard<'_, HashSet<(String, EnvironmentId)>> {
        self.doubts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
