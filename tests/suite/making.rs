//! How environments and projects are made: as copies, with versions, again after they were deleted; and who may.

use std::time::Duration;

use flagsmith_sim::Fault;
use serde_json::{Value, json};

use crate::support::{Case, Kind, Served};

const KEY: &str = "FLAGSMITH_ENVIRONMENT_KEY";

fn sent(case: &Case, method: &str, end: &str) -> usize {
    case.sim.writes().iter().filter(|one| one.method == method && one.path.ends_with(end)).count()
}

async fn names(case: &Case) -> Vec<Value> {
    let page = case.flagsmith.get(&format!("/api/v1/environments/?project={}", case.flagsmith.project)).await;
    page["results"].as_array().unwrap().iter().map(|one| one["name"].clone()).collect()
}

async fn key_of(case: &Case, name: &str) -> String {
    crate::support::key(&case.flagsmith.environments(name).await[0])
}

/// A project with a flag that serves blue in production, where it was told so.
async fn with_a_flag(versioned: bool) -> Case {
    let case = Case::plan().versioned(versioned).start().await;
    case.apply_flag_on("checkout", json!({"string": "blue"})).await;
    case.until_ready(Kind::Flag, "checkout").await;
    case.sim.clear_requests();
    case
}

async fn an_environment_starts_as_a_copy(versioned: bool) {
    let case = with_a_flag(versioned).await;
    let fields = json!({"cloneFrom": "production", "bannerText": "a copy", "secret": {"name": "flagsmith-staging"}});
    case.apply_environment("staging", fields).await;
    let environment = case.until_ready(Kind::Environment, "staging").await;
    let live = case.flagsmith.environments("staging").await;
    assert_eq!((live.len(), &live[0]["uuid"]), (1, environment.at("/status/uuid")));
    assert_eq!((&live[0]["banner_text"], &live[0]["use_v2_feature_versioning"]), (&json!("a copy"), &json!(versioned)));
    assert_eq!(environment.at("/status/origin"), "Created");
    let key = case.cluster.secret_entry("flagsmith-staging", KEY).await.unwrap();
    assert_eq!(case.flagsmith.served(&key, "checkout").await, Some(Served::on("blue")));
    assert_eq!((sent(&case, "POST", "/clone/"), names(&case).await.len()), (1, 2));
}

#[tokio::test]
async fn an_environment_starts_as_a_copy_without_versions() {
    an_environment_starts_as_a_copy(false).await;
}

#[tokio::test]
async fn an_environment_starts_as_a_copy_with_versions() {
    an_environment_starts_as_a_copy(true).await;
}

#[tokio::test]
async fn what_is_to_be_copied_is_waited_for_and_cannot_be_changed_afterwards() {
    let case = Case::start().await;
    case.apply_environment("staging", json!({"cloneFrom": "template"})).await;
    let waiting = case.until_waiting(Kind::Environment, "staging", "EnvironmentNotFound").await;
    assert!(waiting.message().contains("environment template"), "{}", waiting.message());
    case.flagsmith.add_environment("template").await;
    case.until_ready(Kind::Environment, "staging").await;
    let other = json!({"projectRef": {"name": "shop"}, "cloneFrom": "production"});
    let manifest = case.cluster.manifest(Kind::Environment, "staging", &other);
    let message = case.cluster.try_apply(Kind::Environment, &manifest).await.unwrap_err();
    assert!(message.contains("cloneFrom cannot be changed once the environment exists"), "{message}");
    case.apply_environment("staging", json!({})).await;
    case.until_ready(Kind::Environment, "staging").await;
}

#[tokio::test]
async fn an_environment_that_is_there_is_adopted_and_not_copied() {
    let case = Case::start().await;
    case.flagsmith.add_environment("staging").await;
    case.apply_environment("staging", json!({"cloneFrom": "production"})).await;
    let environment = case.until_ready(Kind::Environment, "staging").await;
    assert_eq!(environment.at("/status/origin"), "Adopted");
    assert_eq!(sent(&case, "POST", "/clone/"), 0);
}

