//! Takes every kind down one road, and wakes each object when something happened that concerns it.
//!
//! - `road`: what the driver does at each turn of any object, and what it says of it. It knows no kind.
//! - `connection`, `project`, `environment`, `segment`, `flag`: what each kind supplies to the road; `ground`: what they stand on.
//! - `ownership`: who may say what of a thing, and which difference is left to stand. Pure.
//! - `publication`: keys in Secrets and `ConfigMap`s. `live`: what SDKs are seen to be served.
//! - `leaving`: what is done in Flagsmith before an object may go.
//! - `obstacle`: why an object cannot be brought further, and who must act.
//! - `watch`: what is seen of the cluster, and who is woken by it.

mod connection;
mod digest;
mod environment;
mod flag;
mod ground;
mod leaving;
mod live;
mod obstacle;
mod ownership;
mod project;
mod publication;
mod road;
mod segment;
mod watch;

use std::{collections::BTreeSet, fmt, future::Future, net::SocketAddr, sync::Arc, time::Duration};

use futures::channel::mpsc;
use kube::{Client, runtime::reflector::store::WriterDropped};
use tokio::{
    sync::oneshot,
    task::{JoinError, JoinSet},
};

use crate::{
    lease::{self, Election, Leadership},
    metrics::{Metrics, Present},
    server::{self, Board},
};
use connection::sessions::{Means, Sessions};
use publication::published::Published;
use road::event::{Events, Waiting};
use road::managed::Rooms;
use road::replica::Replica;
use watch::stores::Watches;
use watch::wake::Wakes;

/// How to run.
#[derive(Clone, Debug)]
pub struct Settings {
    /// How long one request to Flagsmith may take.
    pub request_timeout: Duration,
    /// How often an object is looked at though nothing happened.
    pub resync_interval: Duration,
    /// The namespaces to watch; all, if there is none.
    pub watch_namespaces: BTreeSet<String>,
    /// How a leader is elected; absent where this replica is the only one.
    pub election: Option<lease::Settings>,
    /// Where probes and metrics are served, if they are.
    pub listen: Option<SocketAddr>,
}

/// Why the operator could not run.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No way to the apiserver is configured.
    #[error("no Kubernetes cluster is configured: {0}")]
    Configuration(#[from] kube::config::InferConfigError),
    /// The client could not be made.
    #[error("cannot speak to the apiserver: {0}")]
    Client(#[source] Box<kube::Error>),
    /// A watch ended before it had listed.
    #[error("a watch ended: {0}")]
    Watch(#[from] WriterDropped),
    /// A part of the operator broke down.
    #[error("a part of the operator broke down: {0}")]
    Broken(#[from] JoinError),
    /// Another replica may lead by now.
    #[error(transparent)]
    Lost(#[from] lease::Lost),
    /// Probes and metrics cannot be served.
    #[error(transparent)]
    Server(#[from] server::Error),
}

/// Runs until SIGTERM or SIGINT. Writes that are under way are finished first.
///
/// # Errors
/// Where there is no cluster to run on, or the lease is lost: then what is under way is cut off.
pub async fn run(settings: Settings) -> Result<(), Error> {
    let Settings { request_timeout: timeout, resync_interval: resync, watch_namespaces, election, listen } = settings;
    let stop = road::stop::listen();
    let configuration = kube::Config::infer().await?;
    let (election, leadership) = stand(election, &configuration)?;
    let client = leadership.client(configuration).map_err(failed)?;
    let mut watches = Watches::new(client.clone(), &watch_namespaces);
    let (events, happened) = mpsc::unbounded();
    let stores = watches.start(&events);
    let (wakes, woken) = Wakes::new();
    let metrics = Metrics::default();
    let means = Means { timeout, leadership: leadership.clone(), metrics: metrics.clone(), resync };
    let (told, waiting) = Events::new();
    let _telling = tell(waiting, client.clone());
    let (sessions, published) = (Sessions::new(means), Published::default());
    let rooms = Arc::new(Rooms { client, stores, wakes, sessions, published, metrics, events: told });
    let replica = Replica { rooms, leadership, stop, resync };
    let board = Arc::new(Board::new(replica.rooms.metrics.registry(replica.clone())));
    let _serving = serve(listen, &board).await?;
    tokio::select! {
        listed = replica.rooms.stores.wait() => listed?,
        () = replica.stop.clone() => return Ok(()),
    }
    tracing::info!("watching");
    board.has_listed();
    // In a box: it is all that the operator does, and too large to be moved about.
    Box::pin(campaign(election, replica.work(happened, woken))).await
}

fn failed(error: kube::Error) -> Error {
    Error::Client(Box::new(error))
}

/// This replica's part in an election, if there is one, and the leadership that comes of it.
fn stand(
    settings: Option<lease::Settings>,
    configuration: &kube::Config,
) -> Result<(Option<Election>, Leadership), Error> {
    let Some(settings) = settings else { return Ok((None, Leadership::unlimited())) };
    // A client of its own: the lease is written by whoever does not lead yet, and renewed whatever else goes on.
    let client = Client::try_from(configuration.clone()).map_err(failed)?;
    let (election, leadership) = Election::new(client, settings);
    Ok((Some(election), leadership))
}

/// Events are sent until this is dropped.
fn tell(waiting: Waiting, client: Client) -> JoinSet<()> {
    let mut telling = JoinSet::new();
    telling.spawn(waiting.send(client));
    telling
}

async fn serve(listen: Option<SocketAddr>, board: &Arc<Board>) -> Result<Option<JoinSet<()>>, server::Error> {
    match listen {
        Some(address) => server::serve(address, Arc::clone(board)).await.map(Some),
        None => Ok(None),
    }
}

/// Works, and has the lease kept until the work is over.
async fn campaign(election: Option<Election>, work: impl Future<Output = Result<(), JoinError>>) -> Result<(), Error> {
    let Some(election) = election else { return Ok(work.await?) };
    let (working, over) = oneshot::channel::<()>();
    let work = async move {
        work.await?;
        drop(working);
        Ok(())
    };
    let resigned = async {
        let _ = over.await;
    };
    let kept = async { Ok::<_, Error>(election.run(resigned).await?) };
    tokio::try_join!(kept, work)?;
    Ok(())
}

impl Present for Replica {
    fn leads(&self) -> bool {
        self.leadership.holds()
    }

    fn mirror_ages(&self) -> Vec<Duration> {
        self.rooms.sessions.mirror_ages()
    }
}

impl fmt::Debug for Replica {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Replica").field("leadership", &self.leadership).finish_non_exhaustive()
    }
}
