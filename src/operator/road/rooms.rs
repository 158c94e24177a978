//! What every kind may lean on.

use std::sync::Arc;

use kube::{Client, runtime::reflector::ObjectRef};

use super::event::Events;
use crate::operator::{
    connection::{session::Session, sessions::Sessions},
    obstacle::Obstacle,
    publication::published::Published,
    watch::{stores::Stores, wake::Wakes},
};
use crate::{crd::FlagsmithConnection, metrics::Metrics};

/// What every kind may lean on.
pub struct Rooms {
    /// The apiserver.
    pub client: Client,
    /// What is known of the cluster.
    pub stores: Stores,
    /// The queues.
    pub wakes: Wakes,
    /// The connections in use.
    pub sessions: Sessions,
    /// What was last seen of the Secrets and `ConfigMap`s that we write to.
    pub published: Published,
    /// Where turns are counted.
    pub metrics: Metrics,
    /// Where Events are handed in.
    pub events: Events,
}

impl Rooms {
    /// The session of a connection that is ready, on the terms that its object says now: one that was edited a moment ago is
    /// tried out first, and whoever goes through it is told then.
    ///
    /// # Errors
    /// As [`Sessions::get`].
    pub fn session(&self, connection: &ObjectRef<FlagsmithConnection>) -> Result<Arc<Session>, Obstacle> {
        let session = self.sessions.get(connection)?;
        let object = self.stores.connections.get(connection);
        let is_meant = object.is_none_or(|object| session.terms().are_of(&object));
        if is_meant { Ok(session) } else { Err(Obstacle::Loading) }
    }
}
