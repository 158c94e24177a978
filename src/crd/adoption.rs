//! What an object does about a thing that is there already in Flagsmith, or is not.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Whether a thing of that name is adopted or created.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
pub enum AdoptionPolicy {
    /// One that is there is adopted; else it is created.
    #[default]
    AdoptOrCreate,
    /// It is created; one that is there and that this object did not create is left alone, and the object is Stalled.
    CreateOnly,
    /// One that is there is adopted; it is waited for, and never created.
    AdoptOnly,
}
