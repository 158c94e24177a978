//! How a flag becomes another in an unversioned environment of a server without `/api/__future__/`: row by row, in an order in
//! which what a failure leaves is what a plan made anew goes on from (facts.md §5, §7).

use reqwest::Method;
use serde::{Deserialize, Serialize};

use super::call::Call;
use super::feature_state::{Weight, reweighed};
use super::flag_rows::{FlagRows, Link, OverrideRow};
use super::version::Columns;
use super::{Client, EnvironmentKey, Error, FeatureId, Right, SegmentId, SegmentOverride, StatePatch};

const NEW: &str = "environments/{key}/features/{feature}/create-segment-override";
const ROW: &str = "features/featurestates/{state}";
const LINK: &str = "features/feature-segments/{link}";
const PRIORITIES: &str = "features/feature-segments/update-priorities";

#[derive(Serialize)]
struct New<'a> {
    feature_segment: Of,
    enabled: bool,
    feature_state_value: Columns<'a>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    multivariate_feature_state_values: Vec<Weight>,
}

#[derive(Serialize)]
struct Of {
    segment: SegmentId,
}

#[derive(Deserialize)]
struct Made {
    feature_segment: Link,
}

/// The whole of a row: it asks for the place, though it cannot change it.
#[derive(Serialize)]
struct Write<'a> {
    feature: FeatureId,
    environment: super::EnvironmentId,
    enabled: bool,
    feature_state_value: Columns<'a>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    multivariate_feature_state_values: Vec<Weight>,
}

#[derive(Serialize)]
struct Place {
    id: i64,
    priority: usize,
}

impl Client {
    /// Makes of a flag what the patch names, and no more: the default first, then what is overridden, what no longer is, and
    /// the order.
    pub(super) async fn write_rows(
        &self,
        key: &EnvironmentKey,
        held: &FlagRows,
        patch: &StatePatch,
    ) -> Result<(), Error> {
        if patch.names_default() {
            let StatePatch { enabled, value, weights, overrides: _ } = patch;
            self.put_row(key, &held.default, (*enabled, value.as_ref(), weights.as_ref())).await?;
        }
        if patch.overrides.is_none() {
            return Ok(());
        }
        let wanted = patch.applied(&held.state()).overrides;
        let mut links = Vec::new();
        for one in &wanted {
            links.push(match held.overrides.iter().find(|row| row.link.segment == one.segment) {
                Some(row) => self.put_override(row, one).await.map(|()| row.link.clone())?,
                None => self.post_override((key, held.default.feature), one).await?,
            });
        }
        let is_wanted = |row: &OverrideRow| wanted.iter().any(|one| one.segment == row.link.segment);
        for row in held.overrides.iter().filter(|row| !is_wanted(row)) {
            let call = Call::new(Method::DELETE, LINK).needs(Right::ManageSegmentOverrides).with(row.link.id);
            self.send(&call).await?.nothing()?;
        }
        self.order(&links).await
    }

    async fn put_override(&self, held: &OverrideRow, wanted: &SegmentOverride) -> Result<(), Error> {
        let (row, SegmentOverride { segment: _, enabled, value, weights }) = (&held.row, wanted);
        let is_reweighed = row.weights() != *weights;
        let Some(environment) = row.environment else { return Ok(()) };
        if row.enabled == *enabled && row.feature_state_value == *value && !is_reweighed {
            return Ok(());
        }
        let weights = is_reweighed.then(|| reweighed(&row.multivariate_feature_state_values, weights));
        let write = Write {
            feature: row.feature,
            environment,
            enabled: *enabled,
            feature_state_value: value.into(),
            multivariate_feature_state_values: weights.unwrap_or_default(),
        };
        let call = Call::new(Method::PUT, ROW).needs(Right::ManageSegmentOverrides).with(row.id);
        self.send(&call.json(&write)?).await?.nothing()
    }

    /// Adds an override, weaker than all others.
    async fn post_override(
        &self,
        (key, feature): (&EnvironmentKey, FeatureId),
        wanted: &SegmentOverride,
    ) -> Result<Link, Error> {
        let SegmentOverride { segment, enabled, value, weights } = wanted;
        let new = New {
            feature_segment: Of { segment: *segment },
            enabled: *enabled,
            feature_state_value: value.into(),
            multivariate_feature_state_values: reweighed(&[], weights),
        };
        let call = Call::new(Method::POST, NEW).needs(Right::ManageSegmentOverrides).with_key(key).with(feature);
        Ok(self.ask::<Made>(call.json(&new)?).await?.feature_segment)
    }

    /// Has the overrides matched in that order, unless they are.
    async fn order(&self, links: &[Link]) -> Result<(), Error> {
        if links.is_sorted_by(|one, next| one.priority < next.priority) {
            return Ok(());
        }
        let places = links.iter().enumerate().map(|(priority, link)| Place { id: link.id, priority });
        let call = Call::new(Method::POST, PRIORITIES).needs(Right::ManageSegmentOverrides);
        self.send(&call.json(&places.collect::<Vec<_>>())?).await?.nothing()
    }
}
