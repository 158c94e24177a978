//! A flag's default state in one environment: what it serves to whoever no override matches. Here the route is chosen.

use super::{Capabilities, Client, EnvironmentKey, Error, FeatureId, Right, SegmentId, Value, Weights};

/// What one feature serves in one environment: its default, and the overrides of segments. Those of identities are not part
/// of it: no route shows both.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FlagState {
    /// Whether the flag is on.
    pub enabled: bool,
    /// What it serves.
    pub value: Value,
    /// The shares of its variants.
    pub weights: Weights,
    /// What it serves to segments instead; the first that matches wins.
    pub overrides: Vec<SegmentOverride>,
}

/// What a flag serves to a segment. Its place in the list is its priority.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SegmentOverride {
    /// The segment.
    pub segment: SegmentId,
    /// Whether the flag is on for it.
    pub enabled: bool,
    /// What it serves.
    pub value: Value,
    /// The shares of the variants.
    pub weights: Weights,
}

/// What to change of a flag's state; `None` leaves it as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StatePatch {
    /// Whether the flag shall be on.
    pub enabled: Option<bool>,
    /// What it shall serve. Flagsmith drops the blanks around a text, and refuses one with a NUL (seen on 2.265.0).
    pub value: Option<Value>,
    /// The share of every variant.
    pub weights: Option<Weights>,
    /// All overrides of segments, in order of priority: what is not here goes.
    pub overrides: Option<Vec<OverridePatch>>,
}

/// How an override shall be. What is `None` stays as it is; in an override that is new it is as in the default.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OverridePatch {
    /// The segment.
    pub segment: SegmentId,
    /// Whether the flag shall be on for it.
    pub enabled: Option<bool>,
    /// What it shall serve.
    pub value: Option<Value>,
    /// The share of every variant.
    pub weights: Option<Weights>,
}

impl Client {
    /// The default state of one feature in one environment; `None` where it has none there (facts.md §5).
    ///
    /// # Errors
    /// Any [`Error`]; what is gone is [`Error::NotFound`].
    pub async fn state(&self, key: &EnvironmentKey, id: FeatureId) -> Result<Option<FlagState>, Error> {
        if self.capabilities.future {
            return match self.flag(key, id).await {
                Ok(state) => Ok(Some(state)),
                // So it answers where there is no such state, and the list tells.
                Err(Error::Server { .. }) => self.listed(key, id).await,
                // So it answers to whoever may see it and not change it, too (seen on 2.265.0).
                Err(Error::NotFound) => self.listed(key, id).await?.map(Some).ok_or(Error::NotFound),
                Err(error) => Err(error),
            };
        }
        self.listed(key, id).await
    }

    async fn listed(&self, key: &EnvironmentKey, id: FeatureId) -> Result<Option<FlagState>, Error> {
        Ok(self.row(key, id).await?.map(|row| row.state()))
    }

    /// Changes what the patch names of a default state, by the best route that the server has, and gives it as it then is;
    /// `None` where the route does not show it. In a versioned environment this publishes a version, even where nothing
    /// changes (facts.md §6). Callers must not write one flag twice at a time.
    ///
    /// # Errors
    /// Any [`Error`]; [`Error::NotFound`] where the environment or the state is gone, [`Error::ChangeRequests`] where people
    /// must approve. [`Error::ambiguous`] may be true though only a read beforehand failed.
    pub async fn set_state(
        &self,
        key: &EnvironmentKey,
        id: FeatureId,
        patch: &StatePatch,
    ) -> Result<Option<FlagState>, Error> {
        let is_cleared = patch.value == Some(Value::Null);
        match self.capabilities {
            Capabilities { future: true, .. } => {
                let written = if is_cleared {
                    self.put_default(key, id, patch).await
                } else {
                    self.patch_flag(key, id, patch).await
                };
                match written {
                    Ok(state) => Ok(Some(state)),
                    Err(Error::NotFound) => Err(self.hidden(key, id).await),
                    Err(error) => Err(error),
                }
            }
            Capabilities { update_flag: true, .. } if !is_cleared && self.update_default(key, id, patch).await? => {
                Ok(None)
            }
            Capabilities { .. } => self.set_state_by_kind(key, id, patch).await,
        }
    }

    /// By the routes that know one kind of environment each. They ask nobody whether changes must be approved
    /// (facts.md §11), and older servers took the wrong one without a word (§6): both are read anew.
    async fn set_state_by_kind(
        &self,
        key: &EnvironmentKey,
        id: FeatureId,
        patch: &StatePatch,
    ) -> Result<Option<FlagState>, Error> {
        let environment = self.environment(key).await?;
        if environment.asks_for_approvals() {
            return Err(Error::ChangeRequests);
        }
        let row = self.row(key, id).await?.ok_or(Error::NotFound)?;
        if environment.use_v2_feature_versioning {
            self.publish_version((environment.id, id), &row.state(), patch).await?;
            return Ok(None);
        }
        self.put_row(key, &row, patch).await.map(Some)
    }

    /// Gives a feature the default state that it lacks in an environment, and gives it as it then is; `None` where the
    /// route does not show it.
    ///
    /// # Errors
    /// Any [`Error`]; [`Error::Forbidden`] or [`Error::Server`] also where the feature is gone, [`Error::Refused`] or
    /// [`Error::Server`] where it has a state there. [`Error::ambiguous`] may be true though only a read beforehand failed.
    pub async fn restore_state(
        &self,
        key: &EnvironmentKey,
        id: FeatureId,
        state: &FlagState,
    ) -> Result<Option<FlagState>, Error> {
        let environment = self.environment(key).await?;
        if environment.asks_for_approvals() {
            return Err(Error::ChangeRequests);
        }
        if environment.use_v2_feature_versioning {
            self.publish_first_state((environment.id, id), state).await?;
            return Ok(None);
        }
        self.post_row(key, id, state).await.map(Some)
    }

    /// What it means that `__future__` knows no such flag: it says so to whoever may not write it, too (facts.md §1).
    async fn hidden(&self, key: &EnvironmentKey, id: FeatureId) -> Error {
        match self.listed(key, id).await {
            Ok(Some(_)) => {
                let message = "it answers as if there were no such flag".to_owned();
                Error::Forbidden { message, right: Some(Right::UpdateFeatureState) }
            }
            Err(error @ Error::Forbidden { .. }) => error,
            Ok(None) | Err(_) => Error::NotFound,
        }
    }

    /// What a refusal below an environment means: there, what is gone is forbidden too (facts.md §1).
    pub(super) async fn refused_below(&self, key: &EnvironmentKey, error: Error) -> Error {
        if !matches!(error, Error::Forbidden { .. }) {
            return error;
        }
        match self.environment(key).await {
            Err(Error::NotFound) => Error::NotFound,
            Ok(environment) if environment.asks_for_approvals() => Error::ChangeRequests,
            Ok(_) | Err(_) => error,
        }
    }
}
