//! The Secret and the `ConfigMap` in full: what they hold, whose they are, and what others put there.

use serde_json::{Value, json};

use crate::support::{Case, Cluster, Kind, Object};

const SECRET: &str = "flagsmith-production";
const KEY: &str = "FLAGSMITH_ENVIRONMENT_KEY";
const CHECKSUM: &str = "/metadata/annotations/flagsmith-operator.dev~1checksum";

/// The environment production, ready, with those fields.
async fn with(fields: Value) -> (Case, Object) {
    let case = Case::plan().resync("2s").start().await;
    case.apply_environment("production", fields).await;
    let environment = case.until_ready(Kind::Environment, "production").await;
    (case, environment)
}

fn named(fields: Value) -> Value {
    let mut secret = fields;
    secret["name"] = json!(SECRET);
    json!({"secret": secret})
}

fn entries(object: &Object) -> Vec<&String> {
    object.at("/data").as_object().into_iter().flat_map(|data| data.keys()).collect()
}

async fn apply_map(cluster: &Cluster, name: &str, data: Value) -> Object {
    let metadata = json!({"name": name, "namespace": cluster.namespace});
    let manifest = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data});
    cluster.try_apply(Kind::ConfigMap, &manifest).await.unwrap()
}

#[tokio::test]
async fn the_secret_is_as_its_spec_says() {
    let keys = json!([
        {"key": "NEXT_PUBLIC_FLAGSMITH_KEY", "from": "EnvironmentKey"}, {"key": "url", "from": "APIURL"},
        {"key": "name", "from": "EnvironmentName"}, {"key": "project", "from": "ProjectName"},
    ]);
    let spec = named(json!({
        "type": "example.com/flags", "labels": {"team": "shop"}, "annotations": {"example.com/note": "a b"}, "keys": keys,
    }));
    let (case, environment) = with(spec).await;
    let secret = case.cluster.read(Kind::Secret, SECRET).await;
    assert_eq!(entries(&secret), ["NEXT_PUBLIC_FLAGSMITH_KEY", "name", "project", "url"]);
    let key = case.cluster.secret_entry(SECRET, "NEXT_PUBLIC_FLAGSMITH_KEY").await;
    assert_eq!(key.as_ref(), Some(&case.production));
    assert_eq!(case.cluster.secret_entry(SECRET, "name").await.as_deref(), Some("production"));
    assert_eq!(case.cluster.secret_entry(SECRET, "project").await.as_deref(), Some("shop"));
    assert_eq!(case.cluster.secret_entry(SECRET, "url").await, Some(case.sim.api_url()));
    assert_eq!((secret.at("/type"), secret.at("/metadata/labels/team")), (&json!("example.com/flags"), &json!("shop")));
    assert_eq!(secret.at("/metadata/annotations/example.com~1note"), "a b");
    assert_eq!(secret.at("/metadata/ownerReferences/0/uid"), environment.at("/metadata/uid"));
    assert_eq!(secret.at(CHECKSUM).as_str().unwrap().len(), 64);
}

#[tokio::test]
async fn the_name_of_a_project_is_published_as_flagsmith_has_it() {
    let keys = json!([{"key": "PROJECT", "from": "ProjectName"}, {"key": "ENVIRONMENT", "from": "EnvironmentName"}]);
    let (case, _) = with(json!({"configMap": {"name": "public", "keys": keys}})).await;
    let map = case.cluster.read(Kind::ConfigMap, "public").await;
    assert_eq!(map.at("/data"), &json!({"PROJECT": "shop", "ENVIRONMENT": "production"}));
    let project = json!({"connectionRef": {"name": "flagsmith"}, "name": "The Shop"});
    case.cluster.apply(Kind::Project, "shop", project).await;
    case.until(Kind::ConfigMap, "public", ("renamed", |map| map.at("/data/PROJECT") == "The Shop")).await;
    // What is observed keeps the name that people give it.
    let project = json!({"connectionRef": {"name": "flagsmith"}, "name": "The Shop", "management": "Observe"});
    case.cluster.apply(Kind::Project, "shop", project).await;
    case.until_ready(Kind::Project, "shop").await;
    let path = format!("/api/v1/projects/{}/", case.flagsmith.project);
    case.flagsmith.patch(&path, json!({"name": "Boutique"})).await;
    case.until(Kind::ConfigMap, "public", ("renamed", |map| map.at("/data/PROJECT") == "Boutique")).await;
}

