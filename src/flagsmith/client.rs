//! The one road that every request takes.

use std::fmt;
use std::future::{Future as _, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::{Duration, Instant};

use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue};
use serde::de::DeserializeOwned;
use tokio::sync::Semaphore;

use super::call::Call;
use super::reply::Reply;
use super::{Budget, Capabilities, Credential, Endpoint, Error, Purpose};
use crate::lease::Leadership;
use crate::metrics::{Metrics, Status};

/// Requests in flight at once: twice what the measured server answers at a time (two workers of four threads, facts.md).
const PLACES: usize = 16;
const JSON: HeaderValue = HeaderValue::from_static("application/json");
const LONGEST_CONNECT: Duration = Duration::from_secs(10);
/// gunicorn, as Flagsmith starts it, drops an idle connection after 2 s; reusing one just then looks like a broken request.
const IDLE: Duration = Duration::from_secs(1);

/// What a [`Client`] is made of.
#[derive(Clone, Debug)]
pub struct Connect {
    /// Where Flagsmith is.
    pub endpoint: Endpoint,
    /// What it is shown.
    pub credential: Credential,
    /// The requests that the credential has; share one among all clients of a credential.
    pub budget: Arc<Budget>,
    /// How long one request may take from its first byte to its answer's last; the wait for a place is not counted.
    pub timeout: Duration,
    /// Nothing is sent while this replica does not lead.
    pub leadership: Leadership,
    /// Where each request is counted.
    pub metrics: Metrics,
}

/// Speaks to one Flagsmith with one credential. A copy is cheap and shares connections, places and budget.
#[derive(Clone)]
pub struct Client {
    shared: Arc<Shared>,
    purpose: Purpose,
    pub(super) capabilities: Capabilities,
}

struct Shared {
    http: reqwest::Client,
    endpoint: Endpoint,
    credential: Credential,
    budget: Arc<Budget>,
    places: Semaphore,
    timeout: Duration,
    leadership: Leadership,
    metrics: Metrics,
}

impl Client {
    /// A client whose requests draw on [`Purpose::Read`], see [`with`](Self::with), and that takes the server for one of the
    /// oldest, see [`knowing`](Self::knowing). Sends nothing. A TLS provider must have been installed in the process.
    ///
    /// # Errors
    /// [`Error::CredentialRefused`] where the secret cannot be sent, [`Error::Unreachable`] where TLS cannot be set up.
    pub fn new(connect: Connect) -> Result<Self, Error> {
        let Connect { endpoint, credential, budget, timeout, leadership, metrics } = connect;
        let headers = HeaderMap::from_iter([(AUTHORIZATION, credential.header()?), (ACCEPT, JSON)]);
        let http = reqwest::Client::builder()
            .default_headers(headers)
            .user_agent(concat!("flagsmith-operator/", env!("CARGO_PKG_VERSION")))
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .timeout(timeout)
            // The lesser half, so that an address that does not answer is told from a request that was not answered.
            .connect_timeout(LONGEST_CONNECT.min(timeout / 2))
            .pool_idle_timeout(IDLE)
            .build()
            .map_err(|error| Error::transport(error, timeout))?;
        let places = Semaphore::new(PLACES);
        let shared = Shared { http, endpoint, credential, budget, places, timeout, leadership, metrics };
        Ok(Self { shared: Arc::new(shared), purpose: Purpose::Read, capabilities: Capabilities::default() })
    }

    /// A copy whose requests draw on `purpose`.
    #[must_use]
    pub fn with(&self, purpose: Purpose) -> Self {
        Self { purpose, ..self.clone() }
    }

    /// A copy that makes use of what the server can do.
    #[must_use]
    pub fn knowing(&self, capabilities: Capabilities) -> Self {
        Self { capabilities, ..self.clone() }
    }

    /// Where it speaks to.
    #[must_use]
    pub fn endpoint(&self) -> &Endpoint {
        &self.shared.endpoint
    }

    /// Sends a call whose answer is JSON of the shape `T`.
    pub(super) async fn ask<T: DeserializeOwned>(&self, call: Call) -> Result<T, Error> {
        self.send(&call).await?.json(&call)
    }

    /// Sends one call: budget, place, request, status. A 2xx comes back as it is.
    pub(super) async fn send(&self, call: &Call) -> Result<Reply, Error> {
        self.admit()?;
        // It is never closed, so that there is always a place to wait for.
        let place = self.shared.places.acquire().await.ok();
        self.shared.leadership.admit()?;
        // Another may have been told so while this one waited.
        self.heed_hold()?;
        let start = Instant::now();
        let pending = self.shared.metrics.request(call.method.as_str(), call.route);
        let reply = self.exchange_while_leading(call).await;
        pending.ended(status(&reply));
        drop(place);
        let ms = start.elapsed().as_millis();
        match &reply {
            Ok(reply) => {
                tracing::debug!(method = %call.method, route = call.route, status = reply.status, %ms, "flagsmith answered");
            }
            Err(error) => {
                tracing::debug!(method = %call.method, route = call.route, %error, %ms, "flagsmith did not answer");
            }
        }
        let outcome = reply?.success(call.right, |text| call.redact(text, self.shared.credential.secret()));
        if let Err(Error::Throttled { retry_after }) = &outcome {
            self.shared.budget.hold(*retry_after);
        }
        outcome
    }

    /// Nothing is sent before the time that Flagsmith named, nor beyond the budget.
    fn admit(&self) -> Result<(), Error> {
        self.heed_hold()?;
        self.shared.budget.take(self.purpose).map_err(|wait| Error::BudgetSpent { wait })
    }

    fn heed_hold(&self) -> Result<(), Error> {
        self.shared.budget.held().map_or(Ok(()), |retry_after| Err(Error::Throttled { retry_after }))
    }

    /// Asked at each step of the way, lest a process that was stopped, or waited for a connection, sends what it began before
    /// another took over.
    async fn exchange_while_leading(&self, call: &Call) -> Result<Reply, Error> {
        let mut exchange = pin!(self.exchange(call));
        poll_fn(|context| match self.shared.leadership.admit() {
            Ok(()) => exchange.as_mut().poll(context),
            Err(over) => Poll::Ready(Err(Error::Unreachable { reason: over.to_string(), connected: true })),
        })
        .await
    }

    async fn exchange(&self, call: &Call) -> Result<Reply, Error> {
        let failed = |error| Error::transport(error, self.shared.timeout);
        let mut request = self.shared.http.request(call.method.clone(), call.url(&self.shared.endpoint));
        if let Some(body) = &call.body {
            request = request.header(CONTENT_TYPE, JSON).body(body.clone());
        }
        let response = request.send().await.map_err(failed)?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let body = response.bytes().await.map_err(failed)?.to_vec();
        Ok(Reply { status, headers, body })
    }
}

fn status(reply: &Result<Reply, Error>) -> Status {
    match reply {
        Ok(reply) => Status::from(reply.status),
        Err(Error::Timeout { .. }) => Status::TimedOut,
        Err(_) => Status::Unreachable,
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("server", &self.shared.endpoint.server())
            .field("purpose", &self.purpose)
            .finish_non_exhaustive()
    }
}
