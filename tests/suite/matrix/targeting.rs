//! Who is served what: variants by their shares, segments in their order, and single identities.

use serde_json::{Value, json};

use crate::support::{Case, Kind, Plan, Served};

async fn apply(case: &Case, fields: Value) {
    let mut production = fields;
    production["name"] = json!("production");
    case.apply_flag("checkout", json!({"environments": [production]})).await;
}

async fn ready(case: &Case, fields: Value) {
    apply(case, fields).await;
    case.until_ready(Kind::Flag, "checkout").await;
}

async fn served_to(case: &Case, identifier: &str, traits: &[&str]) -> Served {
    case.flagsmith.served_to(&case.production, "checkout", (identifier, traits)).await
}

/// As many writes as one edit takes at most: one, but where an unversioned environment has no route that writes more.
fn is_few(case: &Case, plan: &Plan) -> bool {
    let [_, unversioned] = plan.server().write_paths();
    let most = if plan.is_versioned() || unversioned == "Future" { 1 } else { 5 };
    (1..=most).contains(&case.writes().len())
}

fn share(variant: &str, weight: Value) -> Value {
    json!({"variant": variant, "weight": weight})
}

pub async fn weights_are_served(plan: Plan) {
    let case = plan.start().await;
    case.flagsmith.add_multivariate("checkout", &["blue", "green"]).await;
    let weights = |blue: Value, green: Value| json!({"weights": [share("blue", blue), share("green", green)]});
    for (weights, served) in [
        (weights(json!(100), json!(0)), "blue"),
        (weights(json!(0), json!("100")), "green"),
        (weights(json!("0.0"), json!(0)), "grey"),
    ] {
        case.sim.clear_requests();
        ready(&case, weights).await;
        assert!(is_few(&case, &plan), "{:?}", case.writes());
        assert_eq!(served_to(&case, "jane", &[]).await, Served::on(served));
    }
}

pub async fn segments_are_served_in_their_order(plan: Plan) {
    let case = plan.start().await;
    for segment in ["beta", "staff", "vip"] {
        case.flagsmith.add_audience(segment, None).await;
    }
    let of = |segment: &str| json!({"segment": segment, "enabled": true, "value": {"string": segment}});
    let none = json!({"segment": "vip", "enabled": false, "value": {"none": {}}});
    for (overrides, served) in [
        (json!([of("beta"), of("staff")]), Served::on("beta")),
        (json!([of("staff"), of("beta")]), Served::on("staff")),
        (json!([none, of("beta"), of("staff")]), Served::off(json!(null))),
        (json!([of("beta")]), Served::on("beta")),
        (json!([]), Served::on("grey")),
    ] {
        case.sim.clear_requests();
        let production = json!({"name": "production", "enabled": true, "value": {"string": "grey"},
            "segmentOverrides": overrides});
        case.apply_flag("checkout", json!({"environments": [production]})).await;
        case.until_ready(Kind::Flag, "checkout").await;
        let writes: Vec<_> = case.writes().into_iter().filter(|write| !write.ends_with("/features/")).collect();
        assert!(writes.len() <= 2 || is_few(&case, &plan), "{writes:?}");
        assert_eq!(served_to(&case, "jane", &["beta", "staff", "vip"]).await, served, "{overrides}");
        assert_eq!(served_to(&case, "joe", &[]).await, Served::on("grey"), "{overrides}");
    }
}

