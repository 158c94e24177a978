//! What SDKs are served: asked as an SDK asks, by an environment's key, and never by a credential.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use reqwest::Method;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value as Json, json};
use tokio::sync::Semaphore;
use url::Url;

use super::call::Call;
use super::wire::{Address, Wire};
use super::{EnvironmentKey, Error, FeatureName, Value};

const FLAGS: &str = "flags";
const IDENTITIES: &str = "identities";
const KEY: HeaderName = HeaderName::from_static("x-environment-key");
/// It is told of as not answered after so long: whoever asks has time to ask again.
const LONGEST: Duration = Duration::from_secs(10);
/// Requests in flight at once: an application's own come first.
const PLACES: usize = 4;

/// Asks what SDKs are served. A copy is cheap.
#[derive(Clone, Debug)]
pub struct Sdk {
    wire: Wire,
    base: Option<Url>,
    places: Arc<Semaphore>,
}

/// Somebody to whom flags are served. Asking for their flags leaves nothing behind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// By what an application names them.
    pub identifier: String,
    /// What is known of them: texts, numbers and truth values.
    pub traits: BTreeMap<String, Json>,
}

/// What was served.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Served {
    /// By feature; what SDKs are not told of is not there.
    pub flags: BTreeMap<FeatureName, ServedFlag>,
    /// Whether all that was said of the person was heeded: an environment may take no traits from clients, or hide them.
    pub is_heeded: bool,
}

/// One flag as it was served.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServedFlag {
    /// Whether it is on.
    pub enabled: bool,
    /// Its value; `None` where it is of a kind that is not known here.
    pub value: Option<Value>,
}

#[derive(Deserialize)]
struct Row {
    feature: RowFeature,
    enabled: bool,
    feature_state_value: Json,
}

#[derive(Deserialize)]
struct RowFeature {
    name: FeatureName,
}

#[derive(Deserialize)]
struct Identified {
    /// None where the environment hides them.
    traits: Option<Vec<RowTrait>>,
    flags: Vec<Row>,
}

#[derive(Deserialize)]
struct RowTrait {
    trait_key: String,
}

impl Sdk {
    pub(super) fn new(wire: Wire, url: &str) -> Self {
        let wire = Wire { timeout: wire.timeout.min(LONGEST), ..wire };
        Self { wire, base: Url::parse(url).ok(), places: Arc::new(Semaphore::new(PLACES)) }
    }

    /// The flags of an environment, as they are served to anybody.
    ///
    /// # Errors
    /// As the endpoint.
    pub async fn flags(&self, key: &EnvironmentKey) -> Result<Served, Error> {
        let call = Call::new(Method::GET, FLAGS);
        let rows: Vec<Row> = self.ask(call, key).await?;
        Ok(Served { flags: flags(rows), is_heeded: true })
    }

    /// The flags of an environment, as they are served to somebody who is not remembered for it.
    ///
    /// # Errors
    /// As the endpoint.
    pub async fn flags_of(&self, key: &EnvironmentKey, person: &Person) -> Result<Served, Error> {
        let Person { identifier, traits } = person;
        let said: Vec<_> = traits
            .iter()
            .map(|(name, value)| json!({"trait_key": name, "trait_value": value, "transient": true}))
            .collect();
        let body = json!({"identifier": identifier, "transient": true, "traits": said});
        let call = Call::new(Method::POST, IDENTITIES).json(&body)?;
        let Identified { traits: heard, flags: rows } = self.ask(call, key).await?;
        let is_heard = |name: &String| heard.iter().flatten().any(|heard| heard.trait_key == *name);
        Ok(Served { flags: flags(rows), is_heeded: traits.keys().all(is_heard) })
    }

    async fn ask<T: DeserializeOwned>(&self, call: Call, key: &EnvironmentKey) -> Result<T, Error> {
        let call = call.secret(key);
        let Some(base) = &self.base else {
            return Err(Error::NotFlagsmith { status: 0, reason: "the address of SDKs is not a URL".to_owned() });
        };
        let refused = |_| Error::Refused { status: 0, message: "the environment's key cannot be sent".to_owned() };
        let mut header = HeaderValue::from_str(key.expose()).map_err(refused)?;
        header.set_sensitive(true);
        let address = Address { url: call.below(base), headers: HeaderMap::from_iter([(KEY, header)]) };
        // It is never closed, so that there is always a place to wait for.
        let _place = self.places.acquire().await.ok();
        let reply = self.wire.exchange(&call, address).await?;
        reply.success(None, |text| call.redact(text, ""))?.json(&call)
    }
}

