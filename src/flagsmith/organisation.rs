//! Organisations.

use serde::Deserialize;

use super::call::Call;
use super::{Client, Error, OrganisationId, OrganisationName};

/// An organisation that the credential sees. Names are not unique (facts.md §2).
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Organisation {
    /// Its number.
    pub id: OrganisationId,
    /// Its name.
    pub name: OrganisationName,
}

/// What one look at a Flagsmith tells of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Probe {
    /// Every organisation that the credential sees.
    pub organisations: Vec<Organisation>,
    /// Flagsmith's release as it tells it; "unknown" on some images (facts.md §0), absent behind a proxy that drops the header.
    pub version: Option<String>,
}

impl Client {
    /// All organisations that the credential sees. Works with both kinds of credential, so it is also the probe (facts.md §1).
    ///
    /// # Errors
    /// Any [`Error`]; a wrong credential is [`Error::CredentialRefused`].
    pub async fn organisations(&self) -> Result<Probe, Error> {
        let listing = self.list(|| Call::get("organisations")).await?;
        Ok(Probe { organisations: listing.items, version: listing.version })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_organisation_as_recorded_is_read() {
        let recorded = r#"{"id": 2, "uuid": "45750882-47d9-4e02-a3b3-8b9017391090", "name": "fixtures", "num_seats": 1,
            "subscription": {"id": 2, "plan": "free"}, "role": "ADMIN", "force_2fa": false}"#;
        let organisation: Organisation = serde_json::from_str(recorded).unwrap();
        assert_eq!(organisation, Organisation { id: OrganisationId(2), name: "fixtures".into() });
    }
}
