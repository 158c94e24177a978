//! What environments and projects are set to: what the manifest says is put right, what it leaves out is left alone.

use serde_json::{Value, json};

use crate::support::{Case, Kind};

/// What a manifest says, and what Flagsmith holds of it.
fn said() -> (Value, Value) {
    let said = json!({"description": "What customers see", "bannerText": "live", "bannerColour": "#d32f2f",
        "hideDisabledFlags": "Hide", "hideSensitiveData": true, "allowClientTraits": false,
        "useIdentityCompositeKeyForHashing": false, "useIdentityOverridesInLocalEval": false});
    let held = json!({"description": "What customers see", "banner_text": "live", "banner_colour": "#d32f2f",
        "hide_disabled_flags": true, "hide_sensitive_data": true, "allow_client_traits": false,
        "use_identity_composite_key_for_hashing": false, "use_identity_overrides_in_local_eval": false});
    (said, held)
}

/// Whether something is like that, in what that names.
fn holds(live: &Value, wanted: &Value) -> bool {
    wanted.as_object().unwrap().iter().all(|(field, value)| live[field] == *value)
}

async fn environment(case: &Case, name: &str) -> Value {
    case.flagsmith.environments(name).await.pop().unwrap_or_default()
}

async fn project(case: &Case) -> Value {
    case.flagsmith.get(&format!("/api/v1/projects/{}/", case.flagsmith.project)).await
}

#[tokio::test]
async fn an_environment_is_created_as_it_is_to_be_set_by_one_request() {
    let case = Case::start().await;
    case.until_ready(Kind::Project, "shop").await;
    case.sim.clear_requests();
    let (said, held) = said();
    case.apply_environment("staging", said).await;
    case.until_ready(Kind::Environment, "staging").await;
    let live = environment(&case, "staging").await;
    assert!(holds(&live, &held), "{live}");
    assert_eq!(case.writes(), ["POST /api/v1/environments/"]);
}

async fn an_environment_is_put_right(versioned: bool) {
    let case = Case::plan().versioned(versioned).start().await;
    let (said, held) = said();
    case.apply_environment("production", said).await;
    case.until_ready(Kind::Environment, "production").await;
    assert!(holds(&environment(&case, "production").await, &held));
    assert_eq!(environment(&case, "production").await["use_v2_feature_versioning"], versioned, "it says nothing of it");
    let path = format!("/api/v1/environments/{}/", case.production);
    let drifted =
        json!({"name": "renamed", "banner_text": "theirs", "hide_disabled_flags": null, "allow_client_traits": true});
    case.flagsmith.patch(&path, drifted).await;
    case.eventually("it is as it was", async || holds(&environment(&case, "production").await, &held)).await;
    // What is emptied is empty; a truth is turned; one is the project's again.
    let bare =
        json!({"bannerText": "", "bannerColour": "", "hideDisabledFlags": "Inherit", "hideSensitiveData": false});
    case.apply_environment("production", bare).await;
    case.until_ready(Kind::Environment, "production").await;
    let held = json!({"banner_text": "", "banner_colour": "", "hide_disabled_flags": null, "hide_sensitive_data": false,
        "allow_client_traits": false, "description": "What customers see"});
    let live = environment(&case, "production").await;
    assert!(holds(&live, &held), "what is left out stays: {live}");
}

#[tokio::test]
async fn an_environment_is_put_right_without_versions() {
    an_environment_is_put_right(false).await;
}

#[tokio::test]
async fn an_environment_is_put_right_with_versions() {
    an_environment_is_put_right(true).await;
}

#[tokio::test]
async fn what_an_environment_s_manifest_leaves_out_is_never_written() {
    let case = Case::plan().resync("1s").start().await;
    case.apply_environment("production", json!({})).await;
    case.until_ready(Kind::Environment, "production").await;
    let path = format!("/api/v1/environments/{}/", case.production);
    let theirs = json!({"banner_text": "theirs", "hide_disabled_flags": true, "allow_client_traits": false});
    case.flagsmith.patch(&path, theirs.clone()).await;
    case.sim.clear_requests();
    // Ten polls and more: the lists are read once.
    case.until_documents_read(12).await;
    assert_eq!(case.writes(), Vec::<String>::new());
    assert!(holds(&environment(&case, "production").await, &theirs));
    case.until_ready(Kind::Environment, "production").await;
}

#[tokio::test]
async fn a_project_is_set_renamed_back_and_left_alone_in_what_is_left_out() {
    let case = Case::start().await;
    let apply = async |mut fields: Value| {
        fields["connectionRef"] = json!({"name": "flagsmith"});
        case.cluster.apply(Kind::Project, "shop", fields).await;
    };
    apply(json!({"hideDisabledFlags": true, "preventFlagDefaults": true, "onlyAllowLowerCaseFeatureNames": false,
        "featureNameRegex": "[a-z]+", "enforceFeatureOwners": true}))
    .await;
    let seen = case.until_ready(Kind::Project, "shop").await;
    let held = json!({"name": "shop", "hide_disabled_flags": true, "prevent_flag_defaults": true,
        "only_allow_lower_case_feature_names": false, "feature_name_regex": "[a-z]+", "enforce_feature_owners": true});
    assert!(holds(&project(&case).await, &held), "{}", project(&case).await);
    assert_eq!(seen.at("/status/origin"), "Adopted");
    let path = format!("/api/v1/projects/{}/", case.flagsmith.project);
    case.flagsmith.patch(&path, json!({"name": "renamed", "hide_disabled_flags": false})).await;
    case.eventually("it is as it was", async || holds(&project(&case).await, &held)).await;
    apply(json!({"name": "Shop"})).await;
    let after = case.until_ready(Kind::Project, "shop").await;
    let live = project(&case).await;
    assert_eq!((&live["name"], after.at("/status/uuid")), (&json!("Shop"), seen.at("/status/uuid")));
    assert_eq!(live["feature_name_regex"], "[a-z]+");
}

#[tokio::test]
async fn a_setting_that_this_flagsmith_does_not_keep_is_told() {
    let case = Case::start().await;
    let spec = json!({"connectionRef": {"name": "flagsmith"}, "staleFlagsLimitDays": 7});
    case.cluster.apply(Kind::Project, "shop", spec).await;
    let project = case.until_stalled(Kind::Project, "shop", "NotKept").await;
    assert!(project.message().contains("Flagsmith Enterprise"), "{}", project.message());
}

#[tokio::test]
async fn a_project_that_nothing_happens_to_costs_one_read_a_listing() {
    let case = Case::plan().resync("1s").start().await;
    case.until(Kind::Project, "shop", ("ready and fresh", |one| one.is_ready() && one.holds("Fresh"))).await;
    case.sim.clear_requests();
    case.until_documents_read(25).await;
    let path = format!("/api/v1/projects/{}/", case.flagsmith.project);
    let requests = case.sim.requests();
    let count = |start: &str| requests.iter().filter(|one| one.path.starts_with(start)).count();
    let (listings, reads) = (count(&format!("{path}features/")), count(&path) - below(&requests, &path));
    assert_eq!(count("/api/v1/projects/?"), 0);
    assert!(reads <= listings && (2..=4).contains(&reads), "{reads} reads, {listings} listings");
}

/// How many requests went to what is below a path.
fn below(requests: &[flagsmith_sim::Request], path: &str) -> usize {
    requests.iter().filter(|one| one.path.starts_with(path) && !one.path.trim_start_matches(path).is_empty()).count()
}
