//! Two objects for one flag: claims are per cell, the oldest wins, and only the definition's owner deletes.

use serde_json::{Value, json};

use crate::support::{Case, Kind, Object, Served};

/// Two objects for the feature checkout; the first is the older, also by the seconds that timestamps show.
async fn rivals(case: &Case, older: Value, younger: Value) {
    let named = |mut fields: Value| {
        fields["name"] = json!("checkout");
        fields
    };
    case.apply_flag("older", named(older)).await;
    let older = case.until_ready(Kind::Flag, "older").await;
    case.until_older(&older).await;
    case.apply_flag("younger", named(younger)).await;
}

fn state(environment: &str, value: &str) -> Value {
    json!({"environments": [{"name": environment, "enabled": true, "value": {"string": value}}]})
}

#[tokio::test]
async fn the_older_of_two_wins_and_the_younger_names_it() {
    let case = Case::start().await;
    rivals(&case, state("production", "blue"), state("production", "red")).await;
    let younger = case.until_stalled(Kind::Flag, "younger", "Conflict").await;
    let older = format!("FeatureFlag {}/older", case.cluster.namespace);
    assert!(younger.message().contains(&older), "{}", younger.message());
    assert!(younger.message().contains("environment production"), "{}", younger.message());
    case.until_documents_read(2).await;
    assert_eq!(case.served("checkout").await, Some(Served::on("blue")));
    case.until_ready(Kind::Flag, "older").await;
}

#[tokio::test]
async fn the_younger_takes_over_when_the_older_is_deleted() {
    let case = Case::start().await;
    rivals(&case, state("production", "blue"), state("production", "red")).await;
    case.until_stalled(Kind::Flag, "younger", "Conflict").await;
    let before = case.flagsmith.feature("checkout").await;
    case.cluster.delete(Kind::Flag, "older").await;
    case.until_gone(Kind::Flag, "older").await;
    case.until_ready(Kind::Flag, "younger").await;
    assert_eq!(case.served("checkout").await, Some(Served::on("red")));
    let after = case.flagsmith.feature("checkout").await;
    assert_eq!(after["uuid"], before["uuid"], "what another object names is released, not deleted");
}

#[tokio::test]
async fn two_that_name_different_environments_are_both_ready() {
    let case = Case::start().await;
    let staging = case.flagsmith.add_environment("staging").await;
    rivals(&case, state("production", "blue"), state("staging", "red")).await;
    case.until_ready(Kind::Flag, "younger").await;
    case.until_ready(Kind::Flag, "older").await;
    assert_eq!(case.served("checkout").await, Some(Served::on("blue")));
    assert_eq!(case.flagsmith.served(&staging, "checkout").await, Some(Served::on("red")));
}

#[tokio::test]
async fn what_the_younger_alone_names_is_written_though_the_rest_is_contested() {
    let case = Case::start().await;
    let staging = case.flagsmith.add_environment("staging").await;
    let both = json!({"environments": [
        {"name": "production", "value": {"string": "red"}}, {"name": "staging", "value": {"string": "red"}},
    ]});
    rivals(&case, state("production", "blue"), both).await;
    case.until_stalled(Kind::Flag, "younger", "Conflict").await;
    let is_red = async || case.flagsmith.served(&staging, "checkout").await == Some(Served::off("red"));
    case.eventually("staging has the younger's value", is_red).await;
    assert_eq!(case.served("checkout").await, Some(Served::on("blue")));
}

#[tokio::test]
async fn a_description_has_one_owner() {
    let case = Case::start().await;
    rivals(&case, json!({"description": "the older's"}), json!({"description": "the younger's"})).await;
    let younger = case.until_stalled(Kind::Flag, "younger", "Conflict").await;
    assert!(younger.message().contains("definition"), "{}", younger.message());
    assert_eq!(case.flagsmith.feature("checkout").await["description"], "the older's");
}

#[tokio::test]
async fn the_last_object_that_names_a_flag_deletes_it() {
    let case = Case::start().await;
    case.flagsmith.add_environment("staging").await;
    let mut younger = state("staging", "red");
    younger["deletionPolicy"] = json!("Delete");
    rivals(&case, state("production", "blue"), younger).await;
    case.until_ready(Kind::Flag, "younger").await;
    case.cluster.delete(Kind::Flag, "older").await;
    case.until_gone(Kind::Flag, "older").await;
    assert_eq!(case.flagsmith.features("checkout").await.len(), 1);
    case.cluster.delete(Kind::Flag, "younger").await;
    case.until_gone(Kind::Flag, "younger").await;
    assert_eq!(case.flagsmith.features("checkout").await.len(), 0);
}

#[tokio::test]
async fn one_that_does_not_own_the_definition_deletes_nothing() {
    let case = Case::start().await;
    case.flagsmith.add_environment("staging").await;
    let mut younger = state("staging", "red");
    younger["deletionPolicy"] = json!("Delete");
    rivals(&case, state("production", "blue"), younger).await;
    case.until_ready(Kind::Flag, "younger").await;
    case.cluster.delete(Kind::Flag, "younger").await;
    case.until_gone(Kind::Flag, "younger").await;
    let older: Object = case.until_ready(Kind::Flag, "older").await;
    assert_eq!(case.flagsmith.feature("checkout").await["uuid"], *older.at("/status/uuid"));
}
