//! A real Flagsmith behind the stand-in: requests go there as they came, and its answers come back as they are.

use crate::answer::{Answer, Content};
use crate::engine::Arrival;
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::header::{CONNECTION, CONTENT_LENGTH, HOST, HeaderName, TE, TRAILER, TRANSFER_ENCODING, UPGRADE};
use hyper::{HeaderMap, Request};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use std::error::Error;

/// What belongs to one connection, and is not passed on to the next.
const OWN: &[HeaderName] = &[CONNECTION, CONTENT_LENGTH, HOST, TE, TRAILER, TRANSFER_ENCODING, UPGRADE];

#[derive(Debug)]
pub(crate) struct Upstream {
    url: String,
    client: Client<HttpConnector, Full<Bytes>>,
}

impl Upstream {
    /// A server at its root, or at the root of its API.
    pub(crate) fn at(url: &str) -> Self {
        let url = url.trim_end_matches('/');
        let url = url.strip_suffix("/api/v1").unwrap_or(url);
        let mut client = Client::builder(TokioExecutor::new());
        // Its server closes idle connections soon: one that is kept might break under the next request.
        client.pool_max_idle_per_host(0).retry_canceled_requests(false);
        Self { url: url.to_owned(), client: client.build_http() }
    }

    /// Passes a request on; where no answer comes, the answer is 502 in HTML, as a proxy gives.
    pub(crate) async fn ask(&self, arrival: &Arrival) -> Answer {
        let answer = self.try_ask(arrival).await;
        answer.unwrap_or_else(|error| Answer::html(502, &format!("<html><body>{error}</body></html>")))
    }

    async fn try_ask(&self, arrival: &Arrival) -> Result<Answer, Box<dyn Error + Send + Sync>> {
        let address = format!("{}{}", self.url, arrival.full_path());
        let mut request = Request::builder().method(arrival.method.as_str()).uri(address);
        for (name, value) in &passed_on(&arrival.headers) {
            request = request.header(name, value);
        }
        let response = self.client.request(request.body(Full::new(arrival.body.clone()))?).await?;
        let (head, body) = response.into_parts();
        let body = body.collect().await?.to_bytes();
        let content = Content::Relayed { headers: Box::new(passed_on(&head.headers)), body };
        Ok(Answer { status: head.status.as_u16(), headers: Vec::new(), content })
    }
}

fn passed_on(headers: &HeaderMap) -> HeaderMap {
    let mut headers = headers.clone();
    for name in OWN {
        headers.remove(name);
    }
    headers
}
