//! Whole trips: what is sent for each call, and what comes of what is answered.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::json;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;
use tokio::sync::Barrier;

use super::testing::{Server, client, json as answer, read};
use super::{
    EnvironmentKey, EnvironmentPatch, Error, FeatureId, FeaturePatch, FlagState, NewEnvironment, NewFeature,
    OrganisationId, ProjectId, Purpose, StatePatch, Value, VariantId,
};

const KEY: &str = "s3cretKey";

fn key() -> EnvironmentKey {
    KEY.into()
}

fn environment() -> serde_json::Value {
    json!({"id": 5, "uuid": "u", "name": "production", "api_key": KEY, "description": null, "project": 2,
        "use_v2_feature_versioning": false})
}

fn feature(id: i64) -> serde_json::Value {
    json!({"id": id, "uuid": "u", "name": format!("f{id}"), "description": null, "default_enabled": true,
        "is_archived": false, "created_date": "2026-11-24T14:29:48.690318Z", "initial_value": null})
}

fn flag(enabled: bool, value: &serde_json::Value, variants: &serde_json::Value) -> serde_json::Value {
    json!({"environment_default": {"enabled": enabled, "value": value, "variants": variants}, "segment_overrides": []})
}

#[tokio::test]
async fn every_request_shows_the_credential_and_who_is_asking() {
    let server =
        Server::scripted(vec![answer(200, &json!({"count": 1, "results": [{"id": 2, "name": "Acme"}]}))]).await;
    let probe = server.client().organisations().await.unwrap();
    assert_eq!(probe.version.as_deref(), Some("2.265.0"));
    assert_eq!(probe.organisations.len(), 1);
    let request = server.requests().remove(0);
    assert_eq!(request.line, "GET /api/v1/organisations/");
    for header in ["authorization: Token t0ken", "accept: application/json", "user-agent: flagsmith-operator/"] {
        assert!(request.headers.contains(header), "{}", request.headers);
    }
}

#[tokio::test]
async fn a_list_is_read_to_its_last_page_whatever_next_says() {
    let page = |ids: &[i64], next: &str| {
        let results: Vec<_> = ids.iter().map(|id| feature(*id)).collect();
        answer(200, &json!({"count": 3, "next": next, "results": results}))
    };
    let server = Server::scripted(vec![page(&[1, 2], "http://elsewhere/"), page(&[3], "http://elsewhere/")]).await;
    let list = server.client().features(ProjectId(2)).await.unwrap();
    assert_eq!(list.features.iter().map(|f| f.id.0).collect::<Vec<_>>(), [1, 2, 3]);
    assert_eq!(list.date, Some("2026-11-24T14:29:44Z".parse().unwrap()));
    let second = "GET /api/v1/projects/2/features/?page_size=999&page=2";
    assert_eq!(server.lines(), ["GET /api/v1/projects/2/features/?page_size=999", second]);
}

#[tokio::test]
async fn a_list_that_shrank_ends_where_its_pages_end() {
    let first = answer(200, &json!({"count": 2, "results": [environment()]}));
    let server = Server::scripted(vec![first.clone(), answer(404, &json!({"detail": "Invalid page."}))]).await;
    assert_eq!(server.client().environments(ProjectId(2)).await.unwrap().len(), 1);
    let server = Server::scripted(vec![first, answer(200, &json!({"count": 2, "results": []}))]).await;
    assert_eq!(server.client().environments(ProjectId(2)).await.unwrap().len(), 1);
}

#[tokio::test]
async fn projects_are_one_bare_array() {
    let projects = json!([{"id": 2, "uuid": "u", "name": "shop", "organisation": 7}]);
    let server = Server::scripted(vec![answer(200, &projects)]).await;
    let projects = server.client().projects(OrganisationId(7)).await.unwrap();
    assert_eq!(projects.first().unwrap().name.as_str(), "shop");
    assert_eq!(server.lines(), ["GET /api/v1/projects/?organisation=7"]);
}

