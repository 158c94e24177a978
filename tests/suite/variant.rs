//! Variants: made, changed, deleted and adopted, in both kinds of environment.

use serde_json::{Value, json};

use crate::support::{Case, Kind};

fn id(thing: &Value) -> u64 {
    thing["id"].as_u64().unwrap()
}

fn variant(key: &str, value: Value, weight: Value) -> Value {
    json!({"key": key, "value": value, "weight": weight})
}

fn three() -> Value {
    json!([
        variant("blue", json!({"string": "blue"}), json!(30)),
        variant("seven", json!({"integer": 7}), json!("12.5")),
        variant("limits", json!({"json": {"limit": 1}}), json!("57.5")),
    ])
}

async fn variants_follow_their_manifest(versioned: bool) {
    let case = Case::plan().versioned(versioned).resync("1s").start().await;
    let production = json!([{"name": "production", "enabled": true, "value": {"string": "grey"}}]);
    case.apply_flag("colour", json!({"variants": three(), "environments": production})).await;
    case.until_ready(Kind::Flag, "colour").await;
    let expected = json!([["blue", "blue", 30.0], ["limits", "{\"limit\":1}", 57.5], ["seven", 7, 12.5]]);
    assert_eq!(case.flagsmith.variants("colour").await, expected);
    assert_eq!(case.flagsmith.weights(&case.production, "colour").await, [30.0, 12.5, 57.5]);
    case.sim.clear_requests();
    case.until_documents_read(3).await;
    assert_eq!(case.writes(), Vec::<String>::new(), "a re-sync writes nothing");

    // Made smaller before the other is made greater, and no environment is changed by either.
    let edited = json!([
        variant("blue", json!({"string": "azure"}), json!(60)),
        variant("seven", json!({"integer": 7}), json!("12.5")),
        variant("limits", json!({"json": {"limit": 1}}), json!("27.5")),
    ]);
    case.apply_flag("colour", json!({"variants": edited, "environments": production})).await;
    let expected = json!([["blue", "azure", 60.0], ["limits", "{\"limit\":1}", 27.5], ["seven", 7, 12.5]]);
    let is_edited = async || case.flagsmith.variants("colour").await == expected;
    case.eventually("the variants are edited", is_edited).await;
    assert_eq!(case.writes().len(), 2, "{:?}", case.writes());
    assert_eq!(case.flagsmith.weights(&case.production, "colour").await, [30.0, 12.5, 57.5]);

    case.apply_flag("colour", json!({"variants": [edited[0]], "environments": production})).await;
    let is_one = async || case.flagsmith.variants("colour").await == json!([["blue", "azure", 60.0]]);
    case.eventually("one is left", is_one).await;
    case.apply_flag("colour", json!({"variants": [], "environments": production})).await;
    let is_standard = async || case.flagsmith.feature("colour").await["type"] == "STANDARD";
    case.eventually("none is left", is_standard).await;
    case.until_ready(Kind::Flag, "colour").await;
}

#[tokio::test]
async fn variants_follow_their_manifest_in_an_unversioned_environment() {
    variants_follow_their_manifest(false).await;
}

#[tokio::test]
async fn variants_follow_their_manifest_in_a_versioned_environment() {
    variants_follow_their_manifest(true).await;
}

#[tokio::test]
async fn a_variant_without_a_key_is_adopted_by_its_value_and_keeps_its_weights() {
    let case = Case::start().await;
    let option = |value, weight| json!({"string_value": value, "default_percentage_allocation": weight});
    let options = json!([option("blue", 10), option("green", 20)]);
    let made = case.flagsmith.add_feature(json!({"name": "colour", "multivariate_options": options})).await;
    case.sim.clear_requests();
    let wanted = json!([{"key": "blue", "value": {"string": "blue"}}, {"key": "green", "value": {"string": "green"}}]);
    case.apply_flag("colour", json!({"variants": wanted})).await;
    case.until_ready(Kind::Flag, "colour").await;
    assert_eq!(case.flagsmith.variants("colour").await, json!([["blue", "blue", 10.0], ["green", "green", 20.0]]));
    let path = case.flagsmith.below("colour", "mv-options").await;
    let of = |place: usize| format!("PUT {path}/{}/", id(&made["multivariate_options"][place]));
    assert_eq!(case.writes(), [of(0), of(1)]);
    assert_eq!(case.flagsmith.weights(&case.production, "colour").await, [10.0, 20.0]);
}

async fn a_variant_for_which_an_environment_has_no_room_starts_with_nothing(versioned: bool) {
    let case = Case::plan().versioned(versioned).start().await;
    case.apply_flag("colour", json!({"variants": [variant("a", json!({"string": "a"}), json!(20))]})).await;
    case.until_ready(Kind::Flag, "colour").await;
    let made = case.flagsmith.feature("colour").await["multivariate_options"][0]["id"].clone();
    let weights = json!({"variants": [{"id": made, "weight": 90}]});
    case.flagsmith.edit_state(&case.production, "colour", weights).await;
    let both =
        json!([variant("a", json!({"string": "a"}), json!(20)), variant("b", json!({"string": "b"}), json!(30))]);
    case.apply_flag("colour", json!({"variants": both})).await;
    let are_both = async || case.flagsmith.variants("colour").await == json!([["a", "a", 20.0], ["b", "b", 30.0]]);
    case.eventually("both are there", are_both).await;
    assert_eq!(case.flagsmith.weights(&case.production, "colour").await, [90.0, 0.0]);
    case.until_ready(Kind::Flag, "colour").await;
}

#[tokio::test]
async fn no_environment_is_ever_above_a_hundred_unversioned() {
    a_variant_for_which_an_environment_has_no_room_starts_with_nothing(false).await;
}

#[tokio::test]
async fn no_environment_is_ever_above_a_hundred_versioned() {
    a_variant_for_which_an_environment_has_no_room_starts_with_nothing(true).await;
}

#[tokio::test]
async fn each_drift_of_a_variant_is_corrected() {
    let case = Case::start().await;
    case.apply_flag("colour", json!({"variants": three()})).await;
    case.until_ready(Kind::Flag, "colour").await;
    let before = case.flagsmith.variants("colour").await;
    let feature = case.flagsmith.feature("colour").await;
    let options = case.flagsmith.below("colour", "mv-options/").await;
    let (first, last) = (id(&feature["multivariate_options"][0]), id(&feature["multivariate_options"][2]));
    case.flagsmith.delete(&format!("{options}{last}/")).await;
    let other =
        json!({"feature": feature["id"], "string_value": "red", "default_percentage_allocation": 5, "key": "x"});
    case.flagsmith.put(&format!("{options}{first}/"), other.clone()).await;
    case.flagsmith.post(&options, json!({"feature": feature["id"], "default_percentage_allocation": 0})).await;
    let is_back = async || case.flagsmith.variants("colour").await == before;
    case.eventually("all are as the manifest says", is_back).await;
    case.until_ready(Kind::Flag, "colour").await;
}
