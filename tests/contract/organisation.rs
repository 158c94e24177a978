//! Organisations and projects: what a credential sees.

use flagsmith_operator::flagsmith::{Credential, Error, OrganisationId, ProjectId};
use secrecy::SecretString;
use serde_json::json;

#[tokio::test]
async fn the_organisations_that_a_token_sees_and_the_release_are_told_at_once() {
    let case = case!().await;
    let probe = case.client.organisations().await.unwrap();
    let own: Vec<_> = probe.organisations.iter().filter(|one| one.id == case.organisation).collect();
    assert_eq!(own.len(), 1);
    assert_eq!(own[0].name.as_str(), case.run);
    let version = probe.version.unwrap();
    assert!(version.starts_with("2."), "{version}");
    case.agrees();
}

#[tokio::test]
async fn an_api_key_sees_its_own_organisation_and_no_other() {
    let case = case!().await;
    let keys = format!("/api/v1/organisations/{}/master-api-keys/", case.organisation);
    let key = case.aside(case.made(&keys, json!({"name": "operator", "is_admin": true}))).await;
    let secret = SecretString::from(key["key"].as_str().unwrap());
    let client = case.client_with(Credential::OrganisationApiKey(secret));
    let probe = client.organisations().await.unwrap();
    assert_eq!(probe.organisations.iter().map(|one| one.id).collect::<Vec<_>>(), [case.organisation]);
    let environment = case.environment("production").await;
    let feature = case.feature("checkout").await;
    assert_eq!(client.projects(case.organisation).await.unwrap()[0].id, case.project);
    assert_eq!(client.environments(case.project).await.unwrap(), std::slice::from_ref(&environment));
    assert_eq!(client.features(case.project).await.unwrap().features, [feature]);
    assert_eq!(client.document(&environment.key).await.unwrap().flags.len(), 1);
    case.agrees();
}

#[tokio::test]
async fn the_projects_of_an_organisation_are_one_list_and_of_an_unknown_one_none() {
    let case = case!().await;
    let projects = case.client.projects(case.organisation).await.unwrap();
    assert_eq!(projects.len(), 1);
    assert_eq!((projects[0].id, projects[0].organisation), (case.project, case.organisation));
    assert_eq!(projects[0].name.as_str(), case.run);
    assert_eq!(case.client.projects(OrganisationId(0)).await.unwrap(), []);
    case.agrees();
}

#[tokio::test]
async fn a_second_project_is_refused_as_what_is_forbidden_is() {
    let case = case!().await;
    let second = json!({"name": "second", "organisation": case.organisation});
    let denied = json!({"detail": "You do not have permission to perform this action."});
    assert_eq!(case.post("/api/v1/projects/", second).await, (403, denied));
    case.agrees();
}

#[tokio::test]
async fn a_deleted_project_has_no_lists_but_its_environments_go_on() {
    let case = case!().await;
    let environment = case.environment("production").await;
    let feature = case.feature("checkout").await;
    assert_eq!(case.delete(&format!("/api/v1/projects/{}/", case.project)).await.0, 204);
    assert_eq!(case.client.projects(case.organisation).await.unwrap(), []);
    let unknown = case.client.environments(case.project).await.unwrap_err();
    assert!(matches!(unknown, Error::Refused { status: 400, .. }), "{unknown:?}");
    assert_eq!(case.client.features(case.project).await, Err(Error::NotFound));
    assert_eq!(case.client.feature(case.project, feature.id).await, Err(Error::NotFound));
    assert_eq!(case.client.environment(&environment.key).await.unwrap(), environment);
    assert_eq!(case.client.document(&environment.key).await.unwrap().flags.len(), 1);
    case.agrees();
}

#[tokio::test]
async fn an_unknown_project_is_refused_by_one_list_and_not_found_by_the_other() {
    let case = case!().await;
    let error = case.client.environments(ProjectId(0)).await.unwrap_err();
    let message = "Invalid or missing value for project parameter.".to_owned();
    assert_eq!(error, Error::Refused { status: 400, message });
    assert_eq!(case.client.features(ProjectId(0)).await, Err(Error::NotFound));
    case.agrees();
}