#[tokio::test]
async fn no_flag_is_written_where_flagsmith_still_copies_flags() {
    let case = with_a_flag(false).await;
    case.sim.task_delay(Duration::from_secs(8));
    let clone = format!("/api/v1/environments/{}/clone/", case.production);
    case.flagsmith.post(&clone, json!({"name": "staging", "clone_feature_states_async": true})).await;
    let staging = json!({"name": "staging", "enabled": false, "value": {"string": "red"}});
    case.apply_flag("checkout", json!({"environments": [staging]})).await;
    let flag = case.until_waiting(Kind::Flag, "checkout", "Progressing").await;
    assert!(flag.message().contains("environment staging"), "{}", flag.message());
    case.until_ready(Kind::Flag, "checkout").await;
    let key = key_of(&case, "staging").await;
    assert_eq!(case.flagsmith.served(&key, "checkout").await, Some(Served::off("red")));
}

#[tokio::test]
async fn versions_are_asked_for_once_and_no_flag_is_written_until_they_are_there() {
    let case = with_a_flag(false).await;
    case.sim.task_delay(Duration::from_secs(8));
    case.apply_environment("production", json!({"featureVersioning": "V2", "bannerText": "first"})).await;
    let environment = case.until_waiting(Kind::Environment, "production", "Progressing").await;
    assert!(environment.message().contains("to v2 feature versioning"), "{}", environment.message());
    case.apply_flag_on("checkout", json!({"string": "red"})).await;
    case.until_waiting(Kind::Flag, "checkout", "Progressing").await;
    assert_eq!(case.served("checkout").await, Some(Served::on("blue")), "what is written meanwhile would be lost");
    case.until_ready(Kind::Environment, "production").await;
    case.until_ready(Kind::Flag, "checkout").await;
    let live = &case.flagsmith.environments("production").await[0];
    assert_eq!((&live["use_v2_feature_versioning"], &live["banner_text"]), (&json!(true), &json!("first")));
    assert_eq!(case.served("checkout").await, Some(Served::on("red")));
    assert_eq!(sent(&case, "POST", "/enable-v2-versioning/"), 1);
    assert_eq!(case.flagsmith.versions("production", "checkout").await, 2, "the first, and ours");

    // It is one way: left out, it stays.
    case.sim.clear_requests();
    case.apply_environment("production", json!({})).await;
    let environment = case.until_ready(Kind::Environment, "production").await;
    assert_eq!(environment.at("/status/versioningRequestedAt"), &json!(null));
    assert_eq!(case.writes(), Vec::<String>::new());
}

#[tokio::test]
async fn no_flag_is_written_while_versions_are_being_asked_for() {
    let case = with_a_flag(false).await;
    case.sim.inject(Fault::on("POST", "/enable-v2-versioning/").delay(Duration::from_secs(6)));
    case.apply_environment("production", json!({"featureVersioning": "V2"})).await;
    case.eventually("versions are asked for", async || sent(&case, "POST", "/enable-v2-versioning/") == 1).await;
    case.apply_flag_on("checkout", json!({"string": "red"})).await;
    case.until_waiting(Kind::Flag, "checkout", "Progressing").await;
    assert_eq!(case.served("checkout").await, Some(Served::on("blue")), "Flagsmith may be at work on it already");
    case.until_ready(Kind::Flag, "checkout").await;
    assert_eq!(case.served("checkout").await, Some(Served::on("red")));
}

#[tokio::test]
async fn versions_come_whatever_time_the_server_takes() {
    let case = with_a_flag(false).await;
    case.apply_environment("production", json!({"featureVersioning": "V2"})).await;
    case.apply_flag_on("checkout", json!({"string": "red"})).await;
    case.until_ready(Kind::Environment, "production").await;
    case.until_ready(Kind::Flag, "checkout").await;
    assert_eq!(case.flagsmith.environments("production").await[0]["use_v2_feature_versioning"], true);
    assert_eq!(case.served("checkout").await, Some(Served::on("red")));
    assert_eq!(sent(&case, "POST", "/enable-v2-versioning/"), 1);
}

