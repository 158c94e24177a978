//! Variants as their own route makes, replaces and deletes them.

use flagsmith_operator::flagsmith::{Error, FeatureId, FlagState, NewFeature, NewVariant, Value};

use crate::support::Case;

fn variant(key: &str, value: Value, weight: &str) -> NewVariant {
    NewVariant { key: key.to_owned(), value, weight: weight.parse().unwrap() }
}

fn text(text: &str) -> Value {
    Value::String(text.to_owned())
}

async fn feature(case: &Case) -> FeatureId {
    case.client.create_feature(case.project, &NewFeature::named("colour".into())).await.unwrap().id
}

fn assert_refused<T: std::fmt::Debug>(outcome: Result<T, Error>, part: &str) {
    match outcome {
        Err(Error::Refused { status: 400, message }) => assert!(message.contains(part), "{message}"),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_variant_of_each_type_is_made_replaced_and_deleted() {
    let case = case!().await;
    let feature = feature(&case).await;
    let (project, client) = (case.project, &case.client);
    for (key, value) in [
        ("text", text("blue")),
        ("empty", text("")),
        ("int", Value::Integer(7)),
        ("bool", Value::Boolean(false)),
        ("none", Value::Null),
    ] {
        let made = client.create_variant(project, feature, &variant(key, value.clone(), "12.5")).await.unwrap();
        assert_eq!((made.key.as_deref(), &made.value, made.weight.to_string()), (Some(key), &value, "12.5".to_owned()));
    }
    let all = client.feature(project, feature).await.unwrap().variants;
    assert_eq!(all.len(), 5);
    let new = variant("other", Value::Integer(1), "50");
    let replaced = client.replace_variant(project, (feature, all[0].id), &new).await.unwrap();
    assert_eq!((replaced.id, replaced.key.as_deref(), &replaced.value), (all[0].id, Some("other"), &Value::Integer(1)));
    for one in &all {
        client.delete_variant(project, feature, one.id).await.unwrap();
    }
    assert_eq!(client.delete_variant(project, feature, all[0].id).await, Err(Error::NotFound));
    assert!(client.feature(project, feature).await.unwrap().variants.is_empty());
    case.agrees();
}

#[tokio::test]
async fn a_variant_is_refused_a_key_that_is_taken_or_reserved_and_a_weight_that_is_too_great() {
    let case = case!().await;
    let feature = feature(&case).await;
    let create = async |key: &str, weight: &str| {
        case.client.create_variant(case.project, feature, &variant(key, text("a"), weight)).await
    };
    let first = create("a", "60").await.unwrap();
    assert_refused(create("a", "0").await, "key:");
    assert_refused(create("control", "0").await, "key:");
    assert_refused(create("a b", "0").await, "key:");
    assert_refused(create("b", "40.1").await, "default_percentage_allocation: Invalid percentage allocation");
    create("b", "40").await.unwrap();
    let more = variant("a", text("a"), "60.1");
    let refused = case.client.replace_variant(case.project, (feature, first.id), &more).await;
    assert_refused(refused, "default_percentage_allocation: Invalid percentage allocation");
    case.agrees();
}

/// The weights of an environment, which has a kind of versioning, after each change of the variants.
async fn weights_follow(case: Case, is_versioned: bool) {
    let mut key = case.environment("production").await.key;
    if is_versioned {
        key = case.version(&key).await.key;
    }
    let feature = feature(&case).await;
    let weights = async || {
        let FlagState { weights, .. } = case.client.state(&key, feature).await.unwrap().unwrap();
        weights.values().map(ToString::to_string).collect::<Vec<_>>()
    };
    let create = async |key: &str, weight: &str| {
        case.client.create_variant(case.project, feature, &variant(key, text("a"), weight)).await
    };
    let first = create("a", "60").await.unwrap();
    assert_eq!(weights().await, ["60"]);
    let less = variant("a", text("a"), "10");
    case.client.replace_variant(case.project, (feature, first.id), &less).await.unwrap();
    assert_eq!(weights().await, ["60"], "the default changes no environment");
    assert_refused(create("b", "50").await, "default_percentage_allocation: Invalid percentage allocation");
    create("b", "0").await.unwrap();
    assert_eq!(weights().await, ["60", "0"]);
    case.client.delete_variant(case.project, feature, first.id).await.unwrap();
    assert_eq!(weights().await, ["0"]);
    case.agrees();
}

#[tokio::test]
async fn a_variant_s_weight_comes_into_an_unversioned_environment_and_goes() {
    weights_follow(case!().await, false).await;
}

#[tokio::test]
async fn a_variant_s_weight_comes_into_a_versioned_environment_and_goes() {
    weights_follow(case!().await, true).await;
}