#[tokio::test]
async fn an_entry_that_is_listed_no_more_goes_and_what_others_added_stays() {
    let both = json!([{"key": "a", "from": "EnvironmentKey"}, {"key": "b", "from": "APIURL"}]);
    let (case, _) = with(named(json!({"keys": both, "labels": {"team": "shop"}}))).await;
    let before = case.cluster.read(Kind::Secret, SECRET).await;
    let theirs =
        json!({"metadata": {"labels": {"theirs": "x"}, "annotations": {"theirs": "y"}}, "data": {"c": "eA=="}});
    case.cluster.edit(Kind::Secret, SECRET, theirs).await;
    case.apply_environment("production", named(json!({"keys": [{"key": "b", "from": "APIURL"}]}))).await;
    let is_so = |secret: &Object| entries(secret) == ["b", "c"] && secret.at("/metadata/labels/team").is_null();
    let after = case.until(Kind::Secret, SECRET, ("without a", is_so)).await;
    assert_eq!(
        (after.at("/metadata/labels/theirs"), after.at("/metadata/annotations/theirs")),
        (&json!("x"), &json!("y"))
    );
    assert_ne!(after.at(CHECKSUM), before.at(CHECKSUM));
}

#[tokio::test]
async fn what_is_ours_of_a_secret_is_put_back_whatever_of_it_is_touched() {
    let (case, _) = with(named(json!({"labels": {"team": "shop"}, "annotations": {"note": "x"}}))).await;
    let is_right = |secret: &Object| {
        let (metadata, data) = (secret.at("/metadata"), secret.at("/data"));
        metadata["labels"]["team"] == "shop"
            && metadata["labels"]["flagsmith-operator.dev/published"] == "true"
            && metadata["annotations"]["note"] == "x"
            && metadata["annotations"]["flagsmith-operator.dev/checksum"] != "wrong"
            && data[KEY] != "d3Jvbmc="
            && !data[KEY].is_null()
    };
    let edits = [
        json!({"metadata": {"labels": {"team": "other"}}}),
        json!({"metadata": {"labels": {"flagsmith-operator.dev/published": null}}}),
        json!({"metadata": {"annotations": {"note": null}}}),
        json!({"metadata": {"annotations": {"flagsmith-operator.dev/checksum": "wrong"}}}),
        json!({"data": {KEY: "d3Jvbmc="}}),
        json!({"data": {KEY: null}}),
    ];
    for edit in edits {
        let edited = case.cluster.edit(Kind::Secret, SECRET, edit.clone()).await;
        assert!(!is_right(&edited), "{edit}");
        case.until(Kind::Secret, SECRET, (&format!("right again after {edit}"), is_right)).await;
    }
}

#[tokio::test]
async fn a_resync_leaves_the_secret_and_the_config_map_as_they_are_to_the_last_byte() {
    let (case, _) = with(json!({"secret": {"name": SECRET}, "configMap": {"name": SECRET}})).await;
    let namespace = case.cluster.namespace.clone();
    // Beside the stand-in, which answers meanwhile.
    let read = async || {
        let (plane, namespace) = (case.cluster.plane, namespace.clone());
        let get = move |kind: &str| {
            let flags = ["--output=yaml", "--show-managed-fields", "--namespace", &namespace];
            plane.kubectl(&[["get", kind, SECRET].as_slice(), &flags].concat()).0
        };
        tokio::task::spawn_blocking(move || ["secret", "configmap"].map(get)).await.unwrap()
    };
    let before = read().await;
    assert!(before[0].contains("resourceVersion") && before[0].contains(KEY), "{}", before[0]);
    case.until_documents_read(10).await;
    assert_eq!(read().await, before);
}

