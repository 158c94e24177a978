//! `/api/__future__/`: what PATCH merges, what PUT replaces, and what either makes of nothing.

use flagsmith_operator::flagsmith::{Environment, Feature, FlagState, StatePatch, Value};
use serde_json::{Value as Json, json};

use crate::support::{Case, NEWEST, future, html, on};

/// A flag in one environment, and its path.
struct Flag {
    case: Case,
    environment: Environment,
    feature: Feature,
    path: String,
}

impl Flag {
    async fn of(case: Case, is_versioned: bool) -> Self {
        let mut environment = case.environment("production").await;
        let feature = case.feature("checkout").await;
        if is_versioned {
            environment = case.version(&environment.key).await;
        }
        let path = future(&environment.key, feature.id);
        Self { case, environment, feature, path }
    }

    async fn patch(&self, default: Json) -> (u16, Json) {
        self.case.patch(&self.path, json!({"environment_default": default})).await
    }

    async fn put(&self, default: Json) -> (u16, Json) {
        self.case.put(&self.path, json!({"environment_default": default})).await
    }

    async fn is(&self, expected: FlagState) {
        assert_eq!(self.case.documented(&self.environment.key, self.feature.id).await, Some(expected));
    }

    /// How many versions of the flag were published; 0 in an unversioned environment.
    async fn versions(&self) -> u64 {
        let (environment, feature) = (self.environment.id, self.feature.id);
        let path = format!("/api/v1/environments/{environment}/features/{feature}/versions/");
        self.case.seen(&path).await["count"].as_u64().unwrap()
    }
}

fn off(value: Value) -> FlagState {
    FlagState { enabled: false, value, ..FlagState::default() }
}

fn text(value: &str) -> Json {
    json!({"type": "string", "value": value})
}

async fn patch_merges(flag: Flag) {
    assert_eq!(flag.patch(json!({"enabled": false})).await.0, 200);
    flag.is(off(Value::String("red".to_owned()))).await;
    assert_eq!(flag.patch(json!({"value": text("blue")})).await.0, 200);
    flag.is(off(Value::String("blue".to_owned()))).await;
    for nothing in [json!({}), json!({"colour": "red"})] {
        assert_eq!(flag.patch(nothing).await.0, 200);
    }
    for nothing in [json!({}), json!({"colour": "red"})] {
        assert_eq!(flag.case.patch(&flag.path, nothing).await.0, 200);
    }
    flag.is(off(Value::String("blue".to_owned()))).await;
    flag.case.agrees();
}

#[tokio::test]
async fn patch_merges_in_an_unversioned_environment() {
    patch_merges(Flag::of(case!().await, false).await).await;
}

#[tokio::test]
async fn patch_merges_in_a_versioned_environment() {
    patch_merges(Flag::of(case!().await, true).await).await;
}

async fn put_replaces(flag: Flag) {
    assert_eq!(flag.put(json!({"enabled": false, "value": text("blue")})).await.0, 200);
    flag.is(off(Value::String("blue".to_owned()))).await;
    assert_eq!(flag.put(json!({"enabled": true})).await.0, 200);
    flag.is(FlagState { enabled: true, value: Value::Null, ..FlagState::default() }).await;
    assert_eq!(flag.put(json!({"value": text("blue")})).await.0, 200);
    flag.is(off(Value::String("blue".to_owned()))).await;
    assert_eq!(flag.put(json!({"enabled": true, "value": text("blue")})).await.0, 200);
    assert_eq!(flag.put(json!({})).await.0, 200);
    flag.is(off(Value::Null)).await;
    assert_eq!(flag.put(json!({"enabled": true, "value": text("blue")})).await.0, 200);
    assert_eq!(flag.case.put(&flag.path, json!({})).await.0, 200);
    flag.is(on("blue")).await;
    flag.case.agrees();
}

#[tokio::test]
async fn put_replaces_in_an_unversioned_environment() {
    put_replaces(Flag::of(case!().await, false).await).await;
}

