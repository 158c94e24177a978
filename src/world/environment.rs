//! What an environment should be, and the changes that make it so.

use super::{Cell, Change, EnvironmentStep, Missing, Plan, World};
use crate::flagsmith::{
    Environment, EnvironmentId, EnvironmentKey, EnvironmentName, EnvironmentPatch, NewClone, NewEnvironment, ProjectId,
    SettingsPatch, Uuid,
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
    /// What it is set to.
    pub settings: SettingsPatch,
    /// What it starts as a copy of.
    pub copy: Option<Copy>,
    /// Whether its flags shall have versions.
    pub versioning: Option<Versioning>,
    /// Its identity, once it was recorded for this server and organisation.
    pub uuid: Option<Uuid>,
    /// Whose the recorded one was, where it is proved to be gone.
    pub gone: Option<Gone>,
    /// The key that was chosen for its creation: whoever has it is ours.
    pub key: Option<EnvironmentKey>,
    /// False: one that is absent is waited for.
    pub may_be_made: bool,
    /// Whether another key is asked for.
    pub rotation: Option<KeyRotation>,
}

/// A copy to start as. Flagsmith makes as many as it is asked for, so ours bears a name by which it is known until it is
/// recorded; nobody names it so, and a second one of that name is one that nobody knows of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Copy {
    /// The name of what is copied.
    pub of: EnvironmentName,
    /// The name that the copy bears until it is recorded.
    pub provisional: EnvironmentName,
}

/// Whose an environment was that is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gone {
    /// We made it, so that it is made again.
    Ours,
    /// It was there before us: whoever deleted it is to say what becomes of it.
    Theirs,
}

/// Whether v2 feature versioning was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Versioning {
    /// Not yet, or so long ago that it is to be asked for again.
    Wanted,
    /// Lately: it is waited for.
    Asked,
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
        Ok(Some(live)) => {
            plan.changes.extend(surplus(desired, live, world));
            correct(desired, live, (world, &mut plan));
        }
        Ok(None) if !desired.may_be_made => plan.missing.push(Missing::Environment(desired.name.clone())),
        Ok(None) => make(desired, (world, &mut plan)),
        Err(missing) => plan.missing.push(missing),
    }
    plan
}

/// The environment in the world that is the desired one: by its recorded identity, else by the key that we chose or as the
/// copy that we made, else by its name.
///
/// # Errors
/// [`Missing`] where the name is borne by twins, or the recorded one is gone.
pub fn find<'a>(desired: &DesiredEnvironment, world: &'a World) -> Result<Option<&'a Environment>, Missing> {
    if let (Some(uuid), None) = (&desired.uuid, desired.gone) {
        let recorded = world.environment_by_uuid(uuid).map(Some);
        return recorded.ok_or_else(|| Missing::EnvironmentDeleted(desired.name.clone()));
    }
    let chosen = desired.key.as_ref().and_then(|key| world.environments.iter().find(|one| one.key == *key));
    let ours = chosen.or_else(|| copies(desired, world).min_by_key(|one| one.id));
    if ours.is_some() {
        return Ok(ours);
    }
    let mut named = world.environments.iter().filter(|one| one.name == desired.name);
    match (named.next(), named.next()) {
        (None, None) if desired.gone == Some(Gone::Theirs) => Err(Missing::EnvironmentDeleted(desired.name.clone())),
        (one, None) => Ok(one),
        (_, Some(_)) => Err(Missing::EnvironmentTwins(desired.name.clone())),
    }
}

/// Whether that environment is the copy that we made, before it was recorded.
#[must_use]
pub fn is_copy(desired: &DesiredEnvironment, live: &Environment) -> bool {
    desired.copy.as_ref().is_some_and(|copy| copy.provisional == live.name)
}

fn copies<'a>(desired: &DesiredEnvironment, world: &'a World) -> impl Iterator<Item = &'a Environment> {
    world.environments.iter().filter(|one| is_copy(desired, one))
}

