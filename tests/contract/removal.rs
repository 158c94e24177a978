//! What is deleted whole: environments and projects.

use flagsmith_operator::flagsmith::Error;

#[tokio::test]
async fn an_environment_that_is_deleted_is_gone_at_once_and_the_others_stay() {
    let case = case!().await;
    let (gone, other) = (case.environment("production").await, case.environment("staging").await);
    let feature = case.feature("checkout").await;
    assert_eq!(case.client.delete_environment(&gone.key).await, Ok(()));
    assert_eq!(case.client.delete_environment(&gone.key).await, Err(Error::NotFound));
    assert_eq!(case.client.environment(&gone.key).await, Err(Error::NotFound));
    assert_eq!(case.client.environments(case.project).await.unwrap(), [other]);
    assert_eq!(case.client.feature(case.project, feature.id).await.unwrap(), feature);
    case.agrees();
}

#[tokio::test]
async fn a_project_that_is_deleted_is_off_the_list_at_once_and_nothing_in_it_is_found() {
    let case = case!().await;
    let feature = case.feature("checkout").await;
    assert_eq!(case.client.delete_project(case.project).await, Ok(()));
    assert_eq!(case.client.projects(case.organisation).await.unwrap(), []);
    assert_eq!(case.client.delete_project(case.project).await, Err(Error::NotFound));
    assert_eq!(case.client.delete_feature(case.project, feature.id).await, Err(Error::NotFound));
    let environments = case.client.environments(case.project).await;
    assert!(matches!(environments, Err(Error::Refused { status: 400, .. })), "{environments:?}");
    let segments = case.client.segments(case.project).await;
    assert!(matches!(segments, Err(Error::Forbidden { .. })), "{segments:?}");
    case.agrees();
}
