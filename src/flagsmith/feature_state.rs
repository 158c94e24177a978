//! The rows in which Flagsmith keeps default states: read in every release, written in unversioned environments.

use reqwest::Method;
use serde::{Deserialize, Serialize};

use super::call::Call;
use super::{Client, EnvironmentKey, Error, FeatureId, FlagState, Percentage, Right, StatePatch, Value, VariantId};

const ROWS: &str = "environments/{key}/featurestates";
const ROW: &str = "environments/{key}/featurestates/{state}";

/// One row, which shows plain typed JSON (facts.md §5).
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub(super) struct Row {
    id: i64,
    feature: FeatureId,
    enabled: bool,
    feature_state_value: Value,
    #[serde(default)]
    multivariate_feature_state_values: Vec<Weight>,
    #[serde(default)]
    identity: Option<serde_json::Value>,
    #[serde(default)]
    feature_segment: Option<serde_json::Value>,
}

/// The default states of an environment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StateList {
    /// The states. Features without one are left out (facts.md §5).
    pub states: Vec<(FeatureId, FlagState)>,
    /// The features whose variants weigh more than 100 in all, which breaks the document of the whole environment, for SDKs
    /// too (facts.md §6).
    pub overweight: Vec<FeatureId>,
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
struct Weight {
    multivariate_feature_option: VariantId,
    percentage_allocation: Percentage,
}

impl Row {
    fn is_overweight(&self) -> bool {
        let weights = self.multivariate_feature_state_values.iter();
        Percentage::sum(weights.map(|weight| weight.percentage_allocation)) > Percentage::WHOLE
    }

    fn is_default(&self) -> bool {
        self.identity.is_none() && self.feature_segment.is_none()
    }

    pub(super) fn state(&self) -> FlagState {
        let weights = self.multivariate_feature_state_values.iter();
        FlagState {
            enabled: self.enabled,
            value: self.feature_state_value.clone(),
            weights: weights.map(|one| (one.multivariate_feature_option, one.percentage_allocation)).collect(),
            overrides: Vec::new(),
        }
    }
}

/// What a PUT changes: a field that is left out stays, a value of null clears (facts.md §5).
#[derive(Serialize)]
struct Write<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    enabled: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    feature_state_value: Option<&'a Value>,
}

#[derive(Serialize)]
struct New<'a> {
    feature: FeatureId,
    #[serde(flatten)]
    state: Write<'a>,
}

impl<'a> From<&'a StatePatch> for Write<'a> {
    fn from(patch: &'a StatePatch) -> Self {
        let StatePatch { enabled, value, weights: _, overrides: _ } = patch;
        Self { enabled: *enabled, feature_state_value: value.as_ref() }
    }
}

impl Client {
    /// The default state of every feature in an environment.
    ///
    /// # Errors
    /// Any [`Error`]; an environment that is gone is [`Error::NotFound`], one that is forbidden [`Error::Forbidden`].
    pub async fn states(&self, key: &EnvironmentKey) -> Result<StateList, Error> {
        let rows = self.rows(key, || rows(key)).await?;
        let overweight = rows.iter().filter(|row| row.is_overweight()).map(|row| row.feature).collect();
        Ok(StateList { states: rows.into_iter().map(|row| (row.feature, row.state())).collect(), overweight })
    }

    /// The row of one feature; `None` where it has none. A feature that does not exist has none either.
    pub(super) async fn row(&self, key: &EnvironmentKey, id: FeatureId) -> Result<Option<Row>, Error> {
        let rows = self.rows(key, || rows(key).query("feature", id)).await?;
        Ok(rows.into_iter().find(|row| row.feature == id))
    }

    async fn rows(&self, key: &EnvironmentKey, call: impl Fn() -> Call) -> Result<Vec<Row>, Error> {
        match self.list::<Row>(call).await {
            Ok(list) => Ok(list.items.into_iter().filter(Row::is_default).collect()),
            Err(error) => Err(self.refused_below(key, error).await),
        }
    }

    /// Writes a row, in an unversioned environment, and gives the state as it then is.
    pub(super) async fn put_row(
        &self,
        key: &EnvironmentKey,
        row: &Row,
        patch: &StatePatch,
    ) -> Result<FlagState, Error> {
        let call = Call::new(Method::PUT, ROW).needs(Right::UpdateFeatureState).with_key(key).with(row.id);
        Ok(self.ask::<Row>(call.json(&Write::from(patch))?).await?.state())
    }

    /// Makes a row, in an unversioned environment, for a feature that has none, and gives the state as it then is.
    pub(super) async fn post_row(
        &self,
        key: &EnvironmentKey,
        feature: FeatureId,
        state: &FlagState,
    ) -> Result<FlagState, Error> {
        let FlagState { enabled, value, weights: _, overrides: _ } = state;
        let new = New { feature, state: Write { enabled: Some(*enabled), feature_state_value: Some(value) } };
        let call = Call::new(Method::POST, ROWS).needs(Right::UpdateFeatureState).with_key(key).json(&new)?;
        Ok(self.ask::<Row>(call).await?.state())
    }
}

fn rows(key: &EnvironmentKey) -> Call {
    Call::get(ROWS).needs(Right::ViewEnvironment).with_key(key)
}
