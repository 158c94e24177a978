//! A transport whose every request is answered in two steps, when the test says so.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, MutexGuard,
        atomic::{AtomicU64, Ordering},
    },
};

use futures::channel::oneshot;

use super::model::Server;
use crate::{
    flagsmith::{
        Document, Environment, EnvironmentId, EnvironmentKey, Error, Feature, FeatureId, FeatureList, FlagState,
        IdentityOverrides, OrganisationId, People, Project, ProjectId, ProjectSettings, Segment, StateList, Tag, User,
        UserId,
    },
    mirror::{Answer, Clock, Stamp, Transport, Write},
    world::Change,
};

#[derive(Clone, Debug, PartialEq)]
pub enum Ask {
    Environments,
    Features,
    Segments,
    Tags,
    Document(EnvironmentKey),
    States(EnvironmentKey),
    Flag(EnvironmentKey, FeatureId),
    Identities(EnvironmentKey, Option<FeatureId>),
    Write(Change),
}

#[derive(Clone, Debug)]
pub enum Reply {
    Environments(Vec<Environment>),
    Features(Vec<Feature>),
    Segments(Vec<Segment>),
    Tags(Vec<Tag>),
    Document(Document),
    States(EnvironmentId, Vec<(FeatureId, FlagState)>),
    Flag(EnvironmentId, FeatureId, Option<FlagState>),
    Identities(EnvironmentId, Option<FeatureId>, BTreeMap<FeatureId, IdentityOverrides>),
    Written(Answer),
}

#[derive(Debug)]
pub struct Request {
    pub ask: Ask,
    /// When it was sent, on the wire's own count of events.
    pub sent: u64,
    /// What the server found, once it came to it.
    pub found: Option<Result<Reply, Error>>,
    /// Where the answer goes; `None` once the client has given up.
    pub client: Option<oneshot::Sender<Result<Reply, Error>>>,
}

#[derive(Debug, Default)]
pub struct Wire {
    pub server: Server,
    pub pending: Vec<Request>,
    pub sent: Vec<Ask>,
    pub events: u64,
}

impl Wire {
    /// The next number in the order of what was sent and answered.
    pub fn event(&mut self) -> u64 {
        self.events += 1;
        self.events
    }

    /// The server comes to a request.
    pub fn serve(&mut self, at: usize, lag: usize) {
        if self.pending[at].found.is_none() {
            let ask = self.pending[at].ask.clone();
            self.pending[at].found = Some(self.find(&ask, lag));
        }
    }

    fn find(&mut self, ask: &Ask, lag: usize) -> Result<Reply, Error> {
        let server = &mut self.server;
        match ask {
            Ask::Environments => Ok(Reply::Environments(server.environments.clone())),
            Ask::Features => Ok(Reply::Features(server.features.clone())),
            Ask::Segments => Ok(Reply::Segments(server.segments.clone())),
            Ask::Tags => Ok(Reply::Tags(Vec::new())),
            Ask::Document(key) => server.document(key, lag).map(Reply::Document),
            Ask::States(key) => {
                let id = server.environment(key)?.id;
                server.list_states(key).map(|states| Reply::States(id, states))
            }
            Ask::Flag(key, feature) => {
                let id = server.environment(key)?.id;
                server.state(key, *feature).map(|state| Reply::Flag(id, *feature, state))
            }
            Ask::Identities(key, feature) => {
                let id = server.environment(key)?.id;
                Ok(Reply::Identities(id, *feature, server.list_identities(id, *feature)))
            }
            Ask::Write(change) => server.write(change).map(Reply::Written),
        }
    }
}

/// The transport.
#[derive(Clone, Debug, Default)]
pub struct Model(Arc<Mutex<Wire>>);

impl Model {
    pub fn wire(&self) -> MutexGuard<'_, Wire> {
        self.0.lock().unwrap()
    }

    async fn ask(&self, ask: Ask) -> Result<Reply, Error> {
        let (sender, receiver) = oneshot::channel();
        {
            let mut wire = self.wire();
            let sent = wire.event();
            wire.sent.push(ask.clone());
            wire.pending.push(Request { ask, sent, found: None, client: Some(sender) });
        }
        receiver.await.unwrap()
    }
}

impl Transport for Model {
    async fn environments(&self) -> Result<Vec<Environment>, Error> {
        match self.ask(Ask::Environments).await? {
            Reply::Environments(list) => Ok(list),
            other => unreachable!("{other:?}"),
        }
    }

    async fn features(&self) -> Result<FeatureList, Error> {
        match self.ask(Ask::Features).await? {
            Reply::Features(features) => Ok(FeatureList { features, date: None }),
            other => unreachable!("{other:?}"),
        }
    }

    async fn segments(&self) -> Result<Vec<Segment>, Error> {
        match self.ask(Ask::Segments).await? {
            Reply::Segments(list) => Ok(list),
            other => unreachable!("{other:?}"),
        }
    }

    async fn tags(&self) -> Result<Vec<Tag>, Error> {
        match self.ask(Ask::Tags).await? {
            Reply::Tags(list) => Ok(list),
            other => unreachable!("{other:?}"),
        }
    }

    async fn project(&self) -> Result<Project, Error> {
        let (id, uuid, name) = (ProjectId(1), "1".into(), "shop".into());
        Ok(Project { id, uuid, name, organisation: OrganisationId(1), settings: ProjectSettings::default() })
    }

    async fn people(&self) -> Result<People, Error> {
        Ok(People::default())
    }

    async fn document(&self, key: &EnvironmentKey) -> Result<Document, Error> {
        match self.ask(Ask::Document(key.clone())).await? {
            Reply::Document(document) => Ok(document),
            other => unreachable!("{other:?}"),
        }
    }

    async fn states(&self, key: &EnvironmentKey) -> Result<StateList, Error> {
        match self.ask(Ask::States(key.clone())).await? {
            Reply::States(_, states) => Ok(StateList { states, overweight: Vec::new() }),
            other => unreachable!("{other:?}"),
        }
    }

    async fn state(&self, key: &EnvironmentKey, feature: FeatureId) -> Result<Option<FlagState>, Error> {
        match self.ask(Ask::Flag(key.clone(), feature)).await? {
            Reply::Flag(_, _, state) => Ok(state),
            other => unreachable!("{other:?}"),
        }
    }

    async fn identities(
        &self,
        key: &EnvironmentKey,
        feature: Option<FeatureId>,
    ) -> Result<BTreeMap<FeatureId, IdentityOverrides>, Error> {
        match self.ask(Ask::Identities(key.clone(), feature)).await? {
            Reply::Identities(_, _, list) => Ok(list),
            other => unreachable!("{other:?}"),
        }
    }

    async fn publisher(&self, _: EnvironmentId, _: FeatureId) -> Result<Option<UserId>, Error> {
        Ok(None)
    }

    async fn users(&self) -> Result<Vec<User>, Error> {
        Ok(Vec::new())
    }

    async fn write(&self, write: Write<'_>) -> Result<Answer, Error> {
        match self.ask(Ask::Write(write.change.clone())).await? {
            Reply::Written(answer) => Ok(answer),
            other => unreachable!("{other:?}"),
        }
    }
}

/// A clock that moves on whenever somebody looks at it, or, if it is coarse, only when it is told to.
#[derive(Clone, Debug, Default)]
pub struct Logical {
    pub ticks: Arc<AtomicU64>,
    pub is_coarse: bool,
}

impl Clock for Logical {
    fn now(&self) -> Stamp {
        let step = u64::from(!self.is_coarse);
        Stamp(self.ticks.fetch_add(step, Ordering::Relaxed) + step)
    }
}
