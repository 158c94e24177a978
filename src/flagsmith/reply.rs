//! One answer, and what it means before anyone looks at its content.

use std::time::Duration;

use k8s_openapi::jiff::Timestamp;
use k8s_openapi::jiff::fmt::rfc2822::DateTimeParser;
use reqwest::header::{CONTENT_TYPE, DATE, HeaderMap, HeaderName, LOCATION, RETRY_AFTER};
use serde::de::DeserializeOwned;
use url::Url;

use super::Right;
use super::call::Call;
use super::error::{Error, one_line};

/// The wait after a 429 that names none; Flagsmith counts by the minute (facts.md §14).
const DEFAULT_RETRY: Duration = Duration::from_secs(60);
/// The longest wait that is believed: a proxy's nonsense must not park a controller for ever.
const LONGEST_RETRY: Duration = Duration::from_secs(3600);
const VERSION: HeaderName = HeaderName::from_static("flagsmith-version");

/// An HTTP answer, whole.
pub(super) struct Reply {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Reply {
    fn text(&self, name: &HeaderName) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The server's clock when it answered.
    pub fn date(&self) -> Option<Timestamp> {
        DateTimeParser::new().parse_timestamp(self.text(&DATE)?).ok()
    }

    /// Flagsmith's release; "unknown" on an image built without one (facts.md §0).
    pub fn version(&self) -> Option<String> {
        self.text(&VERSION).map(one_line)
    }

    fn content_type(&self) -> &str {
        self.text(&CONTENT_TYPE).and_then(|value| value.split(';').next()).unwrap_or_default().trim()
    }

    fn is_json(&self) -> bool {
        let kind = self.content_type().to_ascii_lowercase();
        kind == "application/json" || kind.ends_with("+json")
    }

    /// Passes a 2xx on and makes an error of all else; `redact` takes keys and tokens out of what the answer says, and
    /// `right` is what the request needs.
    pub fn success(self, right: Option<Right>, redact: impl Fn(&str) -> String) -> Result<Self, Error> {
        let status = self.status;
        match status {
            200..300 => Ok(self),
            429 => Err(Error::Throttled { retry_after: self.retry_after() }),
            500..600 => Err(Error::Server { status }),
            404 if !self.is_json() => Err(Error::RouteMissing),
            400..500 if self.is_json() => Err(self.refusal(right, redact)),
            300..400 => Err(Error::NotFlagsmith { status, reason: self.redirect() }),
            _ => Err(self.not_json()),
        }
    }

    /// The content of a 2xx, which must be JSON of the shape `T`.
    pub fn json<T: DeserializeOwned>(&self, call: &Call) -> Result<T, Error> {
        if !self.is_json() {
            return Err(self.not_json());
        }
        let mut json = serde_json::Deserializer::from_slice(&self.body);
        serde_path_to_error::deserialize(&mut json).map_err(|error| {
            if !error.inner().is_data() {
                let reason = format!("it answers {} with a body that is not whole JSON", self.status);
                return Error::NotFlagsmith { status: self.status, reason };
            }
            let message = format!("{}: {}", error.path(), without_values(&error.inner().to_string()));
            Error::Shape { what: call.route, message: one_line(&message) }
        })
    }

    /// Confirms a 2xx whose content, if any, does not matter.
    pub fn nothing(&self) -> Result<(), Error> {
        // 202 is how a task is taken on, with nothing to tell.
        let is_bare = self.status == 204 || self.status == 202 && self.body.is_empty();
        if is_bare || self.is_json() { Ok(()) } else { Err(self.not_json()) }
    }

    fn refusal(&self, right: Option<Right>, redact: impl Fn(&str) -> String) -> Error {
        let body = serde_json::from_slice(&self.body).unwrap_or(serde_json::Value::Null);
        let coded = body.get("code").and_then(serde_json::Value::as_str) == Some("change_requests_enabled");
        let message = one_line(&redact(&flatten(&body)));
        match self.status {
            401 => Error::CredentialRefused { message },
            403 => Error::Forbidden { message, right },
            404 => Error::NotFound,
            409 if coded => Error::ChangeRequests,
            status => Error::Refused { status, message },
        }
    }

    fn not_json(&self) -> Error {
        let what = match self.content_type() {
            "" => "no content type",
            kind => kind,
        };
        let reason = one_line(&format!("it answers {} with {what} where JSON is due", self.status));
        Error::NotFlagsmith { status: self.status, reason }
    }

    /// Names the origin only: the rest of a Location may hold the path that was asked for, and in it a key.
    fn redirect(&self) -> String {
        let target = self.text(&LOCATION).and_then(|target| Url::parse(target).ok());
        let target = target.map_or_else(|| "another path".to_owned(), |url| url.origin().ascii_serialization());
        format!("it answers {}, a redirect to {target}, which is not followed", self.status)
    }

    /// Either form that HTTP has: seconds, or a date, which is compared with the server's own clock.
    fn retry_after(&self) -> Duration {
        let wait = self.text(&RETRY_AFTER).and_then(|value| {
            let seconds = value.trim().parse().map(Duration::from_secs);
            seconds.ok().or_else(|| self.until(value))
        });
        wait.unwrap_or(DEFAULT_RETRY).min(LONGEST_RETRY)
    }

    fn until(&self, date: &str) -> Option<Duration> {
        let date = DateTimeParser::new().parse_timestamp(date).ok()?;
        Duration::try_from(date.duration_since(self.date()?)).ok()
    }
}

/// The five shapes of an error body (facts.md §16) as one text: `field.nested[0]: message; …`.
fn flatten(body: &serde_json::Value) -> String {
    let mut parts = vec![];
    collect(body, "", &mut parts);
    if parts.is_empty() { "no reason given".to_owned() } else { parts.join("; ") }
}

fn collect(body: &serde_json::Value, path: &str, parts: &mut Vec<String>) {
    match body {
        serde_json::Value::Object(fields) => {
            for (name, value) in fields {
                let path = match (name.as_str(), path) {
                    ("detail" | "non_field_errors", path) => path.to_owned(),
                    (name, "") => name.to_owned(),
                    (name, path) => format!("{path}.{name}"),
                };
                collect(value, &path, parts);
            }
        }
        serde_json::Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                let path = if item.is_object() { format!("{path}[{index}]") } else { path.to_owned() };
                collect(item, &path, parts);
            }
        }
        serde_json::Value::Null => {}
        scalar => {
            let text = scalar.as_str().map_or_else(|| scalar.to_string(), str::to_owned);
            parts.push(if path.is_empty() { text } else { format!("{path}: {text}") });
        }
    }
}

/// serde's message without what it quotes from the answer, which may be a key, and without the place in it, which changes from
/// one answer to the next.
fn without_values(message: &str) -> String {
    let message = message.rsplit_once(" at line ").map_or(message, |(message, _)| message);
    match (message.find('"'), message.rfind('"')) {
        (Some(first), Some(last)) if first < last => {
            let (before, after) = (message.get(..first), message.get(last + 1..));
            format!("{}\"…\"{}", before.unwrap_or_default(), after.unwrap_or_default())
        }
        _ => message.to_owned(),
    }
}

#[cfg(test)]
#[path = "reply_tests.rs"]
mod tests;
