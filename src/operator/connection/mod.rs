//! `FlagsmithConnection` on the road: its credential is read live, proved, and put in use as a session.

pub mod allowance;
pub mod interval;
pub mod session;
pub mod sessions;
pub mod terms;

use std::sync::Arc;

use k8s_openapi::api::core::v1::Secret;
use kube::{Api, ResourceExt as _, runtime::reflector::ObjectRef};
use secrecy::SecretString;

use crate::operator::{
    obstacle::{InvalidSpec, Obstacle, Remedy},
    ownership::{Record, Rules, Say},
    road::managed::{Managed, Rooms, Settled},
    watch::wake::Messenger,
};
use crate::{
    crd::{
        ConnectionStatus, CredentialKind, FlagsmithConnection, ObservedOrganisation, ObservedWritePaths,
        OrganisationSelector, OwnedScope,
    },
    flagsmith::{Client, Credential, Error, Organisation, WritePaths},
    world::Plan,
};
use session::{Proof, Server, Session, Surroundings};
use sessions::Put;
use terms::Terms;

crate::operator::road::managed::status!(ConnectionStatus, |status| status.organisation.is_some(), |_| None);

/// A connection's terms, and the client that they make.
#[derive(Debug)]
pub struct Ground {
    terms: Terms,
    client: Client,
    /// What was found out of the server before, unless it is doubted.
    known: Option<Server>,
}

/// What the credential was seen to see.
#[derive(Debug)]
pub struct Seen {
    organisation: Organisation,
    server: Server,
}

impl Managed for FlagsmithConnection {
    type Status = ConnectionStatus;
    type Ground = Ground;
    type Desired = Option<OrganisationSelector>;
    type Seen = Seen;

    fn is_suspended(&self, _rooms: &Rooms) -> bool {
        false
    }

    fn status(&self) -> Option<&ConnectionStatus> {
        self.status.as_ref()
    }

    async fn fetch(&self, rooms: &Rooms) -> Result<Ground, Obstacle> {
        let connection = ObjectRef::from_obj(self);
        // What it does not say any more counts no more, whatever hinders the reading of its Secret.
        rooms.sessions.keep_if(&connection, |held| held.are_of(self));
        let credential = credential(self, rooms).await?;
        let terms = Terms::of(self, credential)?;
        rooms.sessions.mean(&connection, &terms);
        let client = rooms.sessions.client(&connection, &terms)?;
        let held = rooms.sessions.get(&connection).ok();
        let trusted = held.filter(|held| *held.terms() == terms && !held.is_doubted());
        let known = trusted.map(|held| held.server().clone());
        Ok(Ground { terms, client, known })
    }

    fn resolve(&self, _ground: &Ground) -> Result<Self::Desired, Obstacle> {
        Ok(self.spec.organisation.clone())
    }

    async fn observe(&self, ground: &Ground, desired: &Self::Desired) -> Result<Seen, Obstacle> {
        let probe = ground.client.organisations().await.map_err(not_flagsmith)?;
        let organisation = choose(desired.as_ref(), &probe.organisations)?;
        let server = if let Some(known) = ground.known.as_ref().filter(|known| known.version == probe.version) {
            known.clone()
        } else {
            let capabilities = ground.client.capabilities(probe.version.as_deref()).await?;
            Server { version: probe.version, capabilities }
        };
        Ok(Seen { organisation, server })
    }

    async fn publish(&self, rooms: &Rooms, ground: Ground, seen: &Seen) -> Result<(), Obstacle> {
        let connection = ObjectRef::from_obj(self);
        let messenger = Arc::new(Messenger {
            connection: connection.clone(),
            stores: rooms.stores.clone(),
            wakes: rooms.wakes.clone(),
        });
        let means = rooms.sessions.means().clone();
        let surroundings = Surroundings { locks: rooms.sessions.locks(), messenger, means };
        let proof = Proof { organisation: seen.organisation.id, server: seen.server.clone(), client: ground.client };
        let session = Session::new(ground.terms, proof, surroundings);
        if rooms.sessions.put(connection.clone(), session) == Put::Opened {
            rooms.stores.wake_dependants(&connection, &rooms.wakes);
        }
        Ok(())
    }

    fn rules(&self, _rooms: &Rooms) -> Result<Rules, Obstacle> {
        Ok(Rules::inherited(&[Say::of(self.spec.management, self.spec.drift_grace_period.as_ref())])?)
    }

    fn keep(status: ConnectionStatus, record: Record) -> ConnectionStatus {
        let OwnedScope { management, drift_grace_period, .. } = record.ownership.own;
        ConnectionStatus { management, drift_grace_period, ..status }
    }

    fn is_void(&self, rooms: &Rooms) -> bool {
        rooms.sessions.is_void(&ObjectRef::from_obj(self))
    }

