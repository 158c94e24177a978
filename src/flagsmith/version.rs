//! Versions of a flag: how versioned environments are written in every release that has them (facts.md §6).

use reqwest::Method;
use serde::{Deserialize, Serialize};

use super::call::Call;
use super::{Client, EnvironmentId, Error, FeatureId, FlagState, Right, StatePatch, Uuid, Value};

const VERSIONS: &str = "environments/{id}/features/{feature}/versions";

const DRAFT: &str = "environments/{id}/features/{feature}/versions/{version}/featurestates";
const PUBLISH: &str = "environments/{id}/features/{feature}/versions/{version}/publish";

/// A version that is not live yet.
#[derive(Deserialize)]
struct Draft {
    uuid: Uuid,
}

/// A default state in a draft.
#[derive(Serialize)]
struct First<'a> {
    enabled: bool,
    feature_state_value: Columns<'a>,
}

/// A version that is live at once.
#[derive(Serialize)]
struct New<'a> {
    publish_immediately: bool,
    feature_states_to_update: [Update<'a>; 1],
}

/// The environment's default; variants keep their weights where they are left out (seen on 2.265.0).
#[derive(Serialize)]
struct Update<'a> {
    feature_segment: Option<()>,
    enabled: bool,
    feature_state_value: Columns<'a>,
}

/// A value as the database keeps it. No value is a string that is null.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "lowercase")]
enum Columns<'a> {
    Unicode { string_value: Option<&'a str> },
    Int { integer_value: i32 },
    Bool { boolean_value: bool },
}

impl<'a> From<&'a Value> for Columns<'a> {
    fn from(value: &'a Value) -> Self {
        match value {
            Value::String(text) => Self::Unicode { string_value: Some(text) },
            Value::Integer(number) => Self::Int { integer_value: *number },
            Value::Boolean(truth) => Self::Bool { boolean_value: *truth },
            Value::Null => Self::Unicode { string_value: None },
        }
    }
}

impl Client {
    /// Publishes a version in which the default state is as `observed`, but for what the patch names: the route asks for
    /// the whole of it. The answer does not show the flag.
    pub(super) async fn publish_version(
        &self,
        (environment, feature): (EnvironmentId, FeatureId),
        observed: &FlagState,
        patch: &StatePatch,
    ) -> Result<(), Error> {
        let StatePatch { enabled, value, weights: _, overrides: _ } = patch;
        let update = Update {
            feature_segment: None,
            enabled: enabled.unwrap_or(observed.enabled),
            feature_state_value: value.as_ref().unwrap_or(&observed.value).into(),
        };
        let new = New { publish_immediately: true, feature_states_to_update: [update] };
        let call = Call::new(Method::POST, VERSIONS).needs(Right::UpdateFeatureState).with(environment).with(feature);
        self.send(&call.json(&new)?).await?.nothing()
    }

    /// Gives a flag its default state by a draft that is then published: a version that is live at once takes none (it
    /// answers 400, and 500 to a change of what is missing; seen on 2.265.0).
    pub(super) async fn publish_first_state(
        &self,
        (environment, feature): (EnvironmentId, FeatureId),
        state: &FlagState,
    ) -> Result<(), Error> {
        let post =
            |route| Call::new(Method::POST, route).needs(Right::UpdateFeatureState).with(environment).with(feature);
        let nothing = serde_json::Map::new();
        let draft: Draft = self.ask(post(VERSIONS).json(&nothing)?).await?;
        let FlagState { enabled, value, weights: _, overrides: _ } = state;
        let first = First { enabled: *enabled, feature_state_value: value.into() };
        self.send(&post(DRAFT).with(&draft.uuid).json(&first)?).await?.nothing()?;
        self.send(&post(PUBLISH).with(&draft.uuid).json(&nothing)?).await?.nothing()
    }
}
