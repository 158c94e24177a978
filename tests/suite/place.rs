//! What becomes of an environment and of a project when its object is deleted: it stays, unless its policy says otherwise, and
//! what others have to do with goes by a second word alone.

use serde_json::{Value, json};

use crate::support::{Case, Kind, Object};

const CONFIRMATION: &str = "ConfirmationRequired";

async fn confirm(case: &Case, kind: Kind, name: &str) {
    let annotations = json!({"flagsmith-operator.dev/confirm-delete": "true"});
    case.cluster.edit(kind, name, json!({"metadata": {"annotations": annotations}})).await;
}

/// An environment's object that is ready, in a project that the operator has read.
async fn environment(case: &Case, name: &str, fields: Value) -> Object {
    case.apply_environment(name, fields).await;
    case.until_ready(Kind::Environment, name).await
}

async fn until_held(case: &Case, kind: Kind, name: &str, by: &[&str]) -> Object {
    let object = case.until_stalled(kind, name, CONFIRMATION).await;
    for one in by.iter().chain(&["flagsmith-operator.dev/confirm-delete=true"]) {
        assert!(object.message().contains(one), "{one}: {}", object.message());
    }
    object
}

async fn count(case: &Case, environment: &str) -> usize {
    case.flagsmith.environments(environment).await.len()
}

#[tokio::test]
async fn an_environment_stays_unless_its_policy_says_otherwise() {
    let case = Case::start().await;
    for (name, fields) in [("staging", json!({})), ("test", json!({"deletionPolicy": "Orphan"}))] {
        let object = environment(&case, name, fields).await;
        assert_eq!(object.at("/status/origin"), "Created");
        assert!(object.at("/metadata/finalizers").is_null());
        case.cluster.delete(Kind::Environment, name).await;
        case.until_gone(Kind::Environment, name).await;
        assert_eq!(count(&case, name).await, 1);
    }
}

#[tokio::test]
async fn an_environment_that_was_created_is_deleted_with_its_object_and_its_secret() {
    for versioned in [false, true] {
        let case = Case::plan().versioned(versioned).start().await;
        let fields = json!({"deletionPolicy": "Delete", "secret": {"name": "keys"}});
        environment(&case, "staging", fields).await;
        if versioned {
            let staging = case.flagsmith.environments("staging").await;
            case.flagsmith.version(staging[0]["api_key"].as_str().unwrap(), true).await;
        }
        case.cluster.delete(Kind::Environment, "staging").await;
        case.until_gone(Kind::Environment, "staging").await;
        case.until_gone(Kind::Secret, "keys").await;
        assert_eq!((count(&case, "staging").await, count(&case, "production").await), (0, 1));
    }
}

#[tokio::test]
async fn an_environment_that_was_there_before_is_deleted_only_by_a_second_word() {
    let case = Case::start().await;
    environment(&case, "production", json!({"deletionPolicy": "Delete"})).await;
    case.cluster.delete(Kind::Environment, "production").await;
    until_held(&case, Kind::Environment, "production", &["environment production"]).await;
    case.until_documents_read(2).await;
    assert_eq!(count(&case, "production").await, 1);
    confirm(&case, Kind::Environment, "production").await;
    case.until_gone(Kind::Environment, "production").await;
    assert_eq!(count(&case, "production").await, 0);
}

#[tokio::test]
async fn an_environment_that_holds_what_others_made_is_deleted_once_that_is_gone() {
    let case = Case::start().await;
    environment(&case, "staging", json!({"deletionPolicy": "Delete"})).await;
    case.apply_flag("ours", json!({})).await;
    case.until_ready(Kind::Flag, "ours").await;
    for name in ["one", "two", "three", "four"] {
        case.flagsmith.add_feature(json!({"name": name})).await;
    }
    case.cluster.delete(Kind::Environment, "staging").await;
    let held = until_held(&case, Kind::Environment, "staging", &["feature four", "and 1 more"]).await;
    assert!(!held.message().contains("ours"), "{}", held.message());
    assert_eq!(count(&case, "staging").await, 1);
    for name in ["one", "two", "three", "four"] {
        case.flagsmith.delete_feature(name).await;
    }
    case.until_gone(Kind::Environment, "staging").await;
    assert_eq!(count(&case, "staging").await, 0);
    assert_eq!(case.flagsmith.features("ours").await.len(), 1);
}

#[tokio::test]
async fn an_environment_that_a_flag_still_names_waits_for_it() {
    let case = Case::start().await;
    environment(&case, "staging", json!({"deletionPolicy": "Delete"})).await;
    case.apply_flag("checkout", json!({"environments": [{"name": "staging", "enabled": true}]})).await;
    case.until_ready(Kind::Flag, "checkout").await;
    case.cluster.delete(Kind::Environment, "staging").await;
    until_held(&case, Kind::Environment, "staging", &["FeatureFlag", "/checkout"]).await;
    assert_eq!(count(&case, "staging").await, 1);
    case.cluster.delete(Kind::Flag, "checkout").await;
    case.until_gone(Kind::Environment, "staging").await;
    assert_eq!((count(&case, "staging").await, case.flagsmith.features("checkout").await.len()), (0, 0));
}

