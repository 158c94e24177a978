//! A project with an environment and a flag, to try things on.

use crate::client::Client;
use flagsmith_sim::{Builder, Sim};
use serde_json::{Value, json};

pub struct Project {
    pub sim: Sim,
    pub client: Client,
    pub id: u64,
    pub environment: u64,
    pub key: String,
    pub feature: u64,
}

impl Project {
    /// A project `shop` with an environment `production` and a flag `checkout`, off, without a value.
    pub async fn on(builder: Builder) -> Self {
        let sim = builder.start().await;
        let client = Client::of(&sim);
        let organisation = client.create("/api/v1/organisations/", json!({ "name": "Acme" })).await;
        let project = json!({ "name": "shop", "organisation": organisation["id"] });
        let id = id(&client.create("/api/v1/projects/", project).await);
        let environment = json!({ "name": "production", "project": id });
        let environment = client.create("/api/v1/environments/", environment).await;
        let features = format!("/api/v1/projects/{id}/features/");
        let feature = client.create(&features, json!({ "name": "checkout" })).await;
        sim.clear_requests();
        Self {
            sim,
            client,
            id,
            environment: self::id(&environment),
            key: environment["api_key"].as_str().unwrap().to_owned(),
            feature: self::id(&feature),
        }
    }

    pub async fn new() -> Self {
        Self::on(Sim::builder()).await
    }

    /// The same, with v2 versioning.
    pub async fn versioned() -> Self {
        let project = Self::new().await;
        project.enable_versioning().await;
        project.sim.clear_requests();
        project
    }

    pub fn flag_path(&self) -> String {
        format!("/api/__future__/environments/{}/features/{}/", self.key, self.feature)
    }

    pub fn document_path(&self) -> String {
        format!("/api/v1/environments/{}/document/", self.key)
    }

    pub fn features_path(&self) -> String {
        format!("/api/v1/projects/{}/features/", self.id)
    }

    pub fn states_path(&self) -> String {
        format!("/api/v1/environments/{}/featurestates/", self.key)
    }

    pub fn versions_path(&self) -> String {
        format!("/api/v1/environments/{}/features/{}/versions/", self.environment, self.feature)
    }

    /// The flag's default state, as the list of an environment's defaults shows it.
    pub async fn state(&self) -> Value {
        let path = format!("{}?feature={}", self.states_path(), self.feature);
        self.client.get(&path).await["results"][0].clone()
    }

    /// The flag's default, as `__future__` shows it.
    pub async fn default(&self) -> Value {
        self.client.get(&self.flag_path()).await["environment_default"].clone()
    }

    /// Deletes the flag's default state, where the environment is unversioned.
    pub async fn lose_default(&self) {
        let path = format!("{}{}/", self.states_path(), self.state().await["id"]);
        assert_eq!(self.client.call("DELETE", &path, Value::Null).await.status, 204);
    }

    pub async fn enable_versioning(&self) {
        let path = format!("/api/v1/environments/{}/enable-v2-versioning/", self.key);
        assert_eq!(self.client.call("POST", &path, Value::Null).await.status, 202);
    }

    /// Gives the flag two variants, of 30 and of 20 per cent.
    pub async fn vary(&self) -> [u64; 2] {
        let path = format!("{}{}/mv-options/", self.features_path(), self.feature);
        let variant = |share: u64| json!({ "feature": self.feature, "type": "unicode", "string_value": "v", "default_percentage_allocation": share });
        [id(&self.client.create(&path, variant(30)).await), id(&self.client.create(&path, variant(20)).await)]
    }

    pub async fn patch(&self, default: Value) -> Value {
        let body = json!({ "environment_default": default });
        let reply = self.client.call("PATCH", &self.flag_path(), body).await;
        assert_eq!(reply.status, 200, "{}", reply.text);
        reply.json()
    }

    pub async fn enabled(&self) -> bool {
        self.client.get(&self.flag_path()).await["environment_default"]["enabled"] == true
    }

    pub async fn enabled_in_document(&self) -> bool {
        let document = self.client.get(&self.document_path()).await;
        document["feature_states"][0]["enabled"] == true
    }

    pub async fn add_segment(&self, name: &str, condition: Value) -> u64 {
        let rules = json!([{ "type": "ALL", "rules": [], "conditions": [condition] }]);
        let path = format!("/api/v1/projects/{}/segments/", self.id);
        id(&self.client.create(&path, json!({ "name": name, "rules": rules })).await)
    }
}

pub fn id(made: &Value) -> u64 {
    made["id"].as_u64().unwrap()
}
