//! Compares an answer with the recorded one, and learns from it which ids stand for which.

use crate::Exchange;
use crate::client::Reply;
use crate::kind;
use crate::mapping::Mapping;
use serde_json::Value;
use std::collections::BTreeSet;

/// Headers that clients go by.
const HEADERS: &[&str] = &["content-type", "www-authenticate", "retry-after", "location", "flagsmith-version"];

/// Headers that must be there in both or in neither, whatever they say.
const PRESENT: &[&str] = &["last-modified", "x-flagsmith-document-updated-at"];

pub struct Comparison<'a> {
    exchange: &'a Exchange,
    mapping: &'a mut Mapping,
    trail: Vec<String>,
    differences: Vec<String>,
}

impl<'a> Comparison<'a> {
    pub fn of(exchange: &'a Exchange, mapping: &'a mut Mapping) -> Self {
        Self { exchange, mapping, trail: Vec::new(), differences: Vec::new() }
    }

    pub fn compare(mut self, reply: &Reply) -> Vec<String> {
        if self.exchange.status != reply.status {
            let text = format!("status {}, recorded {}: {}", reply.status, self.exchange.status, reply.text);
            self.differ(&text);
        }
        for name in HEADERS {
            let recorded = self.recorded_header(name);
            if recorded.as_deref() != reply.header(name) {
                self.differ(&format!("{name} {:?}, recorded {recorded:?}", reply.header(name)));
            }
        }
        for name in PRESENT {
            match (self.recorded_header(name), reply.header(name)) {
                (Some(recorded), Some(ours)) => {
                    self.mapping.learn("time", &recorded, ours);
                }
                (None, None) => {}
                (recorded, ours) => self.differ(&format!("{name} {ours:?}, recorded {recorded:?}")),
            }
        }
        let recorded = self.exchange.answer.clone();
        let ours = match &recorded {
            Value::String(_) => Value::String(reply.text.clone()),
            _ => reply.json(),
        };
        self.part(&recorded, &ours);
        self.differences
    }

    fn recorded_header(&self, name: &str) -> Option<String> {
        let mut headers = self.exchange.answer_headers.iter();
        headers.find(|(each, _)| each == name).map(|(_, value)| value.clone())
    }

    fn differ(&mut self, what: &str) {
        let Exchange { number, label, .. } = self.exchange;
        let place = self.trail.join(".");
        self.differences.push(format!("#{number} {label}: {place} {what}"));
    }

    fn part(&mut self, recorded: &Value, ours: &Value) {
        match (recorded, ours) {
            (Value::Object(recorded), Value::Object(ours)) => {
                let names: BTreeSet<_> = recorded.keys().chain(ours.keys()).collect();
                for name in names {
                    self.trail.push(name.clone());
                    match (recorded.get(name), ours.get(name)) {
                        (Some(recorded), Some(ours)) => self.part(recorded, ours),
                        (Some(_), None) => self.differ("is missing"),
                        _ => self.differ("was not recorded"),
                    }
                    self.trail.pop();
                }
            }
            (Value::Array(recorded), Value::Array(ours)) if recorded.len() == ours.len() => {
                for (recorded, ours) in recorded.iter().zip(ours) {
                    self.part(recorded, ours);
                }
            }
            _ => self.leaf(recorded, ours),
        }
    }

    fn leaf(&mut self, recorded: &Value, ours: &Value) {
        let name = self.trail.last().map(String::as_str).unwrap_or_default();
        let answer = kind::of_answer(&self.exchange.path);
        let alike = if recorded.is_null() || ours.is_null() {
            recorded == ours
        } else if kind::is_time(name) {
            shape(recorded) == shape(ours)
        } else if name == "identity_uuid" {
            // Another one each time, as in Flagsmith.
            shape(recorded).len() == shape(ours).len()
        } else if let Some(kind) = kind::of_leaf(&self.trail, answer) {
            self.mapping.learn(kind, &plain(recorded), &plain(ours))
        } else if name == "next" {
            self.link(recorded) == after_host(ours)
        } else {
            recorded == ours || recorded.as_f64().is_some_and(|number| Some(number) == ours.as_f64())
        };
        if !alike {
            self.differ(&format!("{ours}, recorded {recorded}"));
        }
    }

    fn link(&self, recorded: &Value) -> String {
        self.mapping.path(&after_host(recorded))
    }
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// A time without its digits.
fn shape(value: &Value) -> String {
    plain(value).replace(|letter: char| letter.is_ascii_digit(), "0")
}

fn after_host(link: &Value) -> String {
    let link = plain(link);
    let path = link.splitn(4, '/').nth(3).unwrap();
    format!("/{path}")
}
