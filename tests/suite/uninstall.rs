//! Namespaces that are deleted whole, and the commands of docs/deletion.md: with an operator that watches all namespaces, on
//! control planes of their own.

use std::fs;

use k8s_openapi::api::core::v1::Namespace;
use kube::{Api, api::DeleteParams};
use serde_json::{Value, json};

use crate::support::{Case, Cluster, Kind, Launch, Object, Plane, Turn, binaries, root};

/// A case in a team's namespace, whose operator lives in another and watches all.
async fn watching_all(name: &str) -> (Case, Launch) {
    let turn = Turn::shared().await;
    let bare = Plane::start_bare(name);
    let crds = root().join("crds");
    bare.kubectl(&["apply", "--server-side", "-f", crds.to_str().unwrap()]);
    bare.kubectl(&["wait", "--for=condition=Established", "--timeout=60s", "-f", crds.to_str().unwrap()]);
    let (platform, team) = (Cluster::on(bare).await, Cluster::on(bare).await);
    let launch = Launch::of_chart(&platform, &[]).await.alone();
    (Case::plan().start_in(team, launch.clone(), turn).await, launch)
}

fn namespaces(case: &Case) -> Api<Namespace> {
    Api::all(case.cluster.client.clone())
}

pub async fn delete_namespace(case: &Case) {
    namespaces(case).delete(&case.cluster.namespace, &DeleteParams::default()).await.unwrap();
}

pub async fn until_namespace_gone(case: &Case) {
    let is_gone = async || namespaces(case).get_opt(&case.cluster.namespace).await.unwrap().is_none();
    case.eventually("the namespace is gone", is_gone).await;
}

fn rules() -> Value {
    json!([{"type": "ALL", "conditions": [{"property": "plan", "operator": "EQUAL", "value": "beta"}]}])
}

