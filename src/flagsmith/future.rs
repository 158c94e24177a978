//! `/api/__future__/`: a whole flag in one request, in both kinds of environment (2.263 on, facts.md §6).

use reqwest::Method;
use serde::{Deserialize, Serialize};

use super::call::Call;
use super::value::typed;
use super::{
    Client, EnvironmentKey, Error, FeatureId, FlagState, Percentage, Right, SegmentId, SegmentOverride, StatePatch,
    Value, VariantId, Weights,
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
    environment_default: Fields,
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

/// The whole default state for a PUT, which resets what it does not hold (facts.md §6). Left out are no value, which is how a
/// value is cleared, and no variants, which a feature without any refuses to be sent.
fn replaced(observed: Observed, patch: &StatePatch) -> Write {
    let StatePatch { enabled, value, weights: _, overrides: _ } = patch;
    let value = value.clone().unwrap_or(observed.value);
    Write {
        environment_default: Fields {
            enabled: Some(enabled.unwrap_or(observed.enabled)),
            value: Some(value).filter(|value| *value != Value::Null).map(Typed),
            variants: observed.variants,
        },
    }
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
        let StatePatch { enabled, value, weights: _, overrides: _ } = patch.clone();
        let write = Write { environment_default: Fields { enabled, value: value.map(Typed), variants: vec![] } };
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
        let observed: Flag = self.ask(route(Method::GET, key, id)).await?;
        let write = replaced(observed.environment_default, patch);
        self.ask::<Flag>(route(Method::PUT, key, id).json(&write)?).await.map(FlagState::from)
    }
}

fn route(method: Method, key: &EnvironmentKey, id: FeatureId) -> Call {
    Call::new(method, FLAG).future().needs(Right::UpdateFeatureState).with_key(key).with(id)
}
