//! What is taken, and kept as it was written.

use serde_json::{Value, json};

use crate::support::{Cluster, Kind};

pub(super) async fn assert_accepted(kind: Kind, specs: &[Value]) {
    let cluster = Cluster::new().await;
    for spec in specs {
        let taken = cluster.dry_run(kind, &cluster.manifest(kind, "taken", spec)).await;
        taken.unwrap_or_else(|message| panic!("{spec:.300}\nis refused with\n  {message}"));
    }
}

fn state(value: Value) -> Value {
    json!({"projectRef": {"name": "shop"}, "environments": [{"name": "production", "value": value}]})
}

fn default(text: &str) -> Value {
    json!({"projectRef": {"name": "shop"}, "defaults": {"value": {"string": text}}})
}

#[tokio::test]
async fn every_value_that_flagsmith_keeps() {
    let mut specs = vec![
        state(json!({"integer": 2_147_483_647})),
        state(json!({"integer": -2_147_483_648_i64})),
        state(json!({"boolean": true})),
        state(json!({"string": ""})),
        state(json!({"string": "x".repeat(20_000)})),
        state(json!({"string": "ü".repeat(20_000)})),
        state(json!({"string": "42"})),
        state(json!({"string": "true"})),
        state(json!({"string": "two words\nand a line"})),
        state(json!({"json": {}})),
        state(json!({"none": {}})),
    ];
    specs.extend(["blue", "4.2", "on", "TRUE", "yes", "-", "1e3", ""].map(default));
    assert_accepted(Kind::Flag, &specs).await;
}

#[tokio::test]
async fn the_smallest_and_the_largest_manifests() {
    let token = json!({"secretKeyRef": {"name": "flagsmith-token", "key": "token"}});
    let key = json!({"organisationAPIKey": token});
    let connections = [
        json!({"auth": {"accountToken": token}}),
        json!({
            "apiURL": "http://127.0.0.1:8000/flagsmith/api/v1", "sdkURL": "https://edge.example.com/api/v1/", "auth": key,
            "organisation": {"name": "Acme & Söhne"}, "requestsPerMinute": 10, "pollInterval": "1m30s",
        }),
        json!({"auth": key, "organisation": {"id": 12}, "requestsPerMinute": 100_000, "pollInterval": "1s"}),
        json!({"auth": key, "pollInterval": "24h"}),
        json!({"auth": key, "pollInterval": "1500ms"}),
        json!({"auth": key, "apiURL": "https://[::1]:8000/api/v1/"}),
    ];
    assert_accepted(Kind::Connection, &connections).await;
    let project = json!({"connectionRef": {"name": "flagsmith"}, "name": "My Shop", "suspend": true});
    assert_accepted(Kind::Project, &[json!({"connectionRef": {"name": "flagsmith"}}), project]).await;
    let environment = json!({
        "projectRef": {"name": "shop"}, "name": "EU / Production", "description": "", "secret": {"name": "a.b-c"}, "suspend": false,
    });
    assert_accepted(Kind::Environment, &[json!({"projectRef": {"name": "shop"}}), environment]).await;
    let many: Vec<_> =
        (0..100).map(|number| json!({"name": format!("environment {number}"), "enabled": true})).collect();
    let flag = json!({"projectRef": {"name": "shop"}, "name": "Checkout V2", "environments": many, "deletionPolicy": "Archive"});
    assert_accepted(Kind::Flag, &[json!({"projectRef": {"name": "shop"}}), flag]).await;
}

#[tokio::test]
async fn json_is_kept_as_it_was_written() {
    let cluster = Cluster::new().await;
    let written = json!({"a": {"b": [1, 2.5, "x", {"c": true}], "ünïcode": ""}, "kind": "x", "metadata": {"name": "y"}, "n": 9_007_199_254_740_993_i64});
    cluster.apply(Kind::Flag, "limits", state(json!({"json": written}))).await;
    let kept = cluster.read(Kind::Flag, "limits").await;
    assert_eq!(kept.at("/spec/environments/0/value/json"), &written);
}

#[tokio::test]
async fn environments_keep_their_order_in_a_server_side_apply() {
    let cluster = Cluster::new().await;
    let apply = async |names: &[&str]| {
        let environments: Vec<_> = names.iter().map(|name| json!({"name": name})).collect();
        let spec = json!({"projectRef": {"name": "shop"}, "environments": environments});
        let flag = cluster.apply(Kind::Flag, "checkout", spec).await;
        let kept: Vec<_> =
            flag.at("/spec/environments").as_array().unwrap().iter().map(|one| one["name"].clone()).collect();
        assert_eq!(kept, names);
    };
    apply(&["zeta", "alpha", "mid"]).await;
    apply(&["mid", "zeta", "new", "alpha"]).await;
    apply(&["alpha"]).await;
}

#[tokio::test]
async fn an_api_url_that_is_left_out_is_that_of_the_cloud() {
    let cluster = Cluster::new().await;
    let token = json!({"secretKeyRef": {"name": "flagsmith-token", "key": "token"}});
    let connection = cluster.apply(Kind::Connection, "flagsmith", json!({"auth": {"accountToken": token}})).await;
    assert_eq!(connection.at("/spec/apiURL"), "https://api.flagsmith.com/api/v1/");
    assert_eq!(connection.at("/spec/pollInterval"), &Value::Null, "what is inherited has no default");
}

#[tokio::test]
async fn weights_and_overrides_of_every_form() {
    let environment = |fields: Value| {
        let mut environment = fields;
        environment["name"] = json!("production");
        json!({"projectRef": {"name": "shop"}, "environments": [environment]})
    };
    let shares = [json!(0), json!(100), json!("12.5"), json!("100.000000"), json!("0.000001")];
    let shares = shares.map(|share| environment(json!({"weights": [{"variant": "a", "weight": share}]})));
    let values =
        [json!({"json": {"a": {"b": [1]}}}), json!({"none": {}}), json!({"string": ""}), json!({"string": "a b\nc"})];
    let values = values.map(|value| {
        environment(json!({"segmentOverrides": [{"segment": "beta", "value": value}],
            "identityOverrides": [{"identity": "jane doe", "value": value}]}))
    });
    let none = environment(json!({"segmentOverrides": [], "identityOverrides": []}));
    let specs: Vec<_> = shares.into_iter().chain(values).chain([none]).collect();
    assert_accepted(Kind::Flag, &specs).await;
}
