//! Who may use what across namespaces: whoever its owner lets in, from when he does and for as long as he does.

use kube::api::{Api, Patch, PatchParams};
use serde_json::{Value, json};

use crate::support::{Case, Cluster, Kind, Launch, Object, Plane, Served, Turn, key, root};

const REFUSED: &str = "NotPermitted";

/// A case in the platform's namespace, and a team's namespace that its operator watches too.
async fn two() -> (Case, Cluster) {
    let turn = Turn::shared().await;
    let (platform, team) = (Cluster::new().await, Cluster::new().await);
    let plan = Case::plan();
    let launch = plan.launch(&platform, &[&platform, &team]).await;
    let case = plan.start_in(platform, launch, turn).await;
    case.until_ready(Kind::Project, "shop").await;
    case.sim.clear_requests();
    (case, team)
}

/// Lets in the namespaces that are said; nothing is the word of an object that says nothing.
async fn allow(case: &Case, kind: Kind, name: &str, allowed: Value) {
    case.cluster.edit(kind, name, json!({"spec": {"allowedNamespaces": allowed}})).await;
}

/// A flag in the team's namespace, in the platform's project.
async fn apply_flag(case: &Case, team: &Cluster, environments: Value) -> Object {
    let reference = json!({"name": "shop", "namespace": case.cluster.namespace});
    team.apply(Kind::Flag, "checkout", json!({"projectRef": reference, "environments": environments})).await
}

fn production(value: &str) -> Value {
    json!([{"name": "production", "enabled": true, "value": {"string": value}}])
}

/// The same case, seen from another namespace.
async fn in_team<R>(case: &mut Case, team: &Cluster, wait: impl AsyncFnOnce(&Case) -> R) -> R {
    let platform = std::mem::replace(&mut case.cluster, team.clone());
    let outcome = wait(case).await;
    case.cluster = platform;
    outcome
}

async fn until_refused(case: &mut Case, team: &Cluster, kind: Kind, name: &str) -> Object {
    in_team(case, team, async |case: &Case| case.until_stalled(kind, name, REFUSED).await).await
}

async fn until_ready(case: &mut Case, team: &Cluster, kind: Kind, name: &str) {
    in_team(case, team, async |case: &Case| case.until_ready(kind, name).await).await;
}

#[tokio::test]
async fn a_project_is_written_from_another_namespace_only_while_it_lets_it_in() {
    let (mut case, team) = two().await;
    apply_flag(&case, &team, production("blue")).await;
    until_refused(&mut case, &team, Kind::Flag, "checkout").await;
    assert_eq!(case.writes(), Vec::<String>::new());
    allow(&case, Kind::Project, "shop", json!({"from": "All"})).await;
    until_ready(&mut case, &team, Kind::Flag, "checkout").await;
    assert_eq!(case.served("checkout").await, Some(Served::on("blue")));

    allow(&case, Kind::Project, "shop", json!({"from": "Same"})).await;
    until_refused(&mut case, &team, Kind::Flag, "checkout").await;
    case.sim.clear_requests();
    apply_flag(&case, &team, production("green")).await;
    case.until_documents_read(2).await;
    assert_eq!(case.writes(), Vec::<String>::new());
    assert_eq!(case.served("checkout").await, Some(Served::on("blue")));
    team.release(Kind::Flag, "checkout").await;
}

#[tokio::test]
async fn a_connection_is_used_from_another_namespace_only_while_it_lets_it_in() {
    let (mut case, team) = two().await;
    let spec = json!({"name": "shop", "connectionRef": {"name": "flagsmith", "namespace": case.cluster.namespace}});
    team.apply(Kind::Project, "ours", spec).await;
    until_refused(&mut case, &team, Kind::Project, "ours").await;
    allow(&case, Kind::Connection, "flagsmith", json!({"from": "All"})).await;
    until_ready(&mut case, &team, Kind::Project, "ours").await;
    allow(&case, Kind::Connection, "flagsmith", Value::Null).await;
    until_refused(&mut case, &team, Kind::Project, "ours").await;
}