#[tokio::test]
async fn put_replaces_in_a_versioned_environment() {
    put_replaces(Flag::of(case!().await, true).await).await;
}

async fn wrong_values_are_refused(flag: Flag) {
    for default in [
        json!({"value": null}),
        json!({"enabled": null}),
        json!({"enabled": "maybe"}),
        json!({"value": "blue"}),
        json!({"value": {"type": "string"}}),
        json!({"value": {"type": "string", "value": null}}),
        json!({"value": {"type": "float", "value": "1.5"}}),
        json!({"value": {"type": "integer", "value": "x"}}),
        json!({"value": {"type": "boolean", "value": "maybe"}}),
        json!({"value": text("a\0b")}),
        json!({"variants": []}),
        json!({"variants": [{"id": 0, "weight": 10}]}),
        json!(null),
        json!("on"),
        json!([]),
    ] {
        let (status, body) = flag.patch(default.clone()).await;
        assert_eq!(status, 400, "{default}: {body}");
    }
    for number in ["2147483648", "-2147483649"] {
        let integer = json!({"value": {"type": "integer", "value": number}});
        assert_eq!(flag.patch(integer).await, (500, html()), "{number}");
    }
    for body in [json!([]), json!("on"), json!(null)] {
        let (status, answer) = flag.case.patch(&flag.path, body.clone()).await;
        assert_eq!(status, 400, "{body}: {answer}");
    }
    flag.is(on("red")).await;
    flag.case.agrees();
}

#[tokio::test]
async fn what_is_no_value_is_refused_in_an_unversioned_environment() {
    wrong_values_are_refused(Flag::of(case!().await, false).await).await;
}

#[tokio::test]
async fn what_is_no_value_is_refused_in_a_versioned_environment() {
    wrong_values_are_refused(Flag::of(case!().await, true).await).await;
}

#[tokio::test]
async fn a_patch_publishes_a_version_even_where_it_changes_nothing() {
    let flag = Flag::of(case!().await, true).await;
    let mut versions = flag.versions().await;
    for default in [json!({"enabled": false}), json!({"enabled": false}), json!({"value": text("red")})] {
        flag.patch(default.clone()).await;
        versions += 1;
        assert_eq!(flag.versions().await, versions, "{default}");
    }
    flag.case.agrees();
}

#[tokio::test]
async fn a_patch_that_names_nothing_publishes_no_version() {
    let flag = Flag::of(case!().await, true).await;
    let versions = flag.versions().await;
    for nothing in [json!({}), json!({"environment_default": {}}), json!({"environment_default": {"colour": "red"}})] {
        assert_eq!(flag.case.patch(&flag.path, nothing).await.0, 200);
    }
    let client = flag.case.client.knowing(NEWEST);
    client.set_state(&flag.environment.key, flag.feature.id, &StatePatch::default()).await.unwrap();
    assert_eq!(flag.versions().await, versions);
    flag.case.agrees();
}

#[tokio::test]
async fn a_refused_patch_publishes_no_version() {
    let flag = Flag::of(case!().await, true).await;
    let versions = flag.versions().await;
    assert_eq!(flag.patch(json!({"value": null})).await.0, 400);
    assert_eq!(flag.patch(json!({"value": {"type": "integer", "value": "2147483648"}})).await.0, 500);
    assert_eq!(flag.patch(json!({"value": text(&"x".repeat(20_001))})).await.0, 500);
    assert_eq!(flag.versions().await, versions);
    flag.case.agrees();
}

#[tokio::test]
async fn the_versions_of_a_flag_are_counted_where_it_has_them() {
    let flag = Flag::of(case!().await, false).await;
    let (environment, feature) = (flag.environment.id, flag.feature.id);
    let path = format!("/api/v1/environments/{environment}/features/{feature}/versions/");
    flag.case.get(&path).await;
    flag.case.version(&flag.environment.key).await;
    assert_eq!(flag.versions().await, 1);
    flag.case.agrees();
}