#[tokio::test]
async fn an_environment_is_made_with_its_key_then_read_and_changed() {
    let server =
        Server::scripted(vec![answer(201, &environment()), answer(200, &environment()), answer(200, &environment())])
            .await;
    let client = server.client();
    let new = NewEnvironment::named("production".into(), ProjectId(2), key());
    let made = client.create_environment(&new).await.unwrap();
    assert_eq!(client.environment(&key()).await.unwrap(), made);
    let patch = EnvironmentPatch { name: Some("live".into()), ..EnvironmentPatch::default() };
    assert_eq!(client.update_environment(&key(), &patch).await.unwrap(), made);
    let one = format!("/api/v1/environments/{KEY}/");
    assert_eq!(server.lines(), ["POST /api/v1/environments/".to_owned(), format!("GET {one}"), format!("PATCH {one}")]);
    let bodies: Vec<_> = server.requests().into_iter().map(|request| request.body).collect();
    let sent = json!({"name": "production", "project": 2, "api_key": KEY});
    assert_eq!(bodies, [sent, serde_json::Value::Null, json!({"name": "live"})]);
}

#[tokio::test]
async fn a_feature_is_made_changed_and_deleted() {
    let gone = "HTTP/1.1 204 X\r\nconnection: close\r\n\r\n".to_owned();
    let missing = answer(404, &json!({"detail": "No Feature matches the given query."}));
    let server = Server::scripted(vec![answer(201, &feature(4)), answer(200, &feature(4)), gone, missing]).await;
    let (client, project) = (server.client(), ProjectId(2));
    let new = NewFeature { default_enabled: Some(true), ..NewFeature::named("f4".into()) };
    let made = client.create_feature(project, &new).await.unwrap();
    let patch = FeaturePatch { description: Some("d".to_owned()), ..FeaturePatch::default() };
    assert_eq!(client.update_feature(project, made.id, &patch).await.unwrap(), made);
    assert_eq!(client.delete_feature(project, made.id).await, Ok(()));
    assert_eq!(client.delete_feature(project, made.id).await, Err(Error::NotFound));
    let one = "/api/v1/projects/2/features/4/";
    let lines = ["POST /api/v1/projects/2/features/".to_owned(), format!("PATCH {one}"), format!("DELETE {one}")];
    assert_eq!(server.lines()[..3], lines);
}

#[tokio::test]
async fn a_state_list_gives_defaults_and_no_overrides() {
    let row = |feature: i64, segment: serde_json::Value, identity: serde_json::Value| {
        json!({"id": 1, "feature": feature, "enabled": true, "feature_state_value": 42, "feature_segment": segment,
            "identity": identity, "multivariate_feature_state_values": [
                {"id": 1, "multivariate_feature_option": 4, "percentage_allocation": 80.0},
                {"id": 2, "multivariate_feature_option": 5, "percentage_allocation": 20.5}]})
    };
    let rows = [row(4, json!(null), json!(null)), row(5, json!(9), json!(null)), row(6, json!(null), json!({"id": 1}))];
    let server = Server::scripted(vec![answer(200, &json!({"count": 3, "results": rows}))]).await;
    let states = server.client().states(&key()).await.unwrap();
    let weights = [(VariantId(4), "80".parse().unwrap()), (VariantId(5), "20.5".parse().unwrap())].into();
    let state = FlagState { enabled: true, value: Value::Integer(42), weights, overrides: Vec::new() };
    assert_eq!(states.states, [(FeatureId(4), state)]);
    assert_eq!(states.overweight, [FeatureId(4)]);
    assert_eq!(server.lines(), [format!("GET /api/v1/environments/{KEY}/featurestates/")]);
}

