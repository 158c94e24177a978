//! What becomes of what holds flags, when its object is deleted.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What becomes of an environment or a project in Flagsmith when its object is deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
pub enum PlaceDeletionPolicy {
    /// It is deleted. Where it was there before its object, or holds what the operator did not make, or other objects name it,
    /// only with the annotation `flagsmith-operator.dev/confirm-delete: "true"` on its object.
    Delete,
    /// It stays as it is.
    Orphan,
}
