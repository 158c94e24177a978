//! What happens to a request between its arrival and its answer.

use crate::answer::Answer;
use crate::call::Call;
use crate::caller::{Caller, authenticate};
use crate::fault::Faults;
use crate::log::{self, Log, Request};
use crate::route::{Access, Found, Routes};
use crate::store::Store;
use crate::throttle::Throttle;
use crate::upstream::Upstream;
use bytes::Bytes;
use hyper::HeaderMap;
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, USER_AGENT};
use serde_json::Value;
use std::sync::atomic::{AtomicBool, AtomicUsize};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// A request whose body has come.
#[derive(Debug)]
pub(crate) struct Arrival {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) query: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Arrival {
    pub(crate) fn full_path(&self) -> String {
        let mark = if self.query.is_empty() { "" } else { "?" };
        format!("{}{mark}{}", self.path, self.query)
    }

    pub(crate) fn logged(&self) -> Request {
        let text = || String::from_utf8_lossy(&self.body).into_owned().into();
        let body = serde_json::from_slice(&self.body);
        Request {
            method: self.method.clone(),
            path: self.full_path(),
            body: (!self.body.is_empty()).then(|| body.unwrap_or_else(|_| text())),
            status: None,
            at: std::time::Instant::now(),
            agent: self.headers.get(USER_AGENT).and_then(|agent| agent.to_str().ok()).unwrap_or_default().to_owned(),
            content_type: None,
            content: Bytes::new(),
        }
    }

    /// The request that shows what this one would change.
    pub(crate) fn shown(self) -> Self {
        Self { method: "GET".to_owned(), body: Bytes::new(), ..self }
    }

    fn is_write(&self) -> bool {
        log::is_write(&self.method, &self.path)
    }

    fn header(&self, name: &hyper::header::HeaderName) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// The body as JSON; the message is Python's for the commonest mistake, and serde's for the rest.
    fn json(&self) -> Result<Value, Answer> {
        if self.body.is_empty() {
            return Ok(Value::Object(serde_json::Map::new()));
        }
        let kind = self.header(&CONTENT_TYPE).unwrap_or_default();
        if !kind.starts_with("application/json") {
            let detail = format!("Unsupported media type \"{kind}\" in request.");
            return Err(Answer::detail(415, &detail));
        }
        serde_json::from_slice(&self.body).map_err(|error| {
            let (line, column) = (error.line(), error.column());
            let place = format!("line {line} column {column} (char {})", column.saturating_sub(1));
            let what = if self.body.starts_with(b"{") {
                "Expecting property name enclosed in double quotes"
            } else {
                "Expecting value"
            };
            Answer::detail(400, &format!("JSON parse error - {what}: {place}"))
        })
    }
}

/// What `Flagsmith-Version` says.
#[derive(Clone, Debug)]
pub(crate) enum Release {
    /// The release that works: the one that the stand-in is held to, or that of the server behind it.
    Own,
    Another(String),
    /// The header is not there.
    Unsaid,
}

/// The whole server, apart from its sockets.
#[derive(Debug)]
pub(crate) struct Engine {
    pub(crate) store: Mutex<Store>,
    pub(crate) log: Mutex<Log>,
    pub(crate) faults: Mutex<Faults>,
    pub(crate) throttle: Mutex<Throttle>,
    pub(crate) write_delay: Mutex<Duration>,
    pub(crate) down: AtomicBool,
    /// How many requests are worked on, also those whose client is gone.
    pub(crate) at_work: AtomicUsize,
    pub(crate) routes: Routes,
    /// What stands before each path, as behind a gateway.
    pub(crate) prefix: String,
    pub(crate) version: Release,
    /// The server that works in place of the store, if one does.
    pub(crate) upstream: Option<Upstream>,
}

/// A lock, whoever panicked with it.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Engine {
    /// The path without the prefix; what lies beside the prefix is nowhere.
    pub(crate) fn below_prefix(&self, path: &str) -> String {
        path.strip_prefix(&self.prefix).unwrap_or("/").to_owned()
    }

    /// Works on a request: a write takes the write delay, and its work is done at the end of it.
    pub(crate) async fn work(&self, arrival: &Arrival) -> Answer {
        // What is there now is what a write builds on, however long it takes.
        let horizon = lock(&self.store).horizon();
        let delay = *lock(&self.write_delay);
        if arrival.is_write() && !delay.is_zero() {
            tokio::time::sleep(delay).await;
        }
        match &self.upstream {
            None => self.perform(arrival, horizon).unwrap_or_else(|refusal| refusal),
            Some(upstream) => match self.admit(arrival) {
                Ok(()) => upstream.ask(arrival).await,
                Err(refusal) => refusal,
            },
        }
    }

    /// Refuses what the server behind would not know, or not so often.
    fn admit(&self, arrival: &Arrival) -> Result<(), Answer> {
        if self.routes.lack(&arrival.path) {
            return Err(Answer::no_route());
        }
        if log::is_by_account(&arrival.path) {
            lock(&self.throttle).admit(arrival.header(&AUTHORIZATION).unwrap_or_default())?;
        }
        Ok(())
    }

    fn perform(&self, arrival: &Arrival, horizon: u64) -> Result<Answer, Answer> {
        let (route, params) = match self.routes.find(&arrival.path) {
            Found::Route(route, params) => (route, params),
            Found::WithSlash => return Err(with_slash(arrival)),
            Found::Nowhere => return Err(Answer::no_route()),
        };
        let mut store = lock(&self.store);
        store.end_tasks();
        let mut caller = Caller::Nobody;
        if route.access == Access::Account {
            let credential = arrival.header(&AUTHORIZATION);
            caller = authenticate(&store, credential)?;
            lock(&self.throttle).admit(credential.unwrap_or_default())?;
        }
        let handler = route.handler(&arrival.method);
        let handler = handler.ok_or_else(|| route.wrong_method(&arrival.method))?;
        let query = form_urlencoded::parse(arrival.query.as_bytes());
        let call = Call {
            method: arrival.method.clone(),
            path: arrival.path.clone(),
            params,
            query: query.into_owned().collect(),
            headers: arrival.headers.clone(),
            body: arrival.json()?,
            caller,
            horizon,
        };
        if arrival.is_write() {
            store.remember_documents();
        }
        handler(&mut store, &call)
    }
}

/// Django's redirect to the same path with a slash: a POST loses its body on the way.
fn with_slash(arrival: &Arrival) -> Answer {
    let mark = if arrival.query.is_empty() { "" } else { "?" };
    let location = format!("{}/{mark}{}", arrival.path, arrival.query);
    Answer::html(301, "").with("location", location)
}
