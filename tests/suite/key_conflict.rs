//! What is somebody else's where keys are to go: it stays theirs, keeps nothing else from being done, and is told so that it can be mended.

use std::time::Duration;

use kube::api::{Patch, PatchParams};
use serde_json::json;

use crate::{
    server_key::{HOUR, held, live, plan, rotated, until_live, until_replaced, until_told},
    support::{Case, Kind},
};

#[tokio::test]
async fn anothers_config_map_keeps_no_server_key_from_being_replaced_and_revoked() {
    let case = plan().start().await;
    let metadata = json!({"name": "public", "namespace": case.cluster.namespace});
    let theirs = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"theirs": "x"}});
    case.cluster.try_apply(Kind::ConfigMap, &theirs).await.unwrap();
    let mut spec = rotated();
    spec["configMap"] = json!({"name": "public"});
    case.apply_environment("production", spec).await;
    case.until_stalled(Kind::Environment, "production", "ConfigMapConflict").await;
    case.eventually("a key is published", async || held(&case).await.is_some()).await;
    let first = held(&case).await.unwrap();
    until_told(&case, &first).await;
    case.sim.advance(2 * HOUR);
    let second = until_replaced(&case, &first).await;
    until_told(&case, &second).await;
    case.sim.advance(HOUR + Duration::from_secs(1));
    until_live(&case, 1).await;
    assert_eq!(live(&case).await, [second]);
    case.until_stalled(Kind::Environment, "production", "ConfigMapConflict").await;
}

#[tokio::test]
async fn anothers_secret_in_the_place_of_a_chosen_key_is_told_with_what_mends_it() {
    let case = Case::plan().resync("1s").start().await;
    case.apply_environment("staging", json!({"suspend": true})).await;
    let uid = case.cluster.read(Kind::Environment, "staging").await.uid().to_owned();
    let name = format!("flagsmith-environment-{uid}");
    case.cluster.apply_secret(&name, json!({"theirs": "x"})).await;
    case.apply_environment("staging", json!({})).await;
    let environment = case.until_stalled(Kind::Environment, "staging", "SecretConflict").await;
    let message = environment.message();
    assert!(message.contains(&name) && message.contains("delete that Secret"), "{message}");
    assert!(!message.contains("spec.secret.name"), "another name is of no use: {message}");
    case.cluster.delete(Kind::Secret, &name).await;
    case.until_ready(Kind::Environment, "staging").await;
}

#[tokio::test]
async fn an_apply_of_the_first_version_makes_what_is_absent_and_refuses_what_is_there() {
    let case = Case::plan().unconnected().start().await;
    let manifest = |data| {
        let metadata = json!({"name": "keys", "namespace": case.cluster.namespace, "resourceVersion": "1"});
        json!({"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "data": data})
    };
    let api = case.cluster.api(Kind::Secret);
    let apply =
        async |data| api.patch("keys", &PatchParams::apply("first"), &Patch::Apply(manifest(data))).await.map(|_| ());
    apply(json!({"a": "eA=="})).await.unwrap();
    let before = case.cluster.read(Kind::Secret, "keys").await;
    assert_eq!(before.at("/metadata/managedFields/0/operation"), "Apply");
    for data in [json!({"a": "eA=="}), json!({"b": "eQ=="})] {
        let refusal = apply(data).await.unwrap_err();
        assert!(matches!(&refusal, kube::Error::Api(status) if status.code == 409), "{refusal}");
    }
    assert_eq!(case.cluster.read(Kind::Secret, "keys").await, before);
}
