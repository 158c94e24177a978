//! What is refused, and a part of what its author is told.

use serde_json::{Value, json};

use crate::support::{Cluster, Kind};

/// Each manifest is refused with each part of the message.
pub(super) async fn assert_refused(kind: Kind, cases: &[(Value, &[&str])]) {
    let cluster = Cluster::new().await;
    let mut wrong = Vec::new();
    for (spec, parts) in cases {
        let refusal = cluster.dry_run(kind, &cluster.manifest(kind, "refused", spec)).await;
        match refusal {
            Ok(_) => wrong.push(format!("{spec:.300}\nis taken")),
            Err(message) if parts.iter().all(|part| message.contains(part)) => {}
            Err(message) => wrong.push(format!("{spec:.300}\nis refused with\n  {message}\nand not with\n  {parts:?}")),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn flag(fields: Value) -> Value {
    let mut spec = fields;
    spec["projectRef"] = json!({"name": "shop"});
    spec
}

fn state(value: Value) -> Value {
    flag(json!({"environments": [{"name": "production", "value": value}]}))
}

fn default(value: Value) -> Value {
    flag(json!({"defaults": {"value": value}}))
}

const ONE_KIND: &str = "a value is exactly one of string, integer, boolean, json and none";

#[tokio::test]
async fn values_that_flagsmith_cannot_keep() {
    let range: &[&str] = &["spec.environments[0].value.integer", "write a larger one as a string"];
    assert_refused(
        Kind::Flag,
        &[
            (state(json!({"integer": 2_147_483_648_i64})), range),
            (state(json!({"integer": -2_147_483_649_i64})), range),
            (state(json!({"integer": 1.5})), &["integer"]),
            (state(json!({"integer": "7"})), &["integer"]),
            (state(json!({"boolean": "yes"})), &["boolean"]),
            (state(json!({"string": 7})), &["string"]),
            (state(json!({"string": "x".repeat(20_001)})), &["value.string", "20000"]),
            (state(json!({"string": " blue"})), &["around a string: leave them out"]),
            (state(json!({"string": "blue\n"})), &["around a string: leave them out"]),
            (state(json!({"json": [1, 2]})), &["value.json", "object"]),
            (state(json!({"json": "{}"})), &["value.json", "object"]),
        ],
    )
    .await;
}

#[tokio::test]
async fn values_that_are_not_one_of_a_kind() {
    assert_refused(
        Kind::Flag,
        &[
            (state(json!({})), &[ONE_KIND, "spec.environments[0].value"]),
            (state(json!({"string": "blue", "integer": 1})), &[ONE_KIND]),
            (state(json!({"string": "", "none": {}})), &[ONE_KIND]),
            (state(json!({"boolean": false, "json": {}})), &[ONE_KIND]),
            (default(json!({})), &[ONE_KIND, "spec.defaults.value"]),
            (default(json!({"string": "a", "boolean": true})), &[ONE_KIND]),
        ],
    )
    .await;
}

#[tokio::test]
async fn defaults_that_flagsmith_would_misread() {
    let misread: &[&str] = &["would read this default as an integer or a boolean", "{integer: ...}"];
    let texts = ["42", "-7", "+7", "0", "007", "1_000", "true", "True", "false", "False"];
    let cases: Vec<_> = texts.iter().map(|text| (default(json!({"string": text})), misread)).collect();
    assert_refused(Kind::Flag, &cases).await;
}

#[tokio::test]
async fn flags_of_a_wrong_shape() {
    let twice = json!([{"name": "production"}, {"name": "production", "enabled": true}]);
    let many: Vec<_> = (0..101).map(|number| json!({"name": format!("environment-{number}")})).collect();
    assert_refused(
        Kind::Flag,
        &[
            (json!({}), &["spec.projectRef", "Required"]),
            (json!({"projectRef": {}}), &["spec.projectRef.name"]),
            (json!({"projectRef": {"name": ""}}), &["spec.projectRef.name"]),
            (flag(json!({"environments": twice})), &["uplicate", "production"]),
            (flag(json!({"environments": many})), &["spec.environments", "100"]),
            (flag(json!({"environments": [{"enabled": true}]})), &["name"]),
            (flag(json!({"environments": [{"name": ""}]})), &["spec.environments[0].name"]),
            (flag(json!({"environments": [{"name": "production "}]})), &["does not start or end with a blank"]),
            (flag(json!({"name": ""})), &["spec.name"]),
            (flag(json!({"name": " checkout"})), &["a name does not start or end with a blank"]),
            (flag(json!({"description": "x".repeat(20_001)})), &["spec.description"]),
            (flag(json!({"deletionPolicy": "Keep"})), &["spec.deletionPolicy", "Delete", "Archive", "Orphan"]),
            (flag(json!({"suspend": "yes"})), &["spec.suspend"]),
            (flag(json!({"enabled": true})), &["spec.enabled"]),
            (flag(json!({"environments": [{"name": "production", "enable": true}]})), &["enable"]),
            (state(json!({"strng": "blue"})), &["strng"]),
        ],
    )
    .await;
}

fn connection(fields: Value) -> Value {
    let mut spec = json!({"auth": {"accountToken": {"secretKeyRef": {"name": "flagsmith-token", "key": "token"}}}});
    for (field, value) in fields.as_object().unwrap().clone() {
        spec[field] = value;
    }
    spec
}

#[tokio::test]
async fn connections_that_lead_nowhere() {
    let address: &[&str] = &["spec.apiURL", "ends with /api/v1/", "https://flagsmith.example.com/api/v1/"];
    let addresses = [
        "https://flagsmith.example.com",
        "https://flagsmith.example.com/api/v2/",
        "flagsmith.example.com/api/v1/",
        "ftp://flagsmith.example.com/api/v1/",
        "https://user:word@flagsmith.example.com/api/v1/",
        "https://flagsmith.example.com/api/v1/?x=1",
        "https://flagsmith.example.com/api/v1/ ",
        "https:///api/v1/",
    ];
    let mut cases: Vec<_> = addresses.iter().map(|url| (connection(json!({"apiURL": url})), address)).collect();
    cases.push((connection(json!({"sdkURL": "edge.example.com"})), &["spec.sdkURL", "http(s)://"]));
    assert_refused(Kind::Connection, &cases).await;
}

#[tokio::test]
async fn connections_with_other_than_one_credential() {
    let source = json!({"secretKeyRef": {"name": "flagsmith-token", "key": "token"}});
    let one: &[&str] = &["auth has exactly one of accountToken and organisationAPIKey"];
    let auth = |auth: Value| connection(json!({"auth": auth}));
    assert_refused(
        Kind::Connection,
        &[
            (json!({}), &["spec.auth"]),
            (auth(json!({})), one),
            (auth(json!({"accountToken": source, "organisationAPIKey": source})), one),
            (auth(json!({"accountToken": "0123456789"})), &["accountToken"]),
            (auth(json!({"accountToken": {"secretKeyRef": {"name": "flagsmith-token"}}})), &["secretKeyRef.key"]),
            (auth(json!({"accountToken": {"secretKeyRef": {"key": "token"}}})), &["secretKeyRef.name"]),
            (
                auth(json!({"accountToken": {"secretKeyRef": {"name": "Not A Secret", "key": "token"}}})),
                &["Secret's name"],
            ),
            (auth(json!({"accountToken": {"secretKeyRef": {"name": "flagsmith-token", "key": "a b"}}})), &["key"]),
        ],
    )
    .await;
}

#[tokio::test]
async fn connections_out_of_bounds() {
    let one: &[&str] = &["an organisation is named by exactly one of id and name"];
    let interval: &[&str] = &["spec.pollInterval", "from 1s to 24h, as in 30s or 5m"];
    let organisation = |value: Value| connection(json!({"organisation": value}));
    let poll = |value: &str| connection(json!({"pollInterval": value}));
    assert_refused(
        Kind::Connection,
        &[
            (organisation(json!({})), one),
            (organisation(json!({"id": 1, "name": "Acme"})), one),
            (organisation(json!({"id": 0})), &["spec.organisation.id"]),
            (organisation(json!({"name": ""})), &["spec.organisation.name"]),
            (poll("500ms"), interval),
            (poll("25h"), interval),
            (poll("0s"), interval),
            (poll("soon"), &["spec.pollInterval", "as in 30s or 5m"]),
            (poll("30"), &["spec.pollInterval", "as in 30s or 5m"]),
            (poll("-30s"), &["spec.pollInterval", "as in 30s or 5m"]),
            (connection(json!({"requestsPerMinute": 9})), &["spec.requestsPerMinute", "10"]),
            (connection(json!({"requestsPerMinute": 100_001})), &["spec.requestsPerMinute", "100000"]),
            (connection(json!({"apiUrl": "https://flagsmith.example.com/api/v1/"})), &["apiUrl"]),
        ],
    )
    .await;
}

#[tokio::test]
async fn projects_and_environments_of_a_wrong_shape() {
    assert_refused(
        Kind::Project,
        &[
            (json!({}), &["spec.connectionRef"]),
            (json!({"connectionRef": {"name": "flagsmith"}, "name": "shop "}), &["does not start or end with a blank"]),
            (json!({"connectionRef": {"name": "flagsmith"}, "nam": "shop"}), &["nam"]),
        ],
    )
    .await;
    let secret: &[&str] = &["spec.secret.name", "a Secret's name is lower-case letters"];
    assert_refused(
        Kind::Environment,
        &[
            (json!({}), &["spec.projectRef"]),
            (flag(json!({"secret": {}})), &["spec.secret.name"]),
            (flag(json!({"secret": {"name": "Flagsmith"}})), secret),
            (flag(json!({"secret": {"name": "a..b"}})), secret),
            (flag(json!({"secret": {"name": "-a"}})), secret),
            (flag(json!({"name": "\tproduction"})), &["does not start or end with a blank"]),
            (flag(json!({"secret": {"name": "a", "keys": []}})), &["keys"]),
        ],
    )
    .await;
}

fn production(fields: Value) -> Value {
    let mut production = fields;
    production["name"] = json!("production");
    flag(json!({"environments": [production]}))
}

#[tokio::test]
async fn weights_that_are_none() {
    let weight = |weight: Value| production(json!({"weights": [{"variant": "a", "weight": weight}]}));
    let of_segment = json!([{"segment": "beta", "weights": [{"variant": "a", "weight": 101}]}]);
    assert_refused(
        Kind::Flag,
        &[
            (weight(json!(101)), &["weights[0].weight", "less than or equal to 100"]),
            (weight(json!(-1)), &["weights[0].weight", "greater than or equal to 0"]),
            (weight(json!("100.1")), &["weights[0].weight"]),
            (weight(json!("12.1234567")), &["weights[0].weight"]),
            (weight(json!("12,5")), &["weights[0].weight"]),
            (weight(json!("")), &["weights[0].weight"]),
            (production(json!({"weights": []})), &["weights", "at least 1 items"]),
            (production(json!({"segmentOverrides": of_segment})), &["segmentOverrides[0].weights[0].weight"]),
        ],
    )
    .await;
    let twice = json!([{"variant": "a", "weight": 1}, {"variant": "a", "weight": 2}]);
    assert_refused(Kind::Flag, &[(production(json!({"weights": twice})), &["weights", "duplicate"])]).await;
}

#[tokio::test]
async fn overrides_that_flagsmith_cannot_keep() {
    let of_segment = |value: Value| production(json!({"segmentOverrides": [{"segment": "beta", "value": value}]}));
    let of = |identity: &str| production(json!({"identityOverrides": [{"identity": identity, "enabled": true}]}));
    assert_refused(
        Kind::Flag,
        &[
            (of_segment(json!({})), &["segmentOverrides[0].value"]),
            (of_segment(json!({"integer": 1, "boolean": true})), &["segmentOverrides[0].value"]),
            (of_segment(json!({"integer": 2_147_483_648_i64})), &["value.integer", "2147483647"]),
            (of_segment(json!({"string": "blue\n"})), &["value.string"]),
            (of_segment(json!({"string": "x".repeat(20_001)})), &["value.string", "20000"]),
            (production(json!({"segmentOverrides": [{"enabled": true}]})), &["segment"]),
            (of("a\"b"), &["identity"]),
            (of(" a"), &["identity"]),
            (of(""), &["identity"]),
        ],
    )
    .await;
}

#[tokio::test]
async fn definitions_that_flagsmith_cannot_keep() {
    let variants = |variants: Value| flag(json!({"variants": variants}));
    let one = |key: &str, weight: Value| json!({"key": key, "value": {"string": "a"}, "weight": weight});
    let percentage: &[&str] = &["a percentage is a number from 0 to 100, in quotes where it has decimals"];
    assert_refused(
        Kind::Flag,
        &[
            (variants(json!([one("a", json!(60)), one("b", json!("40.000001"))])), &["at most 100 in all"]),
            (variants(json!([one("a", json!(101))])), percentage),
            (variants(json!([one("a", json!(-1))])), percentage),
            (variants(json!([one("a", json!("1.2345678"))])), percentage),
            (variants(json!([one("a", json!("5%"))])), percentage),
            (variants(json!([one("a", json!(12.5))])), &["weight"]),
            (variants(json!([one("control", json!(1))])), &["choose another key"]),
            (variants(json!([one("a b", json!(1))])), &["letters, digits, - and _"]),
            (variants(json!([one("a", json!(1)), one("a", json!(2))])), &["each variant has a key of its own"]),
            (variants(json!([{"key": "a", "value": {}}])), &[ONE_KIND]),
            (flag(json!({"tags": [" a"]})), &["a tag does not start or end with a blank"]),
            (flag(json!({"tags": [""]})), &["spec.tags[0]"]),
            (flag(json!({"tags": ["x".repeat(101)]})), &["spec.tags[0]", "100"]),
            (flag(json!({"owners": {"users": ["jane"]}})), &["named by e-mail address"]),
            (flag(json!({"owners": {"groups": ["a "]}})), &["does not start or end with a blank"]),
        ],
    )
    .await;
}
