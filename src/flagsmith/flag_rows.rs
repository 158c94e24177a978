//! The rows of one flag with those of its overrides of segments, which older releases show in several requests (facts.md §5, §7).

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use super::call::Call;
use super::feature_state::{Row, StateList, Weight};
use super::variant::Columns;
use super::{Client, EnvironmentId, Error, FeatureId, FlagState, Right, SegmentId, SegmentOverride};

const ROWS: &str = "features/featurestates";
const LINKS: &str = "features/feature-segments";

/// A row as this list shows it: its value in columns.
#[derive(Deserialize)]
struct Wire {
    id: i64,
    feature: FeatureId,
    environment: EnvironmentId,
    enabled: bool,
    feature_state_value: Columns,
    #[serde(default)]
    multivariate_feature_state_values: Vec<Weight>,
    identity: Option<serde_json::Value>,
    feature_segment: Option<i64>,
}

/// What ties an override's row to its segment.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Link {
    pub id: i64,
    pub segment: SegmentId,
    pub priority: i64,
}

/// One flag in one environment.
#[derive(Debug)]
pub(super) struct FlagRows {
    pub default: Row,
    /// In the order of their priorities.
    pub overrides: Vec<OverrideRow>,
}

/// One override, with the place where it is kept.
#[derive(Debug)]
pub(super) struct OverrideRow {
    pub link: Link,
    pub row: Row,
}

impl From<Wire> for Row {
    fn from(wire: Wire) -> Self {
        let Wire { id, feature, environment, enabled, feature_state_value, .. } = wire;
        Self {
            id,
            feature,
            environment: Some(environment),
            enabled,
            feature_state_value: feature_state_value.into(),
            multivariate_feature_state_values: wire.multivariate_feature_state_values,
            identity: wire.identity,
            feature_segment: wire.feature_segment,
        }
    }
}

impl From<Row> for FlagRows {
    fn from(default: Row) -> Self {
        Self { default, overrides: Vec::new() }
    }
}

impl OverrideRow {
    fn shown(&self) -> SegmentOverride {
        SegmentOverride {
            segment: self.link.segment,
            enabled: self.row.enabled,
            value: self.row.feature_state_value.clone(),
            weights: self.row.weights(),
        }
    }
}

impl FlagRows {
    pub(super) fn state(&self) -> FlagState {
        FlagState { overrides: shown(&self.overrides), ..self.default.state() }
    }
}

fn shown(overrides: &[OverrideRow]) -> Vec<SegmentOverride> {
    overrides.iter().map(OverrideRow::shown).collect()
}

impl Client {
    /// The whole of what a default row is a part of.
    pub(super) async fn whole(&self, row: Row) -> Result<FlagState, Error> {
        let Some(environment) = row.environment else { return Ok(row.state()) };
        let rows = self.flag_rows((environment, row.feature)).await?;
        Ok(rows.map_or_else(|| row.state(), |rows| rows.state()))
    }

    /// The rows of one flag; `None` where it has no default there.
    pub(super) async fn flag_rows(
        &self,
        (environment, feature): (EnvironmentId, FeatureId),
    ) -> Result<Option<FlagRows>, Error> {
        let rows = self.list(|| rows_in(environment).query("feature", feature)).await?.items;
        let (defaults, overrides) = split(rows);
        let Some(default) = defaults.into_iter().next() else { return Ok(None) };
        let overrides = self.tied((environment, feature), overrides).await?;
        Ok(Some(FlagRows { default, overrides }))
    }

    /// Adds the overrides to a list of defaults: one request for all, and one more for each flag that has any.
    pub(super) async fn add_overrides(&self, environment: EnvironmentId, list: &mut StateList) -> Result<(), Error> {
        let (_, overrides) = split(self.list(|| rows_in(environment)).await?.items);
        let broken = overrides.iter().filter(|row| row.is_overweight()).map(|row| row.feature);
        let broken: BTreeSet<_> = broken.chain(list.overweight.drain(..)).collect();
        list.overweight.extend(broken);
        let mut flags: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for row in overrides {
            flags.entry(row.feature).or_default().push(row);
        }
        for (feature, state) in &mut list.states {
            if let Some(rows) = flags.remove(feature) {
                state.overrides = shown(&self.tied((environment, *feature), rows).await?);
            }
        }
        Ok(())
    }

    /// Ties the overrides of a flag to their segments.
    async fn tied(
        &self,
        (environment, feature): (EnvironmentId, FeatureId),
        rows: Vec<Row>,
    ) -> Result<Vec<OverrideRow>, Error> {
        if rows.is_empty() {
            return Ok(Vec::new());
        }
        let call = || Call::get(LINKS).needs(Right::ViewProject).query("environment", environment);
        let links: Vec<Link> = self.list(|| call().query("feature", feature)).await?.items;
        if links.is_empty() {
            // So it answers to whoever may not see the project (seen on 2.265.0).
            let message = "it does not show which segments a flag is overridden for".to_owned();
            return Err(Error::Forbidden { message, right: Some(Right::ViewProject) });
        }
        let tie = |row: Row| {
            let link = links.iter().find(|link| Some(link.id) == row.feature_segment).cloned()?;
            Some(OverrideRow { link, row })
        };
        let overrides: Option<Vec<_>> = rows.into_iter().map(tie).collect();
        // Somebody wrote the flag between the two requests: what was read belongs to two of its versions.
        let mut overrides = overrides.ok_or(Error::Server { status: 409 })?;
        overrides.sort_by_key(|one| (one.link.priority, one.link.segment));
        Ok(overrides)
    }
}

fn rows_in(environment: EnvironmentId) -> Call {
    Call::get(ROWS).needs(Right::ViewEnvironment).query("environment", environment)
}

/// The defaults, and the overrides of segments.
fn split(rows: Vec<Wire>) -> (Vec<Row>, Vec<Row>) {
    let rows = rows.into_iter().map(Row::from).filter(|row| row.identity.is_none());
    rows.partition(Row::is_default)
}
