//! The finalizer, on those objects alone that have something to do before they go.

use kube::{
    Api, Client, ResourceExt as _,
    api::{Patch, PatchParams},
};
use serde_json::json;

use super::managed::{Managed, Retention};
use crate::crd::{FIELD_MANAGER, FINALIZER, RELEASE};
use crate::operator::obstacle::Obstacle;

/// Whether the object carries our finalizer.
#[must_use]
pub fn is_kept<K: Managed>(object: &K) -> bool {
    object.finalizers().iter().any(|one| one == FINALIZER)
}

/// Whether somebody said that the object may go at any time, and its thing in Flagsmith is to stay.
#[must_use]
pub fn is_released<K: Managed>(object: &K) -> bool {
    object.annotations().get(RELEASE).is_some_and(|word| word == "true")
}

/// The object, with the finalizer or without, as its retention asks. What is only observed stays in Flagsmith, whatever that is.
///
/// # Errors
/// As the apiserver; [`Obstacle::Outdated`] where the object changed meanwhile.
pub async fn keep<K: Managed>(client: &Client, object: K, observes: bool) -> Result<K, Obstacle> {
    let is_wanted = object.retention() == Retention::Farewell && !is_released(&object) && !observes;
    match (is_kept(&object), is_wanted) {
        (false, true) => {
            let mut finalizers = object.finalizers().to_vec();
            finalizers.push(FINALIZER.to_owned());
            Ok(write(client, &object, finalizers).await?)
        }
        (true, false) => Ok(write(client, &object, others(&object)).await?),
        _ => Ok(object),
    }
}

/// Lets the object go. One that is gone by now is what the store still shows for a moment: there is nothing to let go.
///
/// # Errors
/// As [`keep`].
pub async fn drop<K: Managed>(client: &Client, object: &K) -> Result<(), Obstacle> {
    match write(client, object, others(object)).await {
        Err(kube::Error::Api(status)) if status.code == 404 => Ok(()),
        outcome => Ok(outcome.map(|_| ())?),
    }
}

fn others<K: Managed>(object: &K) -> Vec<String> {
    object.finalizers().iter().filter(|one| *one != FINALIZER).cloned().collect()
}

async fn write<K: Managed>(client: &Client, object: &K, finalizers: Vec<String>) -> kube::Result<K> {
    let api: Api<K> = Api::namespaced(client.clone(), &object.namespace().unwrap_or_default());
    // The resourceVersion keeps us from undoing what others did to the list meanwhile.
    let patch = json!({"metadata": {"resourceVersion": object.resource_version(), "finalizers": finalizers}});
    let parameters = PatchParams { field_manager: Some(FIELD_MANAGER.to_owned()), ..PatchParams::default() };
    api.patch(&object.name_any(), &parameters, &Patch::Merge(patch)).await
}
