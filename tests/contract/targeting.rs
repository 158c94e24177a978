//! Weights, overrides of segments in their order, and overrides of identities: written and read by each route that a server may
//! have, in both kinds of environment.

use flagsmith_operator::flagsmith::{
    Capabilities, Client, EnvironmentKey, FeatureId, FlagState, IdentityOverride, IdentityPatch, OverridePatch,
    SegmentId, StatePatch, Value, VariantId, Weights,
};
use serde_json::{Value as Json, json};

use crate::support::{Case, MIDDLE, NEWEST, OLDEST};

/// A multivariate flag in one environment, three segments, and what the flag should serve by now.
struct Flag {
    case: Case,
    client: Client,
    key: EnvironmentKey,
    id: FeatureId,
    variants: [VariantId; 2],
    segments: Vec<SegmentId>,
    expected: FlagState,
}

impl Flag {
    async fn of(case: Case, capabilities: Capabilities, is_versioned: bool) -> Self {
        let mut environment = case.environment("production").await;
        let option =
            |value, weight| json!({"type": "unicode", "string_value": value, "default_percentage_allocation": weight});
        let feature = json!({"name": "colour", "initial_value": "red", "default_enabled": true,
            "multivariate_options": [option("blue", 10), option("green", 20)]});
        let made = case.made(&case.features_path(), feature).await;
        let id = FeatureId(made["id"].as_i64().unwrap());
        let options = made["multivariate_options"].as_array().unwrap();
        let of = |value| options.iter().find(move |one| one["string_value"] == value).unwrap()["id"].as_i64().unwrap();
        let variants = ["blue", "green"].map(|value| VariantId(of(value)));
        let mut segments = Vec::new();
        for name in ["beta", "staff", "vip"] {
            let condition = json!({"property": name, "operator": "EQUAL", "value": "yes"});
            let rules = json!([{"type": "ALL", "rules": [{"type": "ANY", "conditions": [condition]}]}]);
            let segment = json!({"name": name, "project": case.project, "rules": rules});
            let path = format!("/api/v1/projects/{}/segments/", case.project);
            let made = case.aside(case.made(&path, segment)).await;
            segments.push(SegmentId(made["id"].as_i64().unwrap()));
        }
        if is_versioned {
            environment = case.version(&environment.key).await;
        }
        let client = case.client.knowing(capabilities);
        let expected = client.state(&environment.key, id).await.unwrap().unwrap();
        Self { client, case, key: environment.key, id, variants, segments, expected }
    }

    fn weights(&self, blue: &str, green: &str) -> Weights {
        self.variants.into_iter().zip([blue, green].map(|share| share.parse().unwrap())).collect()
    }

    /// How the override of a segment shall be.
    fn over(&self, segment: usize) -> OverridePatch {
        OverridePatch { segment: self.segments[segment], enabled: None, value: None, weights: None }
    }

    /// What is written is what is answered, if it is, and what is read at once by each way to read.
    async fn becomes(&mut self, patch: StatePatch) {
        self.expected = patch.applied(&self.expected);
        let answered = self.client.set_state(&self.key, self.id, &patch).await.unwrap();
        assert!(answered.as_ref().is_none_or(|state| *state == self.expected), "{patch:?}\n{answered:?}");
        let expected = &self.expected;
        let read = self.client.state(&self.key, self.id).await.unwrap();
        assert_eq!(read.as_ref(), Some(expected), "{patch:?}");
        assert_eq!(self.case.documented(&self.key, self.id).await.as_ref(), Some(expected), "{patch:?}");
        let listed = self.client.states(&self.key).await.unwrap();
        assert_eq!((listed.states, listed.overweight), (vec![(self.id, expected.clone())], vec![]), "{patch:?}");
    }
}

fn text(text: &str) -> Value {
    Value::String(text.to_owned())
}

fn overrides(overrides: Vec<OverridePatch>) -> StatePatch {
    StatePatch { overrides: Some(overrides), ..StatePatch::default() }
}

