//! What an environment stands on: its project, and what was recorded of it before.

use k8s_openapi::jiff::{SignedDuration, Timestamp};

use super::{
    environment_key,
    ground::{ProjectGround, loaded},
    managed::{Managed, Rooms},
    obstacle::Obstacle,
    rotation, tie,
};
use crate::{
    crd::{EnvironmentStatus, FlagsmithEnvironment, Management, Origin, ROTATE_CLIENT_KEY},
    flagsmith::{EnvironmentKey, Error, Uuid},
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
}

impl Ground {
    /// What the object stands on.
    ///
    /// # Errors
    /// As the apiserver; as Flagsmith, where it is asked what became of an environment.
    pub async fn of(object: &FlagsmithEnvironment, project: ProjectGround, rooms: &Rooms) -> Result<Self, Obstacle> {
        let recorded = object.status.as_ref().filter(|status| status.server.as_ref() == Some(&project.identity()));
        let uuid = recorded.and_then(|status| status.uuid.clone()).map(Uuid::from);
        let versioning = request(recorded, &project);
        if object.metadata.deletion_timestamp.is_some() {
            let removal = uuid.clone().and_then(|uuid| tie::of_environment(object, uuid, rooms));
            return Ok(Self { project, uuid, gone: None, key: None, versioning, rotation: None, removal });
        }
        let is_gone = match &uuid {
            Some(uuid) => is_gone(uuid, &project).await?,
            None => false,
        };
        let whose = |status: &EnvironmentStatus| match status.origin {
            Some(Origin::Created) => Gone::Ours,
            Some(Origin::Adopted) | None => Gone::Theirs,
        };
        let gone = recorded.filter(|_| is_gone).map(whose);
        let kept = if uuid.is_none() || is_gone { environment_key::read(object, &rooms.client).await? } else { None };
        // The key of one that is gone makes no other: it was chosen before.
        let is_fresh = |kept: &environment_key::Kept| uuid.is_none() || kept.after == uuid;
        let key = match kept.filter(is_fresh) {
            Some(kept) if is_spent(&kept, &project).await? => None,
            kept => kept.map(|kept| kept.key),
        };
        let is_written = object.rules(rooms)?.own.management != Management::Observe;
        let is_asked = uuid.is_some() && !is_gone && rotation::is_open(object, ROTATE_CLIENT_KEY);
        let rotation = if is_asked && is_written {
            Some(KeyRotation { to: environment_key::read_next(object, &rooms.client).await? })
        } else {
            None
        };
        Ok(Self { project, uuid, gone, key, versioning, rotation, removal: None })
    }
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
async fn is_spent(kept: &environment_key::Kept, project: &ProjectGround) -> Result<bool, Obstacle> {
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
    let again = Request { at: now, is_sent: false };
    let Some(status) = recorded else { return again };
    let at = status.versioning_requested_at.as_deref().and_then(|at| at.parse::<Timestamp>().ok());
    let Some(at) = at.filter(|at| now.duration_since(*at) < PATIENCE) else { return again };
    let is_switching = project.mirror.read(|known| known.switching.iter().any(|id| Some(id.0) == status.id));
    Request { at, is_sent: is_switching || at < project.session.since() }
}