/// Copies that were made besides, by a request whose answer was lost. One that is still being made is let be until it is.
fn surplus(desired: &DesiredEnvironment, live: &Environment, world: &World) -> Vec<Change> {
    let others = copies(desired, world).filter(|one| one.id != live.id && !one.is_creating);
    let discard = |one: &Environment| EnvironmentStep::Discard { environment: one.id, name: one.name.clone() };
    others.map(|one| Change::MakeEnvironment(discard(one))).collect()
}

fn make(desired: &DesiredEnvironment, (world, plan): (&World, &mut Plan)) {
    match &desired.copy {
        Some(copy) => match source(copy, world) {
            Ok(source) => {
                let new = NewClone { name: copy.provisional.clone() };
                plan.changes.push(Change::MakeEnvironment(EnvironmentStep::Clone { source, new }));
            }
            Err(missing) => plan.missing.push(missing),
        },
        None => plan.changes.push(create(desired)),
    }
}

/// What is to be copied, once it is whole.
fn source(copy: &Copy, world: &World) -> Result<EnvironmentId, Missing> {
    let source = super::flag::environment(&copy.of, world)?;
    if world.is_settling(source) { Err(Missing::Settling(copy.of.clone())) } else { Ok(source.id) }
}

fn create(desired: &DesiredEnvironment) -> Change {
    let DesiredEnvironment {
        project,
        name,
        description,
        settings,
        copy: _,
        versioning: _,
        uuid: _,
        gone: _,
        key,
        may_be_made: _,
        rotation: _,
    } = desired.clone();
    let Some(key) = key else {
        return Change::ChooseKey;
    };
    Change::CreateEnvironment(NewEnvironment { name, project, key, description, settings })
}

/// The fields and the key first, then the switch to versions. A task of the server's that is under way ends by writing all fields
/// as they were when it began, the key among them, so that nothing is written until it is over.
fn correct(desired: &DesiredEnvironment, live: &Environment, (world, plan): (&World, &mut Plan)) {
    let writes: Vec<_> = update(desired, live).into_iter().chain(rotate(desired, live)).collect();
    let is_settling = is_awaited(desired, live) || world.is_settling(live);
    if live.is_creating || is_settling && !writes.is_empty() {
        plan.missing.push(Missing::Settling(desired.name.clone()));
    }
    if is_settling {
        return;
    }
    let is_wanted = desired.versioning.is_some() && !live.use_v2_feature_versioning && writes.is_empty();
    let switch = is_wanted.then(|| EnvironmentStep::Version { environment: live.id, name: live.name.clone() });
    plan.changes.extend(writes.into_iter().chain(switch.map(Change::MakeEnvironment)));
}

/// Whether versions were asked for and are not there yet.
fn is_awaited(desired: &DesiredEnvironment, live: &Environment) -> bool {
    desired.versioning == Some(Versioning::Asked) && !live.use_v2_feature_versioning
}

fn update(desired: &DesiredEnvironment, live: &Environment) -> Option<Change> {
    let name = Some(&desired.name).filter(|wanted| **wanted != live.name);
    let description = desired
        .description
        .as_ref()
        .filter(|wanted| wanted.as_str() != live.description.as_deref().unwrap_or_default());
    let patch = EnvironmentPatch {
        name: name.cloned(),
        description: description.cloned(),
        settings: desired.settings.against(&live.settings),
    };
    (patch != EnvironmentPatch::default()).then_some(Change::UpdateEnvironment { environment: live.id, patch })
}

fn rotate(desired: &DesiredEnvironment, live: &Environment) -> Option<Change> {
    match &desired.rotation.as_ref()?.to {
        None => Some(Change::ChooseNextKey),
        Some(key) if *key == live.key => None,
        Some(key) => Some(Change::RotateKey(live.id, key.clone())),
    }
}
