//! What a connection's author says of it, and what its Secret holds: all that a session is made of.

use super::interval::Interval;
use crate::operator::obstacle::Obstacle;
use crate::{
    crd::{
        CredentialKind, DEFAULT_POLL_INTERVAL, DEFAULT_REQUESTS_PER_MINUTE, FlagsmithConnection, OrganisationSelector,
        SecretKeySelector, Verify,
    },
    flagsmith::{Credential, Endpoint},
};

/// The API of Flagsmith's cloud, whose SDKs read from another place.
const CLOUD_HOST: &str = "api.flagsmith.com";
const CLOUD_SDK_URL: &str = "https://edge.api.flagsmith.com/api/v1/";

/// All that a connection's author said, and that a session is made of. Two equal ones share a session.
#[derive(Clone, Debug, PartialEq)]
pub struct Terms {
    /// Where Flagsmith is.
    pub endpoint: Endpoint,
    /// What it is shown.
    pub credential: Credential,
    /// Where that is kept.
    pub source: Option<(CredentialKind, SecretKeySelector)>,
    /// The organisation that is meant.
    pub organisation: Option<OrganisationSelector>,
    /// How many requests a minute.
    pub requests_per_minute: i32,
    /// How often a project is read.
    pub poll_interval: Interval,
    /// What SDKs are told.
    pub sdk_url: String,
    /// Whether it is asked what SDKs are served.
    pub verify: Verify,
}

impl Terms {
    /// What a connection says, with the credential that its Secret holds.
    ///
    /// # Errors
    /// [`Obstacle::InvalidEndpoint`]; [`Obstacle::InvalidSpec`].
    pub fn of(connection: &FlagsmithConnection, credential: Credential) -> Result<Self, Obstacle> {
        let spec = &connection.spec;
        let endpoint: Endpoint = spec.api_url.parse()?;
        let sdk_url = spec.sdk_url.clone().unwrap_or_else(|| default_sdk_url(&endpoint));
        Ok(Self {
            endpoint,
            credential,
            source: connection.credential().map(|(kind, selector)| (kind, selector.clone())),
            organisation: spec.organisation.clone(),
            requests_per_minute: spec.requests_per_minute.unwrap_or(DEFAULT_REQUESTS_PER_MINUTE),
            poll_interval: Interval::of_polls(spec.poll_interval.as_deref().unwrap_or(DEFAULT_POLL_INTERVAL))?,
            sdk_url,
            verify: spec.verify.unwrap_or_default(),
        })
    }

    /// Whether a connection says the same, as far as it says it itself: what its Secret holds is another matter.
    #[must_use]
    pub fn are_of(&self, connection: &FlagsmithConnection) -> bool {
        Self::of(connection, self.credential.clone()).is_ok_and(|terms| terms == *self)
    }
}

fn default_sdk_url(endpoint: &Endpoint) -> String {
    if endpoint.v1().host_str() == Some(CLOUD_HOST) { CLOUD_SDK_URL.to_owned() } else { endpoint.v1().to_string() }
}
