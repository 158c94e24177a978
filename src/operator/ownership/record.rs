//! What status keeps of ownership from one look to the next. Pure.

use k8s_openapi::jiff::Timestamp;

use crate::{
    crd::{Drift, OwnedEnvironment, OwnedScope, Ownership, ServerIdentity},
    world::difference::{Place, Scope},
};

/// What status keeps of ownership.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Record {
    /// Of the thing itself, and what differs.
    pub ownership: Ownership,
    /// Of its environments.
    pub environments: Vec<OwnedEnvironment>,
}

impl Record {
    /// What is remembered of a scope.
    #[must_use]
    pub fn scope(&self, scope: &Scope) -> OwnedScope {
        match scope {
            Scope::Own => self.ownership.own.clone(),
            Scope::Environment(name) => {
                let found = self.environments.iter().find(|one| one.name == name.as_str());
                found.map(|one| one.scope.clone()).unwrap_or_default()
            }
        }
    }

    /// When a difference was first seen, as far as it is remembered.
    #[must_use]
    pub fn since(&self, place: &Place) -> Option<Timestamp> {
        self.drift(place)?.since.parse().ok()
    }

    /// What is remembered of a difference.
    #[must_use]
    pub fn drift(&self, (scope, field): &Place) -> Option<&Drift> {
        let environment = match scope {
            Scope::Own => None,
            Scope::Environment(name) => Some(name.as_str()),
        };
        let is_it = |one: &&Drift| one.environment.as_deref() == environment && one.field == field.as_ref();
        self.ownership.drift.iter().find(is_it)
    }

    /// The same, where those scopes are handed over that were not.
    #[must_use]
    pub fn meeting(mut self, newly: &Self) -> Self {
        self.ownership.own.met |= newly.ownership.own.is_handed_over();
        for one in newly.environments.iter().filter(|one| one.scope.is_handed_over()) {
            match self.environments.iter_mut().find(|held| held.name == one.name) {
                Some(held) => held.scope.met = true,
                None => self.environments.push(one.clone()),
            }
        }
        self
    }

    /// What is remembered here, of a status that was written for that server; none, where there is no status to speak of.
    #[must_use]
    pub fn recalled(self, server: Option<&ServerIdentity>, here: &ServerIdentity) -> Option<Self> {
        match server {
            Some(server) if server != here => Some(Self::default()),
            Some(_) => Some(self),
            None => Some(self).filter(|record| *record != Self::default()),
        }
    }

    /// When something that is left alone is put right next.
    #[must_use]
    pub fn until(&self) -> Option<Timestamp> {
        self.ownership.drift.iter().filter_map(|one| one.until.as_deref()?.parse().ok()).min()
    }
}
