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

impl StatePatch {
    /// What a state becomes by the patch.
    #[must_use]
    pub fn applied(&self, held: &FlagState) -> FlagState {
        let Self { enabled, value, weights, overrides } = self;
        let mut state = FlagState {
            enabled: enabled.unwrap_or(held.enabled),
            value: value.as_ref().unwrap_or(&held.value).clone(),
            weights: weights.as_ref().unwrap_or(&held.weights).clone(),
            overrides: Vec::new(),
        };
        state.overrides = match overrides {
            Some(list) => list.iter().map(|one| one.applied(held, &state)).collect(),
            None => held.overrides.clone(),
        };
        state
    }

    /// Whether it names anything of the default.
    pub(super) fn names_default(&self) -> bool {
        self.enabled.is_some() || self.value.is_some() || self.weights.is_some()
    }

    /// Whether it names anything that is kept in several rows, or besides them.
    fn names_parts(&self) -> bool {
        self.weights.is_some() || self.overrides.is_some()
    }
}

impl OverridePatch {
    fn applied(&self, held: &FlagState, default: &FlagState) -> SegmentOverride {
        let Self { segment, enabled, value, weights } = self;
        let own = held.overrides.iter().find(|one| one.segment == *segment);
        let own = own
            .map_or((default.enabled, &default.value, &default.weights), |one| (one.enabled, &one.value, &one.weights));
        SegmentOverride {
            segment: *segment,
            enabled: enabled.unwrap_or(own.0),
            value: value.as_ref().unwrap_or(own.1).clone(),
            weights: weights.as_ref().unwrap_or(own.2).clone(),
        }
    }
}

impl Client {
    /// What one feature serves in one environment; `None` where it has no default state there (facts.md §5).
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
        let Some(row) = self.row(key, id).await? else { return Ok(None) };
        self.whole(row).await.map(Some)
    }

    /// Changes what the patch names of a flag's state, by the best route that the server has, and gives it as it then is;
    /// `None` where the route does not show it. In a versioned environment this publishes a version, even where nothing
    /// changes (facts.md §6). Callers must not write one flag twice at a time.
    ///
    /// # Errors
    /// Any [`Error`]; [`Error::NotFound`] where the environment or the state is gone, [`Error::ChangeRequests`] where people
    /// must approve. [`Error::ambiguous`] may be true though only a read beforehand failed, and, in an unversioned environment
    /// of a server without `/api/__future__/`, where an override is written in several requests, though another did not.
    pub async fn set_state(
        &self,
        key: &EnvironmentKey,
        id: FeatureId,
        patch: &StatePatch,
    ) -> Result<Option<FlagState>, Error> {
        let is_cleared = patch.value == Some(Value::Null);
        match self.capabilities {
            Capabilities { future: true, .. } => {
                let written = if patch.overrides.is_some() {
                    self.put_overrides(key, id, patch).await
                } else if is_cleared {
                    self.put_default(key, id, patch).await.map(Some)
                } else {
                    self.patch_flag(key, id, patch).await.map(Some)
                };
                match written {
                    Ok(Some(state)) => Ok(Some(state)),
                    Ok(None) => self.set_state_by_kind(key, id, patch).await,
                    Err(Error::NotFound) => Err(self.hidden(key, id).await),
                    Err(error) => Err(error),
                }
            }
            Capabilities { update_flag: true, .. }
                if !(is_cleared || patch.names_parts()) && self.update_default(key, id, patch).await? =>
            {
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
        let place = (environment.id, id);
        let held = match patch.overrides {
            Some(_) => self.flag_rows(place).await?.ok_or(Error::NotFound)?,
            None => self.row(key, id).await?.ok_or(Error::NotFound)?.into(),
        };
        if environment.use_v2_feature_versioning {
            self.publish_version(place, &held, patch).await?;
        } else {
            self.write_rows(key, &held, patch).await?;
        }
        Ok(None)
    }

    /// Gives a feature the default state that it lacks in an environment: on or off, with that value, and with the weights
    /// that its variants start with. What overrides it may have stay. No route shows what then is.
    ///
    /// # Errors
    /// Any [`Error`]; [`Error::Forbidden`] or [`Error::Server`] also where the feature is gone, [`Error::Refused`] or
    /// [`Error::Server`] where it has a state there. [`Error::ambiguous`] may be true though only a read beforehand failed.
    pub async fn restore_state(&self, key: &EnvironmentKey, id: FeatureId, state: &FlagState) -> Result<(), Error> {
        let environment = self.environment(key).await?;
        if environment.asks_for_approvals() {
            return Err(Error::ChangeRequests);
        }
        if environment.use_v2_feature_versioning {
            return self.publish_first_state((environment.id, id), state).await;
        }
        self.post_row(key, id, state).await
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