#[tokio::test]
async fn a_project_is_read_no_more_once_its_connection_shuts_it_out() {
    let (mut case, team) = two().await;
    let outlet = case.flagsmith.add_project("outlet").await["id"].clone();
    let environment = json!({"name": "production", "project": outlet});
    let key = key(&case.flagsmith.post("/api/v1/environments/", environment).await);
    allow(&case, Kind::Connection, "flagsmith", json!({"from": "All"})).await;
    let connection = json!({"name": "flagsmith", "namespace": case.cluster.namespace});
    team.apply(Kind::Project, "outlet", json!({"connectionRef": connection})).await;
    until_ready(&mut case, &team, Kind::Project, "outlet").await;
    let reads = |case: &Case| case.sim.requests().iter().filter(|one| one.path.contains(&key)).count();
    case.eventually("it is polled", async || reads(&case) > 1).await;
    allow(&case, Kind::Connection, "flagsmith", Value::Null).await;
    until_refused(&mut case, &team, Kind::Project, "outlet").await;
    // The platform's own is polled on.
    case.until_documents_read(2).await;
    case.sim.clear_requests();
    case.until_documents_read(3).await;
    assert_eq!(reads(&case), 0);
}

#[tokio::test]
async fn environments_and_segments_are_refused_as_flags_are() {
    let (mut case, team) = two().await;
    let reference = json!({"name": "shop", "namespace": case.cluster.namespace});
    team.apply(Kind::Environment, "staging", json!({"projectRef": reference, "secret": {"name": "keys"}})).await;
    let rules = json!([{"type": "ALL", "conditions": [{"property": "plan", "operator": "EQUAL", "value": "beta"}]}]);
    team.apply(Kind::Segment, "beta", json!({"projectRef": reference, "rules": rules})).await;
    until_refused(&mut case, &team, Kind::Environment, "staging").await;
    until_refused(&mut case, &team, Kind::Segment, "beta").await;
    assert_eq!(case.writes(), Vec::<String>::new());
    assert!(team.find(Kind::Secret, "keys").await.is_none());
    allow(&case, Kind::Project, "shop", json!({"from": "All"})).await;
    until_ready(&mut case, &team, Kind::Environment, "staging").await;
    until_ready(&mut case, &team, Kind::Segment, "beta").await;
    assert!(team.find(Kind::Secret, "keys").await.is_some(), "in the namespace of the object that names it");
    assert!(case.cluster.find(Kind::Secret, "keys").await.is_none());
    team.delete(Kind::Segment, "beta").await;
    in_team(&mut case, &team, async |case: &Case| case.until_gone(Kind::Segment, "beta").await).await;
}

#[tokio::test]
async fn an_environment_shuts_out_the_flags_of_others_and_they_keep_nobody_else_out() {
    let (mut case, team) = two().await;
    let staging = case.flagsmith.add_environment("staging").await;
    allow(&case, Kind::Project, "shop", json!({"from": "All"})).await;
    case.apply_environment("production", json!({"allowedNamespaces": {"from": "Same"}})).await;
    case.until_ready(Kind::Environment, "production").await;
    let both = json!([
        {"name": "production", "enabled": true, "value": {"string": "theirs"}},
        {"name": "staging", "enabled": true, "value": {"string": "theirs"}},
    ]);
    let theirs = apply_flag(&case, &team, both).await;
    let refused = until_refused(&mut case, &team, Kind::Flag, "checkout").await;
    assert!(refused.0.to_string().contains("FlagsmithEnvironment"), "{refused:?}");
    let is_theirs = async || case.flagsmith.served(&staging, "checkout").await == Some(Served::on("theirs"));
    case.eventually("what it may write is written", is_theirs).await;
    assert_eq!(case.served("checkout").await.map(|served| served.enabled), Some(false));
    // A younger object for the same environment has no say in it.
    let reference = json!({"name": "shop", "namespace": case.cluster.namespace});
    let twin = json!({"projectRef": reference, "allowedNamespaces": {"from": "Same"}});
    case.until_older(&case.cluster.read(Kind::Environment, "production").await).await;
    team.apply(Kind::Environment, "production", twin).await;
    in_team(&mut case, &team, async |case: &Case| {
        case.until_stalled(Kind::Environment, "production", "Conflict").await
    })
    .await;
    // The team's flag is older, and has no say there.
    case.until_older(&theirs).await;
    case.apply_flag_on("checkout", json!({"string": "ours"})).await;
    case.until_ready(Kind::Flag, "checkout").await;
    assert_eq!(case.served("checkout").await, Some(Served::on("ours")));
    allow(&case, Kind::Environment, "production", json!({"from": "All"})).await;
    case.until_stalled(Kind::Flag, "checkout", "Conflict").await;
}

