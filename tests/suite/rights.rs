//! A credential whose owner may not do all: what is refused says which right is missing, and is taken up once it is given.

use serde_json::{Value, json};

use crate::support::{Case, Kind, Object};

/// What an ordinary user needs (README).
const PROJECT: [&str; 6] =
    ["VIEW_PROJECT", "CREATE_FEATURE", "DELETE_FEATURE", "CREATE_ENVIRONMENT", "MANAGE_SEGMENTS", "MANAGE_TAGS"];
const ENVIRONMENT: [&str; 5] =
    ["VIEW_ENVIRONMENT", "UPDATE_FEATURE_STATE", "MANAGE_SEGMENT_OVERRIDES", "MANAGE_IDENTITIES", "VIEW_IDENTITIES"];

/// A connection whose owner has all that is needed, without one right.
struct Member {
    case: Case,
    token: String,
}

impl Member {
    async fn without(right: &str) -> Self {
        let case = Case::plan().unconnected().resync("2s").start().await;
        let token = case.sim.add_member(case.flagsmith.organisation, "operator@example.com");
        let member = Self { case, token };
        member.grant(right);
        member.case.cluster.apply_secret("flagsmith-token", json!({"token": member.token})).await;
        member.case.apply_connection(json!({})).await;
        member.case.apply_project("shop").await;
        member
    }

