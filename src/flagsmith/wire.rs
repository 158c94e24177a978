//! The wire: one request, sent while this replica leads, counted, and told of in the log.

use std::fmt;
use std::future::{Future as _, poll_fn};
use std::pin::pin;
use std::task::Poll;
use std::time::{Duration, Instant};

use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use reqwest::{Request, Url};

use super::Error;
use super::call::Call;
use super::reply::Reply;
use crate::lease::Leadership;
use crate::metrics::{Metrics, Status};

pub(super) const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// The connections to Flagsmith, and what holds for each request whoever makes it. It knows no credential: that is a header of
/// the request.
#[derive(Clone)]
pub(super) struct Wire {
    pub http: reqwest::Client,
    pub timeout: Duration,
    pub leadership: Leadership,
    pub metrics: Metrics,
}

/// Where a call goes, and what it is shown there.
pub(super) struct Address {
    pub url: Url,
    pub headers: HeaderMap,
}

impl Wire {
    /// Sends one call. Any answer comes back as it is.
    pub async fn exchange(&self, call: &Call, to: Address) -> Result<Reply, Error> {
        self.leadership.admit()?;
        let start = Instant::now();
        let pending = self.metrics.request(call.method.as_str(), call.route);
        let reply = self.while_leading(call, to).await;
        pending.ended(status(&reply));
        let ms = start.elapsed().as_millis();
        match &reply {
            Ok(reply) => {
                tracing::debug!(method = %call.method, route = call.route, status = reply.status, %ms, "flagsmith answered");
            }
            Err(error) => {
                tracing::debug!(method = %call.method, route = call.route, %error, %ms, "flagsmith did not answer");
            }
        }
        reply
    }

    /// Asked at each step of the way, lest a process that was stopped, or waited for a connection, sends what it began before
    /// another took over.
    async fn while_leading(&self, call: &Call, to: Address) -> Result<Reply, Error> {
        let mut exchange = pin!(self.send(call, to));
        poll_fn(|context| match self.leadership.admit() {
            Ok(()) => exchange.as_mut().poll(context),
            Err(over) => Poll::Ready(Err(Error::Unreachable { reason: over.to_string(), connected: true })),
        })
        .await
    }

    async fn send(&self, call: &Call, Address { url, headers }: Address) -> Result<Reply, Error> {
        let failed = |error| Error::transport(error, self.timeout);
        let mut request = Request::new(call.method.clone(), url);
        *request.headers_mut() = headers;
        *request.timeout_mut() = Some(self.timeout);
        if let Some(body) = &call.body {
            request.headers_mut().insert(CONTENT_TYPE, JSON);
            *request.body_mut() = Some(body.clone().into());
        }
        let response = self.http.execute(request).await.map_err(failed)?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let body = response.bytes().await.map_err(failed)?.to_vec();
        Ok(Reply { status, headers, body })
    }
}

fn status(reply: &Result<Reply, Error>) -> Status {
    match reply {
        Ok(reply) => Status::from(reply.status),
        Err(Error::Timeout { .. }) => Status::TimedOut,
        Err(_) => Status::Unreachable,
    }
}

impl fmt::Debug for Wire {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wire").field("timeout", &self.timeout).finish_non_exhaustive()
    }
}