#[tokio::test]
async fn an_orphan_stays_when_its_object_goes_and_is_its_again_when_it_comes_back() {
    let (case, _) = with(named(json!({"creationPolicy": "Orphan"}))).await;
    let secret = case.cluster.read(Kind::Secret, SECRET).await;
    assert_eq!(secret.at("/metadata/ownerReferences"), &Value::Null);
    case.cluster.delete(Kind::Environment, "production").await;
    case.until_gone(Kind::Environment, "production").await;
    case.until_documents_read(2).await;
    assert_eq!(case.cluster.read(Kind::Secret, SECRET).await, secret);
    case.apply_environment("production", named(json!({}))).await;
    let environment = case.until_ready(Kind::Environment, "production").await;
    let secret = case.cluster.read(Kind::Secret, SECRET).await;
    assert_eq!(secret.at("/metadata/ownerReferences/0/uid"), environment.at("/metadata/uid"));
}

#[tokio::test]
async fn a_secret_that_is_merged_into_is_waited_for_and_stays_somebody_elses() {
    let case = Case::start().await;
    let merged = named(json!({"creationPolicy": "Merge", "annotations": {"note": "x"}}));
    case.apply_environment("production", merged).await;
    let environment = case.until_waiting(Kind::Environment, "production", "SecretNotFound").await;
    assert!(environment.message().contains("create it in this namespace"), "{}", environment.message());
    case.cluster.apply_secret(SECRET, json!({"theirs": "x"})).await;
    case.until_ready(Kind::Environment, "production").await;
    let secret = case.cluster.read(Kind::Secret, SECRET).await;
    assert_eq!(entries(&secret), ["FLAGSMITH_API_URL", KEY, "theirs"]);
    assert_eq!(secret.at("/metadata/ownerReferences"), &Value::Null);

    // What is named no more is taken out again.
    case.apply_environment("production", json!({})).await;
    let is_theirs = |secret: &Object| entries(secret) == ["theirs"];
    let secret = case.until(Kind::Secret, SECRET, ("theirs alone", is_theirs)).await;
    assert_eq!((secret.at("/metadata/annotations"), secret.at("/metadata/labels")), (&Value::Null, &Value::Null));
}

#[tokio::test]
async fn several_environments_merge_into_one_secret_and_leave_each_other_alone() {
    let case = Case::start().await;
    case.cluster.apply_secret(SECRET, json!({"theirs": "x"})).await;
    let spec = |key: &str| named(json!({"creationPolicy": "Merge", "keys": [{"key": key, "from": "EnvironmentKey"}]}));
    case.apply_environment("production", spec("PRODUCTION")).await;
    case.apply_environment("staging", spec("STAGING")).await;
    case.until_ready(Kind::Environment, "production").await;
    case.until_ready(Kind::Environment, "staging").await;
    assert_eq!(entries(&case.cluster.read(Kind::Secret, SECRET).await), ["PRODUCTION", "STAGING", "theirs"]);
    case.apply_environment("staging", spec("OTHER")).await;
    let is_so = |secret: &Object| entries(secret) == ["OTHER", "PRODUCTION", "theirs"];
    case.until(Kind::Secret, SECRET, ("with the other entry", is_so)).await;
    // Entries stay where the object goes, as with external-secrets.
    case.cluster.delete(Kind::Environment, "staging").await;
    case.until_gone(Kind::Environment, "staging").await;
    case.until_documents_read(2).await;
    assert!(is_so(&case.cluster.read(Kind::Secret, SECRET).await));
}

