//! Versions of a flag: how versioned environments are written in every release that has them (facts.md §6).

use reqwest::Method;
use serde::{Deserialize, Serialize};

use super::call::Call;
use super::feature_state::{Weight, reweighed};
use super::flag_rows::FlagRows;
use super::{
    Client, EnvironmentId, Error, FeatureId, FlagState, Right, SegmentId, SegmentOverride, StatePatch, Uuid, Value,
    Weights,
};

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

/// A version that is live at once: what was, with these changes.
#[derive(Serialize)]
struct New<'a> {
    publish_immediately: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    feature_states_to_create: Vec<Update<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    feature_states_to_update: Vec<Update<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    segment_ids_to_delete_overrides: Vec<SegmentId>,
}

/// The environment's default, or an override; weights stay where they are left out (seen on 2.265.0).
#[derive(Serialize)]
struct Update<'a> {
    feature_segment: Option<Place>,
    enabled: bool,
    feature_state_value: Columns<'a>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    multivariate_feature_state_values: Vec<Weight>,
}

/// An override's segment; without a priority it stays where it is, and a new one is the weakest.
#[derive(Serialize)]
struct Place {
    segment: SegmentId,
    #[serde(skip_serializing_if = "Option::is_none")]
    priority: Option<i64>,
}

/// A value as the database keeps it. No value is a string that is null.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub(super) enum Columns<'a> {
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

/// What a version is to change for a flag to become what is wanted of it.
fn version<'a>(held: &FlagRows, before: &'a FlagState, (wanted, patch): (&'a FlagState, &StatePatch)) -> New<'a> {
    let mut new = New {
        publish_immediately: true,
        feature_states_to_create: Vec::new(),
        feature_states_to_update: Vec::new(),
        segment_ids_to_delete_overrides: Vec::new(),
    };
    if patch.names_default() {
        let weights = patch.weights.as_ref().map(sent).unwrap_or_default();
        new.feature_states_to_update.push(Update {
            feature_segment: None,
            enabled: wanted.enabled,
            feature_state_value: (&wanted.value).into(),
            multivariate_feature_state_values: weights,
        });
    }
    let first = first_priority(held, before, wanted);
    for (place, one) in (0..).zip(&wanted.overrides) {
        let priority = first.map(|first| first + place);
        let SegmentOverride { segment, enabled, value, weights } = one;
        let held = before.overrides.iter().find(|held| held.segment == *segment);
        let is_reweighed = held.is_none_or(|held| held.weights != *weights);
        let update = Update {
            feature_segment: Some(Place { segment: *segment, priority }),
            enabled: *enabled,
            feature_state_value: value.into(),
            multivariate_feature_state_values: if is_reweighed { sent(weights) } else { Vec::new() },
        };
        match held {
            None => new.feature_states_to_create.push(update),
            Some(held) if held != one || priority.is_some() => new.feature_states_to_update.push(update),
            Some(_) => {}
        }
    }
    let is_wanted = |held: &SegmentOverride| wanted.overrides.iter().any(|one| one.segment == held.segment);
    let gone = before.overrides.iter().filter(|held| !is_wanted(held)).map(|held| held.segment);
    new.segment_ids_to_delete_overrides = gone.collect();
    new
}

/// The priority of the first override, where the order becomes another. All are beyond those that there are: whatever has a
/// priority that another asks for is moved out of its way, and others with it (seen on 2.265.0).
fn first_priority(held: &FlagRows, before: &FlagState, wanted: &FlagState) -> Option<i64> {
    let place = |one: &SegmentOverride| before.overrides.iter().position(|held| held.segment == one.segment);
    let places: Vec<_> = wanted.overrides.iter().map(|one| place(one).unwrap_or(usize::MAX)).collect();
    let weakest = held.overrides.iter().map(|one| one.link.priority).max();
    if places.is_sorted() { None } else { Some(weakest.map_or(0, |weakest| weakest + 1)) }
}

fn sent(weights: &Weights) -> Vec<Weight> {
    reweighed(&[], weights)
}

impl Client {
    /// Publishes a version in which the flag is as it is held, but for what the patch names: the route asks for the whole
    /// of each state that it changes. The answer does not show the flag.
    pub(super) async fn publish_version(
        &self,
        (environment, feature): (EnvironmentId, FeatureId),
        held: &FlagRows,
        patch: &StatePatch,
    ) -> Result<(), Error> {
        let before = held.state();
        let wanted = patch.applied(&before);
        let call = Call::new(Method::POST, VERSIONS).needs(Right::UpdateFeatureState).with(environment).with(feature);
        self.send(&call.json(&version(held, &before, (&wanted, patch)))?).await?.nothing()
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
