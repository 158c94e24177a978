//! Drift: what is changed in Flagsmith behind the operator's back is put right, with no more requests than that takes.

use serde_json::{Value, json};

use crate::support::{Case, Kind, Served};

async fn drift_costs_one_read_and_one_write(versioned: bool) {
    let case = Case::plan().versioned(versioned).start().await;
    case.apply_flag_on("checkout", json!({"string": "blue"})).await;
    let flag = case.until_ready(Kind::Flag, "checkout").await;
    let path = format!("/api/__future__/environments/{}/features/{}/", case.production, flag.at("/status/id"));
    case.sim.clear_requests();

    case.flagsmith.patch(&path, json!({"environment_default": {"enabled": false}})).await;
    case.eventually("the drift is corrected", async || case.served("checkout").await == Some(Served::on("blue"))).await;
    case.until_documents_read(3).await;
    let of_the_flag: Vec<_> =
        case.sim.requests().into_iter().filter(|one| one.path == path).map(|one| one.method).collect();
    assert_eq!(of_the_flag, ["PATCH", "GET", "PATCH"], "the first is ours");
    assert_eq!(case.writes().len(), 2);
    let others: Vec<_> =
        case.sim.requests().into_iter().map(|one| one.path).filter(|one| one.contains("featurestates")).collect();
    assert_eq!(others, Vec::<String>::new(), "no list of states is read for one flag");
}

#[tokio::test]
async fn drift_costs_one_read_and_one_write_without_versions() {
    drift_costs_one_read_and_one_write(false).await;
}

#[tokio::test]
async fn drift_costs_one_read_and_one_write_with_versions() {
    drift_costs_one_read_and_one_write(true).await;
}

#[tokio::test]
async fn the_drift_of_many_flags_is_corrected() {
    let case = Case::start().await;
    let names: Vec<_> = (0..25).map(|number| format!("flag-{number}")).collect();
    for name in &names {
        case.apply_flag_on(name, json!({"string": "blue"})).await;
    }
    for name in &names {
        case.until_ready(Kind::Flag, name).await;
    }
    for name in &names {
        case.flagsmith.edit_state(&case.production, name, json!({"enabled": false})).await;
    }
    for name in &names {
        case.eventually("the drift is corrected", async || case.served(name).await == Some(Served::on("blue"))).await;
    }
    for name in &names {
        case.until_ready(Kind::Flag, name).await;
    }
}

#[tokio::test]
async fn a_value_that_was_taken_away_is_put_back() {
    let case = Case::start().await;
    case.apply_flag_on("checkout", json!({"none": {}})).await;
    case.until_ready(Kind::Flag, "checkout").await;
    let red = json!({"value": {"type": "string", "value": "red"}});
    case.flagsmith.edit_state(&case.production, "checkout", red).await;
    assert_eq!(case.served("checkout").await, Some(Served::on("red")));
    let is_put_back = async || case.served("checkout").await == Some(Served::on(Value::Null));
    case.eventually("there is no value again", is_put_back).await;
}

#[tokio::test]
async fn a_description_that_was_changed_is_put_back() {
    let case = Case::plan().resync("5s").start().await;
    case.apply_flag("checkout", json!({"description": "ours"})).await;
    case.until_ready(Kind::Flag, "checkout").await;
    case.flagsmith.edit_feature("checkout", json!({"description": "theirs"})).await;
    let is_ours = async || case.flagsmith.feature("checkout").await["description"] == "ours";
    case.eventually("the description is ours again", is_ours).await;
}

#[tokio::test]
async fn a_flag_that_was_deleted_in_flagsmith_is_made_again() {
    let case = Case::start().await;
    case.apply_flag_on("checkout", json!({"string": "blue"})).await;
    let before = case.until_ready(Kind::Flag, "checkout").await;
    case.flagsmith.delete_feature("checkout").await;
    case.eventually("it is served again", async || case.served("checkout").await == Some(Served::on("blue"))).await;
    let is_another =
        |flag: &crate::support::Object| flag.is_ready() && flag.at("/status/uuid") != before.at("/status/uuid");
    let after = case.until(Kind::Flag, "checkout", ("ready with another uuid", is_another)).await;
    assert_eq!(after.at("/status/origin"), "Created");
    assert_eq!(case.flagsmith.features("checkout").await.len(), 1);
}
