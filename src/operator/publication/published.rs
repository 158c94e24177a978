//! What was last seen of the Secrets and `ConfigMap`s that we write to, so that they are read only when they have changed. It holds
//! no key, but digests.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::{Mutex, PoisonError},
};

use super::Medium;

/// What was seen of one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sight {
    /// Its name.
    pub name: String,
    /// Which state of it.
    pub resource_version: String,
    /// The digest of each entry.
    pub entries: BTreeMap<String, String>,
    /// The request to replace server-side keys that its content answers.
    pub rotated: Option<String>,
    /// The digest of the publication that it was found to hold as a whole, if it was.
    pub publication: Option<String>,
}

/// What was seen of each, by the uid of the environment's object.
#[derive(Debug, Default)]
pub struct Published(Mutex<HashMap<(String, Medium), Sight>>);

impl Published {
    /// What was seen of it, if it was that one in that state.
    #[must_use]
    pub fn recall(&self, (owner, medium): (&str, Medium), (name, version): (&str, &str)) -> Option<Sight> {
        let held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let sight = held.get(&(owner.to_owned(), medium))?;
        (sight.name == name && sight.resource_version == version).then(|| sight.clone())
    }

    /// Keeps what was seen.
    pub fn remember(&self, (owner, medium): (&str, Medium), sight: Sight) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert((owner.to_owned(), medium), sight);
    }

    /// Forgets all objects but those.
    pub fn keep(&self, owners: &HashSet<String>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).retain(|(held, _), _| owners.contains(held));
    }
}
