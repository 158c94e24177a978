//! What an environment stands on: its project, and what was recorded of it before.

use k8s_openapi::jiff::{SignedDuration, Timestamp};

use super::key;
use crate::operator::{
    ground::{ProjectGround, loaded},
    leaving::tie,
    obstacle::{Departure, Obstacle},
    publication::rotation,
    road::managed::{Managed, Rooms},
};
use crate::{
    crd::{EnvironmentStatus, FlagsmithEnvironment, Management, Origin, ROTATE_CLIENT_KEY},
    flagsmith::{Environment, EnvironmentKey, Error, Uuid},
    world::{
        environment::{Gone, KeyRotation},
        removal::Removal,
    },
};

/// For so long a switch to v2 feature versioning is waited for before it is asked for again: a task of the server's may be
/// minutes late (facts.md §6), and one that runs twice leaves each flag a version that nobody made.
const PATIENCE: SignedDuration = SignedDuration::from_mins(10);

/// What an environment stands on.
#[derive(Debug)]
pub struct Ground {
    /// Its project.
    pub project: ProjectGround,
    /// What was recorded of it for this very server.
    pub uuid: Option<Uuid>,
    /// Whose the recorded one was, where it is proved to be gone.
    pub gone: Option<Gone>,
    /// The key that was chosen for its creation.
    pub key: Option<EnvironmentKey>,
    /// When v2 feature versioning was asked for, if that is still waited for, or is being done.
    pub versioning: Request,
    /// Another key that is asked for, and which, once it was chosen.
    pub rotation: Option<KeyRotation>,
    /// Whether another key is asked for and none is given, for nothing is written.
    pub is_declined: bool,
    /// Where the object is to go, and its environment with it: who else has to do with it.
    pub removal: Option<Removal>,
}

/// A request for v2 feature versioning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Request {
    /// When it is recorded to have been made; now, where it is to be made.
    pub at: Timestamp,
    /// Whether it may have been sent: it is waited for.
    pub is_sent: bool,
    /// Whether it was waited for long enough: nothing is kept waiting for it any more.
    pub is_overdue: bool,
}

impl Ground {
    /// What the object stands on.
    ///
    /// # Errors
    /// As the apiserver; as Flagsmith, where it is asked what became of an environment.
    pub async fn of(object: &FlagsmithEnvironment, project: ProjectGround, rooms: &Rooms) -> Result<Self, Obstacle> {
        if object.metadata.deletion_timestamp.is_some() {
            return Self::of_leaving(object, project, rooms).await;
        }
        let recorded = recorded(object, &project);
        let uuid = recorded.and_then(|status| status.uuid.clone()).map(Uuid::from);
        let versioning = request(recorded, &project);
        let is_gone = match &uuid {
            Some(uuid) => is_gone(uuid, &project).await?,
            None => false,
        };
        let whose = |status: &EnvironmentStatus| match status.origin {
            Some(Origin::Created) => Gone::Ours,
            Some(Origin::Adopted) | None => Gone::Theirs,
        };
        let gone = recorded.filter(|_| is_gone).map(whose);
        let kept = if uuid.is_none() || is_gone { key::read(object, &rooms.client).await? } else { None };
        // The key of one that is gone makes no other: it was chosen before.
        let is_fresh = |kept: &key::Kept| uuid.is_none() || kept.after == uuid;
        let key = match kept.filter(is_fresh) {
            Some(kept) if is_spent(&kept, &project).await? => None,
            kept => kept.map(|kept| kept.key),
        };
        let is_written = object.rules(rooms)?.own.management != Management::Observe;
        let is_asked = uuid.is_some() && !is_gone && rotation::is_open(object, ROTATE_CLIENT_KEY);
        let rotation = if is_asked && is_written {
            Some(KeyRotation { to: key::read_next(object, &rooms.client).await? })
        } else {
            None
        };
        Ok(Self { project, uuid, gone, key, versioning, rotation, is_declined: is_asked && !is_written, removal: None })
    }

    async fn of_leaving(
        object: &FlagsmithEnvironment,
        project: ProjectGround,
        rooms: &Rooms,
    ) -> Result<Self, Obstacle> {
        let recorded = recorded(object, &project);
        let versioning = request(recorded, &project);
        let uuid = match recorded.and_then(|status| status.uuid.clone()).map(Uuid::from) {
            None if recorded.is_some_and(|status| status.origin == Some(Origin::Created)) => {
                unrecorded(object, &project, rooms).await?
            }
            uuid => uuid,
        };
        let removal = uuid.clone().and_then(|uuid| tie::of_environment(object, uuid, rooms));
        // Each time that one of those has gone it would be read anew, for nothing.
        if let Some(removal) = removal.as_ref().filter(|removal| removal.waits() && !project.mirror.is_kept()) {
            return Err(Departure::waiting(removal).into());
        }
        let (gone, key, rotation, is_declined) = (None, None, None, false);
        Ok(Self { project, uuid, gone, key, versioning, rotation, is_declined, removal })
    }

