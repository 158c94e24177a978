//! What an environment should be, and the changes that make it so.

use super::{Cell, Change, Missing, Plan, World};
use crate::flagsmith::{
    Environment, EnvironmentKey, EnvironmentName, EnvironmentPatch, NewEnvironment, ProjectId, Uuid,
};

/// An environment as its author wants it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DesiredEnvironment {
    /// The project that it belongs to.
    pub project: ProjectId,
    /// Its name.
    pub name: EnvironmentName,
    /// What people read beside the name. Absent: never written.
    pub description: Option<String>,
    /// Its identity, once it was recorded for this server and organisation.
    pub uuid: Option<Uuid>,
    /// The key that was chosen for its creation: whoever has it is ours.
    pub key: Option<EnvironmentKey>,
    /// Whether another key is asked for.
    pub rotation: Option<KeyRotation>,
}

/// Another key is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyRotation {
    /// Which, once it was chosen and kept: so that it is the same one however often it is asked for.
    pub to: Option<EnvironmentKey>,
}

/// What must be written for the world to hold the environment. A key is chosen and kept before the creation that uses it.
#[must_use]
pub fn plan(desired: &DesiredEnvironment, world: &World) -> Plan {
    let mut plan = Plan::default();
    if world.environments_unknown {
        plan.unknown.push(Cell::Environments);
        return plan;
    }
    match find(desired, world) {
        Ok(Some(live)) => plan.changes.extend(update(desired, live).into_iter().chain(rotate(desired, live))),
        Ok(None) => plan.changes.push(create(desired)),
        Err(missing) => plan.missing.push(missing),
    }
    plan
}

/// The environment in the world that is the desired one: by its recorded identity, else by the key that we chose, else by its name.
///
/// # Errors
/// [`Missing`] where the name is borne by twins, or the recorded one is gone.
pub fn find<'a>(desired: &DesiredEnvironment, world: &'a World) -> Result<Option<&'a Environment>, Missing> {
    if let Some(uuid) = &desired.uuid {
        return world
            .environment_by_uuid(uuid)
            .map(Some)
            .ok_or_else(|| Missing::EnvironmentDeleted(desired.name.clone()));
    }
    let chosen = desired.key.as_ref().and_then(|key| world.environments.iter().find(|one| one.key == *key));
    if chosen.is_some() {
        return Ok(chosen);
    }
    let mut named = world.environments.iter().filter(|one| one.name == desired.name);
    match (named.next(), named.next()) {
        (one, None) => Ok(one),
        (_, Some(_)) => Err(Missing::EnvironmentTwins(desired.name.clone())),
    }
}

fn create(desired: &DesiredEnvironment) -> Change {
    let DesiredEnvironment { project, name, description, uuid: _, key, rotation: _ } = desired.clone();
    let Some(key) = key else {
        return Change::ChooseKey;
    };
    Change::CreateEnvironment(NewEnvironment { name, project, key, description })
}

fn update(desired: &DesiredEnvironment, live: &Environment) -> Option<Change> {
    let name = Some(&desired.name).filter(|wanted| **wanted != live.name);
    let description = desired
        .description
        .as_ref()
        .filter(|wanted| wanted.as_str() != live.description.as_deref().unwrap_or_default());
    (name.is_some() || description.is_some()).then(|| Change::UpdateEnvironment {
        environment: live.id,
        patch: EnvironmentPatch { name: name.cloned(), description: description.cloned() },
    })
}

fn rotate(desired: &DesiredEnvironment, live: &Environment) -> Option<Change> {
    match &desired.rotation.as_ref()?.to {
        None => Some(Change::ChooseNextKey),
        Some(key) if *key == live.key => None,
        Some(key) => Some(Change::RotateKey(live.id, key.clone())),
    }
}
