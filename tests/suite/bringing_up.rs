//! What it takes to bring up the whole of a flag, against the least that could do it.
//!
//! The flag has three variants, five segment overrides and two identity overrides in each of four environments, two of either
//! kind; its segments are there. The least is what the API asks for: a feature is one request, and each variant one, since keys
//! are taken by no other; what an environment serves, with its weights and overrides, is one; an override of an identity is
//! two, the identity and what it is served, since no route takes several.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::support::{Case, Kind, Served};

const VARIANTS: [&str; 3] = ["blue", "green", "red"];
const SEGMENTS: [&str; 5] = ["staff", "beta", "vip", "europe", "mobile"];
const IDENTITIES: [&str; 2] = ["jane", "joe"];
const UNVERSIONED: [&str; 2] = ["production", "staging"];
const VERSIONED: [&str; 2] = ["versioned-production", "versioned-staging"];

fn environment(name: &str) -> Value {
    let weights = |first: u32| {
        let share = |(place, key): (u32, &&str)| json!({"variant": key, "weight": if place == 0 { first } else { 5 }});
        (0..).zip(&VARIANTS).map(share).collect::<Value>()
    };
    let one = |(place, segment): (u32, &&str)| json!({"segment": segment, "enabled": true, "value": {"string": segment}, "weights": weights(place)});
    let overrides: Value = (0..).zip(&SEGMENTS).map(one).collect();
    let own = |identity: &&str| json!({"identity": identity, "enabled": true, "value": {"string": identity}});
    json!({"name": name, "enabled": true, "value": {"string": "grey"}, "weights": weights(20),
        "segmentOverrides": overrides, "identityOverrides": IDENTITIES.iter().map(own).collect::<Value>()})
}

fn flag() -> Value {
    let variant = |key: &&str| json!({"key": key, "value": {"string": key}, "weight": 10});
    json!({"variants": VARIANTS.iter().map(variant).collect::<Value>(),
        "environments": UNVERSIONED.iter().chain(&VERSIONED).map(|name| environment(name)).collect::<Value>()})
}

/// What kind of request it is: its path, with no number or key in it.
fn kind(path: &str, keys: &[String]) -> String {
    let path = path.split('?').next().unwrap();
    let plain = |part: &str| match part {
        key if keys.iter().any(|one| one == key) => "{key}".to_owned(),
        number if !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()) => "{id}".to_owned(),
        word => word.to_owned(),
    };
    path.split('/').map(plain).collect::<Vec<_>>().join("/")
}

/// How many requests of each kind there were: reads, then writes.
fn counted(case: &Case, keys: &[String]) -> [BTreeMap<String, usize>; 2] {
    let mut counts = [BTreeMap::new(), BTreeMap::new()];
    for request in case.sim.requests() {
        let name = format!("{} {}", request.method, kind(&request.path, keys));
        *counts[usize::from(request.is_write())].entry(name).or_default() += 1;
    }
    counts
}

fn expected<const N: usize>(counts: [(&str, usize); N]) -> BTreeMap<String, usize> {
    counts.into_iter().map(|(kind, count)| (kind.to_owned(), count)).collect()
}

fn told(title: &str, counts: &BTreeMap<String, usize>) {
    eprintln!("{title}: {}", counts.values().sum::<usize>());
    for (kind, count) in counts {
        eprintln!("{count:>6} {kind}");
    }
}

/// A project that was read, with those environments and segments, and no poll that would be counted with what the flag takes;
/// besides, the environments' keys.
async fn read_project() -> (Case, Vec<String>) {
    let case = Case::plan().unconnected().resync("1s").start().await;
    let mut keys = vec![case.production.clone()];
    for name in UNVERSIONED.iter().skip(1).chain(&VERSIONED) {
        keys.push(case.flagsmith.add_environment(name).await);
    }
    for key in keys.iter().skip(UNVERSIONED.len()) {
        case.flagsmith.version(key, true).await;
    }
    for segment in SEGMENTS {
        case.flagsmith.add_audience(segment, None).await;
    }
    case.apply_connection(json!({"pollInterval": "1h"})).await;
    case.apply_project("shop").await;
    case.until(Kind::Project, "shop", ("ready and fresh", |one| one.is_ready() && one.holds("Fresh"))).await;
    case.sim.clear_requests();
    (case, keys)
}

#[tokio::test]
async fn the_whole_of_a_flag_is_brought_up_by_the_least_writes() {
    let (case, keys) = read_project().await;
    case.apply_flag("checkout", flag()).await;
    case.until_ready(Kind::Flag, "checkout").await;

    let [reads, writes] = counted(&case, &keys);
    told("reads", &reads);
    told("writes", &writes);
    let environments = keys.len();
    let identities = environments * IDENTITIES.len();
    let least = expected([
        ("POST /api/v1/projects/{id}/features/", 1),
        ("POST /api/v1/projects/{id}/features/{id}/mv-options/", VARIANTS.len()),
        ("PUT /api/__future__/environments/{key}/features/{id}/", environments),
        ("POST /api/v1/environments/{key}/identities/", identities),
        ("POST /api/v1/environments/{key}/identities/{id}/featurestates/", identities),
    ]);
    assert_eq!(writes, least);
    for name in VERSIONED {
        assert_eq!(case.flagsmith.versions(name, "checkout").await, 2, "{name}: that of its creation, and ours");
    }
    for key in &keys {
        assert_eq!(case.flagsmith.weights(key, "checkout").await, [20.0, 5.0, 5.0]);
        assert_eq!(case.flagsmith.served_to(key, "checkout", ("joe", &SEGMENTS)).await, Served::on("joe"));
    }

    case.sim.clear_requests();
    case.apply_connection(json!({"pollInterval": "1s"})).await;
    case.until_documents_read(environments * 4).await;
    assert_eq!(case.writes(), Vec::<String>::new(), "a re-sync writes nothing");
    case.until_ready(Kind::Flag, "checkout").await;
}
