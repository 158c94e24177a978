//! A connection in use: its client, its organisation, and the mirrors of its projects.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use k8s_openapi::jiff::Timestamp;
use tokio::{
    sync::{OwnedMutexGuard, watch},
    task::AbortHandle,
};

use super::{sessions::Means, terms::Terms};
use crate::operator::{
    live::{lookout::Post, lookouts::Lookouts},
    project::making::Making,
    watch::wake::Messenger,
};
use crate::{
    crd::{ServerIdentity, Verify},
    flagsmith::{Capabilities, Client, Error, OrganisationId, ProjectId},
    mirror::{self, Ground, LiveMirror, Mirror, Monotonic, ProjectClient, WriteLocks},
};

/// What was found out of the server, once for a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Server {
    /// The release that it says it is.
    pub version: Option<String>,
    /// What it can do.
    pub capabilities: Capabilities,
}

/// What a session was proved with.
#[derive(Debug)]
pub struct Proof {
    /// The organisation that the credential sees.
    pub organisation: OrganisationId,
    /// The server.
    pub server: Server,
    /// The client that saw both.
    pub client: Client,
}

/// A connection in use.
#[derive(Debug)]
pub struct Session {
    terms: Terms,
    organisation: OrganisationId,
    server: Server,
    is_doubted: AtomicBool,
    client: Client,
    locks: Arc<WriteLocks>,
    messenger: Arc<Messenger>,
    mirrors: Mutex<HashMap<ProjectId, Kept>>,
    /// Mirrors that nobody keeps fresh, as long as something is to leave through them.
    resting: Mutex<HashMap<ProjectId, Arc<LiveMirror>>>,
    since: Timestamp,
    making: Making,
    lookouts: Option<Lookouts>,
}

/// A mirror and the task that keeps it fresh, which ends with the session.
#[derive(Debug)]
struct Kept {
    mirror: Arc<LiveMirror>,
    interval: watch::Sender<Duration>,
    keeper: AbortHandle,
}

impl Drop for Kept {
    fn drop(&mut self) {
        self.keeper.abort();
    }
}

/// What all sessions share, and what this one reports to.
#[derive(Debug)]
pub struct Surroundings {
    /// The locks of all writes.
    pub locks: Arc<WriteLocks>,
    /// Who is told what the mirrors see.
    pub messenger: Arc<Messenger>,
    /// What clients are made with.
    pub means: Means,
}

impl Session {
    /// A session that was proved to work: its client has seen the organisation.
    #[must_use]
    pub fn new(terms: Terms, proof: Proof, surroundings: Surroundings) -> Self {
        let Surroundings { locks, messenger, means } = surroundings;
        let Proof { organisation, server, client } = proof;
        let client = client.knowing(server.capabilities);
        let (is_doubted, since, making) = (AtomicBool::new(false), Timestamp::now(), Making::default());
        let (mirrors, resting) = (Mutex::default(), Mutex::default());
        let post = Post {
            sdk: client.sdk(&terms.sdk_url),
            messenger: Arc::clone(&messenger),
            metrics: means.metrics,
            // Between two resyncs an object is looked at for other reasons too.
            interval: means.resync / 2,
        };
        let lookouts = (terms.verify == Verify::Always).then(|| Lookouts::new(post));
        Self {
            terms,
            organisation,
            server,
            is_doubted,
            client,
            locks,
            messenger,
            mirrors,
            resting,
            since,
            making,
            lookouts,
        }
    }

    /// What its author said.
    #[must_use]
    pub fn terms(&self) -> &Terms {
        &self.terms
    }

    /// The organisation in use.
    #[must_use]
    pub fn organisation(&self) -> OrganisationId {
        self.organisation
    }

    /// What was found out of the server.
    #[must_use]
    pub fn server(&self) -> &Server {
        &self.server
    }

    /// Notes that a route which the server was found to have was missing, so that the connection looks again; or that it has looked.
    pub fn doubt(&self, is_doubted: bool) {
        self.is_doubted.store(is_doubted, Ordering::Relaxed);
    }

    /// Whether what was found out of the server is to be found out anew.
    #[must_use]
    pub fn is_doubted(&self) -> bool {
        let is_lost = |kept: &Kept| kept.mirror.health().error == Some(Error::RouteMissing);
        self.is_doubted.load(Ordering::Relaxed) || self.mirrors().values().any(is_lost)
    }

    /// The client.
    #[must_use]
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// Since when it is in use: what was recorded before was another's doing.
    #[must_use]
    pub fn since(&self) -> Timestamp {
        self.since
    }

