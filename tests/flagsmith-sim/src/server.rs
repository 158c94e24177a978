//! The sockets: it listens, serves each connection, and breaks the ones that are to be broken.

use crate::answer::{Answer, Content};
use crate::engine::{Arrival, Engine, Release, lock};
use crate::fault::Action;
use crate::log::Given;
use bytes::Bytes;
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full};
use hyper::body::{Frame, Incoming};
use hyper::header::{CONTENT_LENGTH, CONTENT_TYPE, DATE, HeaderMap, HeaderName, HeaderValue};
use hyper::http::response::Parts;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use jiff::fmt::rfc2822::DateTimePrinter;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

/// The release that the stand-in is held to.
const VERSION: &str = "2.265.0";

/// Why a connection ends without a (whole) answer: it was asked for.
#[derive(Debug)]
struct Broken;

impl fmt::Display for Broken {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("the connection was broken on purpose")
    }
}

impl std::error::Error for Broken {}

type Body = BoxBody<Bytes, Broken>;

/// Serves until it is aborted, and its connections with it.
pub(crate) async fn serve(engine: Arc<Engine>, listener: TcpListener) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                if let Ok((stream, _)) = accepted {
                    connections.spawn(connection(engine.clone(), stream));
                }
            }
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn connection(engine: Arc<Engine>, stream: TcpStream) {
    let service = service_fn(move |request| answer(engine.clone(), request));
    let served = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    // A broken connection is what a fault asks for, or the client's own doing.
    let _ = served.await;
}

async fn answer(engine: Arc<Engine>, request: Request<Incoming>) -> Result<Response<Body>, Broken> {
    if engine.down.load(Ordering::Relaxed) {
        return Err(Broken);
    }
    let (head, body) = request.into_parts();
    let body = body.collect().await.map_err(|_| Broken)?.to_bytes();
    let arrival = Arrival {
        method: head.method.to_string(),
        path: engine.below_prefix(head.uri.path()),
        query: head.uri.query().unwrap_or_default().to_owned(),
        headers: head.headers,
        body,
    };
    let number = lock(&engine.log).open(arrival.logged());
    let action = lock(&engine.faults).meet(&arrival.method, &arrival.full_path());
    let answer = match &action {
        Some(Action::Hang) => std::future::pending().await,
        Some(Action::DropBefore) => return Err(Broken),
        Some(Action::Status(status)) => Answer::detail(*status, reason(*status)),
        Some(Action::Html(status)) => Answer::html(*status, &page(*status)),
        Some(Action::RetryAfter(seconds)) => Answer::throttled(*seconds),
        Some(Action::Ignore) => work(engine.clone(), arrival.shown(), None).await?,
        Some(Action::Delay(_) | Action::DropAfter | Action::Truncate) | None => {
            work(engine.clone(), arrival, action.clone()).await?
        }
    };
    if matches!(action, Some(Action::DropAfter)) {
        return Err(Broken);
    }
    let (mut head, content) = sent(answer);
    say_release_and_date(&engine, &mut head.headers);
    let content_type = head.headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).map(str::to_owned);
    let given = Given { status: head.status.as_u16(), content_type, content: content.clone() };
    lock(&engine.log).close(number, given);
    if matches!(action, Some(Action::Truncate)) {
        head.headers.insert(CONTENT_LENGTH, HeaderValue::from(content.len()));
        return Ok(Response::from_parts(head, half(content)));
    }
    Ok(Response::from_parts(head, Full::new(content).map_err(|never| match never {}).boxed()))
}

/// Does the work in a task of its own: it is done even if the client goes away meanwhile.
async fn work(engine: Arc<Engine>, arrival: Arrival, action: Option<Action>) -> Result<Answer, Broken> {
    engine.at_work.fetch_add(1, Ordering::Relaxed);
    let task = tokio::spawn(async move {
        let _done = Done(Arc::clone(&engine));
        if let Some(Action::Delay(time)) = action {
            tokio::time::sleep(time).await;
        }
        engine.work(&arrival).await
    });
    task.await.map_err(|_| Broken)
}

/// Work on a request, which is over when this is dropped.
struct Done(Arc<Engine>);

impl Drop for Done {
    fn drop(&mut self) {
        self.0.at_work.fetch_sub(1, Ordering::Relaxed);
    }
}

fn reason(status: u16) -> &'static str {
    let status = StatusCode::from_u16(status).ok();
    status.and_then(|status| status.canonical_reason()).unwrap_or("Unknown")
}

fn page(status: u16) -> String {
    let reason = reason(status);
    format!("<html><head><title>{status} {reason}</title></head><body>{reason}</body></html>")
}

/// The head of the response that an answer is sent as, and its content.
fn sent(answer: Answer) -> (Parts, Bytes) {
    let (headers, content) = match answer.content {
        Content::Nothing => (HeaderMap::new(), Bytes::new()),
        Content::Json(body) => (typed("application/json"), body.to_string().into()),
        Content::Html(page) => (typed("text/html; charset=utf-8"), page.into()),
        Content::Relayed { headers, body } => (*headers, body),
    };
    let (mut head, ()) = Response::new(()).into_parts();
    head.status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    head.headers = headers;
    for (name, value) in answer.headers {
        if let Ok(value) = HeaderValue::from_str(&value) {
            head.headers.insert(name, value);
        }
    }
    (head, content)
}

fn typed(kind: &'static str) -> HeaderMap {
    HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static(kind))])
}

/// Says which release answers, or does not.
/// What a server behind says is passed on.
fn say_date(engine: &Engine, headers: &mut HeaderMap) {
    let now = lock(&engine.store).now();
    let said = HeaderValue::from_str(&DateTimePrinter::new().timestamp_to_rfc9110_string(&now).unwrap_or_default());
    if let (Ok(said), None) = (said, &engine.upstream) {
        headers.insert(DATE, said);
    }
}

fn say_release_and_date(engine: &Engine, headers: &mut HeaderMap) {
    say_date(engine, headers);
    let name = HeaderName::from_static("flagsmith-version");
    let said = match (&engine.version, &engine.upstream) {
        (Release::Own, Some(_)) => return,
        (Release::Own, None) => VERSION,
        (Release::Another(version), _) => version.as_str(),
        (Release::Unsaid, _) => {
            headers.remove(name);
            return;
        }
    };
    if let Ok(said) = HeaderValue::from_str(said) {
        headers.insert(name, said);
    }
}

/// A body that breaks off halfway: its first half, a pause in which that is sent, and the break.
struct Half {
    first: Option<Bytes>,
    paused: bool,
}

impl hyper::body::Body for Half {
    type Data = Bytes;
    type Error = Broken;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Broken>>> {
        if let Some(first) = self.first.take() {
            return Poll::Ready(Some(Ok(Frame::data(first))));
        }
        if self.paused {
            return Poll::Ready(Some(Err(Broken)));
        }
        self.paused = true;
        context.waker().wake_by_ref();
        Poll::Pending
    }
}

fn half(mut first: Bytes) -> Body {
    first.truncate(first.len() / 2);
    let half = Half { first: Some(first), paused: false };
    half.boxed()
}