#[tokio::test]
async fn nobody_learns_of_others_objects_by_referring_to_them() {
    let (mut case, team) = two().await;
    let mut told = Vec::new();
    for name in ["shop", "shed"] {
        let reference = json!({"name": name, "namespace": case.cluster.namespace});
        team.apply(Kind::Flag, name, json!({"projectRef": reference})).await;
        let refused = until_refused(&mut case, &team, Kind::Flag, name).await;
        let conditions = refused.at("/status/conditions").as_array().unwrap().iter();
        let messages = conditions.map(|one| one["message"].as_str().unwrap().replace(name, "it"));
        told.push(messages.collect::<Vec<_>>());
    }
    assert_eq!(told[0], told[1]);
}

#[tokio::test]
async fn an_operator_of_some_namespaces_says_that_it_sees_no_labels() {
    let (mut case, team) = two().await;
    let selector = json!({"from": "Selector", "selector": {"matchLabels": {"team": "shop"}}});
    allow(&case, Kind::Project, "shop", selector).await;
    apply_flag(&case, &team, production("blue")).await;
    in_team(&mut case, &team, async |case: &Case| case.until_stalled(Kind::Flag, "checkout", "Unsupported").await)
        .await;
    assert_eq!(case.writes(), Vec::<String>::new());
    // Those at home need no label.
    case.apply_flag_on("basket", json!({"string": "blue"})).await;
    case.until_ready(Kind::Flag, "basket").await;
}

/// Labels are seen by an operator of all namespaces, which wants a control plane of its own.
#[tokio::test]
async fn a_selector_lets_in_the_namespaces_with_its_labels_while_they_have_them() {
    let turn = Turn::shared().await;
    let bare = Plane::start_bare("tenancy-plane");
    let crds = root().join("crds");
    bare.kubectl(&["apply", "--server-side", "-f", crds.to_str().unwrap()]);
    bare.kubectl(&["wait", "--for=condition=Established", "--timeout=60s", "-f", crds.to_str().unwrap()]);
    let (platform, team) = (Cluster::on(bare).await, Cluster::on(bare).await);
    let launch = Launch::of_chart(&platform, &[]).await;
    let mut case = Case::plan().start_in(platform, launch, turn).await;
    let selector = json!({"from": "Selector", "selector": {"matchLabels": {"team": "shop"}}});
    allow(&case, Kind::Project, "shop", selector).await;
    apply_flag(&case, &team, production("blue")).await;
    until_refused(&mut case, &team, Kind::Flag, "checkout").await;
    label(&team, json!("shop")).await;
    until_ready(&mut case, &team, Kind::Flag, "checkout").await;
    assert_eq!(case.served("checkout").await, Some(Served::on("blue")));
    label(&team, Value::Null).await;
    until_refused(&mut case, &team, Kind::Flag, "checkout").await;
    team.release(Kind::Flag, "checkout").await;
}

async fn label(cluster: &Cluster, team: Value) {
    let api: Api<k8s_openapi::api::core::v1::Namespace> = Api::all(cluster.client.clone());
    let patch = Patch::Merge(json!({"metadata": {"labels": {"team": team}}}));
    api.patch(&cluster.namespace, &PatchParams::default(), &patch).await.unwrap();
}
