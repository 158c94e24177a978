//! The Secret that applications read: the environment's key and the address of the SDK's API.

use std::collections::BTreeMap;

use k8s_openapi::{ByteString, api::core::v1::Secret};
use kube::{Resource as _, ResourceExt as _};

use super::{
    environment_key,
    managed::Rooms,
    obstacle::Obstacle,
    owned::{OwnedSecret, title},
};
use crate::{
    crd::{FlagsmithEnvironment, OWNER},
    flagsmith::EnvironmentKey,
};

/// The entry that holds the environment's key.
pub const KEY_ENTRY: &str = "FLAGSMITH_ENVIRONMENT_KEY";
/// The entry that holds the address of the SDK's API.
pub const URL_ENTRY: &str = "FLAGSMITH_API_URL";

/// Sees that the Secret which the spec names holds the key and the address, and that none which it named before is left.
///
/// # Errors
/// [`Obstacle::SecretConflict`] where it is not ours; else as the apiserver.
pub async fn publish(
    owner: &FlagsmithEnvironment,
    rooms: &Rooms,
    (key, sdk_url): (&EnvironmentKey, &str),
) -> Result<(), Obstacle> {
    if let Some(target) = &owner.spec.secret {
        let data = BTreeMap::from([
            (KEY_ENTRY.to_owned(), ByteString(key.expose().as_bytes().to_vec())),
            (URL_ENTRY.to_owned(), ByteString(sdk_url.as_bytes().to_vec())),
        ]);
        let secret = OwnedSecret { owner, name: &target.name };
        match secret.read(&rooms.client).await? {
            None => secret.create(&rooms.client, data).await?,
            Some(held) if is_right(&held, owner, &data) => {}
            Some(held) => secret.correct(&rooms.client, &held, data).await?,
        }
    }
    remove_former(owner, rooms).await
}

fn is_right(held: &Secret, owner: &FlagsmithEnvironment, data: &BTreeMap<String, ByteString>) -> bool {
    let live = held.data.as_ref();
    let has_data = data.iter().all(|(entry, bytes)| live.and_then(|live| live.get(entry)) == Some(bytes));
    let reference = owner.controller_owner_ref(&());
    has_data && reference.is_some_and(|reference| held.owner_references().contains(&reference))
}

/// The Secrets that the object named before it was edited.
async fn remove_former(owner: &FlagsmithEnvironment, rooms: &Rooms) -> Result<(), Obstacle> {
    let wanted = owner.spec.secret.as_ref().map(|target| target.name.as_str());
    let kept = environment_key::name(owner);
    let is_former = |name: &str| Some(name) != wanted && name != kept;
    let title = title(owner);
    let former = rooms.stores.secrets.state_filter(|one| {
        one.namespace() == owner.namespace()
            && one.annotations().get(OWNER) == Some(&title)
            && is_former(&one.name_any())
    });
    for one in former {
        OwnedSecret { owner, name: &one.name_any() }.delete(&rooms.client).await?;
    }
    Ok(())
}
