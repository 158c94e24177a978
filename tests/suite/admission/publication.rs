//! What of an environment's Secret, `ConfigMap` and server-side keys is taken, and what is refused with which words.

use serde_json::{Value, json};

use super::{accepted::assert_accepted, edited::assert_edit_refused, refused::assert_refused};
use crate::support::Kind;

fn environment(fields: Value) -> Value {
    let mut spec = fields;
    spec["projectRef"] = json!({"name": "shop"});
    spec
}

fn secret(fields: Value) -> Value {
    let mut secret = fields;
    secret["name"] = json!("flagsmith");
    environment(json!({"secret": secret}))
}

fn keys(entries: Value) -> Value {
    secret(json!({"keys": entries}))
}

fn rotated(rotation: Value) -> Value {
    let entry = json!({"key": "SERVER_KEY", "from": "ServerKey", "name": "backend"});
    environment(json!({
        "secret": {"name": "flagsmith", "keys": [entry]}, "serverKeys": [{"name": "backend", "rotation": rotation}],
    }))
}

#[tokio::test]
async fn secrets_and_config_maps_that_are_as_they_should_be() {
    let all = json!([
        {"key": "a.b_c-D", "from": "EnvironmentKey"}, {"key": "URL", "from": "APIURL"},
        {"key": "NAME", "from": "EnvironmentName"}, {"key": "PROJECT", "from": "ProjectName"}, {"key": "SERVER", "from": "ServerKey", "name": "backend"},
    ]);
    let texts = json!({"team": "shop", "example.com/flagsmith-operator.dev": "x"});
    let whole = json!({
        "name": "flagsmith", "type": "example.com/flags", "creationPolicy": "Owner", "keys": all,
        "labels": texts, "annotations": texts,
    });
    let public = json!({"name": "flagsmith", "keys": [{"key": "KEY", "from": "EnvironmentKey"}, {"key": "PROJECT", "from": "ProjectName"}]});
    let specs = [
        environment(json!({"secret": whole, "serverKeys": [{"name": "backend"}], "configMap": public})),
        secret(json!({"creationPolicy": "Merge"})),
        rotated(json!({"every": "720h", "overlap": "24h"})),
        rotated(json!({"every": "2m", "overlap": "1m"})),
        environment(json!({"configMap": {"name": "flagsmith", "creationPolicy": "Orphan"}})),
    ];
    assert_accepted(Kind::Environment, &specs).await;
}

#[tokio::test]
async fn entries_that_cannot_be() {
    let named: &[&str] = &["from: ServerKey has it, and nothing else"];
    let unlisted: &[&str] = &["serverKeys does not list: add it there"];
    assert_refused(
        Kind::Environment,
        &[
            (keys(json!([])), &["keys", "1"]),
            (keys(json!([{"key": "a b", "from": "APIURL"}])), &["keys[0].key"]),
            (keys(json!([{"key": "a", "from": "Token"}])), &["keys[0].from", "EnvironmentKey", "APIURL", "ServerKey"]),
            (keys(json!([{"key": "a", "from": "APIURL"}, {"key": "a", "from": "EnvironmentKey"}])), &["duplicate"]),
            (keys(json!([{"key": "a", "from": "ServerKey"}])), named),
            (keys(json!([{"key": "a", "from": "APIURL", "name": "backend"}])), named),
            (keys(json!([{"key": "a", "from": "ServerKey", "name": "backend"}])), unlisted),
            (
                environment(json!({"serverKeys": [{"name": "backend"}]})),
                &["add {key: ..., from: ServerKey, name: ...}"],
            ),
            (
                environment(json!({"configMap": {"name": "a", "keys": [{"key": "a", "from": "ServerKey"}]}})),
                &["a server-side key is secret, and a ConfigMap is not"],
            ),
        ],
    )
    .await;
}

#[tokio::test]
async fn names_that_are_the_operators_own() {
    let own: &[&str] = &["names under flagsmith-operator.dev/ are the operator's own"];
    assert_refused(
        Kind::Environment,
        &[
            (secret(json!({"labels": {"flagsmith-operator.dev/published": "false"}})), own),
            (secret(json!({"annotations": {"flagsmith-operator.dev/owner": "me"}})), own),
            (environment(json!({"configMap": {"name": "a", "annotations": {"flagsmith-operator.dev/x": "y"}}})), own),
        ],
    )
    .await;
}

#[tokio::test]
async fn rotations_that_cannot_be() {
    assert_refused(
        Kind::Environment,
        &[
            (rotated(json!({"every": "1m", "overlap": "1m"})), &["every is from 2m to 87600h"]),
            (rotated(json!({"every": "1h", "overlap": "59s"})), &["overlap is at least 1m"]),
            (rotated(json!({"every": "24h", "overlap": "24h"})), &["overlap is shorter than every"]),
            (rotated(json!({"every": "monthly", "overlap": "1h"})), &["rotation.every"]),
            (rotated(json!({"every": "1h"})), &["overlap"]),
        ],
    )
    .await;
}

#[tokio::test]
async fn a_type_that_a_secret_cannot_have() {
    let merged = secret(json!({"creationPolicy": "Merge", "type": "Opaque"}));
    assert_refused(Kind::Environment, &[(merged, &["leave out secret.type"])]).await;
    let (opaque, other) = (secret(json!({})), secret(json!({"type": "example.com/flags"})));
    assert_edit_refused(Kind::Environment, (opaque.clone(), other.clone()), "change secret.name with it").await;
    assert_edit_refused(Kind::Environment, (other, opaque), "change secret.name with it").await;
}
