//! Adoption: who may take what is there already, who may make what is not, and which cluster keeps a feature.

use serde_json::{Value, json};

use crate::support::{Case, Kind, Object};

const MANAGED: &str = "Managed by flagsmith-operator";

/// Waits until the object says how it came to its thing.
async fn until_it_came_by(case: &Case, (kind, name): (Kind, &str), origin: &str) {
    let is_so = |one: &Object| one.is_ready() && one.at("/status/origin") == origin;
    case.until(kind, name, (&format!("ready and {origin}"), is_so)).await;
}

async fn apply_flag(case: &Case, name: &str, policy: &str) {
    case.apply_flag(name, json!({"adoptionPolicy": policy, "environments": [{"name": "production", "enabled": true}]}))
        .await;
}

#[tokio::test]
async fn a_flag_is_adopted_or_created_and_says_which() {
    let case = Case::start().await;
    case.flagsmith.add_feature(json!({"name": "old"})).await;
    apply_flag(&case, "old", "AdoptOrCreate").await;
    apply_flag(&case, "new", "AdoptOrCreate").await;
    until_it_came_by(&case, (Kind::Flag, "old"), "Adopted").await;
    until_it_came_by(&case, (Kind::Flag, "new"), "Created").await;
}

#[tokio::test]
async fn a_flag_that_is_to_create_leaves_alone_what_is_there() {
    let case = Case::start().await;
    case.flagsmith.add_feature(json!({"name": "old"})).await;
    apply_flag(&case, "new", "CreateOnly").await;
    until_it_came_by(&case, (Kind::Flag, "new"), "Created").await;
    case.sim.clear_requests();
    apply_flag(&case, "old", "CreateOnly").await;
    case.until_stalled(Kind::Flag, "old", "AlreadyExists").await;
    case.until_documents_read(2).await;
    assert_eq!(case.writes(), Vec::<String>::new());
    // A restart finds its own again.
    let mut case = case;
    case.operator.kill();
    case.operator.restart();
    case.until_documents_read(2).await;
    case.until_ready(Kind::Flag, "new").await;
    case.cluster.delete(Kind::Flag, "old").await;
    case.until_gone(Kind::Flag, "old").await;
    assert_eq!(case.flagsmith.features("old").await.len(), 1, "what it never had it does not delete");
}

#[tokio::test]
async fn a_flag_that_is_to_adopt_waits_for_somebody_to_create() {
    let case = Case::start().await;
    apply_flag(&case, "checkout", "AdoptOnly").await;
    case.until_waiting(Kind::Flag, "checkout", "FeatureNotFound").await;
    case.until_documents_read(2).await;
    assert_eq!(case.flagsmith.features("checkout").await.len(), 0);
    case.flagsmith.add_feature(json!({"name": "checkout"})).await;
    until_it_came_by(&case, (Kind::Flag, "checkout"), "Adopted").await;
}

#[tokio::test]
async fn segments_and_environments_are_held_to_the_same() {
    let case = Case::start().await;
    let rules = json!([{"type": "ALL", "conditions": [{"property": "plan", "operator": "EQUAL", "value": "beta"}]}]);
    let segment = |policy: &str| json!({"projectRef": {"name": "shop"}, "adoptionPolicy": policy, "rules": rules});
    let environment = |policy: &str| json!({"adoptionPolicy": policy});
    case.cluster.apply(Kind::Segment, "beta", segment("AdoptOnly")).await;
    case.until_waiting(Kind::Segment, "beta", "SegmentNotFound").await;
    case.cluster.apply(Kind::Segment, "beta", segment("CreateOnly")).await;
    until_it_came_by(&case, (Kind::Segment, "beta"), "Created").await;
    case.cluster
        .apply(Kind::Segment, "again", {
            let mut spec = segment("CreateOnly");
            spec["name"] = json!("vip");
            spec
        })
        .await;
    until_it_came_by(&case, (Kind::Segment, "again"), "Created").await;

    case.apply_environment("production", environment("CreateOnly")).await;
    case.until_stalled(Kind::Environment, "production", "AlreadyExists").await;
    case.apply_environment("production", environment("AdoptOnly")).await;
    until_it_came_by(&case, (Kind::Environment, "production"), "Adopted").await;
    case.apply_environment("staging", environment("AdoptOnly")).await;
    case.until_waiting(Kind::Environment, "staging", "EnvironmentNotFound").await;
    case.apply_environment("staging", environment("CreateOnly")).await;
    until_it_came_by(&case, (Kind::Environment, "staging"), "Created").await;
}

