//! Every example is taken by the apiserver as it stands, comes to be ready, and is served as it says.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use serde_json::{Value, json};

use crate::support::{Case, Kind, Served, plane, root};

fn manifests(directory: PathBuf, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            manifests(path, found);
        } else if path.extension().is_some_and(|extension| extension == "yaml") {
            found.push(path);
        }
    }
}

fn example(name: &str) -> PathBuf {
    root().join("examples").join(name).with_extension("yaml")
}

/// What an example shows: a flag in production.
struct Shown {
    case: Case,
    manifest: PathBuf,
    flag: &'static str,
}

impl Shown {
    /// Applies the example, and waits until all of it is ready.
    async fn of(example_name: &str, flag: &'static str) -> Self {
        let shown = Self { case: Case::start().await, manifest: example(example_name), flag };
        shown.apply(&shown.manifest).await;
        shown
    }

    /// Applies it with other words in it.
    async fn edited(&self, old: &str, new: &str) {
        let text = fs::read_to_string(&self.manifest).unwrap();
        assert!(text.contains(old), "{old}");
        let edited = self.case.cluster.plane.directory.join(format!("{}.yaml", self.case.cluster.namespace));
        fs::write(&edited, text.replace(old, new)).unwrap();
        self.apply(&edited).await;
    }

    async fn apply(&self, manifest: &Path) {
        let Case { cluster, .. } = &self.case;
        let (namespace, manifest) = (cluster.namespace.as_str(), manifest.to_str().unwrap());
        let (applied, _) = cluster.plane.kubectl(&["apply", "--namespace", namespace, "--output=name", "-f", manifest]);
        for object in applied.lines() {
            let (resource, name) = object.split_once('/').unwrap();
            let kind = Kind::OURS.into_iter().find(|kind| resource.starts_with(&kind.name().to_lowercase())).unwrap();
            self.case.until_ready(kind, name).await;
        }
    }

    /// What somebody is served who sends those traits.
    async fn to(&self, identifier: &str, traits: &[(&str, &str)]) -> Served {
        self.case.flagsmith.served_with(&self.case.production, self.flag, (identifier, traits)).await
    }

    /// What each of that many people is served, in their order.
    async fn to_many(&self, count: usize) -> Vec<Served> {
        let mut served = Vec::new();
        for number in 0..count {
            served.push(self.to(&format!("person-{number}"), &[]).await);
        }
        served
    }
}

#[test]
fn every_example_is_taken() {
    let mut found = Vec::new();
    manifests(root().join("examples"), &mut found);
    assert!(!found.is_empty(), "examples/ holds manifests");
    for manifest in found {
        let manifest = manifest.to_str().unwrap();
        let (_, stderr) = plane().kubectl(&["apply", "--dry-run=server", "--validate=strict", "-f", manifest]);
        assert_eq!(stderr, "", "{manifest}");
    }
}

#[tokio::test]
async fn a_kill_switch_is_pulled_by_one_write() {
    let shown = Shown::of("kill-switch", "new-search").await;
    assert!(shown.to("jane", &[]).await.enabled);
    assert_eq!(shown.case.flagsmith.labels("new-search").await, ["kill-switch"]);
    shown.case.sim.clear_requests();
    shown.edited("{name: production, enabled: true}", "{name: production, enabled: false}").await;
    assert!(!shown.to("jane", &[]).await.enabled);
    assert_eq!(shown.case.writes().len(), 1, "{:?}", shown.case.writes());
}

#[tokio::test]
async fn remote_config_is_served_as_json_and_to_servers_alone() {
    let shown = Shown::of("remote-config", "search-limits").await;
    let flagsmith = &shown.case.flagsmith;
    let state = flagsmith.state(&shown.case.production, "search-limits").await;
    let config: Value = serde_json::from_str(state["feature_state_value"].as_str().unwrap()).unwrap();
    let expected = json!({"resultsPerPage": 20, "timeoutMilliseconds": 800, "languages": ["en", "de"],
        "ranking": {"freshness": 0.3, "popularity": 0.7}});
    assert_eq!((&state["enabled"], config), (&json!(true), expected));
    assert_eq!(shown.case.served("search-limits").await, None, "the key of production is one for browsers");
}

