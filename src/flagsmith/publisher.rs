//! Who published what a flag serves, as versioned environments tell it.

use serde::Deserialize;

use super::call::Call;
use super::{Client, EnvironmentId, Error, FeatureId, Right, UserId};

const VERSIONS: &str = "environments/{id}/features/{feature}/versions";

/// The first page of a list, which is all that is asked for.
#[derive(Deserialize)]
struct Newest {
    results: Vec<Version>,
}

/// A version, as far as it matters here.
#[derive(Deserialize)]
struct Version {
    /// Those that were superseded say so too; drafts and what is to come do not.
    is_live: bool,
    /// Nobody where it was an Api-Key's doing, or Flagsmith's own.
    published_by: Option<UserId>,
}

impl Client {
    /// Who published the version of a flag that is live there, in one request, whatever the number of versions. None where
    /// Flagsmith names nobody: for an Api-Key's versions, for an environment's first ones, where there are no versions.
    ///
    /// # Errors
    /// Any [`Error`]; a missing right is [`Error::NotFound`] here.
    pub async fn publisher(&self, environment: EnvironmentId, feature: FeatureId) -> Result<Option<UserId>, Error> {
        let call = Call::get(VERSIONS).needs(Right::ViewProject).with(environment).with(feature);
        // The newest first: the one that is live (seen on 2.265.0).
        let Newest { results } = self.ask(call.query("is_live", true).query("page_size", 1)).await?;
        Ok(results.into_iter().find(|version| version.is_live).and_then(|version| version.published_by))
    }
}
