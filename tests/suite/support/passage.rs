//! The way of all that an operator asks of both its servers: each write is seen there, and one of them may be its last.

use std::{
    fs,
    future::pending,
    io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, OnceLock},
};

use axum::{
    Router,
    body::{Body, Bytes, to_bytes},
    extract::{ConnectInfo, Request, connect_info::Connected},
    response::{IntoResponse as _, Response},
    serve::{IncomingStream, Listener},
};
use futures::future::BoxFuture;
use http::{
    HeaderMap, StatusCode,
    header::{AUTHORIZATION, CONNECTION, CONTENT_LENGTH, HOST, TRANSFER_ENCODING},
    request::Parts,
};
use kube::Client;
use serde_json::{Value, json};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::Notify,
    task::AbortHandle,
};

use super::{
    plane::{client, plane},
    step::{Step, written},
};

/// The two servers of an operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    Kubernetes,
    Flagsmith,
}

/// On which side of a write the operator ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// It was sent, and never reaches its server.
    Before,
    /// It was carried out, and is never answered.
    After,
}

/// A write that is an operator's last, and on which side of it the operator ends.
pub type Trap = (Step, Moment);

/// A look at the world after each write, before anybody knows that it was carried out.
type Look = Box<dyn Fn(String) -> BoxFuture<'static, ()> + Send + Sync>;

/// A way to both servers.
pub struct Passage {
    shared: Arc<Shared>,
    doors: [(u16, AbortHandle); 2],
}

struct Shared {
    kubernetes: Client,
    http: reqwest::Client,
    flagsmith: OnceLock<String>,
    look: OnceLock<Look>,
    ledger: Mutex<Ledger>,
    sprung: Notify,
}

#[derive(Default)]
struct Ledger {
    /// Which operator is let in: what a former one sent, and was not read before it ended, is never passed on.
    life: usize,
    is_shut: bool,
    steps: Vec<Step>,
    trap: Option<Trap>,
}

impl Passage {
    /// A way for whoever reaches the apiserver by that kubeconfig.
    pub async fn start(kubeconfig: &Path) -> Self {
        let shared = Arc::new(Shared {
            kubernetes: client(kubeconfig).await,
            http: reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap(),
            flagsmith: OnceLock::new(),
            look: OnceLock::new(),
            ledger: Mutex::default(),
            sprung: Notify::new(),
        });
        let doors = [open(Side::Kubernetes, &shared).await, open(Side::Flagsmith, &shared).await];
        Self { shared, doors }
    }

    /// The same kubeconfig, but it leads through here.
    pub fn kubeconfig(&self, direct: &Path) -> PathBuf {
        let mut kubeconfig: Value = serde_json::from_str(&fs::read_to_string(direct).unwrap()).unwrap();
        let server = format!("http://127.0.0.1:{}", self.doors[0].0);
        kubeconfig["clusters"][0]["cluster"] = json!({"server": server});
        let path = direct.with_extension("passage.kubeconfig");
        fs::write(&path, kubeconfig.to_string()).unwrap();
        assert!(path.starts_with(&plane().directory));
        path
    }

    /// The address of a Flagsmith by way of here.
    pub fn api_url(&self, flagsmith: String) -> String {
        self.shared.flagsmith.set(flagsmith).unwrap();
        format!("http://127.0.0.1:{}/api/v1/", self.doors[1].0)
    }

    /// Has the world looked at after each write.
    pub fn look(&self, look: Look) {
        assert!(self.shared.look.set(look).is_ok(), "one look is enough");
    }

    /// Counts writes from now on, of which one may be the last.
    pub fn count(&self, trap: Option<Trap>) {
        let mut ledger = self.shared.ledger();
        (ledger.steps, ledger.trap) = (Vec::new(), trap);
    }

    /// The writes since they are counted, in their order.
    pub fn steps(&self) -> Vec<Step> {
        self.shared.ledger().steps.clone()
    }

    /// Whether the write that was to be the last is still to come.
    pub fn is_set(&self) -> bool {
        self.shared.ledger().trap.is_some()
    }

    /// Waits until an operator has come to its last write. Nothing passes from then on.
    pub async fn sprung(&self) {
        self.shared.sprung.notified().await;
    }

    /// Lets the next operator in, now that the former is gone.
    pub async fn reopen(&self) {
        // What still knocks is the former's: its turn comes before this task's.
        for _ in 0..8 {
            tokio::task::yield_now().await;
        }
        let mut ledger = self.shared.ledger();
        (ledger.is_shut, ledger.life) = (false, ledger.life + 1);
    }
}

impl Drop for Passage {
    fn drop(&mut self) {
        for (_, door) in &self.doors {
            door.abort();
        }
    }
}