#[tokio::test]
async fn an_a_b_n_test_serves_each_value_to_its_share() {
    let shown = Shown::of("ab-test", "buy-button").await;
    assert_eq!(shown.case.flagsmith.weights(&shown.case.production, "buy-button").await, [25.0, 25.0]);
    let mut shares = BTreeMap::<_, usize>::new();
    for served in shown.to_many(200).await {
        *shares.entry(served.value.as_str().unwrap().to_owned()).or_default() += 1;
    }
    // Twenty is five standard deviations from what a quarter of them is.
    assert_eq!(shares.keys().collect::<Vec<_>>(), ["Buy", "Buy now", "Take me home"]);
    assert!(shares.values().all(|share| *share > 20), "{shares:?}");
}

#[tokio::test]
async fn a_beta_ring_is_served_what_others_are_not() {
    let shown = Shown::of("beta-ring", "new-checkout").await;
    assert_eq!(shown.to("jane", &[("ring", "beta")]).await, Served::on("green"));
    assert_eq!(shown.to("jim", &[("email", "jim@example.com")]).await, Served::on("green"));
    assert_eq!(shown.to("joe", &[("ring", "stable"), ("email", "joe@elsewhere.org")]).await, Served::off("grey"));
}

#[tokio::test]
async fn a_percentage_rollout_grows_and_whoever_is_in_stays_in() {
    let shown = Shown::of("percentage-rollout", "express-delivery").await;
    let first = shown.to_many(200).await;
    let count = |served: &[Served]| served.iter().filter(|served| served.enabled).count();
    assert!((1..60).contains(&count(&first)), "{}", count(&first));
    shown.edited("percentage: 10", "percentage: 50").await;
    let second = shown.to_many(200).await;
    assert!((60..140).contains(&count(&second)), "{}", count(&second));
    assert!(first.iter().zip(&second).all(|(first, second)| second.enabled || !first.enabled));
    shown.edited("percentage: 10", "percentage: 100").await;
    assert_eq!(count(&shown.to_many(200).await), 200);
}

#[tokio::test]
async fn access_is_for_the_identities_that_are_named() {
    let shown = Shown::of("identity-access", "admin-console").await;
    assert_eq!(shown.to("jane@example.com", &[]).await, Served::on("read-write"));
    assert_eq!(shown.to("joe@example.com", &[]).await, Served::on("read-only"));
    assert_eq!(shown.to("jim@example.com", &[]).await, Served::off("read-only"));
    shown.edited("        - {identity: jane@example.com, enabled: true, value: {string: read-write}}\n", "").await;
    assert_eq!(shown.to("jane@example.com", &[]).await, Served::off("read-only"));
}

#[tokio::test]
async fn a_staging_environment_starts_as_production_is() {
    let shown = Shown::of("staging", "checkout").await;
    let live = shown.case.flagsmith.environments("staging").await.pop().unwrap();
    assert_eq!((&live["banner_text"], &live["hide_disabled_flags"]), (&json!("Staging"), &json!(false)));
    assert_eq!(live["use_v2_feature_versioning"], true);
    let project = shown.case.flagsmith.get(&format!("/api/v1/projects/{}/", shown.case.flagsmith.project)).await;
    assert_eq!(project["hide_disabled_flags"], true);
}

#[tokio::test]
async fn keys_are_where_applications_want_them() {
    let shown = Shown::of("keys", "").await;
    let Case { cluster, flagsmith, production, .. } = &shown.case;
    let key = cluster.secret_entry("flagsmith-production", "FLAGSMITH_SERVER_KEY").await.unwrap();
    assert!(key.starts_with("ser.") && flagsmith.admits(&key).await);
    let public = cluster.read(Kind::ConfigMap, "flagsmith-production-public").await;
    assert_eq!(public.at("/data/NEXT_PUBLIC_FLAGSMITH_KEY"), production.as_str());
}
