//! The stand-in answers every recorded exchange with a real Flagsmith as it was answered then, apart from ids and times.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

#[path = "../client/mod.rs"]
mod client;
mod comparison;
mod kind;
mod mapping;
mod scope;

use client::{Client, Reply};
use comparison::Comparison;
use flagsmith_sim::{Fault, Sim};
use mapping::Mapping;
use scope::{OUT_OF_SCOPE, OutOfScope};
use serde_json::Value;
use std::str::FromStr;

/// One line of the recording.
pub(crate) struct Exchange {
    pub(crate) number: usize,
    pub(crate) label: String,
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Value,
    pub(crate) status: u16,
    pub(crate) answer_headers: Vec<(String, String)>,
    pub(crate) answer: Value,
}

fn headers(recorded: &Value) -> Vec<(String, String)> {
    let members = recorded.as_object().unwrap();
    members.iter().map(|(name, value)| (name.to_lowercase(), value.as_str().unwrap().to_owned())).collect()
}

fn exchanges() -> Vec<Exchange> {
    let lines = include_str!("../exchanges.jsonl").lines().enumerate();
    lines
        .map(|(number, line)| {
            let recorded = Value::from_str(line).unwrap();
            let text = |name: &str| recorded[name].as_str().unwrap().to_owned();
            Exchange {
                number,
                label: text("label"),
                method: text("method"),
                path: text("path"),
                headers: headers(&recorded["request_headers"]),
                body: recorded["request_body"].clone(),
                status: recorded["status"].as_u64().unwrap().try_into().unwrap(),
                answer_headers: headers(&recorded["response_headers"]),
                answer: recorded["response_body"].clone(),
            }
        })
        .collect()
}

/// The recording shortens one long value, and holds one body that was not JSON.
fn sent_body(exchange: &Exchange, mapping: &Mapping) -> Option<String> {
    match &exchange.body {
        Value::Null => None,
        Value::String(raw) => Some(raw.clone()),
        body => {
            let long = format!("{:?}", "x".repeat(20_001));
            let body = mapping.body(body).to_string();
            Some(body.replace("\"<20001 x>\"", &long))
        }
    }
}

async fn ask(client: &Client, exchange: &Exchange, mapping: &Mapping) -> Reply {
    let headers = mapping.headers(&exchange.headers);
    let headers: Vec<_> = headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let path = mapping.path(&exchange.path);
    let body = sent_body(exchange, mapping);
    client.send((&exchange.method, &path), &headers, body).await.unwrap()
}

/// For some exchanges something was done to that server by other means than its API.
fn prepare(sim: &Sim, exchange: &Exchange, mapping: &Mapping) {
    if exchange.status == 429 {
        // It had a throttle of five a minute.
        sim.inject(Fault::on("GET", "/organisations/").times(1).retry_after(60));
    }
    if exchange.label.starts_with("change requests") {
        // They were forced on, and off again, in its database.
        let on = exchange.label.starts_with("change requests on");
        let path = mapping.path(&exchange.path);
        sim.require_approvals(path.split('/').nth(4).unwrap(), on.then_some(1));
    }
}

#[tokio::test]
async fn every_recorded_exchange_is_answered_alike() {
    let sim = Sim::builder().one_project_per_organisation().start().await;
    let client = Client::of(&sim);
    let mut mapping = Mapping::default();
    mapping.learn("token", "admintoken000000000000000000000000000000", sim.token());
    let limited = sim.add_user("limited@example.com");
    mapping.learn("token", "limitedtoken0000000000000000000000000000", &limited);
    let mut differences = Vec::new();
    let mut replayed = 0;
    for exchange in exchanges() {
        if OUT_OF_SCOPE.iter().any(|each| each.number == exchange.number) {
            continue;
        }
        prepare(&sim, &exchange, &mapping);
        let reply = ask(&client, &exchange, &mapping).await;
        let found = Comparison::of(&exchange, &mut mapping).compare(&reply);
        differences.extend(found);
        replayed += 1;
    }
    assert!(differences.is_empty(), "\n{}", differences.join("\n"));
    assert_eq!(replayed + OUT_OF_SCOPE.len(), exchanges().len());
}

#[test]
fn whatever_is_not_replayed_is_listed_with_its_reason() {
    let exchanges = exchanges();
    for OutOfScope { number, label, reason, .. } in OUT_OF_SCOPE {
        assert_eq!(exchanges[*number].label, *label, "number {number} of the list");
        assert!(!reason.is_empty());
    }
    let mut numbers: Vec<_> = OUT_OF_SCOPE.iter().map(|listed| listed.number).collect();
    numbers.dedup();
    assert_eq!(numbers.len(), OUT_OF_SCOPE.len());
}
