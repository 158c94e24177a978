//! A project that moves, rests or is not seen yet: what it has left is asked no more, and what was not seen is not proved.

use flagsmith_sim::Fault;
use serde_json::{Value, json};

use crate::support::{Case, Cluster, Kind, Object, Turn, Witness};

/// What SDKs are served.
const SERVED: &str = "/api/v1/flags/";

/// What is read of the project shop while the witness is polled a few times.
async fn reads(case: &Case, witness: &Witness) -> Vec<String> {
    let (key, project) = (&case.production, case.flagsmith.project);
    let (inside, list) = (format!("/projects/{project}/"), format!("?project={project}"));
    let is_its = |one: &String| one.contains(key.as_str()) || one.contains(&inside) || one.ends_with(&list);
    let mut others = witness.others(case, 4).await;
    others.retain(|one| is_its(one) || one.contains(SERVED));
    others
}

async fn refer(case: &Case, connection: &str) {
    case.cluster.edit(Kind::Project, "shop", json!({"spec": {"connectionRef": {"name": connection}}})).await;
}

#[tokio::test]
async fn a_project_that_moves_is_read_through_its_former_connection_no_more() {
    let case = Case::start().await;
    // It is asked for as long as it does not answer.
    case.sim.inject(Fault::on("GET", SERVED).status(503));
    case.apply_flag_on("checkout", json!({"string": "blue"})).await;
    case.until_ready(Kind::Flag, "checkout").await;
    let witness = Witness::call(&case).await;
    assert_ne!(reads(&case, &witness).await, Vec::<String>::new());
    // Read once, and then not before tomorrow.
    let other = case.connection_spec(json!({"pollInterval": "24h", "verify": "Never"}));
    case.cluster.apply(Kind::Connection, "other", other).await;
    case.until_ready(Kind::Connection, "other").await;
    refer(&case, "other").await;
    case.until(Kind::Project, "shop", ("ready and fresh", |one| one.is_ready() && one.holds("Fresh"))).await;
    case.apply_flag_on("checkout", json!({"string": "green"})).await;
    case.until_ready(Kind::Flag, "checkout").await;
    assert_eq!(reads(&case, &witness).await, Vec::<String>::new());
    refer(&case, "flagsmith").await;
    case.eventually("it is polled as before", async || !reads(&case, &witness).await.is_empty()).await;
}

#[tokio::test]
async fn a_project_that_moves_to_where_nothing_is_is_read_no_more() {
    let case = Case::start().await;
    case.until_ready(Kind::Project, "shop").await;
    let witness = Witness::call(&case).await;
    refer(&case, "nowhere").await;
    case.until_waiting(Kind::Project, "shop", "ConnectionNotReady").await;
    assert_eq!(reads(&case, &witness).await, Vec::<String>::new());
}

#[tokio::test]
async fn a_project_that_is_found_anew_is_not_read_as_it_was() {
    let case = Case::plan().resync("2s").start().await;
    case.apply_flag("checkout", json!({})).await;
    case.until_ready(Kind::Flag, "checkout").await;
    let witness = Witness::call(&case).await;
    case.flagsmith.delete(&format!("/api/v1/projects/{}/", case.flagsmith.project)).await;
    case.until_stalled(Kind::Project, "shop", "ProjectNotFound").await;
    let anew = case.flagsmith.add_project("shop").await;
    let is_found = |one: &Object| one.is_ready() && *one.at("/status/id") == anew["id"];
    case.until(Kind::Project, "shop", ("found anew", is_found)).await;
    case.until_ready(Kind::Flag, "checkout").await;
    assert_eq!(reads(&case, &witness).await, Vec::<String>::new());
}

#[tokio::test]
async fn a_project_on_hold_leaves_alone_what_another_object_reads() {
    let case = Case::plan().resync("1s").start().await;
    case.apply_flag_on("checkout", json!({"string": "blue"})).await;
    case.until_ready(Kind::Flag, "checkout").await;
    let twin = json!({"connectionRef": {"name": "flagsmith"}, "name": "shop"});
    case.cluster.apply(Kind::Project, "twin", twin).await;
    case.until_ready(Kind::Project, "twin").await;
    case.cluster.edit(Kind::Project, "twin", json!({"spec": {"suspend": true}})).await;
    case.until(Kind::Project, "twin", ("on hold", Object::is_observed)).await;
    case.until_documents_read(2).await;
    case.sim.clear_requests();
    // It is looked at at each of them, and every tenth poll lists.
    case.until_documents_read(6).await;
    let requests = case.sim.requests();
    let lists: Vec<_> = requests.iter().filter(|one| one.path.contains("/features/?page_size=999")).collect();
    assert!(lists.len() <= 1, "{lists:#?}");
}

