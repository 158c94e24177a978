//! Requests that the client does not make: preparations, what others do, and what it must never send.

use flagsmith_operator::flagsmith::{
    Environment, EnvironmentKey, Feature, FeatureId, FlagState, NewEnvironment, NewFeature, Value,
};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value as Json, json};

use super::case::Case;

/// What stands for any HTML body.
pub fn html() -> Json {
    json!("<html>")
}

/// The status and the body of an answer: JSON, [`html`], or null where there is none.
pub async fn answer(request: RequestBuilder) -> (u16, Json) {
    let answer = request.send().await.unwrap();
    let status = answer.status().as_u16();
    let kind = answer.headers().get("content-type").map(|kind| kind.to_str().unwrap().to_owned());
    let is_html = kind.is_some_and(|kind| kind.starts_with("text/html"));
    let body = answer.bytes().await.unwrap();
    if is_html {
        return (status, html());
    }
    (status, if body.is_empty() { Json::Null } else { serde_json::from_slice(&body).unwrap() })
}

impl Case {
    /// A request without a credential.
    pub fn anonymous(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("{}{path}", self.sim.url()))
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.anonymous(method, path).header("authorization", format!("Token {}", self.sim.token()))
    }

    pub async fn get(&self, path: &str) -> (u16, Json) {
        answer(self.request(Method::GET, path)).await
    }

    pub async fn post(&self, path: &str, body: Json) -> (u16, Json) {
        answer(self.request(Method::POST, path).json(&body)).await
    }

    pub async fn put(&self, path: &str, body: Json) -> (u16, Json) {
        answer(self.request(Method::PUT, path).json(&body)).await
    }

    pub async fn patch(&self, path: &str, body: Json) -> (u16, Json) {
        answer(self.request(Method::PATCH, path).json(&body)).await
    }

    pub async fn delete(&self, path: &str) -> (u16, Json) {
        answer(self.request(Method::DELETE, path)).await
    }

    /// What comes of a body that is sent as it is.
    pub async fn post_text(&self, path: &str, (kind, body): (&str, &str)) -> (u16, Json) {
        answer(self.request(Method::POST, path).header("content-type", kind).body(body.to_owned())).await
    }

    /// What is there; anything but a 200 fails the test.
    pub async fn seen(&self, path: &str) -> Json {
        let (status, body) = self.get(path).await;
        assert_eq!(status, 200, "GET {path}: {body}");
        body
    }

    /// Makes something; anything but a 2xx fails the test.
    pub async fn made(&self, path: &str, body: Json) -> Json {
        let (status, answer) = self.post(path, body.clone()).await;
        assert!((200..300).contains(&status), "POST {path} {body}: {status} {answer}");
        answer
    }

    /// An environment, unversioned.
    pub async fn environment(&self, name: &str) -> Environment {
        let new = NewEnvironment::named(name.into(), self.project, EnvironmentKey::random());
        self.client.create_environment(&new).await.unwrap()
    }

    /// A feature, on, which serves `red` unless an environment says otherwise.
    pub async fn feature(&self, name: &str) -> Feature {
        let (default_enabled, initial_value) = (Some(true), Some("red".to_owned()));
        let new = NewFeature { default_enabled, initial_value, ..NewFeature::named(name.into()) };
        self.client.create_feature(self.project, &new).await.unwrap()
    }

    pub fn features_path(&self) -> String {
        format!("/api/v1/projects/{}/features/", self.project)
    }

    /// A flag's state as the environment's document tells it; `None` where it does not.
    pub async fn documented(&self, key: &EnvironmentKey, id: FeatureId) -> Option<FlagState> {
        let document = self.client.document(key).await.unwrap();
        document.flags.into_iter().find(|flag| flag.id == id).map(|flag| flag.state)
    }
}

/// The path of an environment's own, or of something in it.
pub fn in_environment(key: &EnvironmentKey, rest: &str) -> String {
    format!("/api/v1/environments/{}/{rest}", key.expose())
}

/// The path of a flag in `/api/__future__/`.
pub fn future(key: &EnvironmentKey, id: FeatureId) -> String {
    format!("/api/__future__/environments/{}/features/{id}/", key.expose())
}

/// A flag that is on.
pub fn on(value: impl Into<String>) -> FlagState {
    FlagState { enabled: true, value: Value::String(value.into()), ..FlagState::default() }
}