#[tokio::test]
async fn a_patch_sends_what_it_names_and_gives_the_state_that_came_of_it() {
    let integer = json!({"type": "integer", "value": "42"});
    let server = Server::scripted(vec![answer(200, &flag(true, &integer, &json!([])))]).await;
    let patch = StatePatch { enabled: None, value: Some(Value::Integer(42)), ..StatePatch::default() };
    let state = server.client().patch_flag(&key(), FeatureId(4), &patch).await.unwrap();
    assert_eq!(state, FlagState { enabled: true, value: Value::Integer(42), ..FlagState::default() });
    let request = server.requests().remove(0);
    assert_eq!(request.line, format!("PATCH /api/__future__/environments/{KEY}/features/4/"));
    assert_eq!(request.body, json!({"environment_default": {"value": integer}}));
}

/// What a PUT of `patch` sends where `observed` is there.
async fn put(observed: serde_json::Value, patch: StatePatch) -> serde_json::Value {
    let server = Server::scripted(vec![answer(200, &observed), answer(200, &observed)]).await;
    server.client().put_default(&key(), FeatureId(6), &patch).await.unwrap();
    let [get, put] = server.requests().try_into().unwrap();
    assert!(get.line.starts_with("GET /api/__future__/") && put.line.starts_with("PUT /api/__future__/"));
    put.body
}

#[tokio::test]
async fn a_put_sends_back_all_that_the_patch_leaves_out() {
    let (grey, weights) =
        (json!({"type": "string", "value": "grey"}), json!([{"id": 4, "weight": 12.5}, {"id": 5, "weight": 40.0}]));
    let cleared = StatePatch { enabled: None, value: Some(Value::Null), ..StatePatch::default() };
    let sent = put(flag(true, &grey, &weights), cleared.clone()).await;
    assert_eq!(sent, json!({"environment_default": {"enabled": true, "variants": weights}}));
    let sent =
        put(flag(true, &grey, &json!([])), StatePatch { enabled: Some(false), value: None, ..StatePatch::default() })
            .await;
    assert_eq!(sent, json!({"environment_default": {"enabled": false, "value": grey}}));
    let sent = put(flag(false, &json!(null), &json!([])), cleared).await;
    assert_eq!(sent, json!({"environment_default": {"enabled": false}}));
}

#[tokio::test]
async fn an_address_where_nobody_listens_certainly_wrote_nothing_and_shows_no_key() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    drop(listener);
    let error = client(&address, Duration::from_secs(10), 100).document(&key()).await.unwrap_err();
    assert_eq!(error.to_string(), "Flagsmith cannot be reached: Connection refused (os error 111)");
    assert!(!error.ambiguous() && !format!("{error:?}").contains(KEY));
}

#[tokio::test]
async fn a_connection_that_breaks_leaves_it_open_and_shows_no_key() {
    let whole = answer(200, &environment());
    for script in [String::new(), whole[..whole.len() - 9].to_owned()] {
        let server = Server::scripted(vec![script]).await;
        let error = server.client().environment(&key()).await.unwrap_err();
        assert!(matches!(error, Error::Unreachable { connected: true, .. }), "{error:?}");
        assert!(error.ambiguous() && !format!("{error} {error:?}").contains(KEY), "{error:?}");
    }
}

#[tokio::test]
async fn no_answer_in_time_is_a_timeout() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let after = Duration::from_millis(100);
    let client = client(&listener.local_addr().unwrap().to_string(), after, 100);
    let error = client.document(&key()).await.unwrap_err();
    assert_eq!(error, Error::Timeout { after });
    assert_eq!(error.to_string(), "no answer from Flagsmith within 100ms");
}

#[tokio::test]
async fn a_refusal_that_tells_the_path_or_the_token_is_redacted() {
    let echo = json!({"message": format!("no access to /environments/{KEY}/ for Token t0ken")});
    let server = Server::scripted(vec![answer(403, &echo)]).await;
    let error = server.client().environment(&key()).await.unwrap_err();
    let text = "Flagsmith forbids it: message: no access to /environments/[redacted]/ for Token [redacted]; the credential's owner needs the right \
                VIEW_ENVIRONMENT on the environment";
    assert_eq!(error.to_string(), text);
}