/// A project whose features bear a tag of the cluster.
async fn tagged(label: &str) -> Case {
    let case = Case::start().await;
    let spec = json!({"connectionRef": {"name": "flagsmith"}, "managedTag": label});
    case.cluster.apply(Kind::Project, "shop", spec).await;
    case
}

/// Another cluster's tag, put on a feature beside those that it has.
async fn tag_for_another_cluster(case: &Case, feature: &str) {
    let tags = format!("/api/v1/projects/{}/tags/", case.flagsmith.project);
    let tag = case.flagsmith.post(&tags, json!({"label": "other-cluster", "description": MANAGED})).await;
    let mut all: Vec<Value> = case.flagsmith.feature(feature).await["tags"].as_array().unwrap().clone();
    all.push(tag["id"].clone());
    case.flagsmith.edit_feature(feature, json!({"tags": all})).await;
}

#[tokio::test]
async fn a_feature_bears_the_tag_of_its_cluster_beside_those_of_its_manifest() {
    let case = tagged("gitops").await;
    case.flagsmith.add_feature(json!({"name": "old"})).await;
    case.apply_flag("new", json!({"tags": ["mine"]})).await;
    case.apply_flag("old", json!({})).await;
    case.until_ready(Kind::Flag, "new").await;
    case.until_ready(Kind::Flag, "old").await;
    assert_eq!(case.flagsmith.labels("new").await, ["gitops", "mine"]);
    assert_eq!(case.flagsmith.labels("old").await, ["gitops"]);
    // Neither an edit of the manifest nor one in Flagsmith takes it off for long.
    case.apply_flag("new", json!({"tags": []})).await;
    case.flagsmith.edit_feature("old", json!({"tags": []})).await;
    let labels = async |name: &str| case.flagsmith.labels(name).await;
    case.eventually("the manifest's is gone", async || labels("new").await == ["gitops"]).await;
    case.eventually("the cluster's is back", async || labels("old").await == ["gitops"]).await;
}

#[tokio::test]
async fn what_another_cluster_keeps_is_not_deleted() {
    let case = tagged("gitops").await;
    case.apply_flag("shared", json!({"deletionPolicy": "Delete", "tags": []})).await;
    case.apply_flag("own", json!({"deletionPolicy": "Delete"})).await;
    case.until_ready(Kind::Flag, "shared").await;
    case.until_ready(Kind::Flag, "own").await;
    tag_for_another_cluster(&case, "shared").await;
    case.cluster.delete(Kind::Flag, "shared").await;
    case.cluster.delete(Kind::Flag, "own").await;
    case.until_gone(Kind::Flag, "shared").await;
    case.until_gone(Kind::Flag, "own").await;
    assert_eq!(case.flagsmith.features("own").await.len(), 0);
    assert_eq!(case.flagsmith.labels("shared").await, ["other-cluster"], "it stays, without our tag");
}

#[tokio::test]
async fn the_tag_of_another_cluster_stays_and_is_told() {
    let case = tagged("gitops").await;
    case.apply_flag("shared", json!({"tags": ["mine"]})).await;
    case.until_ready(Kind::Flag, "shared").await;
    tag_for_another_cluster(&case, "shared").await;
    let is_told = |one: &Object| one.is_ready() && one.at("/status/alsoManagedBy") == "other-cluster";
    case.until(Kind::Flag, "shared", ("told of the other", is_told)).await;
    assert_eq!(case.flagsmith.labels("shared").await, ["gitops", "mine", "other-cluster"]);
}

#[tokio::test]
async fn projects_are_held_to_the_same() {
    let case = Case::start().await;
    let project = |name: &str, policy: &str| json!({"connectionRef": {"name": "flagsmith"}, "name": name, "adoptionPolicy": policy});
    case.cluster.apply(Kind::Project, "old", project("shop", "CreateOnly")).await;
    case.until_stalled(Kind::Project, "old", "AlreadyExists").await;
    case.cluster.apply(Kind::Project, "new", project("outlet", "AdoptOnly")).await;
    case.until_waiting(Kind::Project, "new", "ProjectNotFound").await;
    case.cluster.apply(Kind::Project, "new", project("outlet", "CreateOnly")).await;
    until_it_came_by(&case, (Kind::Project, "new"), "Created").await;
}
