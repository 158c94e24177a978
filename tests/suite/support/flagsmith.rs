//! Flagsmith as its own users meet it: over HTTP, behind the operator's back.

use flagsmith_sim::Sim;
use reqwest::Method;
use serde_json::{Value, json};

use super::wait::{comes_to_hold, patience};

/// A project in a Flagsmith, and the token of somebody who may do all there.
#[derive(Clone, Debug)]
pub struct Flagsmith {
    pub(super) http: reqwest::Client,
    pub(super) url: String,
    pub(super) token: String,
    pub organisation: u64,
    pub project: u64,
}

/// A flag as SDKs are served it.
#[derive(Clone, Debug, PartialEq)]
pub struct Served {
    pub enabled: bool,
    pub value: Value,
}

impl Served {
    pub fn on(value: impl Into<Value>) -> Self {
        Self { enabled: true, value: value.into() }
    }

    pub fn off(value: impl Into<Value>) -> Self {
        Self { enabled: false, value: value.into() }
    }
}

impl Flagsmith {
    /// Makes an organisation Acme and a project shop. On a real server they are removed by [`Flagsmith::leave`].
    pub async fn seed(sim: &Sim) -> Self {
        let (url, token) = (sim.url(), sim.token().to_owned());
        let mut flagsmith = Self { http: reqwest::Client::new(), url, token, organisation: 0, project: 0 };
        flagsmith.organisation = id(&flagsmith.add_organisation("Acme").await);
        flagsmith.project = id(&flagsmith.add_project("shop").await);
        flagsmith
    }

    /// The same, reached at another address.
    pub fn at(&self, api_url: &str) -> Self {
        Self { url: api_url.trim_end_matches('/').trim_end_matches("/api/v1").to_owned(), ..self.clone() }
    }

