//! Server-side keys of an environment: what servers show to be let in where clients may not.

use k8s_openapi::jiff::Timestamp;
use reqwest::Method;
use serde::Deserialize;
use serde_json::json;

use super::call::Call;
use super::{Client, EnvironmentKey, Error, Right, ServerKeyId};

const SERVER_KEYS: &str = "environments/{key}/api-keys";
const SERVER_KEY: &str = "environments/{key}/api-keys/{id}";

/// A server-side key. Flagsmith chooses it, and shows it whenever it is asked (facts.md §3).
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct ServerKey {
    /// Its number.
    pub id: ServerKeyId,
    /// Its name; several may share one (facts.md §3).
    pub name: String,
    /// The key itself.
    pub key: EnvironmentKey,
    /// When it was made, by the server's clock.
    pub created_at: Timestamp,
}

/// The server-side keys of an environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerKeyList {
    /// The keys, those of others too.
    pub keys: Vec<ServerKey>,
    /// The server's clock when it listed them.
    pub date: Option<Timestamp>,
}

impl Client {
    /// All server-side keys of an environment.
    ///
    /// # Errors
    /// Any [`Error`]; an environment that is gone is [`Error::NotFound`], one that is forbidden [`Error::Forbidden`].
    pub async fn server_keys(&self, environment: &EnvironmentKey) -> Result<ServerKeyList, Error> {
        let call = Call::get(SERVER_KEYS).needs(Right::EnvironmentAdmin).with_key(environment);
        match self.send(&call).await {
            Ok(reply) => Ok(ServerKeyList { keys: reply.json(&call)?, date: reply.date() }),
            // Below an environment, what is gone is forbidden too (facts.md §1).
            Err(error @ Error::Forbidden { .. }) => {
                let is_gone = matches!(self.environment(environment).await, Err(Error::NotFound));
                Err(if is_gone { Error::NotFound } else { error })
            }
            Err(error) => Err(error),
        }
    }

    /// Makes a server-side key, also where there is one of that name: whoever wants one alone lists them first.
    ///
    /// # Errors
    /// Any [`Error`].
    pub async fn create_server_key(&self, environment: &EnvironmentKey, name: &str) -> Result<ServerKey, Error> {
        let call = Call::new(Method::POST, SERVER_KEYS).needs(Right::EnvironmentAdmin).with_key(environment);
        self.ask(call.json(&json!({ "name": name }))?).await
    }

    /// Deletes a server-side key, which alone revokes it; SDKs may be served by it for up to a minute more (facts.md §3).
    ///
    /// # Errors
    /// Any [`Error`]; one that is gone is [`Error::NotFound`].
    pub async fn delete_server_key(&self, environment: &EnvironmentKey, id: ServerKeyId) -> Result<(), Error> {
        let call = Call::new(Method::DELETE, SERVER_KEY).needs(Right::EnvironmentAdmin).with_key(environment).with(id);
        self.send(&call).await?.nothing()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_key_as_recorded_is_read_and_does_not_show() {
        let recorded = r#"{"id": 7, "key": "ser.abcdef", "active": true, "created_at": "2026-11-24T14:29:48.690318Z",
            "name": "backend", "expires_at": null}"#;
        let key: ServerKey = serde_json::from_str(recorded).unwrap();
        assert_eq!((key.id, key.name.as_str(), key.key.expose()), (ServerKeyId(7), "backend", "ser.abcdef"));
        assert!(!format!("{key:?}").contains("abcdef"));
    }
}