#[tokio::test]
async fn versions_that_are_there_are_not_asked_for() {
    let case = Case::plan().versioned(true).start().await;
    case.until_ready(Kind::Project, "shop").await;
    case.sim.clear_requests();
    case.apply_environment("production", json!({"featureVersioning": "V2"})).await;
    case.until_ready(Kind::Environment, "production").await;
    assert_eq!(case.writes(), Vec::<String>::new());
}

#[tokio::test]
async fn an_environment_that_we_made_is_made_again_under_a_new_key_and_its_secret_follows() {
    for fields in [json!({}), json!({"cloneFrom": "production"})] {
        let case = with_a_flag(false).await;
        let mut fields = fields;
        fields["secret"] = json!({"name": "flagsmith-staging"});
        case.apply_environment("staging", fields).await;
        let before = case.until_ready(Kind::Environment, "staging").await;
        let old = key_of(&case, "staging").await;
        case.flagsmith.delete(&format!("/api/v1/environments/{old}/")).await;
        let is_another = |one: &crate::support::Object| {
            one.is_ready() && ![before.at("/status/uuid"), &json!(null)].contains(&one.at("/status/uuid"))
        };
        let after = case.until(Kind::Environment, "staging", ("ready and another", is_another)).await;
        // A copy is recorded before it has its name.
        case.eventually("it has its name", async || case.flagsmith.environments("staging").await.len() == 1).await;
        let live = case.flagsmith.environments("staging").await;
        assert_eq!(&live[0]["uuid"], after.at("/status/uuid"));
        assert_ne!(live[0]["api_key"], old.as_str());
        let is_published = async || {
            case.cluster.secret_entry("flagsmith-staging", KEY).await.as_deref() == live[0]["api_key"].as_str()
        };
        case.eventually("its key is in the Secret", is_published).await;
        assert_eq!(after.at("/status/origin"), "Created");
    }
}

#[tokio::test]
async fn an_environment_that_we_found_is_not_made_again_but_another_of_its_name_is_taken_up() {
    let case = Case::plan().resync("2s").start().await;
    let key = case.flagsmith.add_environment("staging").await;
    case.apply_environment("staging", json!({})).await;
    case.until_ready(Kind::Environment, "staging").await;
    case.sim.clear_requests();
    case.flagsmith.delete(&format!("/api/v1/environments/{key}/")).await;
    let environment = case.until_stalled(Kind::Environment, "staging", "DeletedInFlagsmith").await;
    assert!(environment.message().contains("make one there"), "{}", environment.message());
    assert_eq!(sent(&case, "POST", "/api/v1/environments/"), 0);
    case.flagsmith.add_environment("staging").await;
    let environment = case.until_ready(Kind::Environment, "staging").await;
    assert_eq!(environment.at("/status/uuid"), &case.flagsmith.environments("staging").await[0]["uuid"]);
}

#[tokio::test]
async fn an_environment_that_is_merely_hidden_is_not_made_again() {
    let case = Case::plan().unconnected().resync("2s").start().await;
    let token = case.sim.add_member(case.flagsmith.organisation, "operator@example.com");
    let rights = ["VIEW_PROJECT", "CREATE_ENVIRONMENT"];
    case.sim.grant_project(&token, case.flagsmith.project, &rights);
    case.cluster.apply_secret("flagsmith-token", json!({"token": token})).await;
    case.apply_connection(json!({})).await;
    case.apply_project("shop").await;
    case.apply_environment("staging", json!({})).await;
    case.until_ready(Kind::Environment, "staging").await;
    case.sim.clear_requests();
    case.sim.grant_environment(&token, &key_of(&case, "staging").await, &[]);
    let environment = case.until_stalled(Kind::Environment, "staging", "Forbidden").await;
    assert!(environment.message().contains("VIEW_ENVIRONMENT"), "{}", environment.message());
    let is_asked = |one: &flagsmith_sim::Request| one.path.contains("/get-by-uuid/") && one.status == Some(403);
    let asked = async || case.sim.requests().iter().filter(|one| is_asked(one)).count() > 2;
    case.eventually("it is asked for by its uuid, again and again", asked).await;
    assert_eq!(sent(&case, "POST", "/api/v1/environments/"), 0);
    case.sim.grant_environment(&token, &key_of(&case, "staging").await, &["VIEW_ENVIRONMENT"]);
    case.until_ready(Kind::Environment, "staging").await;
}

