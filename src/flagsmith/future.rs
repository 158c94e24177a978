//! `/api/__future__/`: a whole flag in one request, in both kinds of environment (2.263 on, facts.md §6).

use reqwest::Method;
use serde::{Deserialize, Serialize};

use super::call::Call;
use super::value::typed;
use super::{
    Client, EnvironmentKey, Error, FeatureId, FlagState, OverridePatch, Percentage, Right, SegmentId, SegmentOverride,
    StatePatch, Value, VariantId, Weights,
};

const FLAG: &str = "environments/{key}/features/{feature}";

/// A flag as it is answered, as far as it is read.
#[derive(Deserialize)]
struct Flag {
    environment_default: Observed,
    #[serde(default)]
    segment_overrides: Vec<ObservedOverride>,
}

#[derive(Deserialize)]
struct Observed {
    enabled: bool,
    #[serde(with = "typed")]
    value: Value,
    #[serde(default)]
    variants: Vec<Weight>,
}

/// Overrides come in the order of their priorities.
#[derive(Deserialize)]
struct ObservedOverride {
    segment: Segment,
    #[serde(flatten)]
    observed: Observed,
}

#[derive(Serialize, Deserialize)]
struct Segment {
    id: SegmentId,
}

#[derive(Serialize, Deserialize)]
struct Weight {
    id: VariantId,
    weight: Percentage,
}

/// What is sent.
#[derive(Serialize)]
struct Write {
    #[serde(skip_serializing_if = "Option::is_none")]
    environment_default: Option<Fields>,
    #[serde(skip_serializing_if = "Option::is_none")]
    segment_overrides: Option<Vec<OverrideFields>>,
}

/// Its place in the list is its priority, which is sent all the same: one that is left out keeps its own (seen on 2.265.0).
#[derive(Serialize)]
struct OverrideFields {
    segment: Segment,
    priority: usize,
    #[serde(flatten)]
    fields: Fields,
}

#[derive(Serialize)]
struct Fields {
    #[serde(skip_serializing_if = "Option::is_none")]
    enabled: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<Typed>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    variants: Vec<Weight>,
}