pub async fn an_edit_of_overrides_is_one_write(plan: Plan) {
    let case = plan.start().await;
    for segment in ["beta", "staff"] {
        case.flagsmith.add_audience(segment, None).await;
    }
    let of = |segment: &str, enabled: bool, value: &str| json!({"segment": segment, "enabled": enabled, "value": {"string": value}});
    let with = |enabled: bool, overrides: Value| json!({"enabled": enabled, "value": {"string": "grey"}, "segmentOverrides": overrides});
    ready(&case, with(true, json!([of("beta", true, "a")]))).await;
    let before = case.flagsmith.versions("production", "checkout").await;
    case.sim.clear_requests();
    ready(&case, with(false, json!([of("staff", false, "b"), of("beta", true, "c")]))).await;
    assert!(is_few(&case, &plan), "{:?}", case.writes());
    let published = case.flagsmith.versions("production", "checkout").await - before;
    assert_eq!(published, usize::from(plan.is_versioned()));
    case.sim.clear_requests();
    case.until_documents_read(6).await;
    assert_eq!(case.writes(), Vec::<String>::new());
    assert_eq!(served_to(&case, "jane", &["beta", "staff"]).await, Served::off("b"));
}

pub async fn drift_of_an_override_is_corrected(plan: Plan) {
    let case = plan.start().await;
    let beta = case.flagsmith.add_audience("beta", None).await;
    let overrides = json!([{"segment": "beta", "enabled": true, "value": {"string": "blue"}}]);
    ready(&case, json!({"segmentOverrides": overrides})).await;
    case.flagsmith.switch_override(&case.production, "checkout", (beta, false)).await;
    case.sim.clear_requests();
    let is_back = async || served_to(&case, "jane", &["beta"]).await == Served::on("blue");
    case.eventually("the override is back", is_back).await;
    case.until_ready(Kind::Flag, "checkout").await;
}

pub async fn what_nobody_speaks_of_stays(plan: Plan) {
    let case = plan.start().await;
    case.flagsmith.add_multivariate("checkout", &["blue", "green"]).await;
    let beta = case.flagsmith.add_audience("beta", None).await;
    let weights = json!([share("blue", json!(0)), share("green", json!(100))]);
    ready(
        &case,
        json!({"weights": weights, "segmentOverrides": [{"segment": "beta", "enabled": true}],
        "identityOverrides": [{"identity": "jane", "enabled": true, "value": {"string": "hers"}}]}),
    )
    .await;
    ready(&case, json!({"enabled": true})).await;
    case.flagsmith.switch_override(&case.production, "checkout", (beta, false)).await;
    ready(&case, json!({"enabled": true, "value": {"string": "theirs"}})).await;
    assert_eq!(served_to(&case, "joe", &[]).await, Served::on("green"));
    assert_eq!(served_to(&case, "joe", &["beta"]).await, Served::off("green"));
    assert_eq!(served_to(&case, "jane", &["beta"]).await, Served::on("hers"));
}

pub async fn identities_are_served_their_own(plan: Plan) {
    let case = plan.start().await;
    case.flagsmith.add_feature(json!({"name": "checkout", "initial_value": "grey", "default_enabled": true})).await;
    case.flagsmith.add_identity_override(&case.production, "checkout", ("jim", json!("old"))).await;
    let jane = |value: &str| json!({"identity": "jane", "value": {"string": value}});
    ready(&case, json!({"identityOverrides": [jane("blue"), {"identity": "joe", "enabled": false}]})).await;
    assert_eq!(served_to(&case, "jane", &[]).await, Served::on("blue"));
    assert_eq!(served_to(&case, "joe", &[]).await, Served::off("grey"));
    assert_eq!(served_to(&case, "jim", &[]).await, Served::on("grey"), "he is not listed");
    case.sim.clear_requests();
    ready(&case, json!({"identityOverrides": [jane("red")]})).await;
    assert_eq!(case.writes().len(), 2, "{:?}", case.writes());
    assert_eq!(served_to(&case, "jane", &[]).await, Served::on("red"));
    assert_eq!(served_to(&case, "joe", &[]).await, Served::on("grey"));
    ready(&case, json!({"identityOverrides": []})).await;
    assert_eq!(served_to(&case, "jane", &[]).await, Served::on("grey"));
    assert_eq!(case.flagsmith.identities(&case.production).await.len(), 3, "an identity is never removed");
}
