//! Whole trips by the routes of older releases, and what is told apart there.

use serde_json::{Value as Json, json};

use super::testing::{Server, html, json as answer};
use super::{Capabilities, Client, EnvironmentKey, Error, FeatureId, FlagState, Right, StatePatch, Value};

const KEY: &str = "s3cretKey";
const FEATURE: FeatureId = FeatureId(4);
const NOTHING: &str = "HTTP/1.1 204 X\r\nconnection: close\r\n\r\n";

fn key() -> EnvironmentKey {
    KEY.into()
}

fn environment(versioned: bool, approvals: &Json) -> String {
    answer(
        200,
        &json!({"id": 5, "uuid": "u", "name": "production", "api_key": KEY, "description": null, "project": 2,
            "use_v2_feature_versioning": versioned, "minimum_change_request_approvals": approvals}),
    )
}

fn row(enabled: bool, value: &Json) -> Json {
    json!({"id": 47, "feature": 4, "enabled": enabled, "feature_state_value": value, "identity": null,
        "feature_segment": null, "multivariate_feature_state_values": []})
}

fn rows(rows: &[Json]) -> String {
    answer(200, &json!({"count": rows.len(), "results": rows}))
}

fn forbidden() -> String {
    answer(403, &json!({"detail": "You do not have permission to perform this action."}))
}

fn gone() -> String {
    answer(404, &json!({"detail": "No Environment matches the given query."}))
}

const OLDEST: Capabilities = Capabilities { future: false, update_flag: false };
const MIDDLE: Capabilities = Capabilities { future: false, update_flag: true };
const NEWEST: Capabilities = Capabilities { future: true, update_flag: true };

fn client(server: &Server, capabilities: Capabilities) -> Client {
    server.client().knowing(capabilities)
}

fn red() -> StatePatch {
    StatePatch { enabled: None, value: Some(Value::String("red".to_owned())), ..StatePatch::default() }
}

fn cleared() -> StatePatch {
    StatePatch { enabled: None, value: Some(Value::Null), ..StatePatch::default() }
}

/// What comes of a patch, and each request as method and path with its body.
async fn set(
    capabilities: Capabilities,
    patch: StatePatch,
    script: Vec<String>,
) -> (Result<Option<FlagState>, Error>, Vec<(String, Json)>) {
    let server = Server::scripted(script).await;
    let outcome = client(&server, capabilities).set_state(&key(), FEATURE, &patch).await;
    let requests = server.requests().into_iter().map(|request| (request.line, request.body));
    (outcome, requests.collect())
}

fn env_line() -> (String, Json) {
    (format!("GET /api/v1/environments/{KEY}/"), Json::Null)
}

fn row_line() -> (String, Json) {
    (format!("GET /api/v1/environments/{KEY}/featurestates/?feature=4"), Json::Null)
}

#[tokio::test]
async fn an_unversioned_environment_is_written_by_its_row() {
    let put = answer(200, &row(true, &json!("red")));
    let script = vec![environment(false, &json!(null)), rows(&[row(true, &json!("blue"))]), put];
    let (outcome, requests) = set(OLDEST, red(), script).await;
    assert_eq!(outcome, Ok(None), "the answer does not show the overrides");
    let put = format!("PUT /api/v1/environments/{KEY}/featurestates/47/");
    assert_eq!(requests, [env_line(), row_line(), (put, json!({"feature_state_value": "red"}))]);
}

#[tokio::test]
async fn a_value_is_cleared_by_a_row_of_null() {
    let script = vec![
        environment(false, &json!(null)),
        rows(&[row(true, &json!("blue"))]),
        answer(200, &row(true, &json!(null))),
    ];
    let (outcome, requests) = set(MIDDLE, cleared(), script).await;
    assert_eq!(outcome, Ok(None));
    assert_eq!(requests[2].1, json!({"feature_state_value": null}));
}

