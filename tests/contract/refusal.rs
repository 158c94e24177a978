//! Refusals: how the things that can go wrong are told apart.

use flagsmith_operator::flagsmith::{Credential, Error, FeatureId};
use reqwest::Method;
use secrecy::SecretString;
use serde_json::json;

use crate::support::{NEWEST, answer, future, html, in_environment};

const UNPROVIDED: &str = "Authentication credentials were not provided.";

fn refused_credential(message: &str) -> Error {
    Error::CredentialRefused { message: message.to_owned() }
}

#[tokio::test]
async fn a_wrong_credential_is_told_by_its_kind() {
    let case = case!().await;
    let token = Credential::AccountToken(SecretString::from("0".repeat(40)));
    let refused = case.client_with(token).organisations().await;
    assert_eq!(refused.unwrap_err(), refused_credential("Invalid token."));
    let key = Credential::OrganisationApiKey(SecretString::from("prefix.secret"));
    let refused = case.client_with(key).organisations().await;
    assert_eq!(refused.unwrap_err(), refused_credential("Valid Master API Key not found."));
    case.agrees();
}

#[tokio::test]
async fn a_header_that_holds_no_credential_is_refused() {
    let case = case!().await;
    let token = case.sim.token().to_owned();
    for (header, message) in [
        (format!("Bearer {token}"), UNPROVIDED),
        (token.clone(), UNPROVIDED),
        ("Api-Key".to_owned(), UNPROVIDED),
        ("Token".to_owned(), "Invalid token header. No credentials provided."),
        ("Token a b".to_owned(), "Invalid token header. Token string should not contain spaces."),
        (format!("Api-Key {token}"), "Valid Master API Key not found."),
        ("Token prefix.secret".to_owned(), "Invalid token."),
    ] {
        let request = case.anonymous(Method::GET, "/api/v1/organisations/").header("authorization", &header);
        let answer = answer(request).await;
        assert_eq!(answer, (401, json!({"detail": message})), "{}", header.replace(&token, "…"));
    }
    let request = case.anonymous(Method::GET, "/api/v1/organisations/");
    assert_eq!(answer(request).await, (401, json!({"detail": UNPROVIDED})));
    case.agrees();
}

#[tokio::test]
async fn a_path_without_its_last_slash_is_redirected_and_a_missing_route_is_a_page() {
    let case = case!().await;
    assert_eq!(case.get("/api/v1/organisations").await.0, 301);
    for (method, path) in [
        (Method::GET, "/api/v1/nothing/"),
        (Method::POST, "/api/v1/nothing/"),
        (Method::GET, "/api/v1/environments/a/b/c/"),
        (Method::GET, "/api/__future__/nothing/"),
        (Method::GET, "/api/experiments/nothing/"),
        (Method::GET, "/nothing/"),
    ] {
        let request = case.anonymous(method.clone(), path);
        assert_eq!(answer(request).await, (404, html()), "{method} {path}");
    }
    case.agrees();
}

#[tokio::test]
async fn what_is_missing_is_told_in_json_and_below_an_environment_as_what_is_forbidden() {
    let case = case!().await;
    let feature = case.feature("checkout").await;
    let nobody = "nobody".into();
    let (not_found, denied) =
        ("No Environment matches the given query.", "You do not have permission to perform this action.");
    assert_eq!(case.get(&in_environment(&nobody, "")).await, (404, json!({"detail": not_found})));
    assert_eq!(case.get(&in_environment(&nobody, "document/")).await, (404, json!({"detail": not_found})));
    for nested in ["featurestates/", "api-keys/", "user-permissions/"] {
        assert_eq!(case.get(&in_environment(&nobody, nested)).await, (403, json!({"detail": denied})), "{nested}");
    }
    assert_eq!(case.get(&future(&nobody, feature.id)).await, (404, json!({"detail": "Not found."})));
    assert_eq!(case.client.states(&nobody).await, Err(Error::NotFound));
    assert_eq!(case.client.document(&nobody).await, Err(Error::NotFound));
    assert_eq!(case.client.knowing(NEWEST).state(&nobody, feature.id).await, Err(Error::NotFound));
    case.agrees();
}

