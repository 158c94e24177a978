//! One watch a kind, kept in memory, and who is to be woken by what happens.
//!
//! Every lookup of one object by another is made here, in the stores, so that no reconcile reads the apiserver to find
//! out whom it concerns. Secrets are watched by their metadata only: their content is never held.

use std::{collections::BTreeSet, fmt::Debug};

use futures::{
    StreamExt as _,
    channel::mpsc::UnboundedSender,
    future::Either,
    stream::{self, SelectAll},
};
use k8s_openapi::api::core::v1::{ConfigMap, Secret};
use kube::{
    Api, Client, Resource,
    core::{NamespaceResourceScope, PartialObjectMeta},
    runtime::{
        WatchStreamExt as _,
        reflector::{self, ObjectRef, Store},
        watcher,
    },
};
use serde::de::DeserializeOwned;
use tokio::task::JoinSet;

use super::{gathering::Gathering, namespaces::Namespaces};
use crate::crd::{
    FeatureFlag, FlagsmithConnection, FlagsmithEnvironment, FlagsmithProject, FlagsmithSegment, PUBLISHED,
};
use crate::operator::leaving::whereabouts::Whereabouts;

/// A Secret without its content.
pub type SecretMetadata = PartialObjectMeta<Secret>;

/// A `ConfigMap` without its content.
pub type ConfigMapMetadata = PartialObjectMeta<ConfigMap>;

/// What is known of the cluster.
#[derive(Clone, Debug)]
pub struct Stores {
    /// The connections.
    pub connections: Store<FlagsmithConnection>,
    /// The projects.
    pub projects: Store<FlagsmithProject>,
    /// The environments.
    pub environments: Store<FlagsmithEnvironment>,
    /// The segments.
    pub segments: Store<FlagsmithSegment>,
    /// The flags.
    pub flags: Store<FeatureFlag>,
    /// The Secrets, without their content.
    pub secrets: Store<SecretMetadata>,
    /// The `ConfigMap`s that we write to, without their content.
    pub config_maps: Store<ConfigMapMetadata>,
    /// The namespaces, where they may be seen.
    pub namespaces: Namespaces,
    /// The projects as they last were.
    pub whereabouts: Whereabouts,
}

/// Something happened to an object.
#[derive(Clone, Debug)]
pub enum Event {
    /// To a connection; true if it is gone.
    Connection(ObjectRef<FlagsmithConnection>, bool),
    /// To a project.
    Project(ObjectRef<FlagsmithProject>),
    /// To an environment, of that name in Flagsmith.
    Environment(ObjectRef<FlagsmithEnvironment>, String),
    /// To a segment, of that name in Flagsmith.
    Segment(ObjectRef<FlagsmithSegment>, String),
    /// To a flag, of that name in Flagsmith.
    Flag(ObjectRef<FeatureFlag>, String),
    /// To a Secret.
    Secret(ObjectRef<SecretMetadata>),
    /// To a `ConfigMap` that we write to.
    ConfigMap(ObjectRef<ConfigMapMetadata>),
    /// To a namespace.
    Namespace(String),
}

/// The watches that fill the stores; they end when this is dropped.
pub struct Watches {
    tasks: JoinSet<()>,
    client: Client,
    /// Each with watches of its own; none is all.
    namespaces: Vec<Option<String>>,
}

impl Watches {
    /// Watches those namespaces, or all where none is given.
    #[must_use]
    pub fn new(client: Client, namespaces: &BTreeSet<String>) -> Self {
        let mut namespaces: Vec<_> = namespaces.iter().cloned().map(Some).collect();
        if namespaces.is_empty() {
            namespaces.push(None);
        }
        Self { tasks: JoinSet::new(), client, namespaces }
    }

    /// Starts all watches. What happens is sent as an [`Event`] once the stores know of it.
    pub fn start(&mut self, events: &UnboundedSender<Event>) -> Stores {
        Stores {
            namespaces: self.watch_namespaces(events),
            whereabouts: Whereabouts::default(),
            connections: self.watch(events.clone(), |object: &FlagsmithConnection, gone| {
                Event::Connection(ObjectRef::from_obj(object), gone)
            }),
            projects: self
                .watch(events.clone(), |object: &FlagsmithProject, _| Event::Project(ObjectRef::from_obj(object))),
            environments: self.watch(events.clone(), |object: &FlagsmithEnvironment, _| {
                Event::Environment(ObjectRef::from_obj(object), object.flagsmith_name().to_owned())
            }),
            segments: self.watch(events.clone(), |object: &FlagsmithSegment, _| {
                Event::Segment(ObjectRef::from_obj(object), object.flagsmith_name().to_owned())
            }),
            flags: self.watch(events.clone(), |object: &FeatureFlag, _| {
                Event::Flag(ObjectRef::from_obj(object), object.flagsmith_name().to_owned())
            }),
            secrets: self
                .watch(events.clone(), |object: &SecretMetadata, _| Event::Secret(ObjectRef::from_obj(object))),
            // Of those there are many, and few are ours.
            config_maps: self.watch_some(events.clone(), PUBLISHED, |object: &ConfigMapMetadata, _| {
                Event::ConfigMap(ObjectRef::from_obj(object))
            }),
        }
    }

