//! No key and no token is ever told: not in a status, not in an Event, not in a log.

use flagsmith_sim::Fault;
use serde_json::json;

use crate::support::{Case, Kind, Object};

#[tokio::test]
async fn neither_token_nor_key_is_told_whatever_fails() {
    let case = Case::plan().request_timeout("1s").resync("1s").start().await;
    let flag = format!("/api/__future__/environments/{}", case.production);
    let document = format!("/environments/{}/document/", case.production);
    case.apply_environment("staging", json!({"secret": {"name": "flagsmith-staging"}})).await;
    case.until_ready(Kind::Environment, "staging").await;
    let faults = [
        Fault::on("*", &flag).times(1).hang(),
        Fault::on("*", &flag).times(1).status(500),
        Fault::on("*", &flag).times(1).html(502),
        Fault::on("*", &flag).times(1).drop_after(),
        Fault::on("*", &flag).times(1).truncate(),
        Fault::on("GET", &document).times(1).hang(),
        Fault::on("GET", &document).times(1).drop_before(),
        Fault::on("GET", &document).times(1).html(404),
        Fault::on("GET", &document).times(1).status(403),
        Fault::on("GET", &document).times(1).truncate(),
    ];
    for fault in faults {
        case.sim.inject(fault);
    }
    case.apply_flag_on("checkout", json!({"string": "blue"})).await;
    case.until_ready(Kind::Flag, "checkout").await;
    case.until(Kind::Project, "shop", ("fresh again", |project| project.holds("Fresh"))).await;

    let staging = case.cluster.secret_entry("flagsmith-staging", "FLAGSMITH_ENVIRONMENT_KEY").await.unwrap();
    let mut told = vec![case.operator.log()];
    for kind in Kind::OURS.into_iter().chain([Kind::Event]) {
        told.extend(case.cluster.list(kind).await.iter().map(|object| object.0.to_string()));
    }
    for secret in [case.sim.token(), &case.production, &staging] {
        for text in &told {
            assert!(!text.contains(secret), "{secret} is told in\n{text}");
        }
    }
    assert!(told.len() >= 5 && told[0].contains("watching"), "there is something that could tell");
}

/// Asks for other keys of both kinds, and waits until they are there.
async fn rotate(case: &Case, when: &str) {
    let annotations = json!({
        "flagsmith-operator.dev/rotate-server-keys": when, "flagsmith-operator.dev/rotate-client-key": when,
    });
    case.cluster.edit(Kind::Environment, "production", json!({"metadata": {"annotations": annotations}})).await;
    let is_answered = |one: &Object| {
        let answers = ["/status/handledRotateServerKeys", "/status/handledRotateClientKey"];
        one.is_ready() && answers.iter().all(|answer| *one.at(answer) == when)
    };
    case.until(Kind::Environment, "production", ("answering", is_answered)).await;
}

#[tokio::test]
async fn no_server_side_key_is_told_nor_the_former_client_key_whatever_fails() {
    let case = Case::plan().request_timeout("1s").resync("1s").start().await;
    let entry = json!({"key": "SERVER_KEY", "from": "ServerKey", "name": "backend"});
    let secret = json!({"name": "flagsmith", "keys": [entry, {"key": "KEY", "from": "EnvironmentKey"}]});
    case.sim.inject(Fault::on("POST", "/api-keys/").times(1).truncate());
    case.apply_environment("production", json!({"secret": secret, "serverKeys": [{"name": "backend"}]})).await;
    case.until_ready(Kind::Environment, "production").await;
    let mut keys = std::collections::BTreeSet::from([case.production.clone()]);
    let faults = [
        Fault::on("POST", "/api-keys/").times(1).html(502),
        Fault::on("GET", "/api-keys/").times(1).truncate(),
        Fault::on("GET", "/api-keys/").times(1).status(403),
    ];
    for (number, fault) in faults.into_iter().enumerate() {
        for entry in ["SERVER_KEY", "KEY"] {
            keys.insert(case.cluster.secret_entry("flagsmith", entry).await.unwrap());
        }
        case.sim.inject(fault);
        rotate(&case, &number.to_string()).await;
    }
    let mut told =
        vec![case.operator.log(), case.cluster.read(Kind::Secret, "flagsmith").await.at("/metadata").to_string()];
    for kind in Kind::OURS.into_iter().chain([Kind::Event]) {
        told.extend(case.cluster.list(kind).await.iter().map(|object| object.0.to_string()));
    }
    for (key, text) in keys.iter().flat_map(|key| told.iter().map(move |text| (key, text))) {
        assert!(!text.contains(key.as_str()), "{key} is told in\n{text}");
    }
    assert_eq!(keys.len(), 6, "three keys of each kind were in use");
}
