//! Where a Flagsmith is.

use std::fmt;
use std::str::FromStr;

use url::{ParseError, Url};

const SUFFIX: &str = "/api/v1/";
const FUTURE: &str = "/api/__future__/";
const EXPERIMENTS: &str = "/api/experiments/";

/// A Flagsmith's address, parsed from a user's `apiURL`: `http` or `https`, any path prefix, then `/api/v1/`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Endpoint {
    v1: Url,
    future: Url,
    experiments: Url,
    server: String,
}

/// Why an `apiURL` is not one. The message says what to write instead.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidEndpoint {
    /// Not a URL at all.
    #[error("the API URL is not a URL: {0}")]
    NotAUrl(String),
    /// Another scheme than http and https.
    #[error("the API URL must begin with https:// or http://")]
    Scheme,
    /// A user or a password in it.
    #[error("the API URL must not hold a user or a password")]
    UserInfo,
    /// A query or a fragment.
    #[error("the API URL must not hold a query or a fragment")]
    Extra,
    /// A path that does not end as Flagsmith's does.
    #[error("the API URL must end with /api/v1/, as in https://flagsmith.example.com/api/v1/")]
    Path,
}

impl Endpoint {
    /// The base of the stable routes; ends with `/api/v1/`.
    #[must_use]
    pub fn v1(&self) -> &Url {
        &self.v1
    }

    /// The base of the version-agnostic routes (2.263 on, facts.md §6); ends with `/api/__future__/`.
    #[must_use]
    pub fn future(&self) -> &Url {
        &self.future
    }

    /// The base of the experimental routes (2.205 on, facts.md §6); ends with `/api/experiments/`.
    #[must_use]
    pub fn experiments(&self) -> &Url {
        &self.experiments
    }

    /// Which server this is: scheme, lower-case host, port unless it is the scheme's own, path prefix. Two spellings of one
    /// address give one text, fit to be kept in a status or to key a map.
    #[must_use]
    pub fn server(&self) -> &str {
        &self.server
    }
}

impl FromStr for Endpoint {
    type Err = InvalidEndpoint;

    /// Fails with the first rule that `text` breaks.
    fn from_str(text: &str) -> Result<Self, InvalidEndpoint> {
        let mut v1 = Url::parse(text.trim()).map_err(|error| match error {
            ParseError::RelativeUrlWithoutBase => InvalidEndpoint::Scheme,
            other => InvalidEndpoint::NotAUrl(other.to_string()),
        })?;
        if !matches!(v1.scheme(), "http" | "https") {
            return Err(InvalidEndpoint::Scheme);
        }
        if !v1.username().is_empty() || v1.password().is_some() {
            return Err(InvalidEndpoint::UserInfo);
        }
        if v1.query().is_some() || v1.fragment().is_some() {
            return Err(InvalidEndpoint::Extra);
        }
        let path = format!("{}/", v1.path().trim_end_matches('/'));
        let prefix = path.strip_suffix(SUFFIX).ok_or(InvalidEndpoint::Path)?;
        let beside = |family: &str| {
            let mut url = v1.clone();
            url.set_path(&format!("{prefix}{family}"));
            url
        };
        let (future, experiments) = (beside(FUTURE), beside(EXPERIMENTS));
        v1.set_path(&path);
        let server = format!("{}{prefix}", v1.origin().ascii_serialization());
        Ok(Self { v1, future, experiments, server })
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.v1.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Endpoint {
        text.parse().unwrap()
    }

    fn refused(text: &str) -> InvalidEndpoint {
        text.parse::<Endpoint>().unwrap_err()
    }

    #[test]
    fn a_missing_trailing_slash_is_added() {
        let endpoint = parsed("https://api.flagsmith.com/api/v1");
        assert_eq!(endpoint.v1().as_str(), "https://api.flagsmith.com/api/v1/");
        assert_eq!(endpoint.future().as_str(), "https://api.flagsmith.com/api/__future__/");
    }

    #[test]
    fn a_path_prefix_is_kept() {
        let endpoint = parsed("http://tools.example.com:8080/flags/api/v1/");
        assert_eq!(endpoint.future().as_str(), "http://tools.example.com:8080/flags/api/__future__/");
        assert_eq!(endpoint.experiments().as_str(), "http://tools.example.com:8080/flags/api/experiments/");
        assert_eq!(endpoint.server(), "http://tools.example.com:8080/flags");
    }

    #[test]
    fn spellings_of_one_server_are_one_server() {
        let one = parsed("HTTPS://Api.Flagsmith.COM:443/api/v1/");
        assert_eq!(one.server(), "https://api.flagsmith.com");
        assert_eq!(one, parsed("https://api.flagsmith.com/api/v1"));
    }

    #[test]
    fn scheme_port_and_prefix_each_make_another_server() {
        let servers = ["http://a/api/v1/", "https://a/api/v1/", "https://a:8443/api/v1/", "https://a/b/api/v1/"]
            .map(|text| parsed(text).server().to_owned());
        let distinct: std::collections::BTreeSet<_> = servers.iter().collect();
        assert_eq!(distinct.len(), servers.len(), "{servers:?}");
    }

    #[test]
    fn what_is_not_an_api_url_is_refused_with_what_to_write() {
        assert_eq!(refused("ftp://a/api/v1/"), InvalidEndpoint::Scheme);
        assert_eq!(refused("https://me:secret@a/api/v1/"), InvalidEndpoint::UserInfo);
        assert_eq!(refused("https://a/api/v1/?x=1"), InvalidEndpoint::Extra);
        assert_eq!(refused("https://a/api/v1/#x"), InvalidEndpoint::Extra);
        assert_eq!(refused("https://a/"), InvalidEndpoint::Path);
        assert_eq!(refused("https://a/xapi/v1/"), InvalidEndpoint::Path);
        assert_eq!(refused("a/api/v1/"), InvalidEndpoint::Scheme);
        assert_eq!(refused("localhost:8000/api/v1/"), InvalidEndpoint::Scheme);
        assert!(matches!(refused("https://:1/api/v1/"), InvalidEndpoint::NotAUrl(_)));
        assert!(refused("https://a/api/v2/").to_string().contains("must end with /api/v1/"));
    }
}
