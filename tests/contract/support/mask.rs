//! Takes out of an exchange what is another in each run, and puts in which one it is: `<feature 1>` is the feature that the
//! test met first. So it shows that an id stays, though it is never the same.

use std::collections::HashMap;

use flagsmith_operator::flagsmith::OrganisationId;
use flagsmith_sim::{Regex, Request};
use serde_json::{Map, Value as Json, json};

use super::ask::html;
use super::exchange::Exchange;
use super::kind;

/// What is longer is told by its length.
const LONG: usize = 200;
/// Lists that Flagsmith gives in the order in which its database finds the rows.
const UNORDERED: &[&str] =
    &["results", "feature_states", "variants", "multivariate_feature_state_values", "rules", "conditions"];
/// Of a person, what the server's own people are called.
const PERSONAL: &[&str] = &["first_name", "last_name", "last_login"];
/// After it, a parser of JSON tells in its own words what it found.
const UNPARSED: &str = "JSON parse error - ";

pub struct Mask {
    run: String,
    organisation: i64,
    numbers: HashMap<(&'static str, String), usize>,
    counts: HashMap<&'static str, usize>,
    /// Keys and tokens as they were met, and what stands for each.
    secrets: Vec<(String, String)>,
    uuid: Regex,
    time: Regex,
    host: Regex,
}

impl Mask {
    pub fn of(run: &str, organisation: OrganisationId) -> Self {
        Self {
            run: run.to_owned(),
            organisation: organisation.0,
            numbers: HashMap::new(),
            counts: HashMap::new(),
            secrets: vec![],
            uuid: Regex::new("[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}").unwrap(),
            time: Regex::new(r"^\d{4}-\d\d-\d\dT[0-9:.]+(Z|\+00:00)$").unwrap(),
            host: Regex::new("^https?://[^/]+/").unwrap(),
        }
    }

    pub fn exchange(&mut self, request: Request) -> Exchange {
        let answer = request.answer();
        let Request { method, path, body, status, content_type, .. } = request;
        let about = kind::of_answer(&path);
        let is_html = content_type.as_deref().is_some_and(|kind| kind.starts_with("text/html"));
        let mut answer = if is_html { html() } else { answer.unwrap_or(Json::Null) };
        if path == "/api/v1/organisations/" {
            self.keep_own(&mut answer);
        }
        // Before the path: a key is told by a body.
        let sent = body.map_or(Json::Null, |body| self.json(body, (None, None), about));
        let answer = self.json(answer, (None, None), about);
        Exchange { method, path: self.path(&path), sent, status, kind: content_type, answer }
    }

    /// Other tests and people make organisations on the same server.
    fn keep_own(&self, answer: &mut Json) {
        let own = self.organisation;
        if let Some(results) = answer.get_mut("results").and_then(Json::as_array_mut) {
            results.retain(|organisation| organisation["id"] == own);
            answer["count"] = json!(answer["results"].as_array().map(Vec::len));
        }
    }

    fn placeholder(&mut self, kind: &'static str, value: &str) -> String {
        let known = self.numbers.get(&(kind, value.to_owned())).copied();
        let number = known.unwrap_or_else(|| {
            let count = self.counts.entry(kind).or_insert(0);
            *count += 1;
            self.numbers.insert((kind, value.to_owned()), *count);
            *count
        });
        format!("<{kind} {number}>")
    }

    fn path(&mut self, path: &str) -> String {
        let (path, query) = path.split_once('?').map_or((path, None), |(path, query)| (path, Some(query)));
        let mut before = None;
        let mut segments = vec![];
        for segment in path.split('/') {
            segments.push(match before {
                Some(kind) if is_number(segment) => self.placeholder(kind, segment),
                _ => self.text(segment),
            });
            before = kind::below(segment);
        }
        let mut masked = segments.join("/");
        for (number, pair) in query.into_iter().flat_map(|query| query.split('&')).enumerate() {
            masked.push(if number == 0 { '?' } else { '&' });
            masked.push_str(&self.pair(pair));
        }
        masked
    }

