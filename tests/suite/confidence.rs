//! No key and no token is ever told: not in a status, not in an Event, not in a log.

use flagsmith_sim::Fault;
use serde_json::json;

use crate::support::{Case, Kind};

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