impl Shared {
    fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap()
    }

    fn lets_in(&self, life: usize) -> bool {
        let ledger = self.ledger();
        ledger.life == life && !ledger.is_shut
    }

    /// Writes a write down, and says on which side of it the operator ends, if it does.
    fn note(&self, what: String) -> Option<Moment> {
        let mut ledger = self.ledger();
        let occurrence = 1 + ledger.steps.iter().filter(|one| one.what == what).count();
        let step = Step { what, occurrence };
        ledger.steps.push(step.clone());
        let (_, moment) = ledger.trap.take_if(|(last, _)| *last == step)?;
        ledger.is_shut = moment == Moment::Before;
        Some(moment)
    }

    /// The operator has come to its end: whatever else it sends goes nowhere.
    async fn spring(&self) -> Response {
        self.ledger().is_shut = true;
        self.sprung.notify_one();
        pending().await
    }

    async fn pass(&self, side: Side, request: Request) -> Response {
        let life = request.extensions().get::<ConnectInfo<Life>>().map(|info| info.0.0);
        let (head, body) = request.into_parts();
        let Ok(body) = to_bytes(body, usize::MAX).await else { return pending().await };
        if !life.is_some_and(|life| self.lets_in(life)) {
            return pending().await;
        }
        let what = written(side, &head, &body);
        let last = what.clone().and_then(|what| self.note(what));
        if last == Some(Moment::Before) {
            return self.spring().await;
        }
        let answer = match side {
            Side::Kubernetes => self.ask_kubernetes(head, body).await,
            Side::Flagsmith => self.ask_flagsmith(head, body).await,
        };
        if let (Some(what), Some(look)) = (what, self.look.get()) {
            look(what).await;
        }
        if last == Some(Moment::After) {
            return self.spring().await;
        }
        answer.unwrap_or_else(|error| (StatusCode::BAD_GATEWAY, error).into_response())
    }

    async fn ask_kubernetes(&self, mut head: Parts, body: Bytes) -> Result<Response, String> {
        // The client has the same token.
        head.headers.remove(AUTHORIZATION);
        let path = head.uri.path_and_query().map(ToString::to_string).unwrap_or_default();
        let mut request = http::Request::builder().method(head.method).uri(path);
        *request.headers_mut().unwrap() = passed_on(head.headers);
        let request = request.body(kube::client::Body::from(body)).map_err(|error| error.to_string())?;
        let answer = self.kubernetes.send(request).await.map_err(|error| error.to_string())?;
        let (mut head, body) = answer.into_parts();
        head.headers = passed_on(head.headers);
        Ok(Response::from_parts(head, Body::new(body)))
    }

    async fn ask_flagsmith(&self, head: Parts, body: Bytes) -> Result<Response, String> {
        let path = head.uri.path_and_query().map(ToString::to_string).unwrap_or_default();
        let address = format!("{}{path}", self.flagsmith.get().unwrap());
        let request = self.http.request(head.method, address).headers(passed_on(head.headers)).body(body);
        let answer = request.send().await.map_err(|error| error.to_string())?;
        let (status, headers) = (answer.status(), passed_on(answer.headers().clone()));
        Ok((status, headers, answer.bytes().await.map_err(|error| error.to_string())?).into_response())
    }
}

/// What belongs to one connection is not passed on to the next.
fn passed_on(mut headers: HeaderMap) -> HeaderMap {
    for own in [HOST, CONNECTION, CONTENT_LENGTH, TRANSFER_ENCODING] {
        headers.remove(own);
    }
    headers
}

/// Whose connection it is: the how manyth operator's.
#[derive(Clone, Copy, Debug)]
struct Life(usize);

struct Door {
    listener: TcpListener,
    shared: Arc<Shared>,
}

impl Listener for Door {
    type Io = TcpStream;
    type Addr = Life;

    async fn accept(&mut self) -> (TcpStream, Life) {
        let (stream, _) = Listener::accept(&mut self.listener).await;
        (stream, Life(self.shared.ledger().life))
    }

    fn local_addr(&self) -> io::Result<Life> {
        Ok(Life(0))
    }
}

impl Connected<IncomingStream<'_, Door>> for Life {
    fn connect_info(stream: IncomingStream<'_, Door>) -> Self {
        *stream.remote_addr()
    }
}

async fn open(side: Side, shared: &Arc<Shared>) -> (u16, AbortHandle) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let door = Door { listener, shared: Arc::clone(shared) };
    let shared = Arc::clone(shared);
    let pass = move |request: Request| {
        let shared = Arc::clone(&shared);
        async move { shared.pass(side, request).await }
    };
    let router = Router::new().fallback(pass).into_make_service_with_connect_info::<Life>();
    let serving = tokio::spawn(async move { axum::serve(door, router).await });
    (port, serving.abort_handle())
}
