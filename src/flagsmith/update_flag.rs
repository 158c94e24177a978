//! `update-flag-v2`: a flag and its segment overrides in one request, in both kinds of environment (2.205 on, facts.md §6).
//! It refuses what must be approved, but can neither clear a value nor set weights, and does not show what came of it.

use reqwest::Method;
use serde::Serialize;

use super::call::Call;
use super::value::typed;
use super::{Client, EnvironmentKey, Error, FeatureId, Right, StatePatch, Value};

const UPDATE_FLAG: &str = "environments/{key}/update-flag-v2";

#[derive(Serialize)]
struct Update {
    feature: Feature,
    environment_default: State,
}

#[derive(Serialize)]
struct Feature {
    id: FeatureId,
}

/// Both fields are asked for.
#[derive(Serialize)]
struct State {
    enabled: bool,
    #[serde(serialize_with = "typed::serialize")]
    value: Value,
}

impl Client {
    /// Changes what the patch names of a default state; what it leaves out is read and sent back. False where that is no
    /// value, which this route cannot send: then nothing was written.
    pub(super) async fn update_default(
        &self,
        key: &EnvironmentKey,
        id: FeatureId,
        patch: &StatePatch,
    ) -> Result<bool, Error> {
        let state = match patch.clone() {
            StatePatch { enabled: Some(enabled), value: Some(value), weights: _, overrides: _ } => {
                State { enabled, value }
            }
            StatePatch { enabled, value, weights: _, overrides: _ } => {
                let held = self.row(key, id).await?.ok_or(Error::NotFound)?.state();
                State { enabled: enabled.unwrap_or(held.enabled), value: value.unwrap_or(held.value) }
            }
        };
        if state.value == Value::Null {
            return Ok(false);
        }
        let update = Update { feature: Feature { id }, environment_default: state };
        let call = Call::new(Method::POST, UPDATE_FLAG).experiments().needs(Right::UpdateFeatureState).with_key(key);
        match self.send(&call.json(&update)?).await {
            Ok(reply) => reply.nothing().map(|()| true),
            // A feature that is gone is refused as any mistake is (facts.md §6).
            Err(Error::Refused { .. }) if self.row(key, id).await?.is_none() => Err(Error::NotFound),
            Err(error) => Err(self.refused_below(key, error).await),
        }
    }
}
