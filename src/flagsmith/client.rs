//! The one road that every request takes.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use reqwest::header::{ACCEPT, AUTHORIZATION, HeaderMap, HeaderValue};
use serde::de::DeserializeOwned;
use tokio::sync::Semaphore;

use super::call::Call;
use super::reply::Reply;
use super::wire::{Address, JSON, Wire};
use super::{Budget, Capabilities, Credential, Endpoint, Error, Purpose, Sdk};
use crate::lease::Leadership;
use crate::metrics::Metrics;

/// Requests in flight at once: twice what the measured server answers at a time (two workers of four threads, facts.md).
const PLACES: usize = 16;
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
    wire: Wire,
    endpoint: Endpoint,
    credential: Credential,
    /// The credential as it is sent, with each request and not by the connections: SDKs' requests take the same.
    authorization: HeaderValue,
    budget: Arc<Budget>,
    places: Semaphore,
    is_withdrawn: AtomicBool,
}

impl Client {
    /// A client whose requests draw on [`Purpose::Read`], see [`with`](Self::with), and that takes the server for one of the
    /// oldest, see [`knowing`](Self::knowing). Sends nothing. A TLS provider must have been installed in the process.
    ///
    /// # Errors
    /// [`Error::CredentialRefused`] where the secret cannot be sent, [`Error::Unreachable`] where TLS cannot be set up.
    pub fn new(connect: Connect) -> Result<Self, Error> {
        let Connect { endpoint, credential, budget, timeout, leadership, metrics } = connect;
        let authorization = credential.header()?;
        let http = reqwest::Client::builder()
            .default_headers(HeaderMap::from_iter([(ACCEPT, JSON)]))
            .user_agent(concat!("flagsmith-operator/", env!("CARGO_PKG_VERSION")))
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .timeout(timeout)
            // The lesser half, so that an address that does not answer is told from a request that was not answered.
            .connect_timeout(LONGEST_CONNECT.min(timeout / 2))
            .pool_idle_timeout(IDLE)
            .build()
            .map_err(|error| Error::transport(error, timeout))?;
        let (places, is_withdrawn) = (Semaphore::new(PLACES), AtomicBool::new(false));
        let wire = Wire { http, timeout, leadership, metrics };
        let shared = Shared { wire, endpoint, credential, authorization, budget, places, is_withdrawn };
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

    /// Sends nothing more, and neither does any copy: the credential is not to be used any longer.
    pub fn withdraw(&self) {
        self.shared.is_withdrawn.store(true, Ordering::Relaxed);
    }

    /// What SDKs are served at an address, over the same connections and without the credential.
    #[must_use]
    pub fn sdk(&self, url: &str) -> Sdk {
        Sdk::new(self.shared.wire.clone(), url)
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
        self.shared.wire.leadership.admit()?;
        if self.shared.is_withdrawn.load(Ordering::Relaxed) {
            return Err(Error::Withdrawn);
        }
        // Another may have been told so while this one waited.
        self.heed_hold()?;
        let headers = HeaderMap::from_iter([(AUTHORIZATION, self.shared.authorization.clone())]);
        let reply = self.shared.wire.exchange(call, Address { url: call.url(&self.shared.endpoint), headers }).await;
        drop(place);
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
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("server", &self.shared.endpoint.server())
            .field("purpose", &self.purpose)
            .finish_non_exhaustive()
    }
}
