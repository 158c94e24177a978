//! The rows in which Flagsmith keeps default states: read in every release, written in unversioned environments.

use reqwest::Method;
use serde::{Deserialize, Serialize};

use super::call::Call;
use super::{
    Client, EnvironmentId, EnvironmentKey, Error, FeatureId, FlagState, Percentage, Right, Value, VariantId, Weights,
};

const ROWS: &str = "environments/{key}/featurestates";
const ROW: &str = "environments/{key}/featurestates/{state}";

/// One row, which shows plain typed JSON (facts.md §5).
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub(super) struct Row {
    pub id: i64,
    pub feature: FeatureId,
    #[serde(default)]
    pub environment: Option<EnvironmentId>,
    pub enabled: bool,
    pub feature_state_value: Value,
    #[serde(default)]
    pub multivariate_feature_state_values: Vec<Weight>,
    #[serde(default)]
    pub identity: Option<serde_json::Value>,
    /// The number of what ties the row to a segment, where it is an override's.
    #[serde(default)]
    pub feature_segment: Option<i64>,
}

/// The states of an environment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StateList {
    /// The states. Features without one are left out (facts.md §5).
    pub states: Vec<(FeatureId, FlagState)>,
    /// The features whose variants weigh more than 100 in all, which breaks the document of the whole environment, for SDKs
    /// too (facts.md §6).
    pub overweight: Vec<FeatureId>,
}

/// One variant's share, which has a row of its own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Weight {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<i64>,
    pub multivariate_feature_option: VariantId,
    pub percentage_allocation: Percentage,
}

/// Those shares in the rows that are there. What grows comes last, so that no row is written before the sum has room for it.
pub(super) fn reweighed(held: &[Weight], wanted: &Weights) -> Vec<Weight> {
    let mut weights: Vec<_> = wanted
        .iter()
        .map(|(variant, share)| {
            let row = held.iter().find(|one| one.multivariate_feature_option == *variant);
            let grows = row.is_none_or(|row| row.percentage_allocation < *share);
            let id = row.and_then(|row| row.id);
            (grows, Weight { id, multivariate_feature_option: *variant, percentage_allocation: *share })
        })
        .collect();
    weights.sort_by_key(|(grows, _)| *grows);
    weights.into_iter().map(|(_, weight)| weight).collect()
}

impl Row {
    pub(super) fn is_overweight(&self) -> bool {
        let weights = self.multivariate_feature_state_values.iter();
        Percentage::sum(weights.map(|weight| weight.percentage_allocation)) > Percentage::WHOLE
    }

    pub(super) fn is_default(&self) -> bool {
        self.identity.is_none() && self.feature_segment.is_none()
    }

    pub(super) fn weights(&self) -> Weights {
        let weights = self.multivariate_feature_state_values.iter();
        weights.map(|one| (one.multivariate_feature_option, one.percentage_allocation)).collect()
    }

    /// The state without its overrides.
    pub(super) fn state(&self) -> FlagState {
        FlagState {
            enabled: self.enabled,
            value: self.feature_state_value.clone(),
            weights: self.weights(),
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
    /// All of them: rows that are left out go.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    multivariate_feature_state_values: Vec<Weight>,
}

#[derive(Serialize)]
struct New<'a> {
    feature: FeatureId,
    #[serde(flatten)]
    state: Write<'a>,
}

impl Client {
    /// What every feature serves in an environment.
    ///
    /// # Errors
    /// Any [`Error`]; an environment that is gone is [`Error::NotFound`], one that is forbidden [`Error::Forbidden`].
    pub async fn states(&self, key: &EnvironmentKey) -> Result<StateList, Error> {
        let rows = self.rows(key, || rows(key)).await?;
        let environment = rows.iter().find_map(|row| row.environment);
        let mut list = StateList {
            overweight: rows.iter().filter(|row| row.is_overweight()).map(|row| row.feature).collect(),
            states: rows.into_iter().map(|row| (row.feature, row.state())).collect(),
        };
        if let Some(environment) = environment {
            self.add_overrides(environment, &mut list).await?;
        }
        Ok(list)
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

    /// Makes a row as `wanted`, in an unversioned environment; its weights only where they are given.
    pub(super) async fn put_row(
        &self,
        key: &EnvironmentKey,
        row: &Row,
        (enabled, value, weights): (Option<bool>, Option<&Value>, Option<&Weights>),
    ) -> Result<(), Error> {
        let held = &row.multivariate_feature_state_values;
        let weights = weights.map(|wanted| reweighed(held, wanted)).unwrap_or_default();
        let write = Write { enabled, feature_state_value: value, multivariate_feature_state_values: weights };
        let call = Call::new(Method::PUT, ROW).needs(Right::UpdateFeatureState).with_key(key).with(row.id);
        self.send(&call.json(&write)?).await?.nothing()
    }

    /// Makes a row, in an unversioned environment, for a feature that has none.
    pub(super) async fn post_row(
        &self,
        key: &EnvironmentKey,
        feature: FeatureId,
        state: &FlagState,
    ) -> Result<(), Error> {
        let FlagState { enabled, value, weights: _, overrides: _ } = state;
        let write = Write {
            enabled: Some(*enabled),
            feature_state_value: Some(value),
            multivariate_feature_state_values: Vec::new(),
        };
        let call = Call::new(Method::POST, ROWS).needs(Right::UpdateFeatureState).with_key(key);
        self.send(&call.json(&New { feature, state: write })?).await?.nothing()
    }
}

fn rows(key: &EnvironmentKey) -> Call {
    Call::get(ROWS).needs(Right::ViewEnvironment).with_key(key)
}