    fn grant(&self, without: &str) {
        let Case { sim, flagsmith, production, .. } = &self.case;
        let but = |rights: &[&'static str]| rights.iter().copied().filter(|one| *one != without).collect::<Vec<_>>();
        sim.grant_project(&self.token, flagsmith.project, &but(&PROJECT));
        sim.grant_environment(&self.token, production, &but(&ENVIRONMENT));
    }

    fn grant_all(&self) {
        self.grant("");
    }

    async fn apply_flag(&self) {
        self.case.apply_flag_on("checkout", json!({"string": "blue"})).await;
    }

    /// A flag that says all that there is to say, and the segment that it names.
    async fn apply_whole_flag(&self) {
        let condition = json!({"property": "ring", "operator": "EQUAL", "value": "beta"});
        self.case.apply_segment("beta", json!({"rules": [{"type": "ALL", "conditions": [condition]}]})).await;
        let blue = json!({"string": "blue"});
        let production = json!({"name": "production", "enabled": true, "value": blue,
            "weights": [{"variant": "green", "weight": 50}],
            "segmentOverrides": [{"segment": "beta", "enabled": true, "value": blue}],
            "identityOverrides": [{"identity": "jane", "enabled": true, "value": blue}]});
        let whole = json!({"description": "d", "tags": ["t"], "owners": {"users": ["operator@example.com"]},
            "variants": [{"key": "green", "value": {"string": "green"}}], "environments": [production]});
        self.case.apply_flag("checkout", whole).await;
    }

    /// Waits until a refusal names that right.
    async fn until_refused(&self, kind: Kind, name: &str, right: &str) -> Object {
        let object = self.case.until_stalled(kind, name, "Forbidden").await;
        let needs = object.message().split("needs the right").nth(1).unwrap_or_default().to_owned();
        assert!(needs.contains(&format!("{right} on the")), "{}", object.message());
        object
    }
}

#[tokio::test]
async fn with_the_least_rights_all_is_done() {
    let member = Member::without("").await;
    let case = &member.case;
    member.apply_flag().await;
    case.apply_environment("staging", json!({"description": "For tests", "secret": {"name": "flagsmith-staging"}}))
        .await;
    case.until_ready(Kind::Flag, "checkout").await;
    case.until_ready(Kind::Environment, "staging").await;
    case.cluster.delete(Kind::Flag, "checkout").await;
    case.until_gone(Kind::Flag, "checkout").await;
}

#[tokio::test]
async fn with_the_least_rights_the_whole_of_a_flag_is_written() {
    let member = Member::without("").await;
    member.apply_whole_flag().await;
    member.case.until_ready(Kind::Segment, "beta").await;
    member.case.until_ready(Kind::Flag, "checkout").await;
}

#[tokio::test]
async fn without_the_right_to_a_part_of_a_flag_the_flag_says_so() {
    for right in ["MANAGE_TAGS", "MANAGE_SEGMENT_OVERRIDES", "MANAGE_IDENTITIES"] {
        let member = Member::without(right).await;
        member.apply_whole_flag().await;
        member.until_refused(Kind::Flag, "checkout", right).await;
        member.grant_all();
        member.case.until_ready(Kind::Flag, "checkout").await;
    }
}

#[tokio::test]
async fn without_manage_segments_the_segment_says_so() {
    let member = Member::without("MANAGE_SEGMENTS").await;
    member.apply_whole_flag().await;
    member.until_refused(Kind::Segment, "beta", "MANAGE_SEGMENTS").await;
    member.case.until_waiting(Kind::Flag, "checkout", "SegmentNotFound").await;
    member.grant_all();
    member.case.until_ready(Kind::Flag, "checkout").await;
}

#[tokio::test]
async fn without_view_identities_only_one_that_is_there_is_out_of_reach() {
    let member = Member::without("VIEW_IDENTITIES").await;
    let identities = format!("/api/v1/environments/{}/identities/", member.case.production);
    member.case.flagsmith.post(&identities, json!({"identifier": "jane"})).await;
    member.apply_whole_flag().await;
    member.until_refused(Kind::Flag, "checkout", "VIEW_IDENTITIES").await;
    member.grant_all();
    member.case.until_ready(Kind::Flag, "checkout").await;
}

#[tokio::test]
async fn without_view_project_the_project_says_so() {
    let member = Member::without("VIEW_PROJECT").await;
    let project = member.case.until_stalled(Kind::Project, "shop", "ProjectNotFound").await;
    assert!(project.message().contains("the right VIEW_PROJECT on the project"), "{}", project.message());
    member.grant_all();
    member.case.until_ready(Kind::Project, "shop").await;
}

#[tokio::test]
async fn without_create_feature_the_flag_says_so() {
    let member = Member::without("CREATE_FEATURE").await;
    member.apply_flag().await;
    member.until_refused(Kind::Flag, "checkout", "CREATE_FEATURE").await;
    member.grant_all();
    member.case.until_ready(Kind::Flag, "checkout").await;
}

#[tokio::test]
async fn without_delete_feature_the_flag_stays_and_says_so() {
    let member = Member::without("DELETE_FEATURE").await;
    member.apply_flag().await;
    member.case.until_ready(Kind::Flag, "checkout").await;
    member.case.cluster.delete(Kind::Flag, "checkout").await;
    member.until_refused(Kind::Flag, "checkout", "DELETE_FEATURE").await;
    assert_eq!(member.case.flagsmith.features("checkout").await.len(), 1);
    member.grant_all();
    member.case.until_gone(Kind::Flag, "checkout").await;
    assert_eq!(member.case.flagsmith.features("checkout").await, Vec::<Value>::new());
}

#[tokio::test]
async fn without_create_environment_the_environment_says_so() {
    let member = Member::without("CREATE_ENVIRONMENT").await;
    member.case.apply_environment("staging", json!({})).await;
    member.until_refused(Kind::Environment, "staging", "CREATE_ENVIRONMENT").await;
    member.grant_all();
    member.case.until_ready(Kind::Environment, "staging").await;
}

#[tokio::test]
async fn without_view_environment_the_flag_waits_and_says_so() {
    let member = Member::without("VIEW_ENVIRONMENT").await;
    member.apply_flag().await;
    let flag = member.case.until_waiting(Kind::Flag, "checkout", "EnvironmentNotFound").await;
    assert!(flag.message().contains("the right VIEW_ENVIRONMENT on the environment"), "{}", flag.message());
    member.grant_all();
    member.case.until_ready(Kind::Flag, "checkout").await;
}

#[tokio::test]
async fn without_update_feature_state_the_flag_says_so() {
    let member = Member::without("UPDATE_FEATURE_STATE").await;
    member.apply_flag().await;
    member.until_refused(Kind::Flag, "checkout", "UPDATE_FEATURE_STATE").await;
    member.grant_all();
    member.case.until_ready(Kind::Flag, "checkout").await;
}

#[tokio::test]
async fn who_is_not_its_administrator_does_not_change_an_environment() {
    let member = Member::without("").await;
    let fields = json!({"description": "What customers see", "secret": {"name": "keys"}});
    member.case.apply_environment("production", fields).await;
    let environment = member.case.until_stalled(Kind::Environment, "production", "Forbidden").await;
    assert!(environment.message().contains("administrator of the environment"), "{}", environment.message());
    let key = member.case.cluster.secret_entry("keys", "FLAGSMITH_ENVIRONMENT_KEY").await;
    assert_eq!(key.as_ref(), Some(&member.case.production), "its keys are published all the same");
    member.case.sim.grant_environment(&member.token, &member.case.production, &["ADMIN"]);
    member.case.until_ready(Kind::Environment, "production").await;
}

#[tokio::test]
async fn who_is_not_its_administrator_does_not_set_a_project_and_works_in_it_all_the_same() {
    let member = Member::without("").await;
    let spec = json!({"connectionRef": {"name": "flagsmith"}, "hideDisabledFlags": true});
    member.case.cluster.apply(Kind::Project, "shop", spec).await;
    member.case.until_stalled(Kind::Project, "shop", "Forbidden").await;
    member.apply_flag().await;
    member.case.until_ready(Kind::Flag, "checkout").await;
    member.case.sim.grant_project(&member.token, member.case.flagsmith.project, &["ADMIN"]);
    member.case.until_ready(Kind::Project, "shop").await;
}