    /// What became of the projects that it was to make.
    #[must_use]
    pub fn making(&self) -> &Making {
        &self.making
    }

    /// Waits until no other makes a project in the organisation.
    pub async fn hold_projects(&self) -> OwnedMutexGuard<()> {
        self.locks.hold_projects(self.terms.endpoint.server(), self.organisation).await
    }

    /// The server and organisation that ids read through it belong to.
    #[must_use]
    pub fn identity(&self) -> ServerIdentity {
        ServerIdentity { url: self.terms.endpoint.server().to_owned(), organisation_id: self.organisation.0 }
    }

    /// The mirror of a project, which is kept fresh from the first time that it is asked for.
    pub fn mirror(&self, project: ProjectId) -> Arc<LiveMirror> {
        let mut mirrors = self.mirrors();
        let kept = mirrors.entry(project).or_insert_with(|| self.open(project));
        Arc::clone(&kept.mirror)
    }

    /// The mirror of a project that is kept fresh already.
    #[must_use]
    pub fn kept(&self, project: ProjectId) -> Option<Arc<LiveMirror>> {
        self.mirrors().get(&project).map(|kept| Arc::clone(&kept.mirror))
    }

    /// A mirror of a project that is read only when somebody says so, and tells nobody: for what is to go when nobody else looks
    /// at the project any more. Where somebody does after all, it is the one that is kept fresh.
    pub fn resting(&self, project: ProjectId) -> Arc<LiveMirror> {
        if let Some(kept) = self.kept(project) {
            return kept;
        }
        let mut resting = self.at_rest();
        Arc::clone(resting.entry(project).or_insert_with(|| self.new_mirror(project, Arc::new(mirror::Silence))))
    }

    /// Ends the mirrors at rest of projects that nothing leaves any more.
    pub fn retain_resting(&self, is_needed: impl Fn(ProjectId) -> bool) {
        self.at_rest().retain(|project, _| is_needed(*project));
    }

    /// Has a project's mirror read it so often, from now on.
    pub fn pace(&self, project: ProjectId, interval: Duration) {
        let mut mirrors = self.mirrors();
        let kept = mirrors.entry(project).or_insert_with(|| self.open(project));
        kept.interval.send_if_modified(|held| std::mem::replace(held, interval) != interval);
    }

    /// Who looks at what SDKs are served, unless nobody is to.
    #[must_use]
    pub fn lookouts(&self) -> Option<&Lookouts> {
        self.lookouts.as_ref()
    }

    /// How long ago each of its mirrors was read without an error.
    #[must_use]
    pub fn mirror_ages(&self) -> Vec<Duration> {
        self.mirrors().values().map(|kept| kept.mirror.age()).collect()
    }

    /// Ends the mirror of a project, until it is asked for again.
    pub fn close(&self, project: ProjectId) {
        self.mirrors().remove(&project);
    }

    /// Ends all its mirrors, and asks SDKs' endpoints no more.
    pub fn close_all(&self) {
        self.mirrors().clear();
        if let Some(lookouts) = &self.lookouts {
            lookouts.close();
        }
    }

    /// Ends all that goes on through it: nothing more is sent, whoever holds it still.
    pub fn withdraw(&self) {
        self.client.withdraw();
        self.close_all();
    }

    fn mirrors(&self) -> MutexGuard<'_, HashMap<ProjectId, Kept>> {
        self.mirrors.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn at_rest(&self) -> MutexGuard<'_, HashMap<ProjectId, Arc<LiveMirror>>> {
        self.resting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn new_mirror(&self, project: ProjectId, listener: Arc<dyn mirror::Listener>) -> Arc<LiveMirror> {
        let server = self.terms.endpoint.server().to_owned();
        let ground = Ground { server, project, locks: Arc::clone(&self.locks), listener };
        let transport = ProjectClient::new(self.client.clone(), self.organisation, project);
        Arc::new(Mirror::new(transport, Monotonic::default(), ground))
    }

    fn open(&self, project: ProjectId) -> Kept {
        let mirror = self.new_mirror(project, Arc::clone(&self.messenger) as Arc<dyn mirror::Listener>);
        // It knows nothing of what is made through this one.
        self.at_rest().remove(&project);
        let (interval, wanted) = watch::channel(self.terms.poll_interval.duration);
        let keeper = tokio::spawn(mirror::keep(Arc::clone(&mirror), wanted)).abort_handle();
        Kept { mirror, interval, keeper }
    }
}