    fn watch_namespaces(&mut self, events: &UnboundedSender<Event>) -> Namespaces {
        if self.namespaces.iter().any(Option::is_some) {
            return Namespaces::Hidden;
        }
        Namespaces::watch(self.client.clone(), &mut self.tasks, events.clone())
    }

    fn api<K>(&self, namespace: Option<&str>) -> Api<K>
    where
        K: Resource<DynamicType = (), Scope = NamespaceResourceScope>,
    {
        match namespace {
            Some(namespace) => Api::namespaced(self.client.clone(), namespace),
            None => Api::all(self.client.clone()),
        }
    }

    fn watch<K>(&mut self, events: UnboundedSender<Event>, say: impl Fn(&K, bool) -> Event + Send + 'static) -> Store<K>
    where
        K: Resource<DynamicType = (), Scope = NamespaceResourceScope>,
        K: Clone + Debug + DeserializeOwned + Send + Sync + 'static,
    {
        self.watch_as((events, watcher::Config::default()), say)
    }

    /// Watches those alone that bear a label.
    fn watch_some<K>(
        &mut self,
        events: UnboundedSender<Event>,
        label: &str,
        say: impl Fn(&K, bool) -> Event + Send + 'static,
    ) -> Store<K>
    where
        K: Resource<DynamicType = (), Scope = NamespaceResourceScope>,
        K: Clone + Debug + DeserializeOwned + Send + Sync + 'static,
    {
        self.watch_as((events, watcher::Config::default().labels(label)), say)
    }

    fn watch_as<K>(
        &mut self,
        (events, configuration): (UnboundedSender<Event>, watcher::Config),
        say: impl Fn(&K, bool) -> Event + Send + 'static,
    ) -> Store<K>
    where
        K: Resource<DynamicType = (), Scope = NamespaceResourceScope>,
        K: Clone + Debug + DeserializeOwned + Send + Sync + 'static,
    {
        let (reader, writer) = reflector::store();
        let mut gathering = Gathering::new(reader.clone(), &self.namespaces);
        let watches = self.namespaces.iter().enumerate().map(|(place, namespace)| {
            let watch = watcher(self.api::<K>(namespace.as_deref()), configuration.clone().any_semantic());
            // Each by itself: one that fails slows no other down.
            watch.default_backoff().map(move |event| (place, event)).boxed()
        });
        let gathered = watches.collect::<SelectAll<_>>().flat_map(move |(place, event)| match event {
            Ok(event) => Either::Left(stream::iter(gathering.take(place, event).into_iter().map(Ok))),
            Err(error) => {
                let filled = if is_refusal(&error) { gathering.refuse(place) } else { Vec::new() };
                Either::Right(stream::iter(std::iter::once(Err(error)).chain(filled.into_iter().map(Ok))))
            }
        });
        let stream = reflector::reflector(writer, gathered);
        self.tasks.spawn(async move {
            let mut stream = std::pin::pin!(stream);
            while let Some(event) = stream.next().await {
                let event = match event {
                    Ok(watcher::Event::Apply(object) | watcher::Event::InitApply(object)) => say(&object, false),
                    Ok(watcher::Event::Delete(object)) => say(&object, true),
                    Ok(watcher::Event::Init | watcher::Event::InitDone) => continue,
                    Err(error) => {
                        tracing::warn!(kind = %K::kind(&()), %error, "watch failed; is the definition installed?");
                        continue;
                    }
                };
                // Nobody listens any more only when the operator stops.
                let _ = events.unbounded_send(event);
            }
        });
        reader
    }
}

/// Whether the apiserver said that we may not list.
fn is_refusal(error: &watcher::Error) -> bool {
    matches!(error, watcher::Error::InitialListFailed(kube::Error::Api(status)) if status.code == 403)
}

impl Stores {
    /// Waits until each store was filled once.
    ///
    /// # Errors
    /// Where a watch ended.
    pub async fn wait(&self) -> Result<(), reflector::store::WriterDropped> {
        self.namespaces.wait().await?;
        self.connections.wait_until_ready().await?;
        self.projects.wait_until_ready().await?;
        self.environments.wait_until_ready().await?;
        self.segments.wait_until_ready().await?;
        self.flags.wait_until_ready().await?;
        self.config_maps.wait_until_ready().await?;
        self.secrets.wait_until_ready().await
    }
}