#[derive(Serialize)]
#[serde(transparent)]
struct Typed(#[serde(serialize_with = "typed::serialize")] Value);

impl From<Flag> for FlagState {
    fn from(flag: Flag) -> Self {
        let Flag { environment_default: Observed { enabled, value, variants }, segment_overrides } = flag;
        let overrides = segment_overrides.into_iter().map(SegmentOverride::from).collect();
        Self { enabled, value, weights: weights(variants), overrides }
    }
}

impl From<ObservedOverride> for SegmentOverride {
    fn from(one: ObservedOverride) -> Self {
        let ObservedOverride { segment: Segment { id: segment }, observed: Observed { enabled, value, variants } } =
            one;
        Self { segment, enabled, value, weights: weights(variants) }
    }
}

fn weights(variants: Vec<Weight>) -> Weights {
    variants.into_iter().map(|Weight { id, weight }| (id, weight)).collect()
}

fn sent(weights: &Weights) -> Vec<Weight> {
    weights.iter().map(|(id, weight)| Weight { id: *id, weight: *weight }).collect()
}

fn default_alone(fields: Fields) -> Write {
    Write { environment_default: Some(fields), segment_overrides: None }
}

/// The whole default state for a PUT, which resets what it does not hold (facts.md §6). Left out are no value, which is how a
/// value is cleared, and no variants, which a feature without any refuses to be sent.
fn replaced(wanted: &FlagState) -> Fields {
    let FlagState { enabled, value, weights, overrides: _ } = wanted;
    let value = Some(value.clone()).filter(|value| *value != Value::Null).map(Typed);
    Fields { enabled: Some(*enabled), value, variants: sent(weights) }
}

/// A PUT of all overrides, where the patch tells the whole of all that it names.
fn complete(patch: &StatePatch) -> Option<Write> {
    let StatePatch { enabled, value, weights, overrides } = patch;
    let environment_default = if patch.names_default() {
        let (enabled, value, weights) = ((*enabled)?, value.clone()?, weights.clone()?);
        Some(replaced(&FlagState { enabled, value, weights, overrides: Vec::new() }))
    } else {
        None
    };
    let whole = |(priority, one): (usize, &OverridePatch)| {
        let OverridePatch { segment, enabled, value, weights } = one;
        let value = value.clone().filter(|value| *value != Value::Null)?;
        let fields =
            Fields { enabled: Some((*enabled)?), value: Some(Typed(value)), variants: sent(weights.as_ref()?) };
        Some(OverrideFields { segment: Segment { id: *segment }, priority, fields })
    };
    let segment_overrides = overrides.as_ref()?.iter().enumerate().map(whole).collect::<Option<_>>()?;
    Some(Write { environment_default, segment_overrides: Some(segment_overrides) })
}

/// The same of what is wanted of the whole flag. An override without a value takes the default's, so that there is no way to
/// have it serve none where the default serves something: `None`.
fn whole(wanted: &FlagState, names_default: bool) -> Option<Write> {
    let replaced_override = |(priority, one): (usize, &SegmentOverride)| {
        let SegmentOverride { segment, enabled, value, weights } = one;
        if *value == Value::Null && wanted.value != Value::Null {
            return None;
        }
        let value = Some(value.clone()).filter(|value| *value != Value::Null).map(Typed);
        // A variant that is younger than the override has no share there, and all must be sent.
        let variants = wanted.weights.keys().map(|id| (*id, weights.get(id).copied().unwrap_or_default()));
        let fields = Fields { enabled: Some(*enabled), value, variants: sent(&variants.collect()) };
        Some(OverrideFields { segment: Segment { id: *segment }, priority, fields })
    };
    let overrides = wanted.overrides.iter().enumerate().map(replaced_override).collect::<Option<_>>()?;
    let environment_default = names_default.then(|| replaced(wanted));
    Some(Write { environment_default, segment_overrides: Some(overrides) })
}

impl Client {
    /// The default state of one feature in one environment.
    ///
    /// # Errors
    /// Any [`Error`]; [`Error::RouteMissing`] on an older server, [`Error::NotFound`] for what is gone and what is forbidden,
    /// [`Error::Server`] where the feature has no default state there (facts.md §5, §6).
    pub async fn flag(&self, key: &EnvironmentKey, id: FeatureId) -> Result<FlagState, Error> {
        self.ask::<Flag>(route(Method::GET, key, id).needs(Right::ViewEnvironment)).await.map(FlagState::from)
    }

    /// Changes what the patch names of a default state, and gives it as it then is.
    ///
    /// # Errors
    /// As [`flag`](Self::flag); besides [`Error::ChangeRequests`], [`Error::Refused`] for [`Value::Null`], and
    /// [`Error::Server`] for a text of more than 20,000 characters.
    pub async fn patch_flag(
        &self,
        key: &EnvironmentKey,
        id: FeatureId,
        patch: &StatePatch,
    ) -> Result<FlagState, Error> {
        let StatePatch { enabled, value, weights, overrides: _ } = patch.clone();
        let variants = weights.as_ref().map(sent).unwrap_or_default();
        let write = default_alone(Fields { enabled, value: value.map(Typed), variants });
        self.ask::<Flag>(route(Method::PATCH, key, id).json(&write)?).await.map(FlagState::from)
    }

    /// As [`patch_flag`](Self::patch_flag), but a value of [`Value::Null`] clears the flag's value. It takes two requests:
    /// what the patch leaves out, and the variants' weights, are read and sent back.
    ///
    /// # Errors
    /// As [`patch_flag`](Self::patch_flag). [`Error::ambiguous`] may be true though only the read failed.
    pub async fn put_default(
        &self,
        key: &EnvironmentKey,
        id: FeatureId,
        patch: &StatePatch,
    ) -> Result<FlagState, Error> {
        let observed = self.ask::<Flag>(route(Method::GET, key, id)).await.map(FlagState::from)?;
        let write = default_alone(replaced(&patch.applied(&observed)));
        self.ask::<Flag>(route(Method::PUT, key, id).json(&write)?).await.map(FlagState::from)
    }

    /// Has the flag's overrides be exactly those of the patch, and its default what the patch names, in one write; `None` where
    /// that is beyond this route. What the patch leaves out is read first, if it leaves out anything, and sent back.
    ///
    /// # Errors
    /// As [`patch_flag`](Self::patch_flag). [`Error::ambiguous`] may be true though only the read failed.
    pub(super) async fn put_overrides(
        &self,
        key: &EnvironmentKey,
        id: FeatureId,
        patch: &StatePatch,
    ) -> Result<Option<FlagState>, Error> {
        let write = if let Some(write) = complete(patch) {
            write
        } else {
            let observed = self.ask::<Flag>(route(Method::GET, key, id)).await.map(FlagState::from)?;
            let Some(write) = whole(&patch.applied(&observed), patch.names_default()) else { return Ok(None) };
            write
        };
        let right = if patch.names_default() { Right::WriteWholeFlag } else { Right::ManageSegmentOverrides };
        let call = route(Method::PUT, key, id).needs(right).json(&write)?;
        self.ask::<Flag>(call).await.map(FlagState::from).map(Some)
    }
}

fn route(method: Method, key: &EnvironmentKey, id: FeatureId) -> Call {
    Call::new(method, FLAG).future().needs(Right::UpdateFeatureState).with_key(key).with(id)
}