    /// Whether that environment is as the object's last request for another key asks.
    #[must_use]
    pub fn has_answered(&self, live: &Environment) -> bool {
        !self.is_declined && self.rotation.as_ref().is_none_or(|rotation| rotation.to.as_ref() == Some(&live.key))
    }
}

/// What was recorded of the object for this very server.
fn recorded<'a>(object: &'a FlagsmithEnvironment, project: &ProjectGround) -> Option<&'a EnvironmentStatus> {
    object.status.as_ref().filter(|status| status.server.as_ref() == Some(&project.identity()))
}

/// The environment that was asked for and never recorded, for an object that is to go: the key under which it was asked for
/// tells it from any other, or the name that its copy has for the time being.
async fn unrecorded(
    object: &FlagsmithEnvironment,
    project: &ProjectGround,
    rooms: &Rooms,
) -> Result<Option<Uuid>, Obstacle> {
    let mirror = &project.mirror;
    let is_unknown = || mirror.read(|known| known.environments_unknown);
    if !mirror.is_kept() && loaded(mirror).is_err() || loaded(mirror).is_ok() && is_unknown() {
        mirror.relist().await?;
    }
    loaded(mirror)?;
    let key = key::read(object, &rooms.client).await?.map(|kept| kept.key);
    let is_its = |one: &&Environment| key.as_ref() == Some(&one.key) || one.name == object.provisional();
    Ok(mirror.read(|known| known.environments.iter().find(is_its).map(|one| one.uuid.clone())))
}

/// Whether a recorded environment is gone, and not merely hidden from this credential: the lists leave out both, and only
/// its own route tells them apart (facts.md §1). That is asked here, for it decides which key is read.
async fn is_gone(uuid: &Uuid, project: &ProjectGround) -> Result<bool, Obstacle> {
    let mirror = &project.mirror;
    let is_listed = mirror.read(|known| known.environments_unknown || known.environment_by_uuid(uuid).is_some());
    if is_listed || loaded(mirror).is_err() {
        return Ok(false);
    }
    match project.session.client().environment_by_uuid(uuid).await {
        // Of a project that was deleted, its environments answer all the same.
        Ok(live) if live.project != project.project => Ok(true),
        Ok(_) => {
            mirror.relist().await?;
            Ok(false)
        }
        Err(Error::NotFound) => Ok(true),
        Err(error) => Err(error.into()),
    }
}

/// Whether the key that was kept makes no environment any more: one was made under it, and deleted by somebody before it was
/// recorded (facts.md §3: then its creation fails with 500 for ever). A failure alone says nothing, nor do the lists, which
/// leave out what is hidden; so the environment's own route is asked. What another key does not mend has another cause, so
/// that a key is given up once. A creation of the former that is still under way finds its name taken.
async fn is_spent(kept: &key::Kept, project: &ProjectGround) -> Result<bool, Obstacle> {
    let mirror = &project.mirror;
    let is_unknown = mirror.read(|known| known.environments_unknown);
    if kept.is_second || is_unknown || loaded(mirror).is_err() || !mirror.has_failed(&kept.key) {
        return Ok(false);
    }
    match project.session.client().environment(&kept.key).await {
        Ok(_) => {
            mirror.relist().await?;
            Ok(false)
        }
        Err(Error::NotFound) => Ok(true),
        Err(error) => Err(error.into()),
    }
}

/// What was recorded counts as sent unless this very session recorded it and its mirror knows that it did not send it.
fn request(recorded: Option<&EnvironmentStatus>, project: &ProjectGround) -> Request {
    let now = Timestamp::now();
    let again = Request { at: now, is_sent: false, is_overdue: false };
    let Some(status) = recorded else { return again };
    let at = status.versioning_requested_at.as_deref().and_then(|at| at.parse::<Timestamp>().ok());
    let Some(at) = at else { return again };
    if now.duration_since(at) >= PATIENCE {
        return Request { is_overdue: true, ..again };
    }
    let is_switching = project.mirror.read(|known| known.switching.iter().any(|id| Some(id.0) == status.id));
    Request { at, is_sent: is_switching || at < project.session.since(), is_overdue: false }
}
