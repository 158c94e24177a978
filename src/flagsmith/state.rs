//! A flag's default state in one environment: what it serves to whoever no override matches.

use reqwest::Method;
use serde::{Deserialize, Serialize};

use super::call::Call;
use super::value::typed;
use super::{Client, EnvironmentKey, Error, FeatureId, Value};

const STATES: &str = "environments/{key}/featurestates";
const FLAG: &str = "environments/{key}/features/{feature}";

/// The default state of one feature in one environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FlagState {
    /// Whether the flag is on.
    pub enabled: bool,
    /// What it serves.
    pub value: Value,
}

/// What to change of a default state; `None` leaves it as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StatePatch {
    /// Whether the flag shall be on.
    pub enabled: Option<bool>,
    /// What it shall serve. [`Value::Null`] only [`Client::put_default`] can write (facts.md §6). Flagsmith drops the blanks
    /// around a text, and refuses one with a NUL (seen on 2.265.0).
    pub value: Option<Value>,
}

/// One row of a state list, which shows plain typed JSON (facts.md §5).
#[derive(Deserialize)]
struct Row {
    feature: FeatureId,
    enabled: bool,
    feature_state_value: Value,
    identity: Option<serde_json::Value>,
    feature_segment: Option<serde_json::Value>,
}

/// A flag as `/api/__future__/` answers it, as far as it is read.
#[derive(Deserialize)]
struct Flag {
    environment_default: Observed,
}

#[derive(Deserialize)]
struct Observed {
    enabled: bool,
    #[serde(with = "typed")]
    value: Value,
    #[serde(default)]
    variants: Vec<serde_json::Value>,
}

/// What is sent there.
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
    variants: Vec<serde_json::Value>,
}

#[derive(Serialize)]
#[serde(transparent)]
struct Typed(#[serde(serialize_with = "typed::serialize")] Value);

impl From<Flag> for FlagState {
    fn from(flag: Flag) -> Self {
        let Observed { enabled, value, variants: _ } = flag.environment_default;
        Self { enabled, value }
    }
}

/// The whole default state for a PUT, which resets what it does not hold (facts.md §6). Left out are no value, which is how a
/// value is cleared, and no variants, which a feature without any refuses to be sent.
fn replaced(observed: Observed, patch: &StatePatch) -> Write {
    let StatePatch { enabled, value } = patch;
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
    /// The default state of every feature in an environment. Features without one are left out (facts.md §5).
    ///
    /// # Errors
    /// Any [`Error`]; an environment that is gone and one that is forbidden are both [`Error::Forbidden`] (facts.md §1).
    pub async fn states(&self, key: &EnvironmentKey) -> Result<Vec<(FeatureId, FlagState)>, Error> {
        let rows: Vec<Row> = self.list(|| Call::get(STATES).with_key(key)).await?.items;
        let defaults = rows.into_iter().filter(|row| row.identity.is_none() && row.feature_segment.is_none());
        Ok(defaults
            .map(|row| (row.feature, FlagState { enabled: row.enabled, value: row.feature_state_value }))
            .collect())
    }

    /// The default state of one feature in one environment (2.263 on).
    ///
    /// # Errors
    /// Any [`Error`]; [`Error::RouteMissing`] on an older server, [`Error::NotFound`] for what is gone and what is forbidden,
    /// [`Error::Server`] where the feature has no default state there (facts.md §5, §6).
    pub async fn flag(&self, key: &EnvironmentKey, id: FeatureId) -> Result<FlagState, Error> {
        self.ask::<Flag>(route(Method::GET, key, id)).await.map(FlagState::from)
    }

    /// Changes what the patch names of a default state, and gives it as it then is (2.263 on). In a versioned environment
    /// this publishes a version, even where nothing changes (facts.md §6). Callers must not write one flag twice at a time.
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
        let StatePatch { enabled, value } = patch.clone();
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
    Call::new(method, FLAG).future().with_key(key).with(id)
}
