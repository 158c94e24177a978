//! Environments whose flags change by change requests alone. The open-source edition has none: a real server has to be
//! changed in its database to have one, so that this is held to what was seen there (facts.md §11), and not compared.

use flagsmith_operator::flagsmith::{Error, StatePatch};

use crate::support::{MIDDLE, NEWEST, OLDEST, in_environment, on};

#[tokio::test]
async fn where_changes_must_be_approved_no_route_writes_and_all_read() {
    let case = case!().await;
    if case.is_real() {
        return case.ends_uncompared();
    }
    let (environment, feature) = (case.environment("production").await, case.feature("checkout").await);
    let off = StatePatch { enabled: Some(false), value: None, ..StatePatch::default() };
    for (approvals, is_versioned) in [(1, false), (0, false), (1, true)] {
        case.sim.require_approvals(environment.key.expose(), Some(approvals));
        if is_versioned {
            case.version(&environment.key).await;
        }
        assert!(case.client.environment(&environment.key).await.unwrap().asks_for_approvals());
        for capabilities in [OLDEST, MIDDLE, NEWEST] {
            let client = case.client.knowing(capabilities);
            let refused = client.set_state(&environment.key, feature.id, &off).await;
            assert_eq!(refused, Err(Error::ChangeRequests), "{capabilities:?} {approvals} {is_versioned}");
            assert_eq!(client.state(&environment.key, feature.id).await, Ok(Some(on("red"))));
        }
        let refused = case.client.restore_state(&environment.key, feature.id, &on("blue")).await;
        assert_eq!(refused, Err(Error::ChangeRequests));
    }
    assert_eq!(case.documented(&environment.key, feature.id).await, Some(on("red")));
    case.sim.require_approvals(environment.key.expose(), None);
    assert!(case.client.knowing(NEWEST).set_state(&environment.key, feature.id, &off).await.is_ok());
    case.ends_uncompared();
}

#[tokio::test]
async fn the_open_source_edition_takes_no_approvals() {
    let case = case!().await;
    let environment = case.environment("production").await;
    let asked = serde_json::json!({"minimum_change_request_approvals": 1});
    assert_eq!(case.patch(&in_environment(&environment.key, ""), asked).await.0, 200);
    assert!(!case.client.environment(&environment.key).await.unwrap().asks_for_approvals());
    case.agrees();
}
