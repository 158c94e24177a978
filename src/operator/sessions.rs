//! The sessions of all connections, and the request budgets of all credentials.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    time::Duration,
};

use kube::runtime::reflector::ObjectRef;

use super::session::{Session, Terms};
use crate::{
    crd::FlagsmithConnection,
    flagsmith::{Budget, Client, Connect, Credential, Error},
    mirror::WriteLocks,
};

/// The sessions of all connections.
#[derive(Debug)]
pub struct Sessions {
    timeout: Duration,
    locks: Arc<WriteLocks>,
    open: Mutex<HashMap<ObjectRef<FlagsmithConnection>, Arc<Session>>>,
    budgets: Mutex<Vec<Allowance>>,
}

/// The budget of one credential, as long as any client draws on it.
#[derive(Debug)]
struct Allowance {
    server: String,
    credential: Credential,
    per_minute: u32,
    budget: Weak<Budget>,
}

impl Sessions {
    /// No session yet; `timeout` is that of one request.
    #[must_use]
    pub fn new(timeout: Duration) -> Self {
        Self { timeout, locks: Arc::default(), open: Mutex::default(), budgets: Mutex::default() }
    }

    /// The locks that all sessions share.
    #[must_use]
    pub fn locks(&self) -> Arc<WriteLocks> {
        Arc::clone(&self.locks)
    }

    /// The session of a connection that is ready.
    #[must_use]
    pub fn get(&self, connection: &ObjectRef<FlagsmithConnection>) -> Option<Arc<Session>> {
        self.sessions().get(connection).cloned()
    }

    /// A client on those terms: the present session's own where they are its terms.
    ///
    /// # Errors
    /// As [`Client::new`].
    pub fn client(&self, connection: &ObjectRef<FlagsmithConnection>, terms: &Terms) -> Result<Client, Error> {
        if let Some(session) = self.get(connection).filter(|session| session.terms() == terms) {
            return Ok(session.client().clone());
        }
        Client::new(Connect {
            endpoint: terms.endpoint.clone(),
            credential: terms.credential.clone(),
            budget: self.budget(terms),
            timeout: self.timeout,
        })
    }

    /// Puts a session in use. One on the same terms stays, with its mirrors.
    pub fn put(&self, connection: ObjectRef<FlagsmithConnection>, session: Session) -> Put {
        let mut sessions = self.sessions();
        let is_same =
            |held: &Arc<Session>| held.terms() == session.terms() && held.organisation() == session.organisation();
        if sessions.get(&connection).is_some_and(is_same) {
            return Put::Kept;
        }
        sessions.insert(connection, Arc::new(session));
        Put::Opened
    }

    /// Takes a session out of use. True if there was one.
    pub fn withdraw(&self, connection: &ObjectRef<FlagsmithConnection>) -> bool {
        self.sessions().remove(connection).is_some()
    }

    fn sessions(&self) -> MutexGuard<'_, HashMap<ObjectRef<FlagsmithConnection>, Arc<Session>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One budget a credential: connections that share one share its budget, and the least of their limits holds.
    fn budget(&self, terms: &Terms) -> Arc<Budget> {
        let per_minute = u32::try_from(terms.requests_per_minute).unwrap_or_default();
        let mut budgets = self.budgets.lock().unwrap_or_else(PoisonError::into_inner);
        budgets.retain(|one| one.budget.strong_count() > 0);
        let shared = budgets.iter().find_map(|one| {
            let Allowance { server, credential, per_minute: limit, budget } = one;
            let is_its = server == terms.endpoint.server() && *credential == terms.credential && *limit <= per_minute;
            is_its.then(|| budget.upgrade()).flatten()
        });
        shared.unwrap_or_else(|| {
            let budget = Arc::new(Budget::new(per_minute));
            budgets.push(Allowance {
                server: terms.endpoint.server().to_owned(),
                credential: terms.credential.clone(),
                per_minute,
                budget: Arc::downgrade(&budget),
            });
            budget
        })
    }
}

/// What became of a session that was put in use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Put {
    /// It is in use, and whoever goes through the connection should know.
    Opened,
    /// One on the same terms was in use already.
    Kept,
}
