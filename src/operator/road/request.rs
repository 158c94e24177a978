//! A person's request to look at an object now, by annotation, as with Flux. Pure.

use kube::ResourceExt as _;

use super::managed::{Managed, Status as _};
use crate::crd::RECONCILE_REQUESTED_AT;

/// Whether the object's request has not been answered yet.
#[must_use]
pub fn is_open<K: Managed>(object: &K) -> bool {
    let asked = asked(object);
    asked.is_some() && asked != object.status().and_then(|status| status.handled())
}

/// The request that a turn which ends now has answered, whatever came of it.
#[must_use]
pub fn handled<K: Managed>(object: &K) -> Option<String> {
    asked(object).or(object.status().and_then(|status| status.handled())).map(str::to_owned)
}

fn asked<K: Managed>(object: &K) -> Option<&str> {
    object.annotations().get(RECONCILE_REQUESTED_AT).map(String::as_str)
}