fn flags(rows: Vec<Row>) -> BTreeMap<FeatureName, ServedFlag> {
    let flag = |row: Row| {
        let Row { feature, enabled, feature_state_value } = row;
        (feature.name, ServedFlag { enabled, value: serde_json::from_value(feature_state_value).ok() })
    };
    rows.into_iter().map(flag).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flagsmith::testing::{Server, html, json as answer};

    fn row(name: &str, value: &Json) -> Json {
        json!({"id": null, "feature": {"id": 1, "name": name, "type": "STANDARD"}, "enabled": true, "feature_state_value": value})
    }

    fn sdk(server: &Server) -> Sdk {
        let client = server.client();
        client.sdk(client.endpoint().v1().as_str())
    }

    #[tokio::test]
    async fn no_credential_ever_goes_where_sdks_ask() {
        let server =
            Server::scripted(vec![answer(200, &json!([])), answer(200, &json!({"traits": [], "flags": []}))]).await;
        let (sdk, key) = (sdk(&server), EnvironmentKey::from("k3y"));
        sdk.flags(&key).await.unwrap();
        sdk.flags_of(&key, &Person { identifier: "jane".to_owned(), traits: BTreeMap::new() }).await.unwrap();
        assert_eq!(server.lines(), ["GET /api/v1/flags/", "POST /api/v1/identities/"]);
        for request in server.requests() {
            assert!(request.headers.contains("x-environment-key: k3y"), "{request:?}");
            assert!(!request.headers.contains("t0ken") && !request.headers.contains("authorization"), "{request:?}");
        }
    }

    #[tokio::test]
    async fn values_keep_their_types_and_an_odd_one_spoils_no_other() {
        let rows = json!([row("a", &json!("42")), row("b", &json!(42)), row("c", &Json::Null), row("d", &json!(1.5))]);
        let server = Server::scripted(vec![answer(200, &rows)]).await;
        let answered = sdk(&server).flags(&EnvironmentKey::from("k3y")).await.unwrap();
        let values: Vec<_> = answered.flags.into_values().map(|flag| flag.value).collect();
        assert_eq!(values, [Some(Value::String("42".to_owned())), Some(Value::Integer(42)), Some(Value::Null), None]);
    }

    #[tokio::test]
    async fn somebody_is_told_of_in_passing_and_what_was_not_heeded_is_known() {
        let person = Person { identifier: "jane".to_owned(), traits: [("plan".to_owned(), json!("gold"))].into() };
        let heard = json!({"identifier": "jane", "traits": [{"id": null, "trait_key": "plan"}], "flags": [row("a", &json!(1))]});
        let hidden = json!({"identifier": "jane", "traits": null, "flags": []});
        let server = Server::scripted(vec![answer(200, &heard), answer(200, &hidden)]).await;
        let (sdk, key) = (sdk(&server), EnvironmentKey::from("k3y"));
        assert!(sdk.flags_of(&key, &person).await.unwrap().is_heeded);
        assert!(!sdk.flags_of(&key, &person).await.unwrap().is_heeded);
        let traits = json!([{"trait_key": "plan", "trait_value": "gold", "transient": true}]);
        assert_eq!(server.requests()[0].body, json!({"identifier": "jane", "transient": true, "traits": traits}));
    }

    #[tokio::test]
    async fn a_key_shows_in_no_error() {
        let refusal = json!({"detail": "no k3y here"});
        let server = Server::scripted(vec![answer(403, &refusal), html(404), String::new()]).await;
        let (sdk, key) = (sdk(&server), EnvironmentKey::from("k3y"));
        for _ in 0..3 {
            let error = sdk.flags(&key).await.unwrap_err();
            assert!(!format!("{error} {error:?}").contains("k3y"), "{error:?}");
        }
    }

    #[tokio::test]
    async fn an_address_that_leads_elsewhere_is_not_followed() {
        let there = "HTTP/1.1 302 X\r\nlocation: http://elsewhere/\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";
        let server = Server::scripted(vec![there.to_owned()]).await;
        let error = sdk(&server).flags(&EnvironmentKey::from("k3y")).await.unwrap_err();
        assert!(matches!(error, Error::NotFlagsmith { status: 302, .. }), "{error:?}");
        assert_eq!(server.lines().len(), 1);
    }
}
