//! The sessions of all connections, and what is known of each.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use kube::runtime::reflector::ObjectRef;

use super::{allowance::Allowances, session::Session, terms::Terms};
use crate::operator::obstacle::Obstacle;
use crate::{
    crd::FlagsmithConnection,
    flagsmith::{Client, Connect, Error, ProjectId},
    lease::Leadership,
    metrics::Metrics,
    mirror::WriteLocks,
};

/// The sessions of all connections.
#[derive(Debug)]
pub struct Sessions {
    means: Means,
    locks: Arc<WriteLocks>,
    verdicts: Mutex<HashMap<ObjectRef<FlagsmithConnection>, Verdict>>,
    /// The last that worked of each connection whose object or Secret is gone: what is to go may go through it.
    retired: Mutex<HashMap<ObjectRef<FlagsmithConnection>, Arc<Session>>>,
    allowances: Allowances,
    /// The terms on which each connection was last to be tried out.
    meant: Mutex<HashMap<ObjectRef<FlagsmithConnection>, Terms>>,
}

/// What every client is made with, whatever a connection says.
#[derive(Clone, Debug)]
pub struct Means {
    /// How long one request may take.
    pub timeout: Duration,
    /// Nothing is sent while this replica does not lead.
    pub leadership: Leadership,
    /// Where requests are counted.
    pub metrics: Metrics,
    /// How often an object is looked at though nothing happened.
    pub resync: Duration,
}

/// What is known of a connection.
#[derive(Clone, Debug)]
enum Verdict {
    /// It works.
    Open(Arc<Session>),
    /// It is to be tried out on other terms than before.
    Untried,
    /// It could not be tried out: time may mend it.
    Failing,
    /// It could not be tried out on other terms than before, and those count no more.
    Unproved,
    /// It cannot work as it is: somebody must act.
    Refused,
}

impl Sessions {
    /// No session yet.
    #[must_use]
    pub fn new(means: Means) -> Self {
        Self {
            means,
            locks: Arc::default(),
            verdicts: Mutex::default(),
            retired: Mutex::default(),
            allowances: Allowances::default(),
            meant: Mutex::default(),
        }
    }

    /// How long one request may take.
    #[must_use]
    pub fn timeout(&self) -> Duration {
        self.means.timeout
    }

    /// What every client is made with.
    #[must_use]
    pub fn means(&self) -> &Means {
        &self.means
    }

    /// The locks that all sessions share.
    #[must_use]
    pub fn locks(&self) -> Arc<WriteLocks> {
        Arc::clone(&self.locks)
    }

    /// The session of a connection that is ready.
    ///
    /// # Errors
    /// [`Obstacle::Loading`] before the connection was judged for the first time in this process, or on the terms that are meant
    /// now, so that neither a restart nor another token tells anybody that a connection is not ready; else
    /// [`Obstacle::ConnectionFailing`] or [`Obstacle::ConnectionNotReady`].
    pub fn get(&self, connection: &ObjectRef<FlagsmithConnection>) -> Result<Arc<Session>, Obstacle> {
        let name = connection.name.clone();
        match self.verdicts().get(connection) {
            Some(Verdict::Open(session)) => Ok(Arc::clone(session)),
            Some(Verdict::Failing | Verdict::Unproved) => Err(Obstacle::ConnectionFailing { name }),
            Some(Verdict::Refused) => Err(Obstacle::ConnectionNotReady { name }),
            Some(Verdict::Untried) | None => Err(Obstacle::Loading),
        }
    }

    /// What was known of a connection counts only on terms that are meant still. On others nothing is sent any more, also not for
    /// what is to go.
    pub fn keep_if(&self, connection: &ObjectRef<FlagsmithConnection>, is_meant: impl Fn(&Terms) -> bool) {
        if self.meant().get(connection).is_none_or(is_meant) {
            return;
        }
        let mut verdicts = self.verdicts();
        let was = match verdicts.get(connection) {
            Some(Verdict::Untried | Verdict::Unproved) | None => None,
            Some(Verdict::Open(_) | Verdict::Failing | Verdict::Refused) => {
                verdicts.insert(connection.clone(), Verdict::Untried)
            }
        };
        if let Some(Verdict::Open(session)) = was {
            session.withdraw();
        }
        if let Some(last) = self.retired().remove(connection) {
            last.withdraw();
        }
    }

    /// Takes note of the terms on which a connection is to be tried out.
    pub fn mean(&self, connection: &ObjectRef<FlagsmithConnection>, terms: &Terms) {
        self.keep_if(connection, |held| held == terms);
        self.meant().insert(connection.clone(), terms.clone());
    }

    /// Whether a connection was proved, or refused, on terms that are meant no more, and not on those that are.
    #[must_use]
    pub fn is_void(&self, connection: &ObjectRef<FlagsmithConnection>) -> bool {
        matches!(self.verdicts().get(connection), Some(Verdict::Untried | Verdict::Unproved))
    }

    /// A client on those terms: the present session's own where they are its terms.
    ///
    /// # Errors
    /// As [`Client::new`].
    pub fn client(&self, connection: &ObjectRef<FlagsmithConnection>, terms: &Terms) -> Result<Client, Error> {
        if let Ok(session) = self.get(connection)
            && session.terms() == terms
        {
            return Ok(session.client().clone());
        }
        let Means { timeout, leadership, metrics, resync: _ } = self.means.clone();
        Client::new(Connect {
            endpoint: terms.endpoint.clone(),
            credential: terms.credential.clone(),
            budget: self.allowances.of(terms),
            timeout,
            leadership,
            metrics,
        })
    }