async fn every_audience_is_written(mut flag: Flag) {
    let weights = flag.weights("60", "40");
    flag.becomes(StatePatch { weights: Some(weights), ..StatePatch::default() }).await;
    let weights = flag.weights("0", "99.5");
    flag.becomes(StatePatch { value: Some(text("white")), weights: Some(weights), ..StatePatch::default() }).await;
    // One that says all, and one that says nothing.
    let weights = Some(flag.weights("12.5", "0"));
    let beta = OverridePatch { enabled: Some(false), value: Some(text("b")), weights, ..flag.over(0) };
    flag.becomes(overrides(vec![beta, flag.over(1)])).await;
    // The order alone, then the order with another that is new and serves nothing.
    flag.becomes(overrides(vec![flag.over(1), flag.over(0)])).await;
    let vip = OverridePatch { enabled: Some(true), value: Some(Value::Null), ..flag.over(2) };
    flag.becomes(overrides(vec![vip, flag.over(0), flag.over(1)])).await;
    // All at once: the default, a value that is taken away by it, an override that goes.
    let weights = Some(flag.weights("100", "0"));
    let staff = OverridePatch { value: Some(Value::Integer(7)), weights: weights.clone(), ..flag.over(1) };
    let list = Some(vec![staff, flag.over(2)]);
    let patch = StatePatch { enabled: Some(false), value: Some(Value::Null), weights, overrides: list };
    flag.becomes(patch).await;
    // One field of one override.
    let staff = OverridePatch { enabled: Some(false), ..flag.over(1) };
    flag.becomes(overrides(vec![staff, flag.over(2)])).await;
    flag.becomes(overrides(Vec::new())).await;
    flag.case.agrees();
}

#[tokio::test]
async fn future_writes_every_audience_in_an_unversioned_environment() {
    every_audience_is_written(Flag::of(case!().await, NEWEST, false).await).await;
}

#[tokio::test]
async fn future_writes_every_audience_in_a_versioned_environment() {
    every_audience_is_written(Flag::of(case!().await, NEWEST, true).await).await;
}

#[tokio::test]
async fn update_flag_leaves_every_audience_to_the_routes_of_an_unversioned_environment() {
    every_audience_is_written(Flag::of(case!().await, MIDDLE, false).await).await;
}

#[tokio::test]
async fn update_flag_leaves_every_audience_to_the_routes_of_a_versioned_environment() {
    every_audience_is_written(Flag::of(case!().await, MIDDLE, true).await).await;
}

#[tokio::test]
async fn the_oldest_routes_write_every_audience_in_an_unversioned_environment() {
    every_audience_is_written(Flag::of(case!().await, OLDEST, false).await).await;
}

#[tokio::test]
async fn the_oldest_routes_write_every_audience_in_a_versioned_environment() {
    every_audience_is_written(Flag::of(case!().await, OLDEST, true).await).await;
}

/// The same in both kinds of environment, and on every release.
async fn identities_are_written(flag: Flag) {
    let (client, place) = (&flag.client, (&flag.key, flag.id));
    let held = async || client.identity_overrides(place.0, Some(place.1)).await.unwrap().remove(&place.1);
    let shown = |enabled, value| Some([("jane".into(), IdentityOverride { enabled, value })].into());
    let jane = "jane".into();
    assert_eq!(held().await, None);
    let new = IdentityPatch { enabled: Some(true), value: Some(text("hers")) };
    client.set_identity(place, &jane, &new).await.unwrap();
    assert_eq!(held().await, shown(true, text("hers")));
    for (patch, expected) in [
        (IdentityPatch { enabled: Some(false), value: None }, shown(false, text("hers"))),
        (IdentityPatch { enabled: None, value: Some(Value::Null) }, shown(false, Value::Null)),
        (IdentityPatch { enabled: Some(true), value: Some(Value::Integer(7)) }, shown(true, Value::Integer(7))),
    ] {
        client.set_identity(place, &jane, &patch).await.unwrap();
        assert_eq!(held().await, expected);
    }
    let document = flag.case.aside(client.document(place.0)).await.unwrap();
    assert_eq!(document.identities.unwrap().get(&place.1), shown(true, Value::Integer(7)).as_ref());
    let flag_state = client.state(place.0, place.1).await.unwrap();
    assert_eq!(flag_state, Some(flag.expected.clone()), "identities are no part of it");
    client.remove_identity(place, &jane).await.unwrap();
    assert_eq!(held().await, None);
    // Once more, though there is nothing, and again for one that is there already.
    client.remove_identity(place, &jane).await.unwrap();
    client.set_identity(place, &jane, &new).await.unwrap();
    assert_eq!(client.identity_overrides(place.0, None).await.unwrap().len(), 1);
    let path = format!("/api/v1/environments/{}/", place.0.expose());
    let silent: Json = json!({"use_identity_overrides_in_local_eval": false});
    let document = flag.case.aside(async {
        assert_eq!(flag.case.patch(&path, silent).await.0, 200);
        client.document(place.0).await
    });
    assert_eq!(document.await.unwrap().identities, None);
    flag.case.agrees();
}

#[tokio::test]
async fn identities_are_written_in_an_unversioned_environment() {
    identities_are_written(Flag::of(case!().await, OLDEST, false).await).await;
}

#[tokio::test]
async fn identities_are_written_in_a_versioned_environment() {
    identities_are_written(Flag::of(case!().await, NEWEST, true).await).await;
}