#[tokio::test]
async fn a_secret_whose_policy_changes_is_handed_on() {
    let (case, _) = with(named(json!({}))).await;
    let references = |secret: &Object| secret.at("/metadata/ownerReferences").as_array().map_or(0, Vec::len);
    let owner = |secret: &Object| !secret.at("/metadata/annotations/flagsmith-operator.dev~1owner").is_null();
    let steps: [(&str, usize, bool); 3] = [("Orphan", 0, true), ("Owner", 1, true), ("Merge", 0, false)];
    for (policy, count, is_owned) in steps {
        case.apply_environment("production", named(json!({"creationPolicy": policy}))).await;
        let is_so = |secret: &Object| references(secret) == count && owner(secret) == is_owned;
        let secret = case.until(Kind::Secret, SECRET, (policy, is_so)).await;
        assert_eq!(entries(&secret), ["FLAGSMITH_API_URL", KEY], "{policy}");
        case.until_ready(Kind::Environment, "production").await;
    }
    // It is somebody else's now.
    case.apply_environment("production", named(json!({}))).await;
    case.until_stalled(Kind::Environment, "production", "SecretConflict").await;
}

#[tokio::test]
async fn what_kubernetes_finds_fault_with_is_told_and_mended() {
    let case = Case::start().await;
    case.apply_environment("production", named(json!({"labels": {"team": "a b"}}))).await;
    let environment = case.until_stalled(Kind::Environment, "production", "InvalidSpec").await;
    assert!(environment.message().contains("correct spec.secret"), "{}", environment.message());
    case.apply_environment("production", named(json!({"labels": {"team": "a-b"}}))).await;
    case.until_ready(Kind::Environment, "production").await;
}

#[tokio::test]
async fn a_config_map_holds_what_is_public_and_goes_with_its_object() {
    let (case, environment) = with(json!({"configMap": {"name": "public", "labels": {"team": "shop"}}})).await;
    let map = case.cluster.read(Kind::ConfigMap, "public").await;
    assert_eq!(map.at("/data"), &json!({KEY: case.production, "FLAGSMITH_API_URL": case.sim.api_url()}));
    assert_eq!(map.at("/metadata/ownerReferences/0/uid"), environment.at("/metadata/uid"));
    assert_eq!((map.at("/metadata/labels/team"), map.at(CHECKSUM).is_string()), (&json!("shop"), true));
    for edit in
        [json!({"data": {KEY: "wrong"}}), json!({"metadata": {"labels": {"flagsmith-operator.dev/published": null}}})]
    {
        case.cluster.edit(Kind::ConfigMap, "public", edit).await;
        let is_right = |map: &Object| {
            map.at("/data")[KEY] == case.production.as_str()
                && map.at("/metadata/labels") == &json!({"team": "shop", "flagsmith-operator.dev/published": "true"})
        };
        case.until(Kind::ConfigMap, "public", ("right again", is_right)).await;
    }
    case.cluster.delete(Kind::ConfigMap, "public").await;
    case.until(Kind::ConfigMap, "public", ("put back", |map: &Object| !map.at("/data").is_null())).await;
    case.cluster.delete(Kind::Environment, "production").await;
    case.until_gone(Kind::ConfigMap, "public").await;
}

#[tokio::test]
async fn anothers_config_map_is_merged_into_or_left_alone() {
    let case = Case::plan().resync("1s").start().await;
    let before = apply_map(&case.cluster, "public", json!({"theirs": "x"})).await;
    case.apply_environment("production", json!({"configMap": {"name": "public"}})).await;
    case.until_stalled(Kind::Environment, "production", "ConfigMapConflict").await;
    assert_eq!(case.cluster.read(Kind::ConfigMap, "public").await, before);
    case.apply_environment("production", json!({"configMap": {"name": "public", "creationPolicy": "Merge"}})).await;
    case.until_ready(Kind::Environment, "production").await;
    assert_eq!(entries(&case.cluster.read(Kind::ConfigMap, "public").await), ["FLAGSMITH_API_URL", KEY, "theirs"]);
    case.apply_environment("production", json!({"configMap": {"name": "absent", "creationPolicy": "Merge"}})).await;
    case.until_waiting(Kind::Environment, "production", "ConfigMapNotFound").await;
    case.until(Kind::ConfigMap, "public", ("theirs alone", |map: &Object| entries(map) == ["theirs"])).await;
    apply_map(&case.cluster, "absent", json!({})).await;
    case.until_ready(Kind::Environment, "production").await;
}
