//! What makes an environment otherwise than by a request of its own fields: copies, and the switch to versions.

use reqwest::Method;
use serde::{Deserialize, Serialize};

use super::call::Call;
use super::{Client, Environment, EnvironmentKey, EnvironmentName, Error, Right, Uuid};

const CLONE: &str = "environments/{key}/clone";
const ENABLE: &str = "environments/{key}/enable-v2-versioning";
const BY_UUID: &str = "environments/get-by-uuid/{uuid}";

/// A copy to be made of an environment. Flagsmith makes one as often as it is asked, also under a name that is taken, and
/// chooses the key (facts.md §3).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NewClone {
    /// Its name.
    pub name: EnvironmentName,
}

/// All that the answer tells of a copy that can be used.
#[derive(Deserialize)]
struct Copied {
    #[serde(rename = "api_key")]
    key: EnvironmentKey,
}

impl Client {
    /// Makes a copy of an environment, with the states of its flags, and gives its key.
    ///
    /// # Errors
    /// Any [`Error`]; after an ambiguous one, it may come to be any time until the server gives up.
    pub async fn clone_environment(&self, source: &EnvironmentKey, new: &NewClone) -> Result<EnvironmentKey, Error> {
        let call = Call::new(Method::POST, CLONE).needs(Right::CreateEnvironment).with_key(source).json(new)?;
        Ok(self.ask::<Copied>(call).await?.key)
    }

    /// Asks for v2 feature versioning, which a task of the server switches on in its own time.
    ///
    /// # Errors
    /// Any [`Error`]; [`Error::Refused`] where it is on.
    pub async fn enable_versioning(&self, key: &EnvironmentKey) -> Result<(), Error> {
        self.send(&Call::new(Method::POST, ENABLE).needs(Right::EnvironmentAdmin).with_key(key)).await?.nothing()
    }

    /// The environment of that uuid, whatever its key is by now.
    ///
    /// # Errors
    /// Any [`Error`]; [`Error::NotFound`] is gone and [`Error::Forbidden`] is hidden.
    pub async fn environment_by_uuid(&self, uuid: &Uuid) -> Result<Environment, Error> {
        self.ask(Call::get(BY_UUID).needs(Right::ViewEnvironment).with(uuid)).await
    }
}
