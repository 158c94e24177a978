//! What a replica may do now: asked at every write, not once at the start.

use std::time::Instant;

use kube::{
    Client,
    client::{Body, ClientBuilder},
};
use tokio::sync::watch;
use tower::{BoxError, filter::FilterLayer};

/// How long a replica leads.
#[derive(Clone, Copy, Debug)]
enum Tenure {
    /// It was not elected yet, or is no longer.
    None,
    /// Until the lease ends, if it is not renewed.
    Until(Instant),
    /// There is no election.
    Unlimited,
}

impl Tenure {
    fn holds(self) -> bool {
        match self {
            Self::None => false,
            Self::Until(end) => Instant::now() < end,
            Self::Unlimited => true,
        }
    }
}

/// Whether this replica leads.
#[derive(Clone, Debug)]
pub struct Leadership(watch::Receiver<Tenure>);

/// The other end of a [`Leadership`].
#[derive(Debug)]
pub(super) struct Office(watch::Sender<Tenure>);

impl Office {
    pub fn new() -> (Self, Leadership) {
        let (sender, receiver) = watch::channel(Tenure::None);
        (Self(sender), Leadership(receiver))
    }

    pub fn hold_until(&self, end: Instant) {
        self.0.send_replace(Tenure::Until(end));
    }

    pub fn leave(&self) {
        self.0.send_replace(Tenure::None);
    }
}

/// This replica does not lead, or no longer: nothing was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this replica does not lead: nothing was sent")]
pub struct NotLeading;

impl Leadership {
    /// That of a replica which is alone, and knows it.
    #[must_use]
    pub fn unlimited() -> Self {
        Self(watch::channel(Tenure::Unlimited).1)
    }

    /// One that ends then, and is not renewed.
    #[cfg(test)]
    #[must_use]
    pub fn until(end: Instant) -> Self {
        Self(watch::channel(Tenure::Until(end)).1)
    }

    /// Whether this replica leads at this very moment. It costs next to nothing.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.0.borrow().holds()
    }

    /// Whether something may be written now.
    ///
    /// # Errors
    /// [`NotLeading`].
    pub fn admit(&self) -> Result<(), NotLeading> {
        if self.holds() { Ok(()) } else { Err(NotLeading) }
    }

    /// Waits until this replica leads.
    pub async fn won(&self) {
        let mut tenure = self.0.clone();
        if tenure.wait_for(|tenure| tenure.holds()).await.is_err() {
            std::future::pending::<()>().await;
        }
    }

    /// A client of the apiserver that reads for every replica, and writes for the one that leads.
    ///
    /// # Errors
    /// As [`ClientBuilder`].
    pub fn client(&self, configuration: kube::Config) -> Result<Client, kube::Error> {
        let leadership = self.clone();
        let admit = move |request: http::Request<Body>| -> Result<_, BoxError> {
            let is_read = request.method() == http::Method::GET;
            if !is_read {
                leadership.admit()?;
            }
            Ok(request)
        };
        Ok(ClientBuilder::try_from(configuration)?.with_layer(&FilterLayer::new(admit)).build())
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use k8s_openapi::api::coordination::v1::Lease;
    use kube::{Api, api::PostParams};

    use super::*;

    #[tokio::test]
    async fn leadership_is_won_ends_by_itself_and_may_be_left() {
        let (office, leadership) = Office::new();
        assert_eq!(leadership.admit(), Err(NotLeading));
        office.hold_until(Instant::now() + Duration::from_secs(3600));
        leadership.won().await;
        assert_eq!(leadership.admit(), Ok(()));
        office.hold_until(Instant::now());
        assert_eq!(leadership.admit(), Err(NotLeading), "nobody has to notice that the time is over");
        office.hold_until(Instant::now() + Duration::from_secs(3600));
        office.leave();
        assert_eq!(leadership.admit(), Err(NotLeading));
    }

    #[tokio::test]
    async fn whoever_does_not_lead_reads_the_apiserver_and_writes_nothing_there() {
        // Another test may have been first.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let nowhere = kube::Config::new("http://127.0.0.1:1/".parse().unwrap());
        let api: Api<Lease> = Api::default_namespaced(Leadership::until(Instant::now()).client(nowhere).unwrap());
        let is_refused = |error: &kube::Error| match error {
            kube::Error::Service(error) => error.is::<NotLeading>(),
            _ => false,
        };
        let written = api.create(&PostParams::default(), &Lease::default()).await.unwrap_err();
        assert!(is_refused(&written), "{written:?}");
        let read = api.get("any").await.unwrap_err();
        assert!(!is_refused(&read), "{read:?}");
    }

    #[tokio::test]
    async fn whoever_is_alone_leads() {
        Leadership::unlimited().won().await;
        assert!(Leadership::unlimited().holds());
    }
}
