//! What others change in Flagsmith, behind the operator's back.

use serde_json::json;

use crate::support::{Case, Kind, Plan, Served};

async fn until_served(case: &Case, served: Served) {
    let is_served = async || case.served("checkout").await == Some(served.clone());
    case.eventually(&format!("checkout is served as {served:?}"), is_served).await;
}

pub async fn drift_is_corrected(plan: Plan) {
    let case = plan.start().await;
    case.apply_flag_on("checkout", json!({"string": "blue"})).await;
    case.until_ready(Kind::Flag, "checkout").await;
    for theirs in [(false, json!("blue")), (true, json!(7)), (true, json!(null))] {
        case.sim.clear_requests();
        case.flagsmith.write_state(&case.production, "checkout", theirs).await;
        until_served(&case, Served::on("blue")).await;
        case.until_documents_read(6).await;
        assert_eq!(case.own_writes().len(), 1, "{:?}", case.writes());
    }
    case.until_ready(Kind::Flag, "checkout").await;
}

pub async fn a_flag_that_was_deleted_is_made_again(plan: Plan) {
    let case = plan.start().await;
    case.apply_flag_on("checkout", json!({"string": "blue"})).await;
    case.until_ready(Kind::Flag, "checkout").await;
    case.flagsmith.delete_feature("checkout").await;
    until_served(&case, Served::on("blue")).await;
    case.until_ready(Kind::Flag, "checkout").await;
}

/// Flagsmith lets anybody do so in an environment without versions, which it may get later; the flag then is in no document
/// and on no list of that environment.
pub async fn a_state_that_was_deleted_is_put_back(plan: Plan) {
    let mut case = plan.start().await;
    case.apply_flag_on("checkout", json!({"string": "blue"})).await;
    case.apply_flag_on("banner", json!({"none": {}})).await;
    case.until_ready(Kind::Flag, "checkout").await;
    case.until_ready(Kind::Flag, "banner").await;
    case.until_documents_read(6).await;
    if plan.is_versioned() {
        case.operator.kill();
        case.flagsmith.version(&case.production, false).await;
    }
    for flag in ["checkout", "banner"] {
        case.flagsmith.delete_state(&case.production, flag).await;
        assert_eq!(case.served(flag).await, None);
    }
    if plan.is_versioned() {
        case.flagsmith.version(&case.production, true).await;
        case.operator.restart();
    }
    until_served(&case, Served::on("blue")).await;
    let is_back = async || case.served("banner").await == Some(Served::on(json!(null)));
    case.eventually("the banner is back", is_back).await;
    case.until_ready(Kind::Flag, "checkout").await;
    case.until_ready(Kind::Flag, "banner").await;
}

pub async fn an_environment_whose_kind_is_switched_is_still_written(plan: Plan) {
    let case = plan.start().await;
    case.apply_flag_on("checkout", json!({"string": "blue"})).await;
    case.until_ready(Kind::Flag, "checkout").await;
    case.flagsmith.version(&case.production, !plan.is_versioned()).await;
    case.apply_flag_on("checkout", json!({"string": "red"})).await;
    case.until_ready(Kind::Flag, "checkout").await;
    assert_eq!(case.served("checkout").await, Some(Served::on("red")));
    let versions = case.flagsmith.versions("production", "checkout").await;
    if !plan.is_versioned() {
        assert_eq!(versions, 2, "one when it was switched, and one for the edit");
    }
}
