//! What an environment bears of an organisation's own fields: any change of an environment that does not send them back
//! takes them from it (seen on 2.265.0).

use reqwest::Method;
use serde::{Deserialize, Serialize};

use super::call::Call;
use super::{Client, Environment, EnvironmentKey, EnvironmentPatch, Error, Right};

const ENVIRONMENT: &str = "environments/{key}";

/// An organisation's own fields as an environment bears them, to be sent back as they are.
#[derive(Deserialize)]
struct Borne {
    #[serde(default)]
    metadata: Vec<serde_json::Value>,
}

/// A change with what it would otherwise take away.
#[derive(Serialize)]
struct Keeping<'a> {
    #[serde(flatten)]
    patch: &'a EnvironmentPatch,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    metadata: Vec<serde_json::Value>,
}

impl Client {
    /// Changes an environment, keeps what it bears of an organisation's own fields, and gives it as it then is.
    ///
    /// # Errors
    /// Any [`Error`].
    pub async fn amend_environment(
        &self,
        key: &EnvironmentKey,
        patch: &EnvironmentPatch,
    ) -> Result<Environment, Error> {
        let read = Call::get(ENVIRONMENT).needs(Right::ViewEnvironment).with_key(key);
        let Borne { metadata } = self.ask(read).await?;
        let body = Keeping { patch, metadata };
        self.ask(Call::new(Method::PATCH, ENVIRONMENT).needs(Right::EnvironmentAdmin).with_key(key).json(&body)?).await
    }
}