    /// Puts a session in use. One on the same terms, with the same server, stays, with its mirrors.
    pub fn put(&self, connection: ObjectRef<FlagsmithConnection>, session: Session) -> Put {
        let mut verdicts = self.verdicts();
        if let Some(Verdict::Open(held)) = verdicts.get(&connection)
            && held.terms() == session.terms()
            && held.organisation() == session.organisation()
            && held.server() == session.server()
        {
            held.doubt(false);
            return Put::Kept;
        }
        self.retired().remove(&connection);
        verdicts.insert(connection, Verdict::Open(Arc::new(session)));
        Put::Opened
    }

    /// The connection could not be tried out. What was known of it on the same terms stays so. True if that is news.
    pub fn fail(&self, connection: &ObjectRef<FlagsmithConnection>) -> bool {
        let mut verdicts = self.verdicts();
        let now = match verdicts.get(connection) {
            None => Verdict::Failing,
            Some(Verdict::Untried) => Verdict::Unproved,
            Some(Verdict::Open(_) | Verdict::Failing | Verdict::Unproved | Verdict::Refused) => return false,
        };
        verdicts.insert(connection.clone(), now);
        true
    }

    /// The connection cannot be used as it is, nor as it was. True if that is news.
    pub fn refuse(&self, connection: &ObjectRef<FlagsmithConnection>) -> bool {
        let was = self.verdicts().insert(connection.clone(), Verdict::Refused);
        self.retired().remove(connection);
        !matches!(was, Some(Verdict::Refused))
    }

    /// The connection's object or its Secret is gone. Nothing new begins; what was opened before still serves what is to go, and
    /// is not read for anything else. True if that is news.
    pub fn retire(&self, connection: &ObjectRef<FlagsmithConnection>) -> bool {
        let was = self.verdicts().insert(connection.clone(), Verdict::Refused);
        if let Some(Verdict::Open(session)) = &was {
            session.close_all();
            self.retired().insert(connection.clone(), Arc::clone(session));
        }
        !matches!(was, Some(Verdict::Refused))
    }

    /// The last session that worked of a connection whose object or Secret is gone; only for what is to go.
    #[must_use]
    pub fn last(&self, connection: &ObjectRef<FlagsmithConnection>) -> Option<Arc<Session>> {
        self.retired().get(connection).cloned()
    }

    /// What was the last session of a connection serves nobody any more. True if there was one.
    pub fn forget(&self, connection: &ObjectRef<FlagsmithConnection>) -> bool {
        self.retired().remove(connection).is_some()
    }

    /// Forgets what is known of connections that are not needed any more.
    pub fn retain(&self, is_needed: impl Fn(&ObjectRef<FlagsmithConnection>) -> bool) {
        self.retired().retain(|connection, _| is_needed(connection));
        self.meant().retain(|connection, _| is_needed(connection));
        self.verdicts().retain(|connection, verdict| matches!(verdict, Verdict::Open(_)) || is_needed(connection));
    }

    /// A flag of that uid is gone: nothing is looked at for it any more.
    pub fn forget_flag(&self, uid: &str) {
        let verdicts = self.verdicts();
        let sessions = verdicts.values().filter_map(|verdict| match verdict {
            Verdict::Open(session) => session.lookouts(),
            Verdict::Untried | Verdict::Failing | Verdict::Unproved | Verdict::Refused => None,
        });
        sessions.for_each(|lookouts| lookouts.part(uid));
    }

    /// Ends the mirrors at rest through which nothing leaves any more.
    pub fn retain_resting(&self, is_needed: impl Fn(&ObjectRef<FlagsmithConnection>, ProjectId) -> bool) {
        let retired: Vec<_> =
            self.retired().iter().map(|(connection, last)| (connection.clone(), last.clone())).collect();
        let verdicts = self.verdicts();
        let open = verdicts.iter().filter_map(|(connection, verdict)| match verdict {
            Verdict::Open(session) => Some((connection.clone(), Arc::clone(session))),
            Verdict::Untried | Verdict::Failing | Verdict::Unproved | Verdict::Refused => None,
        });
        let all: Vec<_> = open.chain(retired).collect();
        drop(verdicts);
        for (connection, session) in all {
            session.retain_resting(|project| is_needed(&connection, project));
        }
    }

    /// How long ago each mirror in use was read without an error.
    #[must_use]
    pub fn mirror_ages(&self) -> Vec<Duration> {
        let verdicts = self.verdicts();
        let ages = verdicts.values().filter_map(|verdict| match verdict {
            Verdict::Open(session) => Some(session.mirror_ages()),
            Verdict::Untried | Verdict::Failing | Verdict::Unproved | Verdict::Refused => None,
        });
        ages.flatten().collect()
    }

    fn retired(&self) -> MutexGuard<'_, HashMap<ObjectRef<FlagsmithConnection>, Arc<Session>>> {
        self.retired.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn meant(&self) -> MutexGuard<'_, HashMap<ObjectRef<FlagsmithConnection>, Terms>> {
        self.meant.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn verdicts(&self) -> MutexGuard<'_, HashMap<ObjectRef<FlagsmithConnection>, Verdict>> {
        self.verdicts.lock().unwrap_or_else(PoisonError::into_inner)
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
