//! The key under which an environment is created, kept before the creation in a small Secret of ours.
//!
//! Flagsmith creates one environment for one key, however often it is asked (facts.md §3). So a creation whose answer was
//! lost, or that a crash cut short, is found again by its key.

use std::collections::BTreeMap;

use k8s_openapi::ByteString;
use kube::{Client, ResourceExt as _};

use super::{obstacle::Obstacle, owned::OwnedSecret};
use crate::{crd::FlagsmithEnvironment, flagsmith::EnvironmentKey};

/// The entry of the Secret that holds the key.
const ENTRY: &str = "key";

/// The key that was chosen for the object, if one was.
///
/// # Errors
/// As [`OwnedSecret::read`].
pub async fn read(owner: &FlagsmithEnvironment, client: &Client) -> Result<Option<EnvironmentKey>, Obstacle> {
    let name = name(owner);
    let held = OwnedSecret { owner, name: &name }.read(client).await?;
    let bytes = held.and_then(|secret| secret.data).and_then(|mut data| data.remove(ENTRY));
    Ok(bytes.and_then(|bytes| String::from_utf8(bytes.0).ok()).map(EnvironmentKey::from))
}

/// Chooses a key and keeps it.
///
/// # Errors
/// As [`OwnedSecret::create`].
pub async fn choose(owner: &FlagsmithEnvironment, client: &Client) -> Result<(), Obstacle> {
    let key = ByteString(EnvironmentKey::random().expose().as_bytes().to_vec());
    let data = BTreeMap::from([(ENTRY.to_owned(), key)]);
    OwnedSecret { owner, name: &name(owner) }.create(client, data).await
}

/// The Secret's name: one for each incarnation of the object, since the key of an environment that was deleted is lost for
/// ever (facts.md §3).
#[must_use]
pub fn name(owner: &FlagsmithEnvironment) -> String {
    format!("flagsmith-environment-{}", owner.uid().unwrap_or_default())
}