    /// Removes the organisation with all that is in it, from outside of any runtime.
    pub fn leave(&self) {
        let (flagsmith, path) = (self.clone(), format!("/api/v1/organisations/{}/", self.organisation));
        let leave = move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(Self { http: reqwest::Client::new(), ..flagsmith }.delete(&path));
        };
        std::thread::spawn(leave).join().unwrap_or_else(|_| eprintln!("an organisation of a test is left behind"));
    }

    pub(super) async fn send(&self, method: Method, path: &str, body: Option<Value>) -> Value {
        let mut request = self.http.request(method.clone(), format!("{}{path}", self.url));
        request = request.header("authorization", format!("Token {}", self.token));
        if let Some(body) = &body {
            request = request.json(body);
        }
        let answer = request.send().await.unwrap();
        let (status, text) = (answer.status(), answer.text().await.unwrap());
        assert!(status.is_success(), "{method} {path} {body:?}: {status} {text}");
        serde_json::from_str(&text).unwrap_or(Value::Null)
    }

    pub async fn get(&self, path: &str) -> Value {
        self.send(Method::GET, path, None).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Value {
        self.send(Method::POST, path, Some(body)).await
    }

    pub async fn put(&self, path: &str, body: Value) -> Value {
        self.send(Method::PUT, path, Some(body)).await
    }

    pub async fn patch(&self, path: &str, body: Value) -> Value {
        self.send(Method::PATCH, path, Some(body)).await
    }

    pub async fn delete(&self, path: &str) {
        self.send(Method::DELETE, path, None).await;
    }

    pub async fn add_organisation(&self, name: &str) -> Value {
        self.post("/api/v1/organisations/", json!({"name": name})).await
    }

    pub async fn add_project(&self, name: &str) -> Value {
        self.post("/api/v1/projects/", json!({"name": name, "organisation": self.organisation})).await
    }

    /// Makes an environment, and gives its key.
    pub async fn add_environment(&self, name: &str) -> String {
        let environment = json!({"name": name, "project": self.project});
        key(&self.post("/api/v1/environments/", environment).await)
    }

    /// Switches v2 feature versioning on or off, which a real server's task processor does in its own time.
    pub async fn version(&self, key: &str, on: bool) {
        let switch = if on { "enable" } else { "disable" };
        self.post(&format!("/api/v1/environments/{key}/{switch}-v2-versioning/"), Value::Null).await;
        let path = format!("/api/v1/environments/{key}/");
        let is_switched = async || self.get(&path).await["use_v2_feature_versioning"] == on;
        assert!(comes_to_hold(patience(), is_switched).await, "{key} was to have its versioning {switch}d");
    }

    /// The environments of that name.
    pub async fn environments(&self, name: &str) -> Vec<Value> {
        let page = self.get(&format!("/api/v1/environments/?project={}", self.project)).await;
        let all = page["results"].as_array().unwrap().clone();
        all.into_iter().filter(|one| one["name"] == name).collect()
    }

    fn features_path(&self) -> String {
        format!("/api/v1/projects/{}/features/", self.project)
    }

    pub async fn add_feature(&self, feature: Value) -> Value {
        self.post(&self.features_path(), feature).await
    }

    /// The features of that name: one, or none.
    pub async fn features(&self, name: &str) -> Vec<Value> {
        let page = self.get(&format!("{}?page_size=999", self.features_path())).await;
        let all = page["results"].as_array().unwrap().clone();
        all.into_iter().filter(|one| one["name"] == name).collect()
    }

    pub async fn feature(&self, name: &str) -> Value {
        self.features(name).await.pop().unwrap_or_else(|| panic!("there is no feature {name}"))
    }

    pub async fn edit_feature(&self, name: &str, patch: Value) {
        let id = id(&self.feature(name).await);
        self.patch(&format!("{}{id}/", self.features_path()), patch).await;
    }

    pub async fn delete_feature(&self, name: &str) {
        let id = id(&self.feature(name).await);
        self.delete(&format!("{}{id}/", self.features_path())).await;
    }

    /// The labels of a feature's tags, in order.
    pub async fn labels(&self, feature: &str) -> Vec<String> {
        let page = self.get(&format!("/api/v1/projects/{}/tags/", self.project)).await;
        let borne = self.feature(feature).await["tags"].clone();
        let is_borne = |tag: &&Value| borne.as_array().unwrap().contains(&tag["id"]);
        let tags = page["results"].as_array().unwrap().iter().filter(is_borne);
        let mut labels: Vec<_> = tags.map(|tag| tag["label"].as_str().unwrap().to_owned()).collect();
        labels.sort();
        labels
    }

    pub async fn add_tag(&self, label: &str) -> u64 {
        id(&self.post(&format!("/api/v1/projects/{}/tags/", self.project), json!({"label": label})).await)
    }

    /// A feature's variants as key, value and default weight, in the order of their keys.
    pub async fn variants(&self, feature: &str) -> Value {
        let feature = self.feature(feature).await;
        let mut variants: Vec<_> = feature["multivariate_options"].as_array().unwrap().clone();
        variants.sort_by_key(|one| one["key"].to_string());
        let value = |one: &Value| {
            let columns = ["string_value", "integer_value", "boolean_value"].map(|column| one[column].clone());
            columns.into_iter().find(|value| !value.is_null()).unwrap_or_default()
        };
        let shown = variants.iter().map(|one| json!([one["key"], value(one), one["default_percentage_allocation"]]));
        shown.collect()
    }

    /// The weights of a feature's variants in an environment, in the order in which the variants were made.
    pub async fn weights(&self, key: &str, feature: &str) -> Vec<Value> {
        let row = self.row(key, id(&self.feature(feature).await)).await;
        let rows = row["multivariate_feature_state_values"].as_array().unwrap();
        let mut weights: Vec<_> = rows
            .iter()
            .map(|one| (one["multivariate_feature_option"].as_u64(), one["percentage_allocation"].clone()))
            .collect();
        weights.sort_by_key(|(variant, _)| *variant);
        weights.into_iter().map(|(_, weight)| weight).collect()
    }

    /// The path of a feature's variants, of one of them, or of what else is below the feature.
    pub async fn below(&self, feature: &str, rest: &str) -> String {
        format!("{}{}/{rest}", self.features_path(), id(&self.feature(feature).await))
    }

    /// Edits a flag's state in an environment, as Flagsmith's pages do.
    pub async fn edit_state(&self, key: &str, feature: &str, state: Value) {
        let id = id(&self.feature(feature).await);
        let path = format!("/api/__future__/environments/{key}/features/{id}/");
        self.patch(&path, json!({"environment_default": state})).await;
    }

    async fn row(&self, key: &str, feature: u64) -> Value {
        let page = self.get(&format!("/api/v1/environments/{key}/featurestates/?feature={feature}")).await;
        page["results"][0].clone()
    }

    /// Writes a flag's state in an environment as every release lets people do, whatever the environment's kind.
    pub async fn write_state(&self, key: &str, feature: &str, (enabled, value): (bool, Value)) {
        let feature = id(&self.feature(feature).await);
        let environment = self.get(&format!("/api/v1/environments/{key}/")).await;
        if environment["use_v2_feature_versioning"] == true {
            let columns = match value {
                Value::Number(number) => json!({"type": "int", "integer_value": number}),
                Value::Bool(truth) => json!({"type": "bool", "boolean_value": truth}),
                text => json!({"type": "unicode", "string_value": text}),
            };
            let update = json!({"feature_segment": null, "enabled": enabled, "feature_state_value": columns});
            let path = format!("/api/v1/environments/{}/features/{feature}/versions/", id(&environment));
            self.post(&path, json!({"publish_immediately": true, "feature_states_to_update": [update]})).await;
        } else {
            let row = id(&self.row(key, feature).await);
            let path = format!("/api/v1/environments/{key}/featurestates/{row}/");
            self.send(Method::PUT, &path, Some(json!({"enabled": enabled, "feature_state_value": value}))).await;
        }
    }

    /// A flag's default state in an environment, as the list shows it.
    pub async fn state(&self, key: &str, feature: &str) -> Value {
        self.row(key, id(&self.feature(feature).await)).await
    }

    /// Makes a feature, and gives its variants more than 100 per cent in a versioned environment.
    pub async fn break_environment(&self, environment: &str, feature: &str) {
        let option =
            |value: &str| json!({"type": "unicode", "string_value": value, "default_percentage_allocation": 40});
        let options = [option("a"), option("b")];
        let made = self.add_feature(json!({"name": feature, "multivariate_options": options})).await;
        let weights = made["multivariate_options"].as_array().unwrap().iter();
        let weights = weights.map(|one| json!({"multivariate_feature_option": one["id"], "percentage_allocation": 60}));
        let weights: Vec<_> = weights.collect();
        let environment = id(&self.environments(environment).await[0]);
        let update = json!({"feature_segment": null, "enabled": true, "multivariate_feature_state_values": weights,
            "feature_state_value": {"type": "unicode", "string_value": "grey"}});
        let path = format!("/api/v1/environments/{environment}/features/{}/versions/", id(&made));
        self.post(&path, json!({"publish_immediately": true, "feature_states_to_update": [update]})).await;
    }

    /// Deletes a flag's state in an unversioned environment.
    pub async fn delete_state(&self, key: &str, feature: &str) {
        let row = id(&self.row(key, id(&self.feature(feature).await)).await);
        self.delete(&format!("/api/v1/environments/{key}/featurestates/{row}/")).await;
    }

    /// The flag as SDKs are served it; `None` where they are not.
    pub async fn served(&self, key: &str, feature: &str) -> Option<Served> {
        let request = self.http.get(format!("{}/api/v1/flags/", self.url)).header("x-environment-key", key);
        let flags: Vec<Value> = request.send().await.unwrap().json().await.unwrap();
        let flag = flags.into_iter().find(|flag| flag["feature"]["name"] == feature)?;
        Some(Served { enabled: flag["enabled"] == true, value: flag["feature_state_value"].clone() })
    }

    /// Whether SDKs are let in with that key.
    pub async fn admits(&self, key: &str) -> bool {
        let request = self.http.get(format!("{}/api/v1/flags/", self.url)).header("x-environment-key", key);
        request.send().await.unwrap().status().is_success()
    }

    /// The server-side keys of an environment, in the order in which they were made.
    pub async fn server_keys(&self, environment: &str) -> Vec<Value> {
        let listed = self.get(&format!("/api/v1/environments/{environment}/api-keys/")).await;
        let mut keys = listed.as_array().unwrap().clone();
        keys.sort_by_key(id);
        keys
    }

    /// How many versions of a flag were published in a versioned environment.
    pub async fn versions(&self, environment: &str, feature: &str) -> usize {
        let (environment, id) = (id(&self.environments(environment).await[0]), id(&self.feature(feature).await));
        let page = self.get(&format!("/api/v1/environments/{environment}/features/{id}/versions/")).await;
        page["results"].as_array().unwrap().len()
    }
}

pub fn id(thing: &Value) -> u64 {
    thing["id"].as_u64().unwrap()
}

pub fn key(environment: &Value) -> String {
    environment["api_key"].as_str().unwrap().to_owned()
}