#[tokio::test]
async fn a_versioned_environment_is_written_by_a_version_with_all_that_is_there() {
    let published = answer(201, &json!({"uuid": "u", "published": true}));
    for (patch, value) in [
        (red(), json!({"type": "unicode", "string_value": "red"})),
        (cleared(), json!({"type": "unicode", "string_value": null})),
        (
            StatePatch { enabled: Some(true), value: None, ..StatePatch::default() },
            json!({"type": "int", "integer_value": 7}),
        ),
        (
            StatePatch { enabled: None, value: Some(Value::Boolean(false)), ..StatePatch::default() },
            json!({"type": "bool", "boolean_value": false}),
        ),
    ] {
        let script = vec![environment(true, &json!(null)), rows(&[row(true, &json!(7))]), published.clone()];
        let (outcome, requests) = set(OLDEST, patch, script).await;
        assert_eq!(outcome, Ok(None), "the answer does not show the flag");
        let update = json!({"feature_segment": null, "enabled": true, "feature_state_value": value});
        let sent = json!({"publish_immediately": true, "feature_states_to_update": [update]});
        let post = "POST /api/v1/environments/5/features/4/versions/".to_owned();
        assert_eq!(requests, [env_line(), row_line(), (post, sent)]);
    }
}

#[tokio::test]
async fn update_flag_sends_back_what_the_patch_leaves_out() {
    let (outcome, requests) = set(MIDDLE, red(), vec![rows(&[row(true, &json!("blue"))]), NOTHING.to_owned()]).await;
    assert_eq!(outcome, Ok(None));
    let post = format!("POST /api/experiments/environments/{KEY}/update-flag-v2/");
    let value = json!({"type": "string", "value": "red"});
    let sent = json!({"feature": {"id": 4}, "environment_default": {"enabled": true, "value": value}});
    assert_eq!(requests, [row_line(), (post, sent)]);
}

#[tokio::test]
async fn a_whole_patch_is_sent_by_update_flag_without_a_read() {
    let patch = StatePatch { enabled: Some(false), value: Some(Value::Integer(7)), ..StatePatch::default() };
    let (outcome, requests) = set(MIDDLE, patch, vec![NOTHING.to_owned()]).await;
    assert_eq!((outcome, requests.len()), (Ok(None), 1));
}

#[tokio::test]
async fn a_flag_without_a_value_that_update_flag_cannot_send_takes_the_route_of_its_kind() {
    let none = rows(&[row(false, &json!(null))]);
    let script = vec![none.clone(), environment(false, &json!(null)), none, answer(200, &row(true, &json!(null)))];
    let (outcome, requests) =
        set(MIDDLE, StatePatch { enabled: Some(true), value: None, ..StatePatch::default() }, script).await;
    assert_eq!(outcome, Ok(None));
    assert_eq!(requests[3].1, json!({"enabled": true}));
}

#[tokio::test]
async fn a_feature_that_is_gone_is_not_found_by_update_flag() {
    let patch = StatePatch { enabled: Some(false), value: Some(Value::Integer(7)), ..StatePatch::default() };
    let refused = answer(400, &json!(["Feature '{'id': 4}' not found in project"]));
    let (outcome, _) = set(MIDDLE, patch.clone(), vec![refused.clone(), rows(&[])]).await;
    assert_eq!(outcome, Err(Error::NotFound));
    let (outcome, _) = set(MIDDLE, patch, vec![refused, rows(&[row(true, &json!("blue"))])]).await;
    assert!(matches!(outcome, Err(Error::Refused { status: 400, .. })), "{outcome:?}");
}

#[tokio::test]
async fn where_changes_must_be_approved_none_is_sent() {
    for approvals in [0, 2] {
        let (outcome, requests) = set(OLDEST, red(), vec![environment(true, &json!(approvals))]).await;
        assert_eq!((outcome, requests.len()), (Err(Error::ChangeRequests), 1));
    }
    let patch = StatePatch { enabled: Some(true), ..red() };
    let (outcome, _) = set(MIDDLE, patch, vec![forbidden(), environment(true, &json!(1))]).await;
    assert_eq!(outcome, Err(Error::ChangeRequests), "update-flag-v2 says so by a mere 403");
}

