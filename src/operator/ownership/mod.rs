//! Who owns what Flagsmith holds, and whether a difference is left to stand. Pure.

pub mod adoption;
pub mod claim;
pub mod permission;
mod record;
pub mod twin;

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use k8s_openapi::jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value as Json};

use crate::operator::{connection::interval::Interval, digest, flag::extent::content, obstacle::InvalidSpec};
use crate::{
    crd::{Drift, DriftReason, Management, OwnedScope},
    flagsmith::EnvironmentName,
    world::{
        Plan,
        difference::{Field, Place, Scope},
    },
};
pub use record::Record;

/// What one object says of ownership, if anything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Say {
    /// Who owns it.
    pub management: Option<Management>,
    /// For how long a change made in Flagsmith is left alone.
    pub grace: Option<String>,
}

impl Say {
    /// What those fields say.
    #[must_use]
    pub fn of(management: Option<Management>, grace: Option<&String>) -> Self {
        Self { management, grace: grace.cloned() }
    }
}

/// What is in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Who owns it.
    pub management: Management,
    /// For how long a change made in Flagsmith is left alone.
    pub grace: Interval,
}

impl Default for Rule {
    fn default() -> Self {
        Self { management: Management::Enforce, grace: Interval { text: "0s".to_owned(), duration: Duration::ZERO } }
    }
}

impl Rule {
    /// What is in force where that is said besides.
    ///
    /// # Errors
    /// [`InvalidSpec::NotADuration`], which the schema refuses.
    pub fn under(self, say: &Say) -> Result<Self, InvalidSpec> {
        let grace = say.grace.as_deref().map_or_else(|| Ok(self.grace), Interval::of_grace)?;
        Ok(Self { management: say.management.unwrap_or(self.management), grace })
    }

    /// Whether a change made in Flagsmith is left alone for a while.
    #[must_use]
    pub fn has_grace(&self) -> bool {
        self.management == Management::Enforce && !self.grace.duration.is_zero()
    }
}

/// What is in force for an object's own fields, and for its environments.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rules {
    /// For its own.
    pub own: Rule,
    /// For each environment that it names.
    pub environments: BTreeMap<EnvironmentName, Rule>,
}

impl Rules {
    /// What those say, the outermost first.
    ///
    /// # Errors
    /// As [`Rule::under`].
    pub fn inherited(says: &[Say]) -> Result<Self, InvalidSpec> {
        let own = says.iter().try_fold(Rule::default(), Rule::under)?;
        Ok(Self { own, environments: BTreeMap::new() })
    }

    /// The same, with what is said of environments.
    ///
    /// # Errors
    /// As [`Rule::under`].
    pub fn with(mut self, environments: impl IntoIterator<Item = (EnvironmentName, Say)>) -> Result<Self, InvalidSpec> {
        for (name, say) in environments {
            self.environments.insert(name, self.own.clone().under(&say)?);
        }
        Ok(self)
    }

    /// What is in force there.
    #[must_use]
    pub fn of(&self, scope: &Scope) -> &Rule {
        match scope {
            Scope::Own => &self.own,
            Scope::Environment(name) => self.environments.get(name).unwrap_or(&self.own),
        }
    }
}

/// Why a difference is left to stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tolerance {
    /// It is never written.
    Observed,
    /// It was written once.
    HandedOver,
    /// It was made in Flagsmith, and is put right then.
    Grace {
        /// When.
        until: Timestamp,
    },
}

/// The places that are left alone.
pub type Left = BTreeMap<Place, Tolerance>;

/// Whether the thing itself is absent, for now: who took it away is given time.
#[must_use]
pub fn is_graced(left: &Left) -> bool {
    matches!(left.get(&(Scope::Own, Field::Existence)), Some(Tolerance::Grace { .. }))
}

/// What is remembered of a field that differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Memory {
    /// Its scope was once as the manifest says.
    pub is_met: bool,
    /// It was in sync, and its manifest says the same since.
    pub is_unchanged: bool,
    /// When it was first seen to differ; now, where that was not before.
    pub since: Timestamp,
}

/// Whether a difference is left to stand, and why; else it is put right at once.
#[must_use]
pub fn judge(rule: &Rule, memory: Memory, now: Timestamp) -> Option<Tolerance> {
    match rule.management {
        Management::Observe => Some(Tolerance::Observed),
        Management::InitialOnly => memory.is_met.then_some(Tolerance::HandedOver),
        Management::Enforce => {
            // A period that no clock can count to the end is no period: the difference is put right at once.
            let grace = SignedDuration::try_from(rule.grace.duration).ok()?;
            let until = memory.since.checked_add(grace).ok()?;
            (memory.is_unchanged && now < until).then_some(Tolerance::Grace { until })
        }
    }
}

/// One scope of an object, as far as it may write it.
#[derive(Clone, Debug, PartialEq)]
pub struct Extent {
    /// Which.
    pub scope: Scope,
    /// What the manifest says there, by field.
    pub content: Map<String, Json>,
    /// Whether all of it was compared with what there is.
    pub is_seen: bool,
}

impl Extent {
    /// All that a manifest says of a thing that has no other scope, its name too, whether or not it is written down.
    #[must_use]
    pub fn own(spec: &impl serde::Serialize, name: &str) -> Self {
        let mut content = content(spec);
        content.insert(Field::Name.as_ref().to_owned(), name.into());
        Self { scope: Scope::Own, content, is_seen: false }
    }

    /// The same of a thing that is seen once its plan knows all that it needs.
    #[must_use]
    pub fn planned(plan: &Plan, (spec, name): (&impl serde::Serialize, &str)) -> Self {
        Self { is_seen: plan.unknown.is_empty() && plan.missing.is_empty(), ..Self::own(spec, name) }
    }

    /// The fields that the manifest sets, with a hash of what it says of each.
    pub fn hashes(&self) -> BTreeMap<String, String> {
        use strum::IntoEnumIterator as _;
        let said = Field::iter().filter_map(|field| Some((field.as_ref().to_owned(), hash(self.said(field)?))));
        said.collect()
    }

    fn said(&self, field: Field) -> Option<&Json> {
        match field {
            Field::Existence => Some(&Json::Null),
            _ => self.content.get(field.as_ref()),
        }
    }

    /// Whether the manifest says of the field what it said when it was last seen in sync.
    #[must_use]
    pub fn is_unchanged(&self, field: Field, held: &OwnedScope) -> bool {
        let before = held.applied.get(field.as_ref());
        before.is_some() && before == self.said(field).map(hash).as_ref()
    }
}

/// The places of what is left to stand, but for what only approvals hold back.
#[must_use]
pub fn places(drift: &[Drift]) -> BTreeSet<Place> {
    use strum::IntoEnumIterator as _;
    let is_left = |one: &&Drift| one.reason != DriftReason::ChangeRequestsRequired;
    let place = |one: &Drift| {
        let field = Field::iter().find(|field| field.as_ref() == one.field)?;
        let scope = one.environment.as_deref().map_or(Scope::Own, |name| Scope::Environment(name.into()));
        Some((scope, field))
    };
    drift.iter().filter(is_left).filter_map(place).collect()
}

/// Short, and the same in every release: it is kept in status.
fn hash(said: &Json) -> String {
    let mut digest = digest::of_text(&said.to_string());
    digest.truncate(32);
    digest
}

#[cfg(test)]
mod laws;
