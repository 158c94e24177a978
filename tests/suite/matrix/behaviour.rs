//! Flags and environments that follow their manifests.

use serde_json::{Value, json};

use crate::support::{Case, Kind, Object, Plan, Served};

pub async fn the_connection_says_how_flags_are_written(plan: Plan) {
    let [versioned, unversioned] = plan.server().write_paths();
    let case = plan.start().await;
    let connection = case.until_ready(Kind::Connection, "flagsmith").await;
    assert_eq!(connection.at("/status/writePaths"), &json!({"versioned": versioned, "unversioned": unversioned}));
}

pub async fn a_flag_is_served_as_its_manifest_says(plan: Plan) {
    let case = plan.start().await;
    case.apply_flag_on("checkout", json!({"string": "blue"})).await;
    let flag = case.until_ready(Kind::Flag, "checkout").await;
    assert_eq!(case.served("checkout").await, Some(Served::on("blue")));
    assert_eq!(flag.at("/status/origin"), "Created");
    assert_eq!(flag.at("/status/enabledIn"), "production");
}

pub async fn every_kind_of_value_is_served(plan: Plan) {
    let case = plan.start().await;
    let given = [
        ("text", json!({"string": "on"}), json!("on")),
        ("digits", json!({"string": "42"}), json!("42")),
        ("empty", json!({"string": ""}), json!("")),
        ("integer", json!({"integer": -2_147_483_648_i64}), json!(-2_147_483_648_i64)),
        ("boolean", json!({"boolean": false}), json!(false)),
        ("object", json!({"json": {"limit": 10}}), json!(r#"{"limit":10}"#)),
        ("nothing", json!({"none": {}}), Value::Null),
    ];
    for (name, value, _) in &given {
        let production = json!({"name": "production", "enabled": true, "value": value});
        let defaults = json!({"value": {"string": "grey"}});
        case.apply_flag(name, json!({"environments": [production], "defaults": defaults})).await;
    }
    for (name, _, served) in given {
        case.until_ready(Kind::Flag, name).await;
        assert_eq!(case.served(name).await, Some(Served::on(served)), "{name}");
    }
}

pub async fn an_edit_is_one_write(plan: Plan) {
    let case = plan.start().await;
    case.apply_flag_on("checkout", json!({"string": "blue"})).await;
    case.until_ready(Kind::Flag, "checkout").await;
    let before = case.flagsmith.versions("production", "checkout").await;
    case.sim.clear_requests();
    for (enabled, value) in [(false, json!({"integer": 7})), (true, json!({"boolean": true}))] {
        let production = json!({"name": "production", "enabled": enabled, "value": value});
        case.apply_flag("checkout", json!({"environments": [production]})).await;
        case.until_ready(Kind::Flag, "checkout").await;
    }
    assert_eq!(case.served("checkout").await, Some(Served::on(true)));
    case.until_documents_read(6).await;
    assert_eq!(case.writes().len(), 2, "{:?}", case.writes());
    let published = case.flagsmith.versions("production", "checkout").await - before;
    assert_eq!(published, if plan.is_versioned() { 2 } else { 0 });
}

pub async fn a_value_is_taken_away_and_given_again(plan: Plan) {
    let case = plan.start().await;
    case.apply_flag_on("checkout", json!({"string": "blue"})).await;
    case.until_ready(Kind::Flag, "checkout").await;
    for (value, served) in [(json!({"none": {}}), Value::Null), (json!({"string": "red"}), json!("red"))] {
        case.sim.clear_requests();
        case.apply_flag_on("checkout", value).await;
        case.until_ready(Kind::Flag, "checkout").await;
        assert_eq!(case.served("checkout").await, Some(Served::on(served)));
        assert_eq!(case.writes().len(), 1, "{:?}", case.writes());
    }
}

/// A value that is ours to leave alone is sent back as it is found, on the servers that ask for the whole of a state.
pub async fn a_field_that_is_left_out_is_never_written(plan: Plan) {
    let case = plan.start().await;
    let on = |enabled: bool| json!({"environments": [{"name": "production", "enabled": enabled}]});
    case.flagsmith.add_feature(json!({"name": "checkout", "initial_value": "grey"})).await;
    case.apply_flag("checkout", on(true)).await;
    case.until_ready(Kind::Flag, "checkout").await;
    assert_eq!(case.served("checkout").await, Some(Served::on("grey")));

    case.flagsmith.write_state(&case.production, "checkout", (true, json!("theirs"))).await;
    case.apply_flag("checkout", on(false)).await;
    case.until_ready(Kind::Flag, "checkout").await;
    assert_eq!(case.served("checkout").await, Some(Served::off("theirs")));
    case.sim.clear_requests();
    case.until_documents_read(3).await;
    assert_eq!(case.writes(), Vec::<String>::new());
}

pub async fn a_flag_is_deleted_with_its_object(plan: Plan) {
    let case = plan.start().await;
    case.apply_flag_on("checkout", json!({"string": "blue"})).await;
    case.until_ready(Kind::Flag, "checkout").await;
    case.cluster.delete(Kind::Flag, "checkout").await;
    case.until_gone(Kind::Flag, "checkout").await;
    assert_eq!(case.flagsmith.features("checkout").await.len(), 0);
}

pub async fn an_environment_is_made_with_its_secret(plan: Plan) {
    let case = plan.start().await;
    case.apply_environment("staging", json!({"secret": {"name": "flagsmith-staging"}})).await;
    let environments = json!([{"name": "staging", "enabled": true, "value": {"string": "green"}}]);
    case.apply_flag("checkout", json!({"environments": environments})).await;
    case.until_ready(Kind::Environment, "staging").await;
    case.until_ready(Kind::Flag, "checkout").await;
    let key = case.cluster.secret_entry("flagsmith-staging", "FLAGSMITH_ENVIRONMENT_KEY").await.unwrap();
    assert_eq!(case.flagsmith.served(&key, "checkout").await, Some(Served::on("green")));
}

/// Twenty polls and as many looks at each object: nothing is written, no version published, no status changed.
pub async fn a_resync_writes_nothing(plan: Plan) {
    let case = plan.resync("1s").start().await;
    case.apply_flag_on("checkout", json!({"string": "blue"})).await;
    case.apply_flag_on("banner", json!({"none": {}})).await;
    let mut before = Vec::new();
    for flag in ["checkout", "banner"] {
        case.until_ready(Kind::Flag, flag).await;
    }
    // So long may a document lag, and the project say so.
    case.until_documents_read(6).await;
    for flag in ["checkout", "banner"] {
        before.push((flag, standing(&case, flag).await));
    }
    case.sim.clear_requests();
    case.until_documents_read(20).await;
    assert_eq!(case.writes(), Vec::<String>::new());
    for (flag, before) in before {
        assert_eq!(standing(&case, flag).await, before, "{flag}");
    }
}

async fn standing(case: &Case, flag: &str) -> (usize, Object) {
    (case.flagsmith.versions("production", flag).await, case.cluster.read(Kind::Flag, flag).await)
}
