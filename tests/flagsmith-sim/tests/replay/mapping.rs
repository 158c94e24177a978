//! Which of our ids, keys and times stands for which recorded one: learnt from the answers, used in later requests.

use crate::kind;
use serde_json::Value;
use std::collections::HashMap;

#[derive(Default)]
pub struct Mapping {
    ours: HashMap<(&'static str, String), String>,
    recorded: HashMap<(&'static str, String), String>,
}

impl Mapping {
    /// Notes a pair, and says whether it agrees with what is known, both ways.
    pub fn learn(&mut self, kind: &'static str, recorded: &str, ours: &str) -> bool {
        let known = self.ours.entry((kind, recorded.to_owned())).or_insert(ours.to_owned());
        let back = self.recorded.entry((kind, ours.to_owned())).or_insert(recorded.to_owned());
        known == ours && back == recorded
    }

    /// Ours for a recorded one; itself where it is not known.
    fn ours(&self, kind: &'static str, recorded: &str) -> String {
        let known = self.ours.get(&(kind, recorded.to_owned()));
        known.cloned().unwrap_or_else(|| recorded.to_owned())
    }

    pub fn headers(&self, recorded: &[(String, String)]) -> Vec<(String, String)> {
        let translated = recorded.iter().map(|(name, value)| {
            let value = match (name.as_str(), value.split_once(' ')) {
                ("authorization", Some(("Token", token))) => format!("Token {}", self.ours("token", token)),
                ("authorization", Some(("Api-Key", key))) => format!("Api-Key {}", self.ours("key", key)),
                ("x-environment-key", _) => self.ours("key", value),
                ("if-modified-since", _) => self.ours("time", value),
                _ => value.clone(),
            };
            (name.clone(), value)
        });
        translated.collect()
    }

    pub fn path(&self, recorded: &str) -> String {
        let (path, query) = recorded.split_once('?').unwrap_or((recorded, ""));
        let mut kind = None;
        let segments = path.split('/').map(|segment| {
            let ours = kind.map_or(segment.to_owned(), |kind| self.ours(kind, segment));
            kind = kind::of_collection(segment);
            ours
        });
        let path = segments.collect::<Vec<_>>().join("/");
        let pairs = query.split('&').map(|pair| match pair.split_once('=') {
            Some((name, value)) => {
                let kind = kind::of_leaf(&[name.to_owned()], "thing").unwrap_or("thing");
                format!("{name}={}", self.ours(kind, value))
            }
            None => pair.to_owned(),
        });
        let query = pairs.collect::<Vec<_>>().join("&");
        if query.is_empty() { path } else { format!("{path}?{query}") }
    }

    pub fn body(&self, recorded: &Value) -> Value {
        self.part(recorded, &mut Vec::new())
    }

    fn part(&self, recorded: &Value, trail: &mut Vec<String>) -> Value {
        match recorded {
            Value::Object(members) => {
                let members = members.iter().map(|(name, value)| {
                    trail.push(name.clone());
                    let ours = self.part(value, trail);
                    trail.pop();
                    (name.clone(), ours)
                });
                members.collect()
            }
            Value::Array(items) => items.iter().map(|item| self.part(item, trail)).collect(),
            Value::Number(number) => {
                let kind = kind::of_leaf(trail, "thing").unwrap_or("thing");
                let ours = self.ours(kind, &number.to_string());
                ours.parse::<u64>().map_or(recorded.clone(), Value::from)
            }
            other => other.clone(),
        }
    }
}
