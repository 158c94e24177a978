//! What goes back on the wire: a status, a few headers, and JSON, one of Django's HTML pages, or nothing.

use bytes::Bytes;
use hyper::HeaderMap;
use serde_json::{Value, json};

const NOT_FOUND: &str = "<!doctype html>\n<html lang=\"en\">\n<head>\n  <title>Not Found</title>\n</head>\n<body>\n  <h1>Not Found</h1><p>The requested resource was not found on this server.</p>\n</body>\n</html>";
const SERVER_ERROR: &str = "<!doctype html>\n<html lang=\"en\">\n<head>\n  <title>Server Error (500)</title>\n</head>\n<body>\n  <h1>Server Error (500)</h1><p></p>\n</body>\n</html>";

/// What a handler gives: an answer either way; the error side is for `?`.
pub(crate) type Outcome = Result<Answer, Answer>;

#[derive(Clone, Debug)]
pub(crate) enum Content {
    Nothing,
    Json(Value),
    Html(String),
    /// What another server gave, with its headers.
    Relayed {
        headers: Box<HeaderMap>,
        body: Bytes,
    },
}

#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) content: Content,
}

impl Answer {
    pub(crate) fn json(status: u16, body: Value) -> Self {
        Self { status, headers: Vec::new(), content: Content::Json(body) }
    }

    pub(crate) fn empty(status: u16) -> Self {
        Self { status, headers: Vec::new(), content: Content::Nothing }
    }

    pub(crate) fn html(status: u16, page: &str) -> Self {
        Self { status, headers: Vec::new(), content: Content::Html(page.to_owned()) }
    }

    pub(crate) fn with(mut self, header: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((header, value.into()));
        self
    }

    pub(crate) fn ok(body: Value) -> Self {
        Self::json(200, body)
    }

    pub(crate) fn created(body: Value) -> Self {
        Self::json(201, body)
    }

    pub(crate) fn no_content() -> Self {
        Self::empty(204)
    }

    pub(crate) fn detail(status: u16, detail: &str) -> Self {
        Self::json(status, json!({ "detail": detail }))
    }

    /// 400 with whatever shape the endpoint gives its errors.
    pub(crate) fn invalid(errors: Value) -> Self {
        Self::json(400, errors)
    }

    /// 400 for one field.
    pub(crate) fn invalid_field(field: &str, message: &str) -> Self {
        Self::invalid(json!({ field: [message] }))
    }

    pub(crate) fn unauthenticated(detail: &str) -> Self {
        Self::detail(401, detail).with("www-authenticate", "Cookie realm=\"api\"")
    }

    pub(crate) fn denied() -> Self {
        Self::detail(403, "You do not have permission to perform this action.")
    }

    /// 404 for an object that is not there, or not for this caller.
    pub(crate) fn no_such(model: &str) -> Self {
        Self::detail(404, &format!("No {model} matches the given query."))
    }

    /// 404 for a route that is not there.
    pub(crate) fn no_route() -> Self {
        Self::html(404, NOT_FOUND)
    }

    pub(crate) fn server_error() -> Self {
        Self::html(500, SERVER_ERROR)
    }

    pub(crate) fn throttled(seconds: u64) -> Self {
        let unit = if seconds == 1 { "second" } else { "seconds" };
        let detail = format!("Request was throttled. Expected available in {seconds} {unit}.");
        Self::detail(429, &detail).with("retry-after", seconds.to_string())
    }
}
