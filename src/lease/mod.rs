//! Leader election by Lease: of several replicas, one writes.
//!
//! [`Candidate`] decides, and this file carries it out, one request at a time. Whoever writes asks [`Leadership`] at the write.

mod candidate;
#[cfg(test)]
mod laws;
mod leadership;

use std::{
    env, fmt, fs,
    future::Future,
    pin::pin,
    time::{Duration, Instant},
};

use k8s_openapi::{api::coordination::v1::Lease, jiff::Timestamp};
use kube::{Api, Client, api::PostParams, runtime::wait::await_condition};
use tokio::time::{sleep, timeout};

pub use candidate::{Candidate, NAME, Step, Term};
pub use leadership::{Leadership, NotLeading};

use crate::crd::FIELD_MANAGER;
use candidate::holder;
use leadership::Office;

/// Where the namespace of a pod stands.
const POD_NAMESPACE: &str = "/var/run/secrets/kubernetes.io/serviceaccount/namespace";
const HOST_NAME: &str = "/proc/sys/kernel/hostname";
/// Before a watch that failed is tried again.
const FAILED_WATCH: Duration = Duration::from_secs(5);

/// The lease was held, and is no longer: whatever is under way must not go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the lease was lost: another replica may lead by now")]
pub struct Lost;

/// How to be elected.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The namespace of the lease; the pod's own if absent, and `default` outside of a pod.
    pub namespace: Option<String>,
    /// How long the lease lasts.
    pub term: Term,
}

/// This replica's part in the election.
#[derive(Debug)]
pub struct Election {
    api: Api<Lease>,
    candidate: Candidate,
    office: Office,
    term: Term,
}

impl Election {
    /// An election that has not begun, and the leadership that may come of it. The client must be one that may write always.
    #[must_use]
    pub fn new(client: Client, settings: Settings) -> (Self, Leadership) {
        let Settings { namespace, term } = settings;
        let namespace = namespace.or_else(|| line(POD_NAMESPACE)).unwrap_or_else(|| "default".to_owned());
        let (office, leadership) = Office::new();
        let candidate = Candidate::new(identity(), term);
        (Self { api: Api::namespaced(client, &namespace), candidate, office, term }, leadership)
    }

    /// Strives for the lease and keeps it, until `resigned`; then gives it back.
    ///
    /// # Errors
    /// [`Lost`].
    pub async fn run(mut self, resigned: impl Future<Output = ()>) -> Result<(), Lost> {
        tokio::select! {
            lost = self.hold() => return Err(lost),
            () = resigned => {}
        }
        self.resign().await;
        Ok(())
    }

    async fn hold(&mut self) -> Lost {
        match self.strive().await {
            Ok(()) => tracing::info!(identity = self.candidate.identity(), "leading"),
            Err(lost) => return lost,
        }
        loop {
            match self.step().await {
                Ok(pause) => sleep(pause).await,
                Err(lost) => return lost,
            }
        }
    }

    async fn strive(&mut self) -> Result<(), Lost> {
        tracing::info!(identity = self.candidate.identity(), "standing by");
        let mut freed = pin!(watch_freed(self.api.clone(), Duration::ZERO));
        while self.candidate.holds_until().is_none() {
            let pause = self.step().await?;
            tokio::select! {
                () = sleep(pause) => {}
                // Nothing but a reason to look at once.
                () = &mut freed => {
                    self.candidate.was_outrun();
                    freed.set(watch_freed(self.api.clone(), self.term.pause()));
                }
            }
        }
        Ok(())
    }

    /// Does what the candidate decides, and says how long nothing is to be done then.
    async fn step(&mut self) -> Result<Duration, Lost> {
        match self.candidate.decide(Instant::now()) {
            Step::Look => self.look().await,
            Step::Acquire | Step::Renew => self.write().await,
            Step::Wait(pause) => return Ok(pause),
            Step::Lost => {
                self.office.leave();
                return Err(Lost);
            }
        }
        Ok(Duration::ZERO)
    }
}

impl Election {
    async fn look(&mut self) {
        let patience = self.candidate.patience(Instant::now());
        match timeout(patience, self.api.get_opt(NAME)).await {
            Ok(Ok(lease)) => {
                let former = self.candidate.holder().map(str::to_owned);
                self.candidate.saw(lease, Instant::now());
                let holder = self.candidate.holder();
                if former.as_deref() != holder {
                    tracing::info!(holder, "seen the lease");
                }
            }
            Ok(Err(error)) => self.fail(&error),
            Err(error) => self.fail(&error),
        }
    }

    async fn write(&mut self) {
        let sent = Instant::now();
        let lease = self.candidate.claim(Timestamp::now());
        let is_there = lease.metadata.resource_version.is_some();
        match timeout(self.candidate.patience(sent), self.put(&lease)).await {
            Ok(Ok(lease)) => {
                self.candidate.wrote(lease, sent, Instant::now());
                if let Some(end) = self.candidate.holds_until() {
                    self.office.hold_until(end);
                }
            }
            Ok(Err(kube::Error::Api(status))) if status.code == 409 || (status.code == 404 && is_there) => {
                self.candidate.was_outrun();
            }
            Ok(Err(error)) => self.fail(&error),
            Err(error) => self.fail(&error),
        }
    }

    /// Writes the lease over the version that it was read at; one that was never read is created.
    async fn put(&self, lease: &Lease) -> Result<Lease, kube::Error> {
        let parameters = PostParams { field_manager: Some(FIELD_MANAGER.to_owned()), ..PostParams::default() };
        match &lease.metadata.resource_version {
            Some(_) => self.api.replace(NAME, &parameters, lease).await,
            None => self.api.create(&parameters, lease).await,
        }
    }

    fn fail(&mut self, error: &dyn fmt::Display) {
        tracing::warn!(%error, "the lease cannot be read or written");
        self.candidate.failed(Instant::now());
    }

    /// Gives the lease back, so that another need not wait for its end.
    async fn resign(&mut self) {
        self.office.leave();
        // The second try is for what was under way, and is seen only now.
        for _ in 0..2 {
            self.look().await;
            let Some(lease) = self.candidate.resignation(Timestamp::now()) else { return };
            if let Ok(Ok(_)) = timeout(self.term.pause(), self.put(&lease)).await {
                tracing::info!("resigned");
                return;
            }
        }
    }
}

/// Resolves when the lease is seen to have no holder, looking at it from `after` on.
async fn watch_freed(api: Api<Lease>, after: Duration) {
    let is_free = |lease: Option<&Lease>| lease.is_some() && holder(lease).is_none();
    sleep(after).await;
    while await_condition(api.clone(), NAME, is_free).await.is_err() {
        // A watch that is forbidden makes a takeover no less sure, only slower.
        sleep(FAILED_WATCH).await;
    }
}

/// A name that no other process ever has.
fn identity() -> String {
    let host = env::var("HOSTNAME").ok().filter(|name| !name.is_empty()).or_else(|| line(HOST_NAME));
    format!("{}_{:016x}", host.as_deref().unwrap_or("flagsmith-operator"), rand::random::<u64>())
}

fn line(path: &str) -> Option<String> {
    let text = fs::read_to_string(path).ok()?;
    let line = text.trim();
    (!line.is_empty()).then(|| line.to_owned())
}
