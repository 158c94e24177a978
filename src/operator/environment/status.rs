//! What the status of a `FlagsmithEnvironment` says, and how its environment came to be its own.

use super::ground::Ground;
use crate::operator::{
    obstacle::Obstacle,
    ownership::adoption::{self, Named, Thing},
};
use crate::{
    crd::{EnvironmentStatus, FlagsmithEnvironment, Origin},
    flagsmith::Environment,
    world::{
        World,
        environment::{self as world, DesiredEnvironment},
    },
};

impl FlagsmithEnvironment {
    /// What is recorded before a creation.
    #[must_use]
    pub fn intent(&self, ground: &Ground) -> EnvironmentStatus {
        EnvironmentStatus {
            origin: Some(Origin::Created),
            server: Some(ground.project.identity()),
            id: None,
            uuid: None,
            versioning_requested_at: None,
            ..self.recorded(ground)
        }
    }

    /// The status of an object whose environment was seen.
    #[must_use]
    pub fn seen(&self, ground: &Ground, live: &Environment) -> EnvironmentStatus {
        let held = self.recorded(ground);
        let is_same = held.uuid.as_deref() == Some(live.uuid.as_str());
        let is_open = is_same && !live.use_v2_feature_versioning;
        EnvironmentStatus {
            name: Some(live.name.to_string()),
            id: Some(live.id.0),
            uuid: Some(live.uuid.to_string()),
            server: Some(ground.project.identity()),
            origin: Some(origin(held.origin, ground, live)),
            versioning_requested_at: held.versioning_requested_at.clone().filter(|_| is_open),
            ..held
        }
    }

    /// Whether the policy lets the object have the environment that is there, or make one.
    ///
    /// # Errors
    /// What the policy forbids.
    pub fn may_have(&self, known: &World, ground: &Ground, desired: &DesiredEnvironment) -> Result<(), Obstacle> {
        if known.environments_unknown {
            return Ok(());
        }
        let Ok(live) = world::find(desired, known) else { return Ok(()) };
        let held = self.recorded(ground).origin;
        let came_by = |live| if world::is_copy(desired, live) { Origin::Created } else { origin(held, ground, live) };
        let named = Named { thing: Thing::Environment, name: desired.name.to_string() };
        Ok(adoption::judge(self.spec.adoption_policy, live.map(came_by), named)?)
    }

    /// The status as far as it means something here: what was recorded for another server or organisation is left out.
    #[must_use]
    pub fn recorded(&self, ground: &Ground) -> EnvironmentStatus {
        let held = self.status.clone().unwrap_or_default();
        if held.server.as_ref() == Some(&ground.project.identity()) {
            return held;
        }
        let EnvironmentStatus {
            observed_generation,
            conditions,
            last_handled_reconcile_at,
            handled_rotate_server_keys,
            handled_rotate_client_key,
            ..
        } = held;
        EnvironmentStatus {
            observed_generation,
            conditions,
            last_handled_reconcile_at,
            handled_rotate_server_keys,
            handled_rotate_client_key,
            ..EnvironmentStatus::default()
        }
    }
}

/// Created is what bears the key that we chose; what was recorded stays.
fn origin(held: Option<Origin>, ground: &Ground, live: &Environment) -> Origin {
    match held {
        Some(origin) if ground.uuid.as_ref() == Some(&live.uuid) => origin,
        _ if ground.key.as_ref() == Some(&live.key) => Origin::Created,
        _ => Origin::Adopted,
    }
}
