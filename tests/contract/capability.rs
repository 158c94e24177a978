//! What a server can do, as it is found out.

use flagsmith_operator::flagsmith::Capabilities;

use crate::support::{Case, MIDDLE, NEWEST, OLDEST};

/// What is found out, given what the server tells of its release.
async fn found(case: &Case) -> Capabilities {
    let version = case.client.organisations().await.unwrap().version;
    case.client.capabilities(version.as_deref()).await.unwrap()
}

#[tokio::test]
async fn the_newest_release_has_every_route() {
    let case = case!().await;
    assert_eq!(found(&case).await, NEWEST);
    case.agrees();
}

#[tokio::test]
async fn a_release_before_2_263_is_not_asked_for_the_future() {
    let case = case!(|builder| builder.version("2.262.0").without_future()).await;
    assert_eq!(found(&case).await, MIDDLE);
    case.agrees();
}

#[tokio::test]
async fn a_release_before_2_205_is_asked_for_nothing() {
    let case = case!(|builder| builder.version("2.204.0").without_future().without_update_flag()).await;
    assert_eq!(found(&case).await, OLDEST);
    case.agrees();
}

#[tokio::test]
async fn a_server_that_does_not_tell_its_release_is_asked_for_each_route() {
    let case = case!(flagsmith_sim::Builder::without_version).await;
    assert_eq!(found(&case).await, NEWEST);
    case.agrees();
}

#[tokio::test]
async fn a_server_whose_release_is_unknown_is_asked_for_each_route() {
    let case = case!(|builder| builder.version("unknown").without_future().without_update_flag()).await;
    assert_eq!(found(&case).await, OLDEST);
    case.agrees();
}

#[tokio::test]
async fn a_gateway_that_lets_no_other_route_through_is_found_out() {
    let case = case!(|builder| builder.without_future().without_update_flag()).await;
    assert_eq!(found(&case).await, OLDEST);
    case.agrees();
}
