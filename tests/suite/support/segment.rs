//! Segments as Flagsmith's own users make, edit and use them.

use serde_json::{Value, json};

use super::flagsmith::{Flagsmith, id};

impl Flagsmith {
    fn segments_path(&self) -> String {
        format!("/api/v1/projects/{}/segments/", self.project)
    }

    pub async fn add_segment(&self, name: &str, rules: Value) -> Value {
        self.post(&self.segments_path(), json!({"name": name, "rules": rules})).await
    }

    /// The segments of that name.
    pub async fn segments(&self, name: &str) -> Vec<Value> {
        let page = self.get(&format!("{}?page_size=999", self.segments_path())).await;
        let all = page["results"].as_array().unwrap().clone();
        all.into_iter().filter(|one| one["name"] == name).collect()
    }

    pub async fn segment(&self, name: &str) -> Value {
        self.segments(name).await.pop().unwrap_or_else(|| panic!("there is no segment {name}"))
    }

    pub async fn edit_segment(&self, name: &str, patch: Value) {
        let id = id(&self.segment(name).await);
        self.patch(&format!("{}{id}/", self.segments_path()), patch).await;
    }

    pub async fn delete_segment(&self, segment: &Value) {
        self.delete(&format!("{}{}/", self.segments_path(), id(segment))).await;
    }

    /// Has a flag serve something else to those segments, and to no others.
    pub async fn override_for(&self, key: &str, feature: &str, segments: &[Value]) {
        let feature = id(&self.feature(feature).await);
        let one = |(place, segment): (usize, &Value)| {
            let segment = json!({"id": id(segment)});
            json!({"segment": segment, "priority": place, "enabled": true, "value": {"type": "string", "value": "x"}})
        };
        let overrides: Vec<_> = segments.iter().enumerate().map(one).collect();
        let path = format!("/api/__future__/environments/{key}/features/{feature}/");
        self.put(&path, json!({"segment_overrides": overrides})).await;
    }
}
