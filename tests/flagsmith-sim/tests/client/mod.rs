//! An HTTP client for the tests of the stand-in: JSON out, text in, a new connection for each request.
#![allow(dead_code, reason = "each test crate uses its own part of it")]

use flagsmith_sim::Sim;
use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::header::CONTENT_TYPE;
use hyper::{HeaderMap, Request};
use hyper_util::client::legacy::Client as Http;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::Value;

pub struct Client {
    http: Http<HttpConnector, Full<Bytes>>,
    base: String,
    authorization: String,
}

#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub headers: HeaderMap,
    pub text: String,
}

impl Reply {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or(Value::Null)
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }
}

impl Client {
    /// As the superuser.
    pub fn of(sim: &Sim) -> Self {
        Self::with(sim, sim.token())
    }

    /// As another user.
    pub fn with(sim: &Sim, token: &str) -> Self {
        let mut http = Http::builder(TokioExecutor::new());
        http.pool_max_idle_per_host(0).retry_canceled_requests(false);
        Self { http: http.build_http(), base: sim.url(), authorization: format!("Token {token}") }
    }

    /// Sends a request with the headers it is given and no others; the error is that of a broken connection.
    pub async fn send(
        &self,
        (method, path): (&str, &str),
        headers: &[(&str, &str)],
        body: Option<String>,
    ) -> Result<Reply, String> {
        let mut request = Request::builder().method(method).uri(format!("{}{path}", self.base));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Full::new(body.unwrap_or_default().into())).unwrap();
        let response = self.http.request(request).await.map_err(|error| error.to_string())?;
        let (head, body) = response.into_parts();
        let body = body.collect().await.map_err(|error| error.to_string())?;
        Ok(Reply {
            status: head.status.as_u16(),
            headers: head.headers,
            text: String::from_utf8(body.to_bytes().to_vec()).unwrap(),
        })
    }

    /// Sends JSON as the superuser.
    pub async fn try_call(&self, method: &str, path: &str, body: Value) -> Result<Reply, String> {
        let headers = [("authorization", self.authorization.as_str()), (CONTENT_TYPE.as_str(), "application/json")];
        let body = (!body.is_null()).then(|| body.to_string());
        self.send((method, path), &headers, body).await
    }

    /// Sends JSON as the superuser, where an answer is sure to come.
    pub async fn call(&self, method: &str, path: &str, body: Value) -> Reply {
        self.try_call(method, path, body).await.unwrap()
    }

    pub async fn get(&self, path: &str) -> Value {
        self.call("GET", path, Value::Null).await.json()
    }

    /// Posts what must be created, and gives it.
    pub async fn create(&self, path: &str, body: Value) -> Value {
        let reply = self.call("POST", path, body).await;
        assert_eq!(reply.status, 201, "{}", reply.text);
        reply.json()
    }

    /// Asks as an SDK does.
    pub async fn sdk(&self, path: &str, key: &str) -> Reply {
        self.send(("GET", path), &[("x-environment-key", key)], None).await.unwrap()
    }
}