#[tokio::test]
async fn a_project_that_is_shut_out_is_not_let_in_by_being_put_on_hold() {
    let turn = Turn::shared().await;
    let (platform, team) = (Cluster::new().await, Cluster::new().await);
    let plan = Case::plan();
    let launch = plan.launch(&platform, &[&platform, &team]).await;
    let mut case = plan.start_in(platform.clone(), launch, turn).await;
    let allow = async |from: Value| {
        platform.edit(Kind::Connection, "flagsmith", json!({"spec": {"allowedNamespaces": from}})).await;
    };
    allow(json!({"from": "All"})).await;
    let connection = json!({"name": "flagsmith", "namespace": platform.namespace});
    team.apply(Kind::Project, "ours", json!({"connectionRef": connection, "name": "shop"})).await;
    let flag = json!({"projectRef": {"name": "ours"}, "name": "checkout", "deletionPolicy": "Delete"});
    team.apply(Kind::Flag, "checkout", flag).await;
    case.cluster = team.clone();
    case.until_ready(Kind::Flag, "checkout").await;
    allow(Value::Null).await;
    case.until_stalled(Kind::Project, "ours", "NotPermitted").await;
    team.edit(Kind::Project, "ours", json!({"spec": {"suspend": true}})).await;
    case.until(Kind::Project, "ours", ("on hold", Object::is_observed)).await;
    platform.delete(Kind::Connection, "flagsmith").await;
    team.edit(Kind::Project, "ours", json!({"spec": {"suspend": false}})).await;
    case.until_stalled(Kind::Project, "ours", "NotPermitted").await;
    case.sim.clear_requests();
    team.delete(Kind::Flag, "checkout").await;
    let is_held = |one: &Object| one.at("/metadata/deletionTimestamp").is_string() && !one.reason("Ready").is_empty();
    case.until(Kind::Flag, "checkout", ("held", |one| is_held(one) && !one.holds("Ready"))).await;
    assert_eq!(case.writes(), Vec::<String>::new());
    assert_eq!(case.flagsmith.features("checkout").await.len(), 1);
    team.release(Kind::Flag, "checkout").await;
    case.until_gone(Kind::Flag, "checkout").await;
}

#[tokio::test]
async fn an_edited_project_is_not_ready_before_it_was_seen_again() {
    let mut case = Case::start().await;
    case.until(Kind::Project, "shop", ("ready and fresh", |one| one.is_ready() && one.holds("Fresh"))).await;
    case.operator.kill();
    case.sim.inject(Fault::on("GET", "/environments/?project=").status(503));
    case.cluster.edit(Kind::Project, "shop", json!({"spec": {"hideDisabledFlags": true}})).await;
    case.operator.restart();
    let is_told = |one: &Object| {
        let is_observed = one.is_observed() && !one.holds("Ready") && one.reason("Ready") == "ServerError";
        is_observed && !one.holds("Stalled") && one.reason("Fresh") == "ServerError"
    };
    case.until(Kind::Project, "shop", ("not proved", is_told)).await;
    case.sim.clear_faults();
    case.until_ready(Kind::Project, "shop").await;
    let path = format!("/api/v1/projects/{}/", case.flagsmith.project);
    assert_eq!(case.flagsmith.get(&path).await["hide_disabled_flags"], true);
}

#[tokio::test]
async fn a_project_that_was_proved_stays_so_and_says_that_it_was_not_seen() {
    let mut case = Case::start().await;
    case.until(Kind::Project, "shop", ("ready and fresh", |one| one.is_ready() && one.holds("Fresh"))).await;
    case.operator.kill();
    case.sim.inject(Fault::on("GET", "/environments/?project=").status(503));
    case.operator.restart();
    let is_told = |one: &Object| one.holds("Ready") && one.reason("Fresh") == "ServerError";
    case.until(Kind::Project, "shop", ("ready and not fresh", is_told)).await;
    case.sim.clear_faults();
    case.until(Kind::Project, "shop", ("ready and fresh", |one| one.is_ready() && one.holds("Fresh"))).await;
}
