//! Variants: their weights are others' to set, and no write of ours may change them.

use flagsmith_operator::flagsmith::{Capabilities, Environment, Error, FeatureId, StatePatch, Value};
use serde_json::{Value as Json, json};

use crate::support::{Case, MIDDLE, NEWEST, OLDEST, future, html, in_environment, on};

/// A multivariate flag in one environment, where it has other weights than by default.
struct Flag {
    case: Case,
    environment: Environment,
    id: FeatureId,
    variants: [Json; 2],
}

impl Flag {
    async fn of(case: Case, is_versioned: bool) -> Self {
        let mut environment = case.environment("production").await;
        let option =
            |value, weight| json!({"type": "unicode", "string_value": value, "default_percentage_allocation": weight});
        let feature = json!({"name": "colour", "initial_value": "red", "default_enabled": true,
            "multivariate_options": [option("blue", 10), option("green", 20)]});
        let made = case.made(&case.features_path(), feature).await;
        assert_eq!(made["type"], "MULTIVARIATE");
        let id = FeatureId(made["id"].as_i64().unwrap());
        if is_versioned {
            environment = case.version(&environment.key).await;
        }
        let of = |value| {
            made["multivariate_options"].as_array().unwrap().iter().find(move |one| one["string_value"] == value)
        };
        let variants = ["blue", "green"].map(|value| of(value).unwrap()["id"].clone());
        let flag = Self { case, environment, id, variants };
        flag.weigh(&usual()).await;
        flag
    }

    async fn weigh(&self, weights: &Json) {
        let variants = [0, 1].map(|one| json!({"id": self.variants[one], "weight": weights[one]}));
        let body = json!({"environment_default": {"variants": variants}});
        assert_eq!(self.case.patch(&future(&self.environment.key, self.id), body).await.0, 200);
        assert_eq!(&self.weights().await, weights);
    }

    /// The weights as SDKs are told them.
    async fn weights(&self) -> Json {
        let document = self.case.seen(&in_environment(&self.environment.key, "document/")).await;
        let flags = document["feature_states"].as_array().unwrap();
        let flag = flags.iter().find(|flag| flag["feature"]["id"] == self.id.0).unwrap();
        let rows = flag["multivariate_feature_state_values"].as_array().unwrap();
        let of = |variant: &Json| rows.iter().find(|row| row["multivariate_feature_option"]["id"] == *variant).unwrap();
        json!([0, 1].map(|one| &of(&self.variants[one])["percentage_allocation"]))
    }
}

/// The weights that the flag has in its environment.
fn usual() -> Json {
    json!([12.5, 30.0])
}

async fn weights_are_kept(flag: Flag, capabilities: Capabilities) {
    let client = flag.case.client.knowing(capabilities);
    for (enabled, value) in [
        (Some(false), None),
        (None, Some(Value::String("white".to_owned()))),
        (None, Some(Value::Null)),
        (Some(true), Some(Value::Integer(7))),
    ] {
        let patch = StatePatch { enabled, value, ..StatePatch::default() };
        client.set_state(&flag.environment.key, flag.id, &patch).await.unwrap();
        assert_eq!(flag.weights().await, usual(), "{patch:?}");
    }
    let state = flag.case.documented(&flag.environment.key, flag.id).await.unwrap();
    assert_eq!((state.enabled, state.value), (true, Value::Integer(7)));
    flag.case.agrees();
}

#[tokio::test]
async fn future_keeps_weights_in_an_unversioned_environment() {
    weights_are_kept(Flag::of(case!().await, false).await, NEWEST).await;
}

#[tokio::test]
async fn future_keeps_weights_in_a_versioned_environment() {
    weights_are_kept(Flag::of(case!().await, true).await, NEWEST).await;
}

#[tokio::test]
async fn update_flag_keeps_weights_in_an_unversioned_environment() {
    weights_are_kept(Flag::of(case!().await, false).await, MIDDLE).await;
}

#[tokio::test]
async fn update_flag_keeps_weights_in_a_versioned_environment() {
    weights_are_kept(Flag::of(case!().await, true).await, MIDDLE).await;
}

#[tokio::test]
async fn the_oldest_routes_keep_weights_in_an_unversioned_environment() {
    weights_are_kept(Flag::of(case!().await, false).await, OLDEST).await;
}

#[tokio::test]
async fn the_oldest_routes_keep_weights_in_a_versioned_environment() {
    weights_are_kept(Flag::of(case!().await, true).await, OLDEST).await;
}