    fn warn(&self, rooms: &Rooms, remedy: Remedy) {
        let connection = ObjectRef::from_obj(self);
        let is_news = match remedy {
            Remedy::Author => rooms.sessions.refuse(&connection),
            // Its Secret, or what is in it, is gone.
            Remedy::Object => rooms.sessions.retire(&connection),
            Remedy::Time | Remedy::TimeOf(_) => rooms.sessions.fail(&connection),
            Remedy::Again | Remedy::Mirror => false,
        };
        if is_news {
            rooms.stores.wake_dependants(&connection, &rooms.wakes);
        }
    }

    fn settle(&self, ground: &Ground, seen: &Seen, _plan: &Plan) -> Settled<ConnectionStatus> {
        let Seen { organisation, server } = seen;
        let WritePaths { versioned, unversioned } = server.capabilities.write_paths();
        let status = ConnectionStatus {
            observed_generation: None,
            last_handled_reconcile_at: None,
            conditions: Vec::new(),
            organisation: Some(ObservedOrganisation { id: organisation.id.0, name: organisation.name.to_string() }),
            server_version: server.version.clone(),
            write_paths: Some(ObservedWritePaths {
                versioned: versioned.as_ref().to_owned(),
                unversioned: unversioned.as_ref().to_owned(),
            }),
            sdk_url: Some(ground.terms.sdk_url.clone()),
            poll_interval: Some(ground.terms.poll_interval.text.clone()),
            requests_per_minute: Some(ground.terms.requests_per_minute),
            management: None,
            drift_grace_period: None,
            verify: Some(ground.terms.verify),
        };
        Settled { status, extra: Vec::new(), obstacles: Vec::new(), recheck: None }
    }
}

/// Every Flagsmith lists organisations: where there is no such route, there is no Flagsmith.
fn not_flagsmith(error: Error) -> Error {
    match error {
        Error::RouteMissing => {
            let reason = "it answers 404 with no JSON where organisations are due".to_owned();
            Error::NotFlagsmith { status: 404, reason }
        }
        error => error,
    }
}

/// Reads the credential live: no store of ours holds a Secret's content.
async fn credential(connection: &FlagsmithConnection, rooms: &Rooms) -> Result<Credential, Obstacle> {
    let (kind, selector) = connection.credential().ok_or(InvalidSpec::NoCredential)?;
    let api: Api<Secret> = Api::namespaced(rooms.client.clone(), &connection.namespace().unwrap_or_default());
    let secret = api.get_opt(&selector.name).await?;
    let secret = secret.ok_or_else(|| Obstacle::SecretNotFound { name: selector.name.clone() })?;
    let bytes = secret.data.and_then(|mut data| data.remove(&selector.key));
    let text = bytes.and_then(|bytes| String::from_utf8(bytes.0).ok());
    // A token that was put in with `echo` ends with a line break.
    let text = text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
    let text =
        text.ok_or_else(|| Obstacle::SecretKeyNotFound { name: selector.name.clone(), key: selector.key.clone() })?;
    let text = SecretString::from(text);
    Ok(match kind {
        CredentialKind::AccountToken => Credential::AccountToken(text),
        CredentialKind::OrganisationApiKey => Credential::OrganisationApiKey(text),
    })
}

/// The one organisation that is meant.
fn choose(wanted: Option<&OrganisationSelector>, visible: &[Organisation]) -> Result<Organisation, Obstacle> {
    let fits = |one: &&Organisation| match wanted {
        None => true,
        Some(OrganisationSelector { id: Some(id), name: _ }) => one.id.0 == *id,
        Some(OrganisationSelector { id: None, name }) => name.as_deref() == Some(one.name.as_str()),
    };
    let mut fitting = visible.iter().filter(fits);
    match (fitting.next(), fitting.next()) {
        (Some(one), None) => Ok(one.clone()),
        (None, _) => Err(Obstacle::OrganisationNotFound { wanted: title(wanted), visible: titles(visible) }),
        (Some(_), Some(_)) => Err(Obstacle::OrganisationAmbiguous { visible: titles(visible) }),
    }
}

fn title(wanted: Option<&OrganisationSelector>) -> String {
    match wanted {
        None => "at all".to_owned(),
        Some(OrganisationSelector { id: Some(id), name: _ }) => format!("with id {id}"),
        Some(OrganisationSelector { id: None, name }) => format!("named {}", name.as_deref().unwrap_or_default()),
    }
}

/// At most ten, so that a message stays readable.
fn titles(visible: &[Organisation]) -> String {
    if visible.is_empty() {
        return "none".to_owned();
    }
    let mut titles: Vec<_> = visible.iter().take(10).map(|one| format!("{} (id {})", one.name, one.id)).collect();
    if visible.len() > titles.len() {
        titles.push(format!("and {} more", visible.len() - titles.len()));
    }
    titles.join(", ")
}