#[tokio::test]
async fn a_spent_budget_sends_nothing_and_each_purpose_has_its_own() {
    let server = Server::scripted(vec![answer(200, &json!([])); 3]).await;
    let client = client(server.client().endpoint().v1().authority(), Duration::from_secs(10), 10);
    let converge = client.with(Purpose::Converge);
    for _ in 0..2 {
        converge.projects(OrganisationId(1)).await.unwrap();
    }
    let error = converge.projects(OrganisationId(1)).await.unwrap_err();
    assert!(matches!(error, Error::BudgetSpent { wait } if wait > Duration::ZERO), "{error:?}");
    assert_eq!(server.lines().len(), 2);
    client.with(Purpose::Edit).projects(OrganisationId(1)).await.unwrap();
}

#[tokio::test]
async fn after_a_429_nothing_is_sent_before_its_time() {
    let throttled = "HTTP/1.1 429 X\r\nretry-after: 1\r\nconnection: close\r\ncontent-length: 0\r\n\r\n".to_owned();
    let server = Server::scripted(vec![throttled, answer(200, &json!([]))]).await;
    let client = server.client();
    let ask = async || client.with(Purpose::Edit).projects(OrganisationId(1)).await;
    assert_eq!(ask().await, Err(Error::Throttled { retry_after: Duration::from_secs(1) }));
    let began = std::time::Instant::now();
    while let Err(error) = ask().await {
        assert!(
            matches!(error, Error::Throttled { retry_after } if retry_after <= Duration::from_secs(1)),
            "{error:?}"
        );
        assert_eq!(server.lines().len(), 1);
        tokio::task::yield_now().await;
    }
    assert!(began.elapsed() > Duration::from_millis(900), "{:?}", began.elapsed());
}

#[tokio::test]
async fn what_waits_for_a_place_is_held_back_by_a_429_too() {
    let throttled = "HTTP/1.1 429 X\r\nretry-after: 60\r\nconnection: close\r\ncontent-length: 0\r\n\r\n".to_owned();
    let script = std::iter::once(throttled).chain(std::iter::repeat_n(answer(200, &json!([])), 39)).collect();
    let server = Server::scripted(script).await;
    let client = server.client();
    let calls: Vec<_> = (0..40).map(|_| client.with(Purpose::Converge)).collect();
    let asked = calls.iter().map(|client| client.projects(OrganisationId(1)));
    let outcomes = futures::future::join_all(asked).await;
    assert!(server.lines().len() <= 16, "only those that had a place already: {}", server.lines().len());
    assert!(matches!(outcomes.last(), Some(Err(Error::Throttled { .. }))), "{:?}", outcomes.last());
}

#[tokio::test]
async fn sixteen_requests_are_in_flight_at_once_and_the_wait_for_a_place_is_no_timeout() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let client = client(&listener.local_addr().unwrap().to_string(), Duration::from_secs(10), 1000);
    let (barrier, now, most) =
        (Arc::new(Barrier::new(16)), Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let highest = Arc::clone(&most);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let (barrier, now, most) = (Arc::clone(&barrier), Arc::clone(&now), Arc::clone(&most));
            tokio::spawn(async move {
                read(&mut stream).await;
                most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                barrier.wait().await;
                now.fetch_sub(1, Ordering::SeqCst);
                stream.write_all(answer(200, &json!([])).as_bytes()).await.unwrap();
            });
        }
    });
    let calls = (0..64).map(|_| {
        let client = client.with(Purpose::Converge);
        tokio::spawn(async move { client.projects(OrganisationId(1)).await })
    });
    for call in calls.collect::<Vec<_>>() {
        call.await.unwrap().unwrap();
    }
    assert_eq!(highest.load(Ordering::SeqCst), 16);
}

#[test]
fn a_client_shows_no_token() {
    let shown = format!("{:?}", client("127.0.0.1:1", Duration::from_secs(1), 1));
    assert_eq!(shown, r#"Client { server: "http://127.0.0.1:1", purpose: Read, .. }"#);
}
