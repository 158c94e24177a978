//! The stand-in as a test holds it.

use crate::engine::{Engine, Release, lock};
use crate::fault::{Fault, Faults};
use crate::log::{Log, Request};
use crate::route::Routes;
use crate::server;
use crate::store::Store;
use crate::throttle::Throttle;
use crate::upstream::Upstream;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::task::AbortHandle;

/// What a server is like before it starts.
#[derive(Clone, Debug)]
pub struct Builder {
    port: u16,
    version: Release,
    future: bool,
    update_flag: bool,
    free_plan: bool,
    prefix: String,
    /// The address of a real server, and a token there.
    upstream: Option<(String, String)>,
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
        self.version = Release::Another(version.to_owned());
        self
    }

    /// Sends no `Flagsmith-Version` header.
    #[must_use]
    pub fn without_version(mut self) -> Self {
        self.version = Release::Unsaid;
        self
    }

    /// Has no `/api/__future__/`, as before 2.263: it answers 404 in HTML.
    #[must_use]
    pub fn without_future(mut self) -> Self {
        self.future = false;
        self
    }

    /// Has no `update-flag` and no `delete-segment-override`, as before 2.205: they answer 404 in HTML.
    #[must_use]
    pub fn without_update_flag(mut self) -> Self {
        self.update_flag = false;
        self
    }

    /// Allows one project an organisation, as the open-source edition does.
    #[must_use]
    pub fn one_project_per_organisation(mut self) -> Self {
        self.free_plan = true;
        self
    }

    /// Lies below a path such as `/tools/flags`, as behind a gateway; beside it there is nothing.
    #[must_use]
    pub fn under(mut self, prefix: &str) -> Self {
        prefix.trim_end_matches('/').clone_into(&mut self.prefix);
        self
    }

    /// Stands in front of a real server, at its address (`http://host:port`, with or without `/api/v1/`): every request is
    /// passed on to it, and its answer given back as it is. The log, faults, delays, the throttle and [`Sim::down`] stay
    /// this server's own; [`Builder::version`] and [`Builder::without_version`] change the header of its answers, and
    /// what [`Builder::without_future`] and [`Builder::without_update_flag`] leave out is not asked of it. `token` is an
    /// account token there. What sets up a store of this server's own ([`Sim::add_user`] and its like,
    /// [`Sim::freeze_document`], [`Sim::document_lag`], …) panics; [`Builder::one_project_per_organisation`] does nothing.
    #[must_use]
    pub fn in_front_of(mut self, url: &str, token: &str) -> Self {
        self.upstream = Some((url.to_owned(), token.to_owned()));
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
        let (_, token) = store.add_user("admin@example.com", true);
        let engine = Arc::new(Engine {
            store: Mutex::new(store),
            log: Mutex::new(Log::default()),
            faults: Mutex::new(Faults::default()),
            throttle: Mutex::new(Throttle::default()),
            write_delay: Mutex::new(Duration::ZERO),
            down: AtomicBool::new(false),
            at_work: AtomicUsize::new(0),
            routes: Routes::new(self.future, self.update_flag),
            prefix: self.prefix,
            version: self.version,
            upstream: self.upstream.as_ref().map(|(url, _)| Upstream::at(url)),
        });
        let token = self.upstream.map_or(token, |(_, token)| token);
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
    pub(crate) engine: Arc<Engine>,
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
        Builder {
            port: 0,
            version: Release::Own,
            future: true,
            update_flag: true,
            free_plan: false,
            prefix: String::new(),
            upstream: None,
        }
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

    /// The store to set things up in.
    pub(crate) fn own_store(&self) -> &Mutex<Store> {
        assert!(self.engine.upstream.is_none(), "what a real server holds is set up through its API");
        &self.engine.store
    }

    /// The superuser's account token, of 40 hexadecimal digits; in front of a real server, the token there.
    #[must_use]
    pub fn token(&self) -> &str {
        &self.token
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

    /// How many requests are worked on, those whose client is gone among them.
    #[must_use]
    pub fn at_work(&self) -> usize {
        self.engine.at_work.load(Ordering::Relaxed)
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
    ///
    /// # Panics
    /// In front of a real server.
    pub fn freeze_document(&self, environment_key: &str) {
        lock(self.own_store()).freeze_document(environment_key);
    }

    /// Serves an environment's document as it is again.
    ///
    /// # Panics
    /// In front of a real server.
    pub fn thaw_document(&self, environment_key: &str) {
        lock(self.own_store()).thaw_document(environment_key);
    }

    /// Serves every document as it was so long ago, counting only the writes from now on.
    ///
    /// # Panics
    /// In front of a real server.
    pub fn document_lag(&self, lag: Duration) {
        lock(self.own_store()).documents.lag = lag;
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
