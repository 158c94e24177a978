//! Who published what a flag serves, as far as Flagsmith tells.

use flagsmith_operator::flagsmith::{Client, Credential, Environment, Error, Feature, Right, StatePatch, UserId};
use secrecy::SecretString;
use serde_json::json;

use crate::support::{Case, MIDDLE, NEWEST, OLDEST, Person};

/// A flag in one environment, and somebody who may write it there.
struct Written {
    case: Case,
    environment: Environment,
    feature: Feature,
    person: Person,
    /// The number of whoever runs the test, and that of the person.
    users: [UserId; 2],
}

impl Written {
    async fn in_environment(case: Case, is_versioned: bool) -> Self {
        let (environment, feature) = (case.environment("production").await, case.feature("checkout").await);
        if is_versioned {
            case.version(&environment.key).await;
        }
        let person = case.member().await;
        case.grant_project(&person, &["VIEW_PROJECT"]).await;
        let rights = ["VIEW_ENVIRONMENT", "UPDATE_FEATURE_STATE", "MANAGE_SEGMENT_OVERRIDES"];
        case.grant_environment(&person, &environment.key, &rights).await;
        let (users, them) = (case.client.users(case.organisation).await.unwrap(), UserId(person.id));
        let me = users.iter().find(|user| user.id != them).unwrap().id;
        Self { case, environment, feature, person, users: [me, them] }
    }

    async fn publisher(&self) -> Option<UserId> {
        self.case.client.publisher(self.environment.id, self.feature.id).await.unwrap()
    }

    fn versions(&self) -> String {
        format!("/api/v1/environments/{}/features/{}/versions/", self.environment.id, self.feature.id)
    }

    async fn enable(&self, client: &Client, enabled: bool) {
        let patch = StatePatch { enabled: Some(enabled), ..StatePatch::default() };
        client.set_state(&self.environment.key, self.feature.id, &patch).await.unwrap();
    }
}

#[tokio::test]
async fn who_published_what_is_live_is_told_by_a_number_whatever_the_route() {
    let written = Written::in_environment(case!().await, true).await;
    assert_eq!(written.publisher().await, None, "the first version is nobody's");
    let [me, them] = written.users;
    for known in [OLDEST, MIDDLE, NEWEST] {
        written.enable(&written.case.client.knowing(known), false).await;
        assert_eq!(written.publisher().await, Some(me), "{known:?}");
        written.enable(&written.case.client_of(&written.person).knowing(known), true).await;
        assert_eq!(written.publisher().await, Some(them), "{known:?}");
    }
    written.case.agrees();
}

#[tokio::test]
async fn neither_a_draft_nor_what_is_to_come_is_live() {
    let written = Written::in_environment(case!().await, true).await;
    written.enable(&written.case.client_of(&written.person).knowing(NEWEST), false).await;
    written
        .case
        .made(&written.versions(), json!({"publish_immediately": true, "live_from": "2099-01-01T00:00:00Z"}))
        .await;
    written.case.made(&written.versions(), json!({})).await;
    assert_eq!(written.publisher().await, Some(written.users[1]));
    let listed = written.case.seen(&written.versions()).await;
    assert_eq!(listed["count"], 4);
    assert_eq!(listed["results"][0]["published"], false, "without the filter a draft is the first");
    let (status, _) = written.case.get(&format!("{}?is_live=perhaps", written.versions())).await;
    assert_eq!(status, 400);
    written.case.agrees();
}

#[tokio::test]
async fn an_api_key_publishes_in_nobody_s_name_and_is_told_as_much() {
    let written = Written::in_environment(case!().await, true).await;
    written.enable(&written.case.client_of(&written.person).knowing(NEWEST), false).await;
    let keys = format!("/api/v1/organisations/{}/master-api-keys/", written.case.organisation);
    let new = json!({"name": "operator", "is_admin": true, "organisation": written.case.organisation});
    let key = written.case.made(&keys, new).await["key"].as_str().unwrap().to_owned();
    let client = written.case.client_with(Credential::OrganisationApiKey(SecretString::from(key)));
    assert_eq!(client.publisher(written.environment.id, written.feature.id).await, Ok(Some(written.users[1])));
    assert_eq!(client.users(written.case.organisation).await.unwrap().len(), 2);
    written.enable(&client.knowing(NEWEST), true).await;
    assert_eq!(written.publisher().await, None);
    // What a server makes of a key is its own.
    written.case.ends_uncompared();
}

#[tokio::test]
async fn who_left_the_organisation_is_a_number_without_an_address_and_who_left_flagsmith_is_nobody() {
    let written = Written::in_environment(case!().await, true).await;
    let them = written.users[1];
    written.enable(&written.case.client_of(&written.person).knowing(NEWEST), false).await;
    let remove = format!("/api/v1/organisations/{}/remove-users/", written.case.organisation);
    let (status, _) = written.case.post(&remove, json!([{"id": them}])).await;
    assert_eq!(status, 200);
    assert_eq!(written.publisher().await, Some(them));
    assert!(written.case.client.users(written.case.organisation).await.unwrap().iter().all(|user| user.id != them));
    written.case.leave(&written.person).await;
    assert_eq!(written.publisher().await, None);
    written.case.agrees();
}

#[tokio::test]
async fn an_unversioned_environment_keeps_nobody_s_name() {
    let written = Written::in_environment(case!().await, false).await;
    written.enable(&written.case.client_of(&written.person).knowing(NEWEST), false).await;
    assert_eq!(written.publisher().await, None);
    written.case.agrees();
}

#[tokio::test]
async fn who_published_is_told_to_whoever_sees_project_and_environment() {
    let written = Written::in_environment(case!().await, true).await;
    let client = written.case.client_of(&written.person);
    let ask = async || client.publisher(written.environment.id, written.feature.id).await;
    assert_eq!(ask().await, Ok(None));
    written.case.grant_project(&written.person, &[]).await;
    assert_eq!(ask().await, Err(Error::NotFound), "rights in the environment are not enough");
    assert_eq!(client.users(written.case.organisation).await.unwrap().len(), 2);
    let remove = format!("/api/v1/organisations/{}/remove-users/", written.case.organisation);
    written.case.post(&remove, json!([{"id": written.users[1]}])).await;
    let refused = client.users(written.case.organisation).await.unwrap_err();
    assert!(matches!(refused, Error::Forbidden { right: Some(Right::Organisation), .. }), "{refused:?}");
    written.case.agrees();
}
