//! Segments, variants and identities, as people make them in Flagsmith's pages, and what each is served.

use serde_json::{Value, json};

use super::flagsmith::{Flagsmith, Served, id};

impl Flagsmith {
    /// Makes a segment of whoever has that trait, for all features, or for one.
    pub async fn add_audience(&self, name: &str, feature: Option<&str>) -> u64 {
        let condition = json!({"property": name, "operator": "EQUAL", "value": "yes"});
        let rules = json!([{"type": "ALL", "rules": [{"type": "ANY", "conditions": [condition]}]}]);
        let mut segment = json!({"name": name, "project": self.project, "rules": rules});
        if let Some(feature) = feature {
            segment["feature"] = self.feature(feature).await["id"].clone();
        }
        id(&self.post(&format!("/api/v1/projects/{}/segments/", self.project), segment).await)
    }

    /// Makes a feature with variants of those keys, which serve their key; each starts without a share.
    pub async fn add_multivariate(&self, name: &str, keys: &[&str]) {
        self.add_feature(json!({"name": name, "initial_value": "grey", "default_enabled": true})).await;
        for key in keys {
            self.add_variant(name, key).await;
        }
    }

    pub async fn add_variant(&self, name: &str, key: &str) {
        let feature = id(&self.feature(name).await);
        let option = json!({"feature": feature, "key": key, "type": "unicode", "string_value": key,
            "default_percentage_allocation": 0});
        self.post(&format!("/api/v1/projects/{}/features/{feature}/mv-options/", self.project), option).await;
    }

    /// What a flag is served as to somebody who has those traits.
    pub async fn served_to(&self, key: &str, feature: &str, (identifier, traits): (&str, &[&str])) -> Served {
        let traits: Vec<_> = traits.iter().map(|name| (*name, "yes")).collect();
        self.served_with(key, feature, (identifier, &traits)).await
    }

    /// The same, by the values of the traits too.
    pub async fn served_with(&self, key: &str, feature: &str, (identifier, traits): (&str, &[(&str, &str)])) -> Served {
        let traits: Vec<_> =
            traits.iter().map(|(name, value)| json!({"trait_key": name, "trait_value": value})).collect();
        let body = json!({"identifier": identifier, "traits": traits});
        let request = self.http.post(format!("{}/api/v1/identities/", self.url)).header("x-environment-key", key);
        let answer: Value = request.json(&body).send().await.unwrap().json().await.unwrap();
        let flags = answer["flags"].as_array().unwrap_or_else(|| panic!("{answer}"));
        let flag = flags.iter().find(|flag| flag["feature"]["name"] == feature).unwrap();
        Served { enabled: flag["enabled"] == true, value: flag["feature_state_value"].clone() }
    }

    /// Switches a flag's override of a segment, as every release lets people do.
    pub async fn switch_override(&self, key: &str, feature: &str, (segment, enabled): (u64, bool)) {
        let feature = id(&self.feature(feature).await);
        let environment = self.get(&format!("/api/v1/environments/{key}/")).await;
        let place = format!("environment={}&feature={feature}", id(&environment));
        let links = self.get(&format!("/api/v1/features/feature-segments/?{place}")).await;
        let link = links["results"].as_array().unwrap().iter().find(|link| link["segment"] == segment).unwrap().clone();
        let rows = self.get(&format!("/api/v1/features/featurestates/?{place}")).await;
        let row = rows["results"].as_array().unwrap().iter().find(|row| row["feature_segment"] == link["id"]).unwrap();
        let value = row["feature_state_value"].clone();
        if environment["use_v2_feature_versioning"] == true {
            let of = json!({"segment": segment});
            let update = json!({"feature_segment": of, "enabled": enabled, "feature_state_value": value});
            let path = format!("/api/v1/environments/{}/features/{feature}/versions/", id(&environment));
            self.post(&path, json!({"publish_immediately": true, "feature_states_to_update": [update]})).await;
        } else {
            let state = json!({"feature": feature, "environment": environment["id"], "feature_segment": link["id"],
                "enabled": enabled, "feature_state_value": value});
            self.put(&format!("/api/v1/features/featurestates/{}/", row["id"]), state).await;
        }
    }

    /// Has a flag serve its own to an identity, which is made.
    pub async fn add_identity_override(&self, key: &str, feature: &str, (identity, value): (&str, Value)) {
        let feature = id(&self.feature(feature).await);
        let identities = format!("/api/v1/environments/{key}/identities/");
        let identity = id(&self.post(&identities, json!({"identifier": identity})).await);
        let state = json!({"feature": feature, "enabled": true, "feature_state_value": value});
        self.post(&format!("{identities}{identity}/featurestates/"), state).await;
    }

    /// The names of all identities of an environment.
    pub async fn identities(&self, key: &str) -> Vec<Value> {
        let page = self.get(&format!("/api/v1/environments/{key}/identities/?page_size=999")).await;
        page["results"].as_array().unwrap().iter().map(|one| one["identifier"].clone()).collect()
    }
}
