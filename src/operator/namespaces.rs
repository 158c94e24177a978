//! The namespaces' labels, and whether they are to go, where they may be seen.

use futures::{StreamExt as _, channel::mpsc::UnboundedSender};
use k8s_openapi::api::core::v1::Namespace;
use kube::{
    Api, Client, ResourceExt as _,
    core::PartialObjectMeta,
    runtime::{
        WatchStreamExt as _,
        reflector::{self, ObjectRef, Store},
        watcher,
    },
};
use tokio::task::JoinSet;

use super::{permission::Labels, stores::Event};

type Metadata = PartialObjectMeta<Namespace>;

/// What is known of namespaces.
#[derive(Clone, Debug)]
pub enum Namespaces {
    /// Their labels.
    Watched(Store<Metadata>),
    /// Nothing: an operator of some namespaces has no right to list any.
    Hidden,
}

impl Namespaces {
    /// Watches them, in a task of `tasks`, and tells what happens to them.
    pub fn watch(client: Client, tasks: &mut JoinSet<()>, events: UnboundedSender<Event>) -> Self {
        let (reader, writer) = reflector::store();
        let watch = watcher(Api::<Metadata>::all(client), watcher::Config::default().any_semantic()).default_backoff();
        let stream = reflector::reflector(writer, watch);
        tasks.spawn(async move {
            let mut stream = std::pin::pin!(stream);
            while let Some(event) = stream.next().await {
                match event {
                    Ok(watcher::Event::Apply(namespace)) => {
                        // Nobody listens any more only when the operator stops.
                        let _ = events.unbounded_send(Event::Namespace(namespace.name_any()));
                    }
                    Ok(_) => {}
                    Err(error) => tracing::warn!(kind = "Namespace", %error, "watch failed"),
                }
            }
        });
        Self::Watched(reader)
    }

    /// The labels of a namespace; none of one that is not there.
    #[must_use]
    pub fn labels(&self, name: &str) -> Option<Labels> {
        match self {
            Self::Watched(store) => {
                Some(store.get(&ObjectRef::new(name)).map(|one| one.labels().clone()).unwrap_or_default())
            }
            Self::Hidden => None,
        }
    }

    /// Whether a namespace is to go with all that is in it; false where that cannot be seen.
    pub async fn is_terminating(&self, client: &Client, name: &str) -> bool {
        match self {
            Self::Watched(store) => store.get(&ObjectRef::new(name)).is_some_and(|one| is_to_go(&one)),
            // Perhaps it may be read by its name, for this alone.
            Self::Hidden => {
                let found = Api::<Namespace>::all(client.clone()).get_metadata_opt(name).await;
                found.is_ok_and(|found| found.is_some_and(|one| is_to_go(&one)))
            }
        }
    }

    /// Waits until they were listed once.
    ///
    /// # Errors
    /// Where the watch ended.
    pub async fn wait(&self) -> Result<(), reflector::store::WriterDropped> {
        match self {
            Self::Watched(store) => store.wait_until_ready().await,
            Self::Hidden => Ok(()),
        }
    }
}

fn is_to_go(namespace: &Metadata) -> bool {
    namespace.metadata.deletion_timestamp.is_some()
}