    fn pair(&mut self, pair: &str) -> String {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        match kind::of_member(name, None, "thing") {
            Some(kind) if is_number(value) => format!("{name}={}", self.placeholder(kind, value)),
            _ => self.text(pair),
        }
    }

    /// `names` is the member in which the value stands, and the one around it.
    fn json(&mut self, value: Json, names: (Option<&str>, Option<&str>), about: &'static str) -> Json {
        let (name, parent) = names;
        match value {
            Json::Object(members) => Json::Object(self.members(members, name, about)),
            Json::Array(mut items) => {
                if name.is_none_or(|name| UNORDERED.contains(&name)) {
                    items.sort_by_key(in_order);
                }
                items.into_iter().map(|item| self.json(item, names, about)).collect()
            }
            Json::Number(number) => match name.and_then(|name| kind::of_member(name, parent, about)) {
                Some(kind) if is_number(&number.to_string()) => json!(self.placeholder(kind, &number.to_string())),
                _ => Json::Number(number),
            },
            Json::String(text) if matches!(name, Some("api_key" | "key" | "hash")) => json!(self.secret(&text, about)),
            Json::String(text) if name == Some("email") => json!(self.placeholder("email", &text)),
            Json::String(text) => json!(self.text(&text)),
            Json::Bool(_) | Json::Null => value,
        }
    }

    fn members(&mut self, members: Map<String, Json>, parent: Option<&str>, about: &'static str) -> Map<String, Json> {
        let is_person = members.contains_key("email");
        let members = typed(members);
        let masked = members.into_iter().map(|(name, value)| {
            let is_personal = is_person && PERSONAL.contains(&name.as_str());
            let masked = if is_personal { json!("<theirs>") } else { self.json(value, (Some(&name), parent), about) };
            (name, masked)
        });
        masked.collect()
    }

    /// A key or a token, wherever it is met from now on. A variant's key is a name that people give.
    fn secret(&mut self, text: &str, about: &str) -> String {
        // What has blanks is what is wrong with a key.
        if about == "variant" || text.is_empty() || text.contains(' ') {
            return self.text(text);
        }
        let masked = self.placeholder("key", text);
        if !self.secrets.iter().any(|(known, _)| known == text) {
            self.secrets.push((text.to_owned(), masked.clone()));
        }
        masked
    }

    fn text(&mut self, text: &str) -> String {
        let length = text.chars().count();
        if length > LONG {
            return format!("<{length} characters>");
        }
        if text.starts_with(UNPARSED) {
            return format!("{UNPARSED}<why>");
        }
        if let Some(zone) = self.time.captures(text) {
            return format!("<time {}>", &zone[1]);
        }
        let mut text = self.secrets.iter().fold(text.to_owned(), |text, (secret, mask)| text.replace(secret, mask));
        if let Some(path) = self.host.find(&text).map(|host| text[host.end()..].to_owned()) {
            return format!("<server>{}", self.path(&format!("/{path}")));
        }
        text = text.replace(&self.run, "<run>");
        while let Some(found) = self.uuid.find(&text).map(|found| found.as_str().to_owned()) {
            let masked = self.placeholder("uuid", &found);
            text = text.replace(&found, &masked);
        }
        text
    }
}

/// A value in columns without those of other types: what they were left with by earlier values is nothing to anybody.
fn typed(mut members: Map<String, Json>) -> Map<String, Json> {
    let own = match members.get("type").and_then(Json::as_str) {
        Some("unicode") => "string_value",
        Some("int") => "integer_value",
        Some("bool") => "boolean_value",
        _ => return members,
    };
    for (name, value) in &mut members {
        if name.ends_with("_value") && name != own {
            *value = Json::Null;
        }
    }
    members
}

/// Nothing has the number 0: tests ask for it to be refused.
fn is_number(text: &str) -> bool {
    text != "0" && !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn in_order(item: &Json) -> (i64, i64) {
    let feature = item["feature"].as_i64().or_else(|| item["feature"]["id"].as_i64());
    (feature.unwrap_or_default(), item["id"].as_i64().unwrap_or_default())
}
