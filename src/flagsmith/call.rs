//! One request as data, before it is sent.

use std::fmt::Display;

use reqwest::Method;
use serde::Serialize;
use url::Url;

use super::{Endpoint, EnvironmentKey, Error, Right};

/// The families of routes.
#[derive(Clone, Copy)]
pub(super) enum Family {
    V1,
    Future,
    Experiments,
}

/// A request. Its route is a template such as `environments/{key}/document`, which is also all that a log or an error says
/// of it; the values that fill the template stay here.
pub(super) struct Call {
    pub method: Method,
    pub route: &'static str,
    pub family: Family,
    pub body: Option<Vec<u8>>,
    pub query: Vec<(&'static str, String)>,
    /// What the credential's owner must be allowed, so that a refusal can name it.
    pub right: Option<Right>,
    values: Vec<String>,
    secrets: Vec<EnvironmentKey>,
}

impl Call {
    pub fn new(method: Method, route: &'static str) -> Self {
        let (family, right) = (Family::V1, None);
        Self { method, route, family, body: None, query: vec![], right, values: vec![], secrets: vec![] }
    }

    pub fn get(route: &'static str) -> Self {
        Self::new(Method::GET, route)
    }

    pub fn future(mut self) -> Self {
        self.family = Family::Future;
        self
    }

    pub fn experiments(mut self) -> Self {
        self.family = Family::Experiments;
        self
    }

    /// Names the right that the call needs.
    pub fn needs(mut self, right: Right) -> Self {
        self.right = Some(right);
        self
    }

    /// Fills the next place of the template.
    pub fn with(mut self, value: impl Display) -> Self {
        self.values.push(value.to_string());
        self
    }

    /// Fills the next place of the template with a key, which is kept out of every message.
    pub fn with_key(self, key: &EnvironmentKey) -> Self {
        self.secret(key).with(key.expose())
    }

    /// Keeps a key out of every message about this call.
    pub fn secret(mut self, key: &EnvironmentKey) -> Self {
        self.secrets.push(key.clone());
        self
    }

    pub fn query(mut self, name: &'static str, value: impl Display) -> Self {
        self.query.push((name, value.to_string()));
        self
    }

    pub fn json(mut self, body: &impl Serialize) -> Result<Self, Error> {
        let body = serde_json::to_vec(body);
        self.body = Some(body.map_err(|error| Error::Shape { what: self.route, message: error.to_string() })?);
        Ok(self)
    }

    /// The address, every value percent-encoded as one segment, with the trailing slash that Flagsmith insists on: without it
    /// it redirects, and a redirected POST loses its body (facts.md §16).
    pub fn url(&self, endpoint: &Endpoint) -> Url {
        self.below(match self.family {
            Family::V1 => endpoint.v1(),
            Family::Future => endpoint.future(),
            Family::Experiments => endpoint.experiments(),
        })
    }

    /// The same below any other address.
    pub fn below(&self, base: &Url) -> Url {
        let mut url = base.clone();
        let mut values = self.values.iter();
        let segments = self.route.split('/').map(|segment| match segment.strip_prefix('{') {
            Some(_) => values.next().map_or("", String::as_str),
            None => segment,
        });
        // An Err is for addresses without a path, which an Endpoint is not.
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(segments).push("");
        }
        if !self.query.is_empty() {
            url.query_pairs_mut().extend_pairs(&self.query);
        }
        url
    }

    /// A foreign text without `token` and without the keys of this call: a gateway's refusal may well tell the path that it
    /// refuses.
    pub fn redact(&self, text: &str, token: &str) -> String {
        let secrets = self.secrets.iter().map(EnvironmentKey::expose).chain([token]);
        let secrets = secrets.filter(|secret| !secret.is_empty());
        secrets.fold(text.to_owned(), |text, secret| text.replace(secret, "[redacted]"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn endpoint() -> Endpoint {
        "https://a/x/api/v1/".parse().unwrap()
    }

    #[test]
    fn a_route_is_filled_in_order_and_ends_with_a_slash() {
        let call = Call::get("environments/{key}/features/{feature}").future().with("abc").with(4);
        assert_eq!(call.url(&endpoint()).as_str(), "https://a/x/api/__future__/environments/abc/features/4/");
    }

    #[test]
    fn a_value_stays_one_segment() {
        let call = Call::get("environments/{key}").with("a/b?c#d é").query("project", 2).query("page", 3);
        assert_eq!(
            call.url(&endpoint()).as_str(),
            "https://a/x/api/v1/environments/a%2Fb%3Fc%23d%20%C3%A9/?project=2&page=3"
        );
    }

    #[test]
    fn a_key_of_the_call_is_taken_out_of_foreign_texts() {
        let call = Call::get("environments/{key}").with_key(&EnvironmentKey::from("s3cret"));
        assert_eq!(
            call.redact("no route /environments/s3cret/ for t0ken", "t0ken"),
            "no route /environments/[redacted]/ for [redacted]"
        );
        assert_eq!(Call::get("organisations").redact("as it is", ""), "as it is");
    }
}
