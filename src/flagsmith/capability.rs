//! What a server can do, as far as it decides by which route a flag is written.

use strum::AsRefStr;

use super::call::Call;
use super::{Client, Error};

const FLAG: &str = "environments/{key}/features/{feature}";
const UPDATE_FLAG: &str = "environments/{key}/update-flag-v2";
/// The releases that brought each route (facts.md §6).
const FUTURE_SINCE: (u32, u32) = (2, 263);
const UPDATE_FLAG_SINCE: (u32, u32) = (2, 205);

/// What a server can do. The default is what every release can.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Capabilities {
    /// `/api/__future__/`: a whole flag in one request, in both kinds of environment (2.263 on).
    pub future: bool,
    /// `/api/experiments/…/update-flag-v2/`: the same, but it can neither clear a value nor show what came of it (2.205 on).
    pub update_flag: bool,
}

/// A route by which a flag's state is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, AsRefStr)]
pub enum WritePath {
    /// `/api/__future__/environments/{key}/features/{feature}/`
    Future,
    /// `/api/experiments/environments/{key}/update-flag-v2/`
    UpdateFlag,
    /// `/api/v1/environments/{id}/features/{feature}/versions/`, in versioned environments only.
    Versions,
    /// `/api/v1/environments/{key}/featurestates/{state}/`, in the others only.
    FeatureStates,
}

/// The routes in use, by kind of environment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WritePaths {
    /// In environments with feature versioning.
    pub versioned: WritePath,
    /// In environments without it.
    pub unversioned: WritePath,
}

impl Capabilities {
    /// The routes that a server with these capabilities is written by. Clearing a value is beyond [`WritePath::UpdateFlag`]:
    /// it takes the route of the environment's kind there.
    #[must_use]
    pub fn write_paths(self) -> WritePaths {
        match self {
            Self { future: true, update_flag: _ } => {
                WritePaths { versioned: WritePath::Future, unversioned: WritePath::Future }
            }
            Self { future: false, update_flag: true } => {
                WritePaths { versioned: WritePath::UpdateFlag, unversioned: WritePath::UpdateFlag }
            }
            Self { future: false, update_flag: false } => {
                WritePaths { versioned: WritePath::Versions, unversioned: WritePath::FeatureStates }
            }
        }
    }
}

impl Client {
    /// What the server behind this client can do. A release that is too old for a route is believed; one that should have
    /// it is asked, since many a gateway lets `/api/v1/` through and nothing else; so is one that does not tell its release.
    ///
    /// # Errors
    /// Any [`Error`] that says nothing of the route.
    pub async fn capabilities(&self, version: Option<&str>) -> Result<Capabilities, Error> {
        let release = version.and_then(release);
        let may_have = |since| release.is_none_or(|release| release >= since);
        let future = may_have(FUTURE_SINCE) && self.has(Call::get(FLAG).future().with("none").with(0)).await?;
        let update_flag =
            may_have(UPDATE_FLAG_SINCE) && self.has(Call::get(UPDATE_FLAG).experiments().with("none")).await?;
        Ok(Capabilities { future, update_flag })
    }

    /// Whether a route is there, asked for what cannot be: an object that does not exist, by a method that it does not take.
    async fn has(&self, call: Call) -> Result<bool, Error> {
        match self.send(&call).await {
            Ok(_) | Err(Error::NotFound | Error::Forbidden { .. } | Error::Refused { .. }) => Ok(true),
            Err(Error::RouteMissing | Error::NotFlagsmith { .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }
}

/// Major and minor of a release such as `2.265.0`; `None` for `unknown` and the like.
fn release(version: &str) -> Option<(u32, u32)> {
    let mut parts = version.trim().trim_start_matches('v').split('.');
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::testing::{Server, html, json as answer};
    use super::*;

    #[test]
    fn a_release_is_read_where_it_is_told() {
        assert_eq!(release("2.265.0"), Some((2, 265)));
        assert_eq!(release("v2.99.1-rc1"), Some((2, 99)));
        assert_eq!(release("3.0"), Some((3, 0)));
        assert_eq!(release("unknown"), None);
        assert_eq!(release("2"), None);
        assert!(release("3.0.0") > Some(FUTURE_SINCE) && release("2.99.0") < Some(UPDATE_FLAG_SINCE));
    }

    async fn asked(version: Option<&str>, script: Vec<String>) -> (Capabilities, Vec<String>) {
        let server = Server::scripted(script).await;
        let capabilities = server.client().capabilities(version).await.unwrap();
        (capabilities, server.lines())
    }

    fn missing() -> String {
        answer(404, &json!({"detail": "Not found."}))
    }

    fn forbidden() -> String {
        answer(403, &json!({"detail": "You do not have permission to perform this action."}))
    }

    const BOTH: Capabilities = Capabilities { future: true, update_flag: true };

    #[tokio::test]
    async fn a_new_release_is_asked_whether_the_way_to_its_routes_is_open() {
        let (capabilities, lines) = asked(Some("2.265.0"), vec![missing(), forbidden()]).await;
        assert_eq!(capabilities, BOTH);
        let expected = [
            "GET /api/__future__/environments/none/features/0/",
            "GET /api/experiments/environments/none/update-flag-v2/",
        ];
        assert_eq!(lines, expected);
        let (capabilities, _) = asked(Some("2.265.0"), vec![html(404), forbidden()]).await;
        assert_eq!(capabilities, Capabilities { future: false, update_flag: true });
    }

    #[tokio::test]
    async fn an_old_release_is_believed() {
        let (capabilities, lines) = asked(Some("2.262.9"), vec![forbidden()]).await;
        assert_eq!((capabilities, lines.len()), (Capabilities { future: false, update_flag: true }, 1));
        assert_eq!(asked(Some("2.204.0"), vec![]).await, (Capabilities::default(), vec![]));
    }

    #[tokio::test]
    async fn a_server_that_does_not_tell_its_release_is_asked() {
        for version in [None, Some("unknown")] {
            assert_eq!(asked(version, vec![missing(), forbidden()]).await.0, BOTH);
            assert_eq!(asked(version, vec![html(404), html(404)]).await.0, Capabilities::default());
        }
    }

    #[tokio::test]
    async fn what_says_nothing_of_the_route_is_an_error() {
        let server = Server::scripted(vec![answer(500, &json!({}))]).await;
        assert_eq!(server.client().capabilities(None).await, Err(Error::Server { status: 500 }));
    }

    #[test]
    fn each_server_is_written_by_the_best_route_that_it_has() {
        let paths = |future, update_flag| {
            let WritePaths { versioned, unversioned } = Capabilities { future, update_flag }.write_paths();
            (versioned, unversioned)
        };
        assert_eq!(paths(true, true), (WritePath::Future, WritePath::Future));
        assert_eq!(paths(true, false), (WritePath::Future, WritePath::Future));
        assert_eq!(paths(false, true), (WritePath::UpdateFlag, WritePath::UpdateFlag));
        assert_eq!(paths(false, false), (WritePath::Versions, WritePath::FeatureStates));
    }
}