#[tokio::test]
async fn a_put_without_the_variants_is_refused_and_one_with_them_clears_the_value_alone() {
    let flag = Flag::of(case!().await, false).await;
    let path = future(&flag.environment.key, flag.id);
    let bare = json!({"environment_default": {"enabled": true}});
    assert_eq!(flag.case.put(&path, bare).await.0, 400);
    let variants = flag.case.seen(&path).await["environment_default"]["variants"].clone();
    let whole = json!({"environment_default": {"enabled": true, "variants": variants}});
    assert_eq!(flag.case.put(&path, whole).await.0, 200);
    assert_eq!(flag.weights().await, usual());
    assert_eq!(flag.case.documented(&flag.environment.key, flag.id).await.unwrap().value, Value::Null);
    flag.case.agrees();
}

#[tokio::test]
async fn weights_that_cannot_be_are_refused() {
    let flag = Flag::of(case!().await, false).await;
    let path = future(&flag.environment.key, flag.id);
    let [blue, green] = &flag.variants;
    for variants in [
        json!([{"id": blue, "weight": 60}, {"id": green, "weight": 41}]),
        json!([{"id": blue, "weight": 60}]),
        json!([{"id": blue, "weight": -1}, {"id": green, "weight": 0}]),
        json!([{"id": blue, "weight": 1}, {"id": blue, "weight": 1}]),
        json!([]),
    ] {
        let (status, body) =
            flag.case.patch(&path, json!({"environment_default": {"variants": variants.clone()}})).await;
        assert_eq!(status, 400, "{variants}: {body}");
    }
    assert_eq!(flag.weights().await, usual());
    flag.case.agrees();
}

/// Gives a flag more than 100 percent, as the versions of a versioned environment let anybody do.
async fn poison(flag: &Flag) {
    let (environment, id) = (flag.environment.id, flag.id);
    let weights = [80, 44];
    let rows = [0, 1]
        .map(|one| json!({"multivariate_feature_option": flag.variants[one], "percentage_allocation": weights[one]}));
    let update = json!({"feature_segment": null, "enabled": true, "multivariate_feature_state_values": rows,
        "feature_state_value": {"type": "unicode", "string_value": "red"}});
    let version = json!({"publish_immediately": true, "feature_states_to_update": [update]});
    let path = format!("/api/v1/environments/{environment}/features/{id}/versions/");
    assert_eq!(flag.case.post(&path, version).await.0, 201);
}

#[tokio::test]
async fn weights_over_100_break_the_document_of_the_environment_and_nothing_else() {
    let flag = Flag::of(case!().await, true).await;
    let (case, key) = (&flag.case, &flag.environment.key);
    let (other, elsewhere) = (case.feature("checkout").await, case.environment("staging").await);
    poison(&flag).await;
    assert_eq!(case.client.document(key).await, Err(Error::Server { status: 500 }));
    assert_eq!(case.get(&in_environment(key, "document/")).await, (500, html()));
    let list = case.client.states(key).await.unwrap();
    assert_eq!((list.states.len(), list.overweight), (2, [flag.id].into()));
    let newest = case.client.knowing(NEWEST);
    assert_eq!(newest.state(key, other.id).await, Ok(Some(on("red"))));
    let broken = newest.state(key, flag.id).await.unwrap().unwrap();
    assert_eq!((broken.enabled, broken.value), (true, Value::String("red".to_owned())));
    assert_eq!(case.client.document(&elsewhere.key).await.unwrap().flags.len(), 2);
    let off = StatePatch { enabled: Some(false), value: None, ..StatePatch::default() };
    assert!(!newest.set_state(key, other.id, &off).await.unwrap().unwrap().enabled);
    assert_eq!(case.client.document(key).await, Err(Error::Server { status: 500 }));
    flag.weigh(&usual()).await;
    assert_eq!(case.client.document(key).await.unwrap().flags.len(), 2);
    flag.case.agrees();
}

#[tokio::test]
async fn a_flag_whose_weights_are_over_100_is_written_save_where_they_are_sent_back() {
    let flag = Flag::of(case!().await, true).await;
    poison(&flag).await;
    for capabilities in [NEWEST, MIDDLE, OLDEST] {
        let client = flag.case.client.knowing(capabilities);
        let set = async |value| {
            let patch = StatePatch { enabled: None, value: Some(value), ..StatePatch::default() };
            client.set_state(&flag.environment.key, flag.id, &patch).await
        };
        set(Value::String("white".to_owned())).await.unwrap();
        let cleared = set(Value::Null).await;
        let is_refused = matches!(cleared, Err(Error::Refused { status: 400, .. }));
        assert_eq!(is_refused, capabilities == NEWEST, "{cleared:?}");
    }
    assert_eq!(flag.case.client.document(&flag.environment.key).await, Err(Error::Server { status: 500 }));
    flag.case.agrees();
}
