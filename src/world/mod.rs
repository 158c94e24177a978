//! One Flagsmith project as data, and the pure decisions about it.
//!
//! `plan` is a function of what is desired and of a [`World`]. Nothing here knows a client, a clock or an `await`;
//! what is decided is data ([`Change`]) that others carry out, print and compare.

mod change;
pub mod definition;
pub mod difference;
pub mod environment;
#[cfg(test)]
mod environment_cases;
mod environment_step;
pub mod flag;
pub mod flag_difference;
pub mod identities;
#[cfg(test)]
mod laws;
pub mod owner;
mod plan;
mod project;
pub mod project_difference;
pub mod removal;
pub mod segment;
#[cfg(test)]
mod segment_laws;
pub mod segment_rule;
pub mod served;
pub mod server_key;
#[cfg(test)]
mod server_key_laws;
mod setting;
pub mod state;
pub mod tag;
pub mod value;
pub mod variant;

use std::collections::{BTreeMap, BTreeSet, HashMap};

pub use change::{Cell, Change, FlagRef, SegmentRef};
pub use environment_step::EnvironmentStep;
pub use plan::{Missing, Plan};
pub use project::ProjectStep;

use crate::flagsmith::{
    Environment, EnvironmentId, Feature, FeatureId, FeatureName, FlagState, IdentityOverrides, People, Project,
    Segment, SegmentId, Tag, Uuid,
};

/// What is known of one cell.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Known<T> {
    /// Nothing that may be relied on: it must be read before anything is decided.
    #[default]
    Unknown,
    /// It is not there.
    Absent,
    /// It is there, and so.
    Present(T),
}

impl<T> Known<T> {
    /// The same knowledge, borrowed.
    pub fn as_ref(&self) -> Known<&T> {
        match self {
            Self::Unknown => Known::Unknown,
            Self::Absent => Known::Absent,
            Self::Present(value) => Known::Present(value),
        }
    }

    /// The value, where there is one.
    pub fn present(self) -> Option<T> {
        match self {
            Self::Present(value) => Some(value),
            Self::Unknown | Self::Absent => None,
        }
    }
}

/// One Flagsmith project as data.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct World {
    /// The project itself, once it was read.
    pub project: Option<Project>,
    /// The environments that are being switched to v2 feature versioning.
    pub switching: BTreeSet<EnvironmentId>,
    /// Every environment that the credential sees. Names may repeat: Flagsmith does not keep them unique (facts.md §3).
    pub environments: Vec<Environment>,
    /// Whether the list of environments must be read before it is relied on.
    pub environments_unknown: bool,
    /// The features by name. A name that is not a key is absent.
    pub definitions: BTreeMap<FeatureName, Known<Feature>>,
    /// The states in environments. A pair that is not a key is unknown.
    pub states: HashMap<(EnvironmentId, FeatureId), Known<FlagState>>,
    /// What is served to identities. A pair that is not a key is unknown; where there is a feature, nothing is ever absent.
    pub identities: HashMap<(EnvironmentId, FeatureId), Known<IdentityOverrides>>,
    /// Every segment, those of one feature too. Names may repeat (facts.md §7).
    pub segments: Vec<Segment>,
    /// Whether the list of segments must be read before it is relied on.
    pub segments_unknown: bool,
    /// Every tag. Labels may repeat (facts.md §10).
    pub tags: Vec<Tag>,
    /// Whether the list of tags must be read before it is relied on.
    pub tags_unknown: bool,
    /// Who may own features; read only where somebody asks.
    pub people: Known<People>,
}

impl World {
    /// The environment of that uuid, whatever its name is now.
    #[must_use]
    pub fn environment_by_uuid(&self, uuid: &Uuid) -> Option<&Environment> {
        self.environments.iter().find(|one| one.uuid == *uuid)
    }

    /// Whether a task of Flagsmith's is at work on the environment, which overwrites what is written meanwhile.
    #[must_use]
    pub fn is_settling(&self, environment: &Environment) -> bool {
        let is_switching = self.switching.contains(&environment.id) && !environment.use_v2_feature_versioning;
        environment.is_creating || is_switching
    }

    /// The environment of that id.
    #[must_use]
    pub fn environment_by_id(&self, id: EnvironmentId) -> Option<&Environment> {
        self.environments.iter().find(|one| one.id == id)
    }

    /// The segment of that id.
    #[must_use]
    pub fn segment_by_id(&self, id: SegmentId) -> Option<&Segment> {
        self.segments.iter().find(|one| one.id == id)
    }

    /// The segment of that uuid, whatever its name is now.
    #[must_use]
    pub fn segment_by_uuid(&self, uuid: &Uuid) -> Option<&Segment> {
        self.segments.iter().find(|one| one.uuid == *uuid)
    }

    /// What is known of the feature of that name.
    #[must_use]
    pub fn definition(&self, name: &FeatureName) -> Known<&Feature> {
        self.definitions.get(name).map_or(Known::Absent, Known::as_ref)
    }

    /// What is known of a feature's state in an environment.
    #[must_use]
    pub fn state(&self, environment: EnvironmentId, feature: FeatureId) -> Known<&FlagState> {
        self.states.get(&(environment, feature)).map_or(Known::Unknown, Known::as_ref)
    }

    /// What is known of what a feature serves to identities in an environment.
    #[must_use]
    pub fn identities(&self, environment: EnvironmentId, feature: FeatureId) -> Known<&IdentityOverrides> {
        self.identities.get(&(environment, feature)).map_or(Known::Unknown, Known::as_ref)
    }
}
