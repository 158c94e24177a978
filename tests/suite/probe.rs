//! Probes: what single identities are served, as a flag's author expects it.

use serde_json::{Value, json};

use crate::support::{Case, Kind, Object};

fn probe(identity: &str, traits: Value, expect: Value) -> Value {
    json!({"identity": identity, "environment": "production", "traits": traits, "expect": expect})
}

/// A flag that serves green to the segment beta and blue to others, with those probes.
async fn apply(case: &Case, probes: Vec<Value>) {
    let beta = json!({"segment": "beta", "enabled": true, "value": {"string": "green"}});
    let production =
        json!({"name": "production", "enabled": true, "value": {"string": "blue"}, "segmentOverrides": [beta]});
    case.apply_flag("checkout", json!({"environments": [production], "verify": {"identities": probes}})).await;
}

/// The segment of those on that plan.
async fn apply_beta(case: &Case, plan: &str) {
    let condition = json!({"property": "plan", "operator": "EQUAL", "value": plan});
    let rules = json!([{"type": "ALL", "rules": [{"type": "ANY", "conditions": [condition]}]}]);
    case.apply_segment("beta", json!({"rules": rules})).await;
}

fn jane(expected: &str) -> Value {
    probe(
        "jane",
        json!({"plan": "beta", "age": 7, "size": 1.5, "paid": true}),
        json!({"enabled": true, "value": {"string": expected}}),
    )
}

fn joe() -> Value {
    probe("joe", json!({}), json!({"value": {"string": "blue"}}))
}

async fn until_verified(case: &Case) -> Object {
    case.until(Kind::Flag, "checkout", ("verified", |flag| flag.is_ready() && flag.holds("Verified"))).await
}

async fn until_failed(case: &Case) -> Object {
    case.until(
        Kind::Flag,
        "checkout",
        ("ready and failed", |flag| flag.is_ready() && flag.reason("Verified") == "Failed"),
    )
    .await
}

async fn identities(case: &Case) -> Value {
    case.flagsmith.get(&format!("/api/v1/environments/{}/identities/", case.production)).await["count"].clone()
}

fn asked(case: &Case) -> usize {
    case.sim.requests().iter().filter(|request| request.path == "/api/v1/identities/").count()
}

async fn probes_tell_what_identities_are_served(versioned: bool) {
    let case = Case::plan().versioned(versioned).start().await;
    apply_beta(&case, "beta").await;
    apply(&case, vec![jane("green"), joe()]).await;
    let flag = until_verified(&case).await;
    assert_eq!(flag.at("/status/probes/0/passed"), "True");
    assert_eq!(flag.at("/status/probes/1/passed"), "True");
    assert_eq!(identities(&case).await, 0, "nobody is remembered");

    case.sim.clear_requests();
    case.until_documents_read(3).await;
    assert_eq!(asked(&case), 0, "nothing happened");

    apply(&case, vec![jane("red"), joe()]).await;
    let flag = until_failed(&case).await;
    assert_eq!(flag.at("/status/probes/0/passed"), "False");
    assert_eq!(flag.at("/status/probes/0/message"), "it was served on, \"green\"");
    assert_eq!(flag.at("/status/probes/1/passed"), "True");
    assert_eq!(identities(&case).await, 0);
    apply(&case, Vec::new()).await;
    let is_bare =
        |flag: &Object| flag.is_ready() && flag.reason("Verified").is_empty() && flag.at("/status/probes").is_null();
    case.until(Kind::Flag, "checkout", ("ready without probes", is_bare)).await;
}

#[tokio::test]
async fn probes_tell_what_identities_are_served_without_versions() {
    probes_tell_what_identities_are_served(false).await;
}

#[tokio::test]
async fn probes_tell_what_identities_are_served_with_versions() {
    probes_tell_what_identities_are_served(true).await;
}

#[tokio::test]
async fn an_edit_of_a_segment_is_put_to_the_probe() {
    let case = Case::start().await;
    apply_beta(&case, "beta").await;
    apply(&case, vec![jane("green"), joe()]).await;
    until_verified(&case).await;
    apply_beta(&case, "gold").await;
    let flag = until_failed(&case).await;
    assert_eq!(flag.at("/status/probes/0/message"), "it was served on, \"blue\"");
    apply_beta(&case, "beta").await;
    until_verified(&case).await;
}

#[tokio::test]
async fn probes_are_made_anew_at_each_resync_and_change_no_status() {
    let case = Case::plan().resync("2s").start().await;
    apply_beta(&case, "beta").await;
    apply(&case, vec![jane("green"), joe()]).await;
    let before = until_verified(&case).await;
    case.sim.clear_requests();
    case.eventually("both are asked for again", async || asked(&case) >= 4).await;
    let after = case.cluster.read(Kind::Flag, "checkout").await;
    assert_eq!(after.resource_version(), before.resource_version());
}

#[tokio::test]
async fn an_environment_that_takes_no_traits_from_clients_leaves_a_probe_open() {
    let case = Case::start().await;
    let settings = json!({"allow_client_traits": false});
    case.flagsmith.patch(&format!("/api/v1/environments/{}/", case.production), settings).await;
    apply_beta(&case, "beta").await;
    apply(&case, vec![jane("green"), joe()]).await;
    let is_open =
        |flag: &Object| flag.reason("Verified") == "NotObservable" && flag.at("/status/probes/1/passed") == "True";
    let flag = case.until(Kind::Flag, "checkout", ("open", is_open)).await;
    assert_eq!(flag.at("/status/probes/0/passed"), "Unknown");
    case.until_ready(Kind::Flag, "checkout").await;
}

#[tokio::test]
async fn what_no_probe_can_be_is_refused() {
    let case = Case::start().await;
    let refusal = async |probe: Value| {
        let environments = json!([{"name": "production", "enabled": true}]);
        let spec =
            json!({"projectRef": {"name": "shop"}, "environments": environments, "verify": {"identities": [probe]}});
        case.cluster.dry_run(Kind::Flag, &case.cluster.manifest(Kind::Flag, "checkout", &spec)).await.unwrap_err()
    };
    let elsewhere = json!({"identity": "jane", "environment": "staging", "expect": {"enabled": true}});
    assert!(refusal(elsewhere).await.contains("a probe is of an environment that spec.environments names"));
    let nothing = probe("jane", json!({}), json!({}));
    assert!(refusal(nothing).await.contains("expect"));
    for odd in [json!({"plan": ["a"]}), json!({"plan": {"a": 1}})] {
        let refusal = refusal(probe("jane", odd, json!({"enabled": true}))).await;
        assert!(refusal.contains("traits"), "{refusal}");
    }
}