/// One flag of each policy, segments that are used and that are not, environments of each kind.
pub async fn populate(case: &Case) {
    case.flagsmith.add_feature(json!({"name": "adopted"})).await;
    case.cluster.edit(Kind::Project, "shop", json!({"spec": {"deletionPolicy": "Delete"}})).await;
    case.apply_environment("production", json!({"secret": {"name": "keys"}})).await;
    case.apply_environment("staging", json!({"deletionPolicy": "Delete"})).await;
    case.apply_environment("preview", json!({"deletionPolicy": "Delete"})).await;
    for name in ["beta", "gold"] {
        case.apply_segment(name, json!({"rules": rules()})).await;
        case.until_ready(Kind::Segment, name).await;
    }
    for name in ["production", "staging", "preview"] {
        case.until_ready(Kind::Environment, name).await;
    }
    let annotations = json!({"flagsmith-operator.dev/confirm-delete": "true"});
    case.cluster.edit(Kind::Environment, "preview", json!({"metadata": {"annotations": annotations}})).await;
    let overrides = |segment: &str| json!([{"segment": segment, "enabled": true}]);
    let state = |segment: &str| json!([{"name": "staging", "enabled": true, "segmentOverrides": overrides(segment)}]);
    case.apply_flag("created", json!({"environments": state("beta")})).await;
    case.apply_flag("adopted", json!({"environments": state("gold")})).await;
    case.apply_flag("archived", json!({"deletionPolicy": "Archive"})).await;
    case.apply_flag("orphaned", json!({"deletionPolicy": "Orphan"})).await;
    for name in ["created", "adopted", "archived", "orphaned"] {
        case.until_ready(Kind::Flag, name).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_namespace_that_is_deleted_whole_goes_and_leaves_in_flagsmith_what_should_stay() {
    let (case, _) = watching_all("namespace-plane").await;
    populate(&case).await;
    delete_namespace(&case).await;
    until_namespace_gone(&case).await;
    assert_left(&case).await;
}

/// Of what [`populate`] made, that is left which should stay.
pub async fn assert_left(case: &Case) {
    let features = async |name: &str| case.flagsmith.features(name).await.len();
    assert_eq!((features("created").await, features("adopted").await, features("orphaned").await), (0, 1, 1));
    assert_eq!(case.flagsmith.feature("archived").await["is_archived"], true);
    let segments = async |name: &str| case.flagsmith.segments(name).await.len();
    assert_eq!((segments("beta").await, segments("gold").await), (0, 1), "one is used by what stays");
    let environments = async |name: &str| case.flagsmith.environments(name).await.len();
    assert_eq!((environments("production").await, environments("preview").await), (1, 0));
    assert_eq!(environments("staging").await, 1, "it holds what stays, and nobody said the second word");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_namespace_that_is_deleted_while_the_operator_is_away_goes_and_what_nothing_leads_to_stays() {
    let (mut case, _) = watching_all("restart-plane").await;
    case.apply_flag_on("checkout", json!({"string": "blue"})).await;
    case.until_ready(Kind::Flag, "checkout").await;
    case.operator.kill();
    delete_namespace(&case).await;
    case.until_gone(Kind::Connection, "flagsmith").await;
    case.until_gone(Kind::Project, "shop").await;
    let is_to_go = |flag: &Object| !flag.at("/metadata/deletionTimestamp").is_null();
    case.until(Kind::Flag, "checkout", ("to go", is_to_go)).await;
    case.operator.restart();
    until_namespace_gone(&case).await;
    assert_eq!(case.flagsmith.features("checkout").await.len(), 1);
    assert!(case.operator.log().contains("released; its thing in Flagsmith stays"), "{}", case.operator.log());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_namespace_is_deleted_by_as_many_listings_however_many_flags_are_in_it() {
    let (case, _) = watching_all("listings-plane").await;
    case.apply_environment("staging", json!({"deletionPolicy": "Delete"})).await;
    case.apply_segment("beta", json!({"rules": rules()})).await;
    case.until_ready(Kind::Environment, "staging").await;
    case.until_ready(Kind::Segment, "beta").await;
    let overrides = json!([{"segment": "beta", "enabled": true}]);
    let state = json!([{"name": "staging", "enabled": true, "segmentOverrides": overrides}]);
    let names: Vec<_> = (0..60).map(|number| format!("flag-{number}")).collect();
    for name in &names {
        case.apply_flag(name, json!({"environments": state})).await;
    }
    for name in &names {
        case.until_ready(Kind::Flag, name).await;
    }
    case.sim.clear_requests();
    delete_namespace(&case).await;
    for name in &names {
        case.until_gone(Kind::Flag, name).await;
    }
    case.until_gone(Kind::Segment, "beta").await;
    case.until_gone(Kind::Environment, "staging").await;
    until_namespace_gone(&case).await;
    let asked: Vec<_> = case.sim.requests().iter().map(|one| format!("{} {}", one.method, one.path)).collect();
    let listings = asked.iter().filter(|one| one.starts_with("GET ") && one.contains("/features/?")).count();
    // A last poll, the first that leaves and those that came meanwhile, the segment and the environment just before each goes; the
    // last may be old when it took long.
    assert!(listings <= 14, "{listings} listings: {asked:#?}");
    for name in &names {
        assert_eq!(case.flagsmith.features(name).await.len(), 0, "{name}");
    }
    let left = (case.flagsmith.segments("beta").await.len(), case.flagsmith.environments("staging").await.len());
    assert_eq!(left, (0, 0));
}

/// The commands of a chapter, which may have several blocks of them.
pub fn commands((heading, block): (&str, usize)) -> String {
    let page = fs::read_to_string(root().join("docs/deletion.md")).unwrap();
    let (_, chapter) = page.split_once(heading).expect("the page has the chapter");
    let block = chapter.split("```sh\n").nth(block + 1).unwrap();
    block.split_once("```").unwrap().0.to_owned()
}

pub fn run(case: &Case, commands: &str) {
    let kubeconfig = case.cluster.plane.directory.join("uninstall.kubeconfig");
    fs::write(&kubeconfig, case.cluster.plane.access().to_string()).unwrap();
    let path = format!("{}:{}", binaries(), std::env::var("PATH").unwrap());
    let mut bash = std::process::Command::new("bash");
    bash.args(["-euo", "pipefail", "-c", commands]).env("KUBECONFIG", &kubeconfig).env("PATH", path);
    let output = bash.env("HOME", &case.cluster.plane.directory).output().unwrap();
    assert!(output.status.success(), "{commands}{}", String::from_utf8_lossy(&output.stderr));
}

async fn finalizers(case: &Case) -> usize {
    let mut count = 0;
    for kind in Kind::OURS {
        let all = case.cluster.list(kind).await;
        count += all.iter().filter(|one| !one.at("/metadata/finalizers").is_null()).count();
    }
    count
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_commands_of_the_page_let_everything_go_before_and_after_the_operator() {
    let (mut case, _) = watching_all("uninstall-plane").await;
    populate(&case).await;
    assert!(finalizers(&case).await > 4);
    run(&case, &commands(("## Before the operator goes", 0)));
    assert_eq!(finalizers(&case).await, 0);
    case.operator.kill();
    // Somebody uninstalled it without reading.
    let held = json!({"metadata": {"finalizers": ["flagsmith-operator.dev/finalizer"]}});
    case.cluster.edit(Kind::Flag, "created", held.clone()).await;
    case.cluster.edit(Kind::Project, "shop", held).await;
    delete_namespace(&case).await;
    run(&case, &commands(("## After it is gone", 0)));
    until_namespace_gone(&case).await;
    assert_eq!(case.flagsmith.features("created").await.len(), 1);
}
