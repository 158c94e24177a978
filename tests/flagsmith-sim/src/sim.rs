//! The stand-in as a test holds it.

use crate::engine::{Engine, lock};
use crate::fault::{Fault, Faults};
use crate::log::{Log, Request};
use crate::route::Routes;
use crate::server;
use crate::store::Store;
use crate::throttle::Throttle;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::task::AbortHandle;

/// The release that the stand-in is held to.
const VERSION: &str = "2.265.0";

/// What a server is like before it starts.
#[derive(Clone, Debug)]
pub struct Builder {
    port: u16,
    version: Option<String>,
    future: bool,
    free_plan: bool,
}

impl Builder {
    /// The port on the loopback interface; a free one unless said.
    #[must_use]
    pub fn port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    /// What the `Flagsmith-Version` header says; the routes stay as they are.
    #[must_use]
    pub fn version(mut self, version: &str) -> Self {
        self.version = Some(version.to_owned());
        self
    }

    /// Sends no `Flagsmith-Version` header.
    #[must_use]
    pub fn without_version(mut self) -> Self {
        self.version = None;
        self
    }

    /// Has no `/api/__future__/`, as before 2.263: it answers 404 in HTML.
    #[must_use]
    pub fn without_future(mut self) -> Self {
        self.future = false;
        self
    }

    /// Allows one project an organisation, as the open-source edition does.
    #[must_use]
    pub fn one_project_per_organisation(mut self) -> Self {
        self.free_plan = true;
        self
    }

    /// Starts the server.
    ///
    /// # Errors
    /// Where the port cannot be listened on.
    pub async fn try_start(self) -> io::Result<Sim> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, self.port)).await?;
        let address = listener.local_addr()?;
        let mut store = Store::default();
        store.free_plan = self.free_plan;
        let token = store.add_user("admin@example.com", true);
        let engine = Arc::new(Engine {
            store: Mutex::new(store),
            log: Mutex::new(Log::default()),
            faults: Mutex::new(Faults::default()),
            throttle: Mutex::new(Throttle::default()),
            write_delay: Mutex::new(Duration::ZERO),
            down: AtomicBool::new(false),
            routes: Routes::new(self.future),
            version: self.version,
        });
        let task = tokio::spawn(server::serve(engine.clone(), listener));
        Ok(Sim { engine, address, token, task: task.abort_handle() })
    }

    /// Starts the server.
    ///
    /// # Panics
    /// Where the port cannot be listened on.
    #[expect(clippy::expect_used, reason = "a test without its server has nothing to go on with")]
    pub async fn start(self) -> Sim {
        self.try_start().await.expect("the stand-in listens on a loopback port")
    }
}

/// A running server; it stops when this is dropped.
#[derive(Debug)]
pub struct Sim {
    engine: Arc<Engine>,
    address: SocketAddr,
    token: String,
    task: AbortHandle,
}

impl Drop for Sim {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Sim {
    /// A fresh server on a free port: it has a superuser and nothing else.
    ///
    /// # Panics
    /// Where no port can be listened on.
    pub async fn start() -> Self {
        Self::builder().start().await
    }

    /// A server to be.
    #[must_use]
    pub fn builder() -> Builder {
        Builder { port: 0, version: Some(VERSION.to_owned()), future: true, free_plan: false }
    }

    /// `http://127.0.0.1:PORT`
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// `http://127.0.0.1:PORT/api/v1/`
    #[must_use]
    pub fn api_url(&self) -> String {
        format!("{}/api/v1/", self.url())
    }

    /// The superuser's account token: 40 hexadecimal digits.
    #[must_use]
    pub fn token(&self) -> &str {
        &self.token
    }

    /// Adds a user who may do nothing, and gives their account token.
    #[must_use]
    pub fn add_user(&self, email: &str) -> String {
        lock(&self.engine.store).add_user(email, false)
    }

    /// Adds an Api-Key to an organisation, and gives it.
    #[must_use]
    pub fn api_key(&self, organisation: u64) -> String {
        lock(&self.engine.store).add_organisation_key(organisation, "test")
    }

    /// Every request so far, in the order of arrival.
    #[must_use]
    pub fn requests(&self) -> Vec<Request> {
        lock(&self.engine.log).requests()
    }

    /// The requests that asked for a change.
    #[must_use]
    pub fn writes(&self) -> Vec<Request> {
        let mut requests = self.requests();
        requests.retain(Request::is_write);
        requests
    }

    /// Forgets the requests so far.
    pub fn clear_requests(&self) {
        lock(&self.engine.log).clear();
    }

    /// Lets something go wrong.
    pub fn inject(&self, fault: Fault) {
        lock(&self.engine.faults).inject(fault);
    }

    /// Lets nothing more go wrong.
    pub fn clear_faults(&self) {
        lock(&self.engine.faults).clear();
    }

    /// Serves an environment's document as it is now, whatever is written, until it is thawed.
    pub fn freeze_document(&self, environment_key: &str) {
        lock(&self.engine.store).freeze_document(environment_key);
    }

    /// Serves an environment's document as it is again.
    pub fn thaw_document(&self, environment_key: &str) {
        lock(&self.engine.store).thaw_document(environment_key);
    }

    /// Serves every document as it was so long ago, counting only the writes from now on.
    pub fn document_lag(&self, lag: Duration) {
        lock(&self.engine.store).documents.lag = lag;
    }

    /// Makes each write take so long: its work is done at the end, and writes overlap.
    pub fn write_delay(&self, delay: Duration) {
        *lock(&self.engine.write_delay) = delay;
    }

    /// Refuses what each credential asks beyond so many requests in a window of time.
    pub fn throttle(&self, requests: usize, window: Duration) {
        lock(&self.engine.throttle).set(Some((requests, window)));
    }

    /// Refuses nothing for its frequency.
    pub fn unthrottle(&self) {
        lock(&self.engine.throttle).set(None);
    }

    /// Closes every connection on which a request comes, unanswered and unlogged, until [`Sim::up`].
    pub fn down(&self) {
        self.engine.down.store(true, Ordering::Relaxed);
    }

    /// Serves again.
    pub fn up(&self) {
        self.engine.down.store(false, Ordering::Relaxed);
    }
}