#[tokio::test]
async fn an_environment_that_another_object_names_is_released() {
    let case = Case::start().await;
    let older = environment(&case, "staging", json!({"deletionPolicy": "Delete"})).await;
    case.until_older(&older).await;
    case.apply_environment("again", json!({"name": "staging"})).await;
    case.until_stalled(Kind::Environment, "again", "Conflict").await;
    case.cluster.delete(Kind::Environment, "staging").await;
    case.until_gone(Kind::Environment, "staging").await;
    let again = case.until_ready(Kind::Environment, "again").await;
    assert_eq!(again.at("/status/uuid"), older.at("/status/uuid"));
}

#[tokio::test]
async fn an_environment_of_the_same_name_that_another_made_since_stays() {
    let mut case = Case::start().await;
    environment(&case, "staging", json!({"deletionPolicy": "Delete"})).await;
    case.operator.kill();
    let key = case.flagsmith.environments("staging").await[0]["api_key"].as_str().unwrap().to_owned();
    case.flagsmith.delete(&format!("/api/v1/environments/{key}/")).await;
    case.flagsmith.add_environment("staging").await;
    case.cluster.delete(Kind::Environment, "staging").await;
    confirm(&case, Kind::Environment, "staging").await;
    case.operator.restart();
    case.until_gone(Kind::Environment, "staging").await;
    assert_eq!(count(&case, "staging").await, 1);
}

#[tokio::test]
async fn a_released_environment_goes_and_stays_in_flagsmith() {
    let case = Case::start().await;
    environment(&case, "production", json!({"deletionPolicy": "Delete"})).await;
    case.cluster.delete(Kind::Environment, "production").await;
    until_held(&case, Kind::Environment, "production", &[]).await;
    case.cluster.release(Kind::Environment, "production").await;
    case.until_gone(Kind::Environment, "production").await;
    assert_eq!(count(&case, "production").await, 1);
}

async fn is_listed(case: &Case) -> bool {
    let projects = case.flagsmith.get(&format!("/api/v1/projects/?organisation={}", case.flagsmith.organisation)).await;
    projects.as_array().unwrap().iter().any(|one| one["id"] == case.flagsmith.project)
}

#[tokio::test]
async fn a_project_is_deleted_by_a_second_word_and_its_flags_go_with_it() {
    let case = Case::start().await;
    case.cluster.edit(Kind::Project, "shop", json!({"spec": {"deletionPolicy": "Delete"}})).await;
    case.until_ready(Kind::Project, "shop").await;
    environment(&case, "staging", json!({"deletionPolicy": "Delete"})).await;
    case.apply_flag("checkout", json!({"environments": [{"name": "staging", "enabled": true}]})).await;
    case.until_ready(Kind::Flag, "checkout").await;
    case.cluster.delete(Kind::Project, "shop").await;
    until_held(&case, Kind::Project, "shop", &["project shop", "FeatureFlag"]).await;
    assert!(is_listed(&case).await);
    confirm(&case, Kind::Project, "shop").await;
    case.until_gone(Kind::Project, "shop").await;
    assert!(!is_listed(&case).await);
    // With their project they are gone, though nothing of it answers any more.
    case.cluster.delete(Kind::Environment, "staging").await;
    case.cluster.delete(Kind::Flag, "checkout").await;
    case.until_gone(Kind::Flag, "checkout").await;
    case.until_gone(Kind::Environment, "staging").await;
}

#[tokio::test]
async fn a_project_waits_for_what_is_deleted_in_it() {
    let case = Case::start().await;
    case.cluster.edit(Kind::Project, "shop", json!({"spec": {"deletionPolicy": "Delete"}})).await;
    case.until_ready(Kind::Project, "shop").await;
    case.apply_flag("checkout", json!({})).await;
    case.until_ready(Kind::Flag, "checkout").await;
    case.cluster
        .edit(
            Kind::Flag,
            "checkout",
            json!({"metadata": {"finalizers": ["flagsmith-operator.dev/finalizer", "example.com/held"]}}),
        )
        .await;
    case.sim.inject(flagsmith_sim::Fault::on("DELETE", "/features/").status(503));
    case.cluster.delete(Kind::Flag, "checkout").await;
    case.cluster.delete(Kind::Project, "shop").await;
    let project = case.until_waiting(Kind::Project, "shop", "Progressing").await;
    assert!(project.message().contains("/checkout"), "{}", project.message());
    // It says so of this very generation, and yet nothing new begins in it.
    case.apply_flag("banner", json!({})).await;
    case.until_waiting(Kind::Flag, "banner", "ProjectNotReady").await;
    case.cluster.delete(Kind::Flag, "banner").await;
    case.sim.clear_faults();
    until_held(&case, Kind::Project, "shop", &["what was there before this object", "environment production"]).await;
    assert!(is_listed(&case).await);
    case.cluster.edit(Kind::Flag, "checkout", json!({"metadata": {"finalizers": null}})).await;
    case.cluster.release(Kind::Project, "shop").await;
    case.until_gone(Kind::Project, "shop").await;
    assert!(is_listed(&case).await);
    assert_eq!(case.flagsmith.features("banner").await.len(), 0);
}