#[tokio::test]
async fn below_an_environment_gone_is_told_from_forbidden() {
    let message = "You do not have permission to perform this action.".to_owned();
    let right = Some(Right::ViewEnvironment);
    for (script, expected) in [
        (vec![forbidden(), gone()], Error::NotFound),
        (vec![forbidden(), forbidden()], Error::Forbidden { message: message.clone(), right }),
        (vec![forbidden(), html(500)], Error::Forbidden { message: message.clone(), right }),
    ] {
        let server = Server::scripted(script).await;
        assert_eq!(client(&server, OLDEST).states(&key()).await, Err(expected));
    }
}

#[tokio::test]
async fn a_flag_without_a_state_is_none_by_every_route() {
    let server = Server::scripted(vec![rows(&[])]).await;
    assert_eq!(client(&server, OLDEST).state(&key(), FEATURE).await, Ok(None));
    let server = Server::scripted(vec![html(500), rows(&[])]).await;
    assert_eq!(client(&server, NEWEST).state(&key(), FEATURE).await, Ok(None), "__future__ breaks over it");
    let (outcome, _) = set(OLDEST, red(), vec![environment(false, &json!(null)), rows(&[])]).await;
    assert_eq!(outcome, Err(Error::NotFound));
}

fn on_red() -> FlagState {
    FlagState { enabled: true, value: Value::String("red".to_owned()), ..FlagState::default() }
}

#[tokio::test]
async fn a_flag_that_future_hides_from_whoever_may_not_write_it_is_forbidden() {
    let missing = || answer(404, &json!({"detail": "Not found."}));
    let (outcome, _) = set(NEWEST, red(), vec![missing(), rows(&[row(true, &json!("blue"))])]).await;
    let message = "it answers as if there were no such flag".to_owned();
    assert_eq!(outcome, Err(Error::Forbidden { message, right: Some(Right::UpdateFeatureState) }));
    let (outcome, _) = set(NEWEST, red(), vec![missing(), rows(&[])]).await;
    assert_eq!(outcome, Err(Error::NotFound), "and one that is gone is gone");
}

#[tokio::test]
async fn a_missing_state_is_put_back_by_its_row() {
    let server = Server::scripted(vec![environment(false, &json!(null)), answer(201, &row(true, &json!("red")))]).await;
    let state = client(&server, NEWEST).restore_state(&key(), FEATURE, &on_red()).await;
    assert_eq!(state, Ok(()));
    let request = server.requests().remove(1);
    assert_eq!(request.line, format!("POST /api/v1/environments/{KEY}/featurestates/"));
    assert_eq!(request.body, json!({"feature": 4, "enabled": true, "feature_state_value": "red"}));
}

#[tokio::test]
async fn a_missing_state_is_put_back_by_a_draft_that_is_published() {
    let script = vec![
        environment(true, &json!(null)),
        answer(201, &json!({"uuid": "d7", "published": false})),
        answer(201, &json!({"id": 9})),
        answer(200, &json!({"live_from": "2026-11-24T14:29:48.690318Z"})),
    ];
    let server = Server::scripted(script).await;
    assert_eq!(client(&server, NEWEST).restore_state(&key(), FEATURE, &on_red()).await, Ok(()));
    let sent: Vec<_> = server.requests().into_iter().skip(1).map(|request| (request.line, request.body)).collect();
    let versions = "POST /api/v1/environments/5/features/4/versions/";
    let state = json!({"enabled": true, "feature_state_value": {"type": "unicode", "string_value": "red"}});
    let publish = (format!("{versions}d7/publish/"), json!({}));
    assert_eq!(sent, [(versions.to_owned(), json!({})), (format!("{versions}d7/featurestates/"), state), publish]);
}

#[tokio::test]
async fn a_missing_state_is_not_put_back_where_changes_must_be_approved() {
    let server = Server::scripted(vec![environment(false, &json!(1))]).await;
    let state = client(&server, NEWEST).restore_state(&key(), FEATURE, &on_red()).await;
    assert_eq!(state, Err(Error::ChangeRequests));
}

#[tokio::test]
async fn no_error_of_these_routes_shows_the_key() {
    let server = Server::scripted(vec![answer(400, &json!({"detail": format!("no {KEY} here")}))]).await;
    let error = client(&server, OLDEST).states(&key()).await.unwrap_err();
    assert!(!format!("{error} {error:?}").contains(KEY), "{error:?}");
}
