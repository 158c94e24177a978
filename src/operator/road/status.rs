//! Writing a status: once at the end of a turn, only if it is another; and, before a creation, the record of its intent.

use kube::{
    Api, Client, ResourceExt as _,
    api::{Patch, PatchParams},
};
use serde_json::json;

use super::managed::{Managed, Status as _};
use crate::crd::FIELD_MANAGER;
use crate::operator::obstacle::Obstacle;

/// Writes the status, unless the object has it already.
///
/// # Errors
/// As the apiserver; [`Obstacle::Outdated`] where the object changed meanwhile.
pub async fn write<K: Managed>(client: &Client, object: &K, status: &K::Status) -> Result<(), Obstacle> {
    if object.status() == Some(status) {
        return Ok(());
    }
    patch(client, object, status).await.map(|_| ())
}

/// Writes an intent with the conditions that the object has, and gives the object as it then is.
///
/// # Errors
/// As [`write`].
pub async fn record<K: Managed>(client: &Client, object: &K, intent: &K::Status) -> Result<K, Obstacle> {
    debug_assert_eq!(
        object.status().map(super::managed::Status::conditions).unwrap_or_default(),
        intent.conditions(),
        "an intent leaves the conditions alone"
    );
    patch(client, object, intent).await
}

async fn patch<K: Managed>(client: &Client, object: &K, status: &K::Status) -> Result<K, Obstacle> {
    let api: Api<K> = Api::namespaced(client.clone(), &object.namespace().unwrap_or_default());
    let name = object.name_any();
    // The resourceVersion is a precondition: what was decided on an older object must not overwrite what is newer.
    let patch = json!({
        "apiVersion": K::api_version(&()),
        "kind": K::kind(&()),
        "metadata": {"name": name, "resourceVersion": object.resource_version()},
        "status": status,
    });
    let parameters = PatchParams::apply(FIELD_MANAGER).force();
    Ok(api.patch_status(&name, &parameters, &Patch::Apply(patch)).await?)
}
