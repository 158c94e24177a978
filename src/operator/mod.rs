//! Takes every kind down one road, and wakes each object when something happened that concerns it.

mod backoff;
mod claim;
mod condition;
mod connection;
mod desired_flag;
mod driver;
mod environment;
mod environment_key;
mod finalizer;
mod flag;
mod ground;
mod invalid_spec;
mod managed;
mod obstacle;
mod owned;
mod project;
mod secret;
mod session;
mod sessions;
mod status;
mod stores;
mod twin;
mod unkept;
mod wake;

use std::{convert::Infallible, sync::Arc, time::Duration};

use futures::{StreamExt as _, channel::mpsc, stream::BoxStream};
use kube::{
    Client,
    runtime::{
        controller::{self, applier},
        reflector::{ObjectRef, Store, store::WriterDropped},
    },
};
use tokio::task::JoinSet;

use driver::Driver;
use managed::{Managed, Rooms};
use sessions::Sessions;
use stores::{Event, Watches};
use wake::{Wakes, Woken};

/// How to run.
#[derive(Clone, Debug)]
pub struct Settings {
    /// How long one request to Flagsmith may take.
    pub request_timeout: Duration,
    /// How often an object is looked at though nothing happened.
    pub resync_interval: Duration,
    /// The only namespace to watch; all, if absent.
    pub watch_namespace: Option<String>,
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
}

/// Runs until SIGTERM or SIGINT. Writes that are under way are finished first.
///
/// # Errors
/// Where there is no cluster to run on.
pub async fn run(settings: Settings) -> Result<(), Error> {
    let configuration = kube::Config::infer().await?;
    let client = Client::try_from(configuration).map_err(|error| Error::Client(Box::new(error)))?;
    let mut watches = Watches::new(client.clone(), settings.watch_namespace);
    let (events, happened) = mpsc::unbounded();
    let stores = watches.start(&events);
    let (wakes, woken) = Wakes::new();
    let rooms = Arc::new(Rooms { client, stores, wakes, sessions: Sessions::new(settings.request_timeout) });
    rooms.stores.wait().await?;
    tracing::info!("watching");
    let listening = tokio::spawn(listen(happened, Arc::clone(&rooms)));
    let mut controllers = JoinSet::new();
    start(&mut controllers, &rooms, (woken, settings.resync_interval));
    while controllers.join_next().await.is_some() {}
    listening.abort();
    Ok(())
}

/// Wakes whom each event concerns; what a connection that is gone was good for is over.
async fn listen(mut happened: mpsc::UnboundedReceiver<Event>, rooms: Arc<Rooms>) {
    while let Some(event) = happened.next().await {
        if let Event::Connection(connection, true) = &event {
            rooms.sessions.refuse(connection);
        }
        rooms.stores.spread(&event, &rooms.wakes);
    }
}

fn start(controllers: &mut JoinSet<()>, rooms: &Arc<Rooms>, (woken, resync): (Woken, Duration)) {
    let Woken { connections, projects, environments, flags } = woken;
    let stores = rooms.stores.clone();
    controllers.spawn(control(stores.connections, connections.boxed(), Driver::new(Arc::clone(rooms), resync)));
    controllers.spawn(control(stores.projects, projects.boxed(), Driver::new(Arc::clone(rooms), resync)));
    controllers.spawn(control(stores.environments, environments.boxed(), Driver::new(Arc::clone(rooms), resync)));
    controllers.spawn(control(stores.flags, flags.boxed(), Driver::new(Arc::clone(rooms), resync)));
}

/// Reconciles the objects of one kind as they are woken, each by itself and all of them at once: what bounds the load is
/// the places of each client, so that a Flagsmith that never answers holds up only the objects that go to it.
async fn control<K: Managed>(store: Store<K>, woken: BoxStream<'static, ObjectRef<K>>, driver: Driver) {
    let queue = woken.map(Ok::<_, Infallible>).take_until(stopped());
    let reconcile = |object: Arc<K>, driver: Arc<Driver>| {
        Box::pin(async move { Ok::<_, Infallible>(driver.reconcile(object).await) })
    };
    let never = |_: Arc<K>, error: &Infallible, _: Arc<Driver>| match *error {};
    let unbounded = controller::Config::default();
    let turns = applier(reconcile, never, Arc::new(driver), store, queue, unbounded);
    turns.for_each(|_| std::future::ready(())).await;
}

/// Resolves at SIGTERM or SIGINT.
async fn stopped() {
    let interrupt = tokio::signal::ctrl_c();
    let terminate = async {
        match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(mut signal) => {
                signal.recv().await;
            }
            Err(error) => {
                tracing::warn!(%error, "SIGTERM cannot be listened to");
                std::future::pending::<()>().await;
            }
        }
    };
    tokio::select! {
        _ = interrupt => {}
        () = terminate => {}
    }
}
