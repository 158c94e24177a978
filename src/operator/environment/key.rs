//! The key under which an environment is created, or which it is given instead, kept beforehand in a small Secret of ours.
//!
//! Flagsmith creates one environment for one key, however often it is asked (facts.md §3). So a creation whose answer was
//! lost, or that a crash cut short, is found again by its key.

use std::collections::BTreeMap;

use k8s_openapi::ByteString;
use kube::{Client, ResourceExt as _};

use crate::operator::{
    digest,
    obstacle::Obstacle,
    publication::{owned::OwnedSecret, rotation},
};
use crate::{
    crd::{FlagsmithEnvironment, ROTATE_CLIENT_KEY},
    flagsmith::{EnvironmentKey, Uuid},
};

/// The entry of the Secret that holds the key.
const ENTRY: &str = "key";
/// The entry that says which environment was gone when the key was chosen.
const AFTER_ENTRY: &str = "after";
/// The entry that says that it was chosen in place of one that made no environment any more.
const SECOND_ENTRY: &str = "second";

/// A key that was kept.
#[derive(Debug)]
pub struct Kept {
    /// The key.
    pub key: EnvironmentKey,
    /// The environment that was gone when it was chosen, if there was one: its own key is lost for ever.
    pub after: Option<Uuid>,
    /// Whether it was chosen in place of one that made no environment any more.
    pub is_second: bool,
}

/// The entry that holds the key which the environment is to have instead.
const NEXT_ENTRY: &str = "next-key";
/// The entry that tells in answer to which request it was chosen.
const REQUEST_ENTRY: &str = "next-key-for";

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
    let is_second = entry(SECOND_ENTRY).is_some();
    Ok(entry(ENTRY).map(|key| Kept { key: EnvironmentKey::from(key), after, is_second }))
}

/// Chooses a key and keeps it, in place of the one of an environment that is gone, recorded or not.
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
    let Some(held) = secret.read(client).await? else { return secret.create(client, data).await };
    let of = |data: &BTreeMap<String, ByteString>| data.get(AFTER_ENTRY).cloned();
    if held.data.as_ref().is_some_and(|kept| kept.contains_key(ENTRY) && of(kept) == of(&data)) {
        data.insert(SECOND_ENTRY.to_owned(), bytes("true"));
    }
    secret.correct(client, &held, data).await
}

/// The key that was chosen in answer to the object's request for another, if one was.
///
/// # Errors
/// As [`OwnedSecret::read`].
pub async fn read_next(owner: &FlagsmithEnvironment, client: &Client) -> Result<Option<EnvironmentKey>, Obstacle> {
    let name = name(owner);
    let held = OwnedSecret { owner, name: &name }.read(client).await?;
    let mut data = held.and_then(|secret| secret.data).unwrap_or_default();
    let is_for_it = data.get(REQUEST_ENTRY) == Some(&request(owner));
    let bytes = data.remove(NEXT_ENTRY).filter(|_| is_for_it);
    Ok(bytes.and_then(|bytes| String::from_utf8(bytes.0).ok()).map(EnvironmentKey::from))
}

/// Chooses a key in answer to the object's request for another, and keeps it beside the one that it was created under.
///
/// # Errors
/// As [`OwnedSecret::create`] and [`OwnedSecret::correct`].
pub async fn choose_next(owner: &FlagsmithEnvironment, client: &Client) -> Result<(), Obstacle> {
    let name = name(owner);
    let secret = OwnedSecret { owner, name: &name };
    let held = secret.read(client).await?;
    let mut data = held.as_ref().and_then(|held| held.data.clone()).unwrap_or_default();
    data.insert(NEXT_ENTRY.to_owned(), ByteString(EnvironmentKey::random().expose().as_bytes().to_vec()));
    data.insert(REQUEST_ENTRY.to_owned(), request(owner));
    match held {
        Some(held) => secret.correct(client, &held, data).await,
        None => secret.create(client, data).await,
    }
}

/// Which request it is, whatever its author wrote.
fn request(owner: &FlagsmithEnvironment) -> ByteString {
    let asked = rotation::asked(owner, ROTATE_CLIENT_KEY).unwrap_or_default();
    ByteString(digest::of_text(asked).into_bytes())
}

/// The Secret's name: one for each incarnation of the object, since the key of an environment that was deleted is lost for
/// ever (facts.md §3).
#[must_use]
pub fn name(owner: &FlagsmithEnvironment) -> String {
    format!("flagsmith-environment-{}", owner.uid().unwrap_or_default())
}
