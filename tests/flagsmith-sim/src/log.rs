//! What was asked of the server, in the order of arrival.

use bytes::Bytes;
use serde_json::Value;
use std::time::Instant;

/// What SDKs call; none of it is a write to Flagsmith.
const SDK: &[&str] = &[
    "/api/v1/flags/",
    "/api/v1/identities/",
    "/api/v1/environment-document/",
    "/api/v1/traits/",
    "/api/v1/analytics/",
];

/// One request, as it arrived, and what became of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// In capitals.
    pub method: String,
    /// With the query.
    pub path: String,
    /// The body, if there was one; a string where it was not JSON.
    pub body: Option<Value>,
    /// The status of the answer; none while it is under way, and none for ever where no answer was given.
    pub status: Option<u16>,
    /// When it arrived.
    pub at: Instant,
    /// Who says to have asked; empty where nobody does.
    pub agent: String,
    /// What kind of content the answer had, if any.
    pub content_type: Option<String>,
    pub(crate) content: Bytes,
}

impl Request {
    /// Whether it asked for a change: not a read, and not an SDK's call.
    #[must_use]
    pub fn is_write(&self) -> bool {
        is_write(&self.method, &self.path)
    }

    /// The body of the answer; none where it was not JSON, or there was none.
    #[must_use]
    pub fn answer(&self) -> Option<Value> {
        serde_json::from_slice(&self.content).ok()
    }
}

pub(crate) fn is_write(method: &str, path: &str) -> bool {
    let reads = ["GET", "HEAD", "OPTIONS"];
    is_by_account(path) && !reads.contains(&method)
}

/// Whether a path is of the API, but not of SDKs.
pub(crate) fn is_by_account(path: &str) -> bool {
    let sdk = SDK.iter().any(|prefix| path.starts_with(prefix));
    path.starts_with("/api/") && !sdk
}

/// An answer, as it is sent.
#[derive(Debug)]
pub(crate) struct Given {
    pub(crate) status: u16,
    pub(crate) content_type: Option<String>,
    pub(crate) content: Bytes,
}

#[derive(Debug, Default)]
pub(crate) struct Log {
    /// How many were cleared: a request that is under way keeps its number.
    cleared: usize,
    requests: Vec<Request>,
}

impl Log {
    /// Writes a request down, and gives its number.
    pub(crate) fn open(&mut self, request: Request) -> usize {
        self.requests.push(request);
        self.cleared + self.requests.len() - 1
    }

    pub(crate) fn close(&mut self, number: usize, given: Given) {
        let index = number.checked_sub(self.cleared);
        if let Some(request) = index.and_then(|index| self.requests.get_mut(index)) {
            let Given { status, content_type, content } = given;
            request.status = Some(status);
            (request.content_type, request.content) = (content_type, content);
        }
    }

    pub(crate) fn requests(&self) -> Vec<Request> {
        self.requests.clone()
    }

    pub(crate) fn clear(&mut self) {
        self.cleared += self.requests.len();
        self.requests.clear();
    }
}
