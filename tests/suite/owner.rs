//! Who owns a flag.

use serde_json::{Value, json};

use crate::support::{Case, Flagsmith, Kind};

const ADMIN: &str = "admin@example.com";

/// Names of owners: users, then groups.
async fn owners(flagsmith: &Flagsmith, feature: &str) -> Value {
    let feature = flagsmith.feature(feature).await;
    let named =
        |list: &str, by: &str| feature[list].as_array().unwrap().iter().map(|one| one[by].clone()).collect::<Value>();
    json!([named("owners", "email"), named("group_owners", "name")])
}

async fn add_group(flagsmith: &Flagsmith, name: &str) {
    flagsmith.post(&format!("/api/v1/organisations/{}/groups/", flagsmith.organisation), json!({"name": name})).await;
}

#[tokio::test]
async fn a_flag_is_owned_by_whom_its_manifest_names() {
    let case = Case::plan().resync("1s").start().await;
    add_group(&case.flagsmith, "payments").await;
    case.apply_flag("checkout", json!({"owners": {"users": ["Admin@Example.com"], "groups": ["payments"]}})).await;
    case.until_ready(Kind::Flag, "checkout").await;
    assert_eq!(owners(&case.flagsmith, "checkout").await, json!([[ADMIN], ["payments"]]));
    case.sim.clear_requests();
    case.until_documents_read(3).await;
    assert_eq!(case.writes(), Vec::<String>::new());

    case.apply_flag("checkout", json!({"owners": {"users": [], "groups": ["payments"]}})).await;
    let is_alone = async || owners(&case.flagsmith, "checkout").await == json!([[], ["payments"]]);
    case.eventually("the group alone owns it", is_alone).await;
    assert_eq!(case.writes(), [format!("POST {}", case.flagsmith.below("checkout", "remove-owners/").await)]);
    case.apply_flag("checkout", json!({"owners": {"users": [ADMIN], "groups": []}})).await;
    let is_alone = async || owners(&case.flagsmith, "checkout").await == json!([[ADMIN], []]);
    case.eventually("the user alone owns it", is_alone).await;
}

#[tokio::test]
async fn whoever_makes_a_flag_owns_it_unless_it_says_that_nobody_does() {
    let case = Case::start().await;
    case.apply_flag("silent", json!({})).await;
    case.apply_flag("nobody", json!({"owners": {"users": []}})).await;
    for flag in ["silent", "nobody"] {
        case.until_ready(Kind::Flag, flag).await;
    }
    assert_eq!(owners(&case.flagsmith, "silent").await, json!([[ADMIN], []]));
    assert_eq!(owners(&case.flagsmith, "nobody").await, json!([[], []]));
    let read = |path: &str| case.sim.requests().iter().any(|request| request.path.contains(path));
    assert!(!read("/users/") && !read("/groups/"), "nobody is looked up where nobody is named");
}

#[tokio::test]
async fn an_owner_who_is_unknown_is_told_of_and_holds_up_nothing_else() {
    let case = Case::start().await;
    let production = json!({"name": "production", "enabled": true});
    let wanted = json!({"users": [ADMIN], "groups": ["payments"]});
    case.apply_flag("checkout", json!({"owners": wanted, "environments": [production]})).await;
    let flag = case.until_stalled(Kind::Flag, "checkout", "OwnerNotFound").await;
    assert!(flag.message().contains("no group payments"), "{}", flag.message());
    assert!(case.served("checkout").await.is_some_and(|flag| flag.enabled));

    add_group(&case.flagsmith, "payments").await;
    case.until_ready(Kind::Flag, "checkout").await;
    assert_eq!(owners(&case.flagsmith, "checkout").await, json!([[ADMIN], ["payments"]]));
}

#[tokio::test]
async fn of_groups_of_one_name_none_is_chosen() {
    let case = Case::start().await;
    add_group(&case.flagsmith, "payments").await;
    add_group(&case.flagsmith, "payments").await;
    case.apply_flag("checkout", json!({"owners": {"groups": ["payments"]}})).await;
    let flag = case.until_stalled(Kind::Flag, "checkout", "AmbiguousName").await;
    assert!(flag.message().contains("several groups named payments"), "{}", flag.message());
    assert_eq!(owners(&case.flagsmith, "checkout").await, json!([[ADMIN], []]));
}
