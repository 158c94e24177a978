//! The namespaces' labels, and whether they are to go, where they may be seen.

use futures::{Stream, StreamExt as _, channel::mpsc::UnboundedSender};
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

use super::{bulletin::Bulletin, stores::Event};
use crate::operator::ownership::permission::Labels;

/// A namespace as it is watched.
pub type Metadata = PartialObjectMeta<Namespace>;

/// What is known of namespaces.
#[derive(Clone, Debug)]
pub enum Namespaces {
    /// Their labels.
    Watched(Store<Metadata>),
    /// Nothing: an operator of some namespaces has no right to list any.
    Hidden,
}

/// Tells what happens to namespaces, once the store knows.
async fn listen(stream: impl Stream<Item = watcher::Result<watcher::Event<Metadata>>>, events: UnboundedSender<Event>) {
    let (mut stream, mut bulletin) = (std::pin::pin!(stream), Bulletin::default());
    while let Some(event) = stream.next().await {
        match event {
            Ok(event) => {
                for name in bulletin.take(event) {
                    // Nobody listens any more only when the operator stops.
                    let _ = events.unbounded_send(Event::Namespace(name));
                }
            }
            Err(error) => tracing::warn!(kind = "Namespace", %error, "watch failed"),
        }
    }
}

impl Namespaces {
    /// Watches them, in a task of `tasks`, and tells what happens to them.
    pub fn watch(client: Client, tasks: &mut JoinSet<()>, events: UnboundedSender<Event>) -> Self {
        let (reader, writer) = reflector::store();
        let watch = watcher(Api::<Metadata>::all(client), watcher::Config::default().any_semantic()).default_backoff();
        let stream = reflector::reflector(writer, watch);
        tasks.spawn(listen(stream, events));
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use futures::{channel::mpsc, stream};
    use kube::core::{ObjectMeta, PartialObjectMetaExt as _};
    use watcher::Event as Watched;

    use super::*;

    #[tokio::test]
    async fn what_a_broken_watch_missed_is_told_once_the_store_knows_it() {
        let namespace = |team: Option<&str>| {
            let labels = team.map(|team| BTreeMap::from([("team".to_owned(), team.to_owned())]));
            let name = Some("shop".to_owned());
            ObjectMeta { name, labels, ..ObjectMeta::default() }.into_response_partial::<Namespace>()
        };
        let (reader, writer) = reflector::store();
        let (events, mut told) = mpsc::unbounded();
        let listed = |team| [Watched::Init, Watched::InitApply(namespace(team)), Watched::InitDone].map(Ok);
        let watch = stream::iter(listed(None).into_iter().chain(listed(Some("shop"))));
        listen(reflector::reflector(writer, watch), events).await;
        assert!(matches!(told.next().await, Some(Event::Namespace(name)) if name == "shop"));
        assert_eq!(Namespaces::Watched(reader).labels("shop"), namespace(Some("shop")).metadata.labels);
        assert!(told.next().await.is_none(), "once");
    }
}