#[tokio::test]
async fn a_feature_that_is_missing_is_told_by_one_way_to_read_and_not_by_the_other() {
    let case = case!().await;
    let environment = case.environment("production").await;
    assert_eq!(case.client.knowing(NEWEST).state(&environment.key, FeatureId(0)).await, Err(Error::NotFound));
    assert_eq!(case.client.state(&environment.key, FeatureId(0)).await, Ok(None));
    case.agrees();
}

#[tokio::test]
async fn a_body_that_is_no_json_is_refused() {
    let case = case!().await;
    let (path, kind) = (case.features_path(), "application/json");
    for body in ["{", "{\"name\": }", "{'name': 'a'}", "name", "{\"name\": \"a\",}", ""] {
        let (status, answer) = case.post_text(&path, (kind, body)).await;
        assert_eq!(status, 400, "{body}: {answer}");
    }
    let text = case.post_text(&path, ("text/plain", "{\"name\": \"a\"}")).await;
    assert_eq!(text, (415, json!({"detail": "Unsupported media type \"text/plain\" in request."})));
    case.agrees();
}

#[tokio::test]
async fn a_refusal_has_one_of_five_shapes() {
    let case = case!().await;
    case.environment("production").await;
    let twin = json!({"name": "production", "project": case.project});
    let twin = case.post("/api/v1/environments/", twin).await;
    assert!(twin.1["non_field_errors"].is_array(), "{twin:?}");
    let (_, field) = case.post("/api/v1/environments/", json!({"project": case.project})).await;
    assert!(field["name"].is_array(), "{field}");
    let (_, list) = case.get("/api/v1/environments/?project=0").await;
    assert!(list.is_array(), "{list}");
    let (_, detail) = case.get("/api/v1/environments/nobody/").await;
    assert!(detail["detail"].is_string(), "{detail}");
    let option = json!({"type": "unicode", "string_value": "a", "default_percentage_allocation": "much"});
    let nested = json!({"name": "colour", "multivariate_options": [option]});
    let (_, nested) = case.post(&case.features_path(), nested).await;
    assert!(nested["multivariate_options"][0].is_object(), "{nested}");
    case.agrees();
}

#[tokio::test]
async fn a_method_that_a_route_does_not_take_is_refused() {
    let case = case!().await;
    let environment = case.environment("production").await;
    for path in [in_environment(&environment.key, "document/"), "/api/v1/environments/".to_owned()] {
        let (status, body) = case.delete(&path).await;
        assert_eq!(status, 405, "{body}");
    }
    case.agrees();
}

#[tokio::test]
async fn a_row_takes_no_value_that_is_beyond_its_type() {
    let case = case!().await;
    let (environment, feature) = (case.environment("production").await, case.feature("checkout").await);
    let list = case.seen(&in_environment(&environment.key, &format!("featurestates/?feature={}", feature.id))).await;
    let row = in_environment(&environment.key, &format!("featurestates/{}/", list["results"][0]["id"]));
    for value in [
        json!(2_147_483_648_i64),
        json!(-2_147_483_649_i64),
        json!({"a": 1}),
        json!(["a"]),
        json!("x".repeat(20_001)),
        json!("a\0b"),
    ] {
        let (status, body) = case.put(&row, json!({"feature_state_value": value})).await;
        assert_eq!(status, 400, "{body}");
    }
    let (status, body) = case.put(&row, json!({"feature_state_value": 1.5})).await;
    assert_eq!((status, &body["feature_state_value"]), (200, &json!("1.5")), "a fraction is made a text");
    case.agrees();
}

#[tokio::test]
async fn a_versioned_environment_takes_no_row_and_an_unversioned_one_no_version() {
    let case = case!().await;
    let (environment, feature) = (case.environment("production").await, case.feature("checkout").await);
    let versions = format!("/api/v1/environments/{}/features/{}/versions/", environment.id, feature.id);
    let version = json!({"publish_immediately": true});
    let unversioned = json!({"environment": "Environment must use v2 feature versioning."});
    assert_eq!(case.post(&versions, version).await, (400, unversioned));
    case.version(&environment.key).await;
    let list = case.seen(&in_environment(&environment.key, "featurestates/")).await;
    let row = in_environment(&environment.key, &format!("featurestates/{}/", list["results"][0]["id"]));
    let versioned =
        "This environment uses v2 feature versioning. Use the environment feature version endpoint instead.";
    assert_eq!(case.put(&row, json!({"enabled": false})).await, (400, json!({"detail": versioned})));
    case.agrees();
}
