//! The key under which an environment is created, kept before the creation in a small Secret of ours.
//!
//! Flagsmith creates one environment for one key, however often it is asked (facts.md §3). So a creation whose answer was
//! lost, or that a crash cut short, is found again by its key.

use std::collections::BTreeMap;

use k8s_openapi::ByteString;
use kube::{Client, ResourceExt as _};

use super::{obstacle::Obstacle, owned::OwnedSecret};
use crate::{
    crd::FlagsmithEnvironment,
    flagsmith::{EnvironmentKey, Uuid},
};

/// The entry of the Secret that holds the key.
const ENTRY: &str = "key";
/// The entry that says which environment was gone when the key was chosen.
const AFTER_ENTRY: &str = "after";

/// A key that was kept.
#[derive(Debug)]
pub struct Kept {
    /// The key.
    pub key: EnvironmentKey,
    /// The environment that was gone when it was chosen, if there was one: its own key is lost for ever.
    pub after: Option<Uuid>,
}

/// The key that was chosen for the object, if one was.
///
/// # Errors
/// As [`OwnedSecret::read`].
pub async fn read(owner: &FlagsmithEnvironment, client: &Client) -> Result<Option<Kept>, Obstacle> {
    let name = name(owner);
    let held = OwnedSecret { owner, name: &name }.read(client).await?;
    let mut data = held.and_then(|secret| secret.data).unwrap_or_default();
    let mut entry = |name: &str| data.remove(name).and_then(|bytes| String::from_utf8(bytes.0).ok());
    let after = entry(AFTER_ENTRY).map(Uuid::from);
    Ok(entry(ENTRY).map(|key| Kept { key: EnvironmentKey::from(key), after }))
}

/// Chooses a key and keeps it, in place of the one of an environment that is gone.
///
/// # Errors
/// As [`OwnedSecret::create`] and [`OwnedSecret::correct`].
pub async fn choose(owner: &FlagsmithEnvironment, client: &Client) -> Result<(), Obstacle> {
    let bytes = |text: &str| ByteString(text.as_bytes().to_vec());
    let mut data = BTreeMap::from([(ENTRY.to_owned(), bytes(EnvironmentKey::random().expose()))]);
    // Whatever is recorded when a key is chosen is gone.
    let gone = owner.status.as_ref().and_then(|status| status.uuid.as_deref());
    data.extend(gone.map(|gone| (AFTER_ENTRY.to_owned(), bytes(gone))));
    let name = name(owner);
    let secret = OwnedSecret { owner, name: &name };
    match secret.read(client).await? {
        Some(held) => secret.correct(client, &held, data).await,
        None => secret.create(client, data).await,
    }
}

/// The Secret's name: one for each incarnation of the object, since the key of an environment that was deleted is lost for
/// ever (facts.md §3).
#[must_use]
pub fn name(owner: &FlagsmithEnvironment) -> String {
    format!("flagsmith-environment-{}", owner.uid().unwrap_or_default())
}
