//! What must be written for an environment or a project to be gone, and what keeps it from that.
//!
//! Both take along what others put into them. What the operator did not make, or what objects still name, goes only by its
//! author's second word.

use std::collections::BTreeSet;

use super::{Cell, Change, Known, Missing, Plan, World};
use crate::flagsmith::{Environment, EnvironmentId, EnvironmentName, Uuid};

/// So many things are named in a message.
const NAMED: usize = 3;

/// An environment, by the id that its key is looked up by and the name that people read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnvironmentRef {
    /// The environment's id.
    pub id: EnvironmentId,
    /// The environment's name.
    pub name: EnvironmentName,
}

impl EnvironmentRef {
    /// That environment.
    #[must_use]
    pub fn of(environment: &Environment) -> Self {
        Self { id: environment.id, name: environment.name.clone() }
    }
}

/// Something whose object is to go, and who else has to do with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Removal {
    /// Its recorded identity. Whatever else bears its name is another's.
    pub uuid: Uuid,
    /// Whether the operator created it.
    pub is_ours: bool,
    /// Whether its author said the second word.
    pub is_confirmed: bool,
    /// What the operator created, all over the cluster.
    pub made: BTreeSet<Uuid>,
    /// The objects that are not to go and name it, as kind and namespace/name.
    pub named_by: Vec<String>,
    /// The objects that are to go and have something to delete in it first.
    pub before: Vec<String>,
}

/// What keeps a thing that is to go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Held {
    /// Others go first.
    Before(Vec<String>),
    /// It holds, or is, what the operator did not make, or objects name it: its author has to say so twice.
    Unconfirmed {
        /// What it is, in words.
        what: String,
        /// What it takes along, at most three of them named.
        holds: String,
    },
}

/// What must be written for the recorded environment to be gone.
#[must_use]
pub fn plan_environment(removal: &Removal, world: &World) -> Plan {
    let mut plan = Plan::default();
    if world.environments_unknown {
        plan.unknown.push(Cell::Environments);
        return plan;
    }
    let Some(live) = world.environment_by_uuid(&removal.uuid) else { return plan };
    plan.unknown = unknown_features(removal, world);
    if !plan.unknown.is_empty() {
        return plan;
    }
    match removal.held(&format!("environment {}", live.name), strange_features(removal, world)) {
        Some(held) => plan.missing.push(Missing::Held(held)),
        None => plan.changes.push(Change::DeleteEnvironment(EnvironmentRef::of(live))),
    }
    plan
}

/// What must be read, and what is missing, for the project that the world is of to be deleted; quiet where nothing is.
#[must_use]
pub fn plan_project(removal: &Removal, (name, world): (&str, &World)) -> Plan {
    let mut plan = Plan { unknown: unknown_features(removal, world), ..Plan::default() };
    if !removal.is_confirmed && world.environments_unknown {
        plan.unknown.push(Cell::Environments);
    }
    if !removal.is_confirmed && world.segments_unknown {
        plan.unknown.push(Cell::Segments);
    }
    if plan.unknown.is_empty() {
        let environments = world.environments.iter().filter(|one| removal.is_strange(&one.uuid));
        let environments = environments.map(|one| format!("environment {}", one.name));
        let segments = world.segments.iter().filter(|one| removal.is_strange(&one.uuid));
        let segments = segments.map(|one| format!("segment {}", one.name));
        let strange = environments.chain(strange_features(removal, world)).chain(segments).collect();
        plan.missing.extend(removal.held(&format!("project {name}"), strange).map(Missing::Held));
    }
    plan
}

impl Removal {
    /// Whether others go first, so that nothing needs to be read before they are gone.
    #[must_use]
    pub fn waits(&self) -> bool {
        !self.is_confirmed && !self.before.is_empty()
    }

    fn is_strange(&self, uuid: &Uuid) -> bool {
        !self.made.contains(uuid)
    }

    /// What keeps the thing, which holds those that are not ours.
    fn held(&self, what: &str, strange: Vec<String>) -> Option<Held> {
        let Self { uuid: _, is_ours, is_confirmed, made: _, named_by, before } = self;
        if *is_confirmed {
            return None;
        }
        if !before.is_empty() {
            return Some(Held::Before(named(before)));
        }
        let itself = (!is_ours).then(|| "what was there before this object".to_owned());
        let all: Vec<_> = itself.into_iter().chain(named_by.iter().cloned()).chain(strange).collect();
        (!all.is_empty()).then(|| Held::Unconfirmed { what: what.to_owned(), holds: named(&all).join(", ") })
    }
}

/// The first of them, and how many more there are.
#[must_use]
pub fn named(all: &[String]) -> Vec<String> {
    let more = all.len().saturating_sub(NAMED);
    let more = (more > 0).then(|| format!("and {more} more"));
    all.iter().take(NAMED).cloned().chain(more).collect()
}

/// Whether a feature is a stranger cannot be told before it is read.
fn unknown_features(removal: &Removal, world: &World) -> Vec<Cell> {
    let unknown = world.definitions.iter().filter(|(_, known)| !removal.is_confirmed && **known == Known::Unknown);
    unknown.map(|(name, _)| Cell::Definition(name.clone())).collect()
}

fn strange_features(removal: &Removal, world: &World) -> Vec<String> {
    let features = world.definitions.values().filter_map(|known| known.as_ref().present());
    features.filter(|one| removal.is_strange(&one.uuid)).map(|one| format!("feature {}", one.name)).collect()
}

#[cfg(test)]
#[path = "removal_laws.rs"]
mod laws;