async fn apply_outlet(case: &Case, fields: Value) {
    let mut fields = fields;
    fields["connectionRef"] = json!({"name": "flagsmith"});
    case.cluster.apply(Kind::Project, "outlet", fields).await;
}

async fn outlets(case: &Case) -> Vec<Value> {
    let all = case.flagsmith.get(&format!("/api/v1/projects/?organisation={}", case.flagsmith.organisation)).await;
    all.as_array().unwrap().iter().filter(|one| one["name"] == "outlet").cloned().collect()
}

#[tokio::test]
async fn a_project_is_created_once_as_it_is_to_be_set() {
    for fault in [None, Some(Fault::on("POST", "/api/v1/projects/").times(1).drop_after())] {
        let case = Case::start().await;
        case.until_ready(Kind::Project, "shop").await;
        case.sim.clear_requests();
        if let Some(fault) = fault {
            case.sim.inject(fault);
        }
        apply_outlet(&case, json!({"hideDisabledFlags": true})).await;
        let project = case.until_ready(Kind::Project, "outlet").await;
        let live = outlets(&case).await;
        assert_eq!((live.len(), &live[0]["hide_disabled_flags"]), (1, &json!(true)));
        assert_eq!((project.at("/status/origin"), project.at("/status/uuid")), (&json!("Created"), &live[0]["uuid"]));
        assert_eq!(project.at("/status/creation"), &json!(null));
        assert_eq!(case.writes(), ["POST /api/v1/projects/"]);
    }
}

#[tokio::test]
async fn a_project_that_may_not_be_created_says_why_and_is_adopted_once_it_is_there() {
    let case = Case::plan().resync("2s").start().await;
    case.sim.clear_requests();
    case.sim.inject(Fault::on("POST", "/api/v1/projects/").times(1).status(403));
    apply_outlet(&case, json!({})).await;
    let project = case.until_stalled(Kind::Project, "outlet", "ProjectNotFound").await;
    assert!(project.message().contains("one project for each organisation"), "{}", project.message());
    assert_eq!(project.at("/status/creation"), "Refused");
    assert_eq!(sent(&case, "POST", "/api/v1/projects/"), 1, "it is not asked again and again");
    case.flagsmith.add_project("outlet").await;
    let project = case.until_ready(Kind::Project, "outlet").await;
    assert_eq!(project.at("/status/origin"), "Adopted");
}

#[tokio::test]
async fn a_project_that_was_created_before_a_crash_is_ours_and_there_once() {
    for fault in [
        Fault::on("POST", "/api/v1/projects/").times(1).hang(),
        Fault::on("POST", "/api/v1/projects/").times(1).drop_after(),
    ] {
        let mut case = Case::start().await;
        case.until_ready(Kind::Project, "shop").await;
        case.sim.clear_requests();
        case.sim.inject(fault);
        apply_outlet(&case, json!({})).await;
        case.eventually("it is asked for", async || sent(&case, "POST", "/api/v1/projects/") == 1).await;
        case.operator.kill();
        case.operator.restart();
        let project = case.until_ready(Kind::Project, "outlet").await;
        assert_eq!((outlets(&case).await.len(), project.at("/status/origin")), (1, &json!("Created")));
    }
}
