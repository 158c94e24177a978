//! A person's request for other keys, by annotation. Pure.

use kube::ResourceExt as _;

use crate::crd::{FlagsmithEnvironment, ROTATE_CLIENT_KEY, ROTATE_SERVER_KEYS};

/// What is asked for: any value that is another than the last.
#[must_use]
pub fn asked<'a>(owner: &'a FlagsmithEnvironment, annotation: &str) -> Option<&'a str> {
    owner.annotations().get(annotation).map(String::as_str)
}

/// Whether it was not answered yet. What an object says before its environment was first met asks for nothing: so a manifest
/// from Git, or from a backup, that still bears an old request does no harm.
#[must_use]
pub fn is_open(owner: &FlagsmithEnvironment, annotation: &str) -> bool {
    let Some(status) = owner.status.as_ref().filter(|status| status.uuid.is_some()) else { return false };
    let handled = match annotation {
        ROTATE_SERVER_KEYS => status.handled_rotate_server_keys.as_deref(),
        ROTATE_CLIENT_KEY => status.handled_rotate_client_key.as_deref(),
        _ => return false,
    };
    let asked = asked(owner, annotation);
    asked.is_some() && asked != handled
}
