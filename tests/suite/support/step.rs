//! The writes of an operator, each named so that people know it, and so that it is found again in another run.

use std::{fmt, sync::LazyLock};

use flagsmith_sim::Regex;
use http::{Method, request::Parts};
use serde_json::Value;

use super::passage::Side;

/// One write among those of a run: which, and which of its like it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The server, the method, and what is written there.
    pub what: String,
    /// Counted from 1.
    pub occurrence: usize,
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.occurrence {
            1 => f.write_str(&self.what),
            more => write!(f, "{} (number {more})", self.what),
        }
    }
}

/// What a request writes; none where it writes nothing, or nothing that outlives a crash.
pub fn written(side: Side, head: &Parts, body: &[u8]) -> Option<String> {
    let method = &head.method;
    if ![Method::POST, Method::PUT, Method::PATCH, Method::DELETE].contains(method) {
        return None;
    }
    let body = serde_json::from_slice(body).unwrap_or(Value::Null);
    let thing = match side {
        Side::Kubernetes => in_kubernetes(head.uri.path(), &body)?,
        Side::Flagsmith => in_flagsmith(head.uri.path()),
    };
    Some(format!("{side:?} {method} {thing}"))
}

/// A text without what is another in each run.
pub fn masked(text: &str) -> String {
    static UUID: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}").expect("it is a pattern")
    });
    UUID.replace_all(text, "…").into_owned()
}

fn in_kubernetes(path: &str, body: &Value) -> Option<String> {
    let mut parts = path.trim_matches('/').split('/').skip_while(|part| *part != "namespaces").skip(2);
    let resource = parts.next()?;
    if resource == "leases" {
        return None;
    }
    if resource == "events" {
        let kind = body.pointer("/regarding/kind").and_then(Value::as_str).unwrap_or_default();
        return Some(format!("events {} of {kind}", body["reason"].as_str().unwrap_or_default()));
    }
    let name = parts.next().or_else(|| body.pointer("/metadata/name")?.as_str()).unwrap_or_default();
    let part = match parts.next() {
        Some(part) => format!(" {part}"),
        None if body.pointer("/metadata/finalizers").is_some() => " finalizers".to_owned(),
        None => String::new(),
    };
    Some(format!("{resource} {}{part}", masked(name)))
}

fn in_flagsmith(path: &str) -> String {
    static KEY: LazyLock<Regex> = LazyLock::new(|| Regex::new("/environments/[^/]+/").expect("it is a pattern"));
    static ID: LazyLock<Regex> = LazyLock::new(|| Regex::new("/[0-9]+/").expect("it is a pattern"));
    let path = path.trim_start_matches("/api").trim_start_matches("/v1");
    ID.replace_all(&KEY.replace_all(path, "/environments/{key}/"), "/{id}/").into_owned()
}

#[test]
fn a_write_is_named_by_what_it_writes() {
    let head =
        |method: &str, path: &str| http::Request::builder().method(method).uri(path).body(()).unwrap().into_parts().0;
    let name = |side, method: &str, path: &str, body: &str| written(side, &head(method, path), body.as_bytes());
    let ours = "/apis/flagsmith-operator.dev/v1alpha1/namespaces/a/featureflags/checkout";
    let told = [
        name(Side::Kubernetes, "PATCH", &format!("{ours}/status?force=true"), "{}"),
        name(Side::Kubernetes, "PATCH", ours, r#"{"metadata": {"finalizers": []}}"#),
        name(Side::Kubernetes, "POST", "/api/v1/namespaces/a/secrets", r#"{"metadata": {"name": "x"}}"#),
        name(Side::Flagsmith, "DELETE", "/api/v1/environments/abc/api-keys/12/", ""),
    ];
    let expected = [
        "Kubernetes PATCH featureflags checkout status",
        "Kubernetes PATCH featureflags checkout finalizers",
        "Kubernetes POST secrets x",
        "Flagsmith DELETE /environments/{key}/api-keys/{id}/",
    ];
    assert_eq!(told, expected.map(|one| Some(one.to_owned())));
    let lease = "/apis/coordination.k8s.io/v1/namespaces/a/leases/x";
    assert_eq!(name(Side::Kubernetes, "PATCH", lease, ""), None);
    assert_eq!(name(Side::Kubernetes, "GET", ours, ""), None);
}
