//! A request and its answer, without what is another in each run.

use std::fmt::Write;

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

/// One line of a recording.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Exchange {
    pub method: String,
    pub path: String,
    /// The body of the request.
    #[serde(default, skip_serializing_if = "Json::is_null")]
    pub sent: Json,
    /// None where no answer came.
    pub status: Option<u16>,
    /// The content type of the answer.
    pub kind: Option<String>,
    /// The body of the answer.
    #[serde(default, skip_serializing_if = "Json::is_null")]
    pub answer: Json,
}

impl Exchange {
    pub fn line(&self) -> String {
        serde_json::to_string(self).unwrap() + "\n"
    }

    /// What was asked; what is long is cut.
    pub fn question(&self) -> String {
        let Self { method, path, sent, .. } = self;
        let sent = if sent.is_null() { String::new() } else { sent.to_string() };
        format!("{method} {path} {sent:.300}").trim_end().to_owned()
    }

    /// The whole, in brief.
    pub fn brief(&self) -> String {
        let status = self.status.map_or_else(|| "no answer".to_owned(), |status| status.to_string());
        let answer = self.answer.to_string();
        format!("  {}\n    {status} {answer:.500}\n", self.question())
    }

    /// How this, which was recorded, differs from what happened now.
    pub fn differences(&self, now: &Self) -> String {
        let mut told = String::new();
        differ("", [&serde_json::to_value(self).unwrap(), &serde_json::to_value(now).unwrap()], &mut told);
        told
    }
}

fn differ(place: &str, [recorded, now]: [&Json; 2], told: &mut String) {
    match (recorded, now) {
        (Json::Object(recorded), Json::Object(now)) => {
            for (name, value) in recorded {
                let place = format!("{place}.{name}");
                match now.get(name) {
                    Some(other) => differ(&place, [value, other], told),
                    None => writeln!(told, "    {place}: recorded {value}, now missing").unwrap(),
                }
            }
            for (name, value) in now.iter().filter(|(name, _)| !recorded.contains_key(*name)) {
                writeln!(told, "    {place}.{name}: not recorded, now {value}").unwrap();
            }
        }
        (Json::Array(recorded), Json::Array(now)) if recorded.len() == now.len() => {
            for (number, pair) in recorded.iter().zip(now).enumerate() {
                differ(&format!("{place}[{number}]"), [pair.0, pair.1], told);
            }
        }
        _ if recorded == now => {}
        _ => writeln!(told, "    {place}: recorded {recorded}, now {now}").unwrap(),
    }
}
