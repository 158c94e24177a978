//! Two replicas, one writer: who leads, how another takes over, and that nothing is written twice on the way.

use std::time::{Duration, Instant};

use flagsmith_sim::Fault;
use serde_json::json;

use crate::support::{Case, Kind, Operator, Proxy, Served};

/// Long enough that a busy machine does not lose it, short enough to wait for its end.
const LEASE: &str = "6s";
/// The lease, and its pause twice: the last renewal was seen late, and so is its end.
const TAKEOVER: Duration = Duration::from_secs(8);
/// Nobody waits for the end of this one.
const LONG_LEASE: &str = "60s";

/// A leader that has a flag in sync, and a replica that stands by.
async fn two(lease: &'static str) -> (Case, Operator) {
    let case = Case::plan().elected(lease).start().await;
    case.apply_flag_on("checkout", json!({"string": "blue"})).await;
    case.apply_flag_on("banner", json!({"string": "blue"})).await;
    case.until_ready(Kind::Flag, "checkout").await;
    case.until_ready(Kind::Flag, "banner").await;
    assert!(case.operator.leads().await);
    let other = case.operator.beside();
    case.eventually("the other is ready", async || is_ready(&other).await).await;
    case.sim.clear_requests();
    (case, other)
}

async fn is_ready(operator: &Operator) -> bool {
    operator.serve("/readyz").await.is_some_and(|(status, _)| status == 200)
}

/// Waits until the replica leads, and tells how long that took.
async fn until_leading(case: &Case, operator: &Operator, since: Instant) -> Duration {
    case.eventually("the other leads", async || operator.leads().await).await;
    let taken = since.elapsed();
    eprintln!("{}: the other led after {taken:?}", case.cluster.namespace);
    taken
}

/// The writes of one value, by its place in the bodies.
fn writes_of(case: &Case, value: &str) -> usize {
    let writes = case.sim.writes();
    writes.iter().filter(|write| write.body.as_ref().is_some_and(|body| body.to_string().contains(value))).count()
}

#[tokio::test]
async fn of_two_replicas_one_writes_and_the_other_asks_flagsmith_nothing() {
    let (case, mut other) = two(LONG_LEASE).await;
    case.apply_flag_on("checkout", json!({"string": "red"})).await;
    case.until_ready(Kind::Flag, "checkout").await;
    case.until_documents_read(4).await;
    assert_eq!(case.writes().len(), 1, "{:?}", case.writes());
    let metrics = other.metrics().await;
    assert_eq!(metrics.get("flagsmith_operator_leader"), Some(&0.0));
    assert_eq!(metrics.get("flagsmith_operator_mirrors"), Some(&0.0));
    let counted = |name: &&String| name.contains("_requests_total") || name.contains("_reconciles_total");
    assert_eq!(metrics.keys().filter(counted).collect::<Vec<_>>(), Vec::<&String>::new());
    assert!(is_ready(&other).await, "a replica that stands by is ready");
    assert_eq!(other.terminate().await, Some(0), "it ends in good order");
}

#[tokio::test]
async fn a_leader_that_is_killed_is_replaced_within_its_lease_and_nothing_is_written_twice() {
    let (mut case, other) = two(LEASE).await;
    case.sim.write_delay(Duration::from_millis(300));
    case.apply_flag_on("checkout", json!({"string": "red"})).await;
    case.eventually("red is being written", async || writes_of(&case, "red") == 1).await;
    case.operator.kill();
    let killed = Instant::now();
    case.apply_flag_on("banner", json!({"string": "green"})).await;
    let taken = until_leading(&case, &other, killed).await;
    assert!(taken < TAKEOVER, "it took {taken:?}");
    case.until_ready(Kind::Flag, "checkout").await;
    case.until_ready(Kind::Flag, "banner").await;
    eprintln!("{}: the edit was served after {:?}", case.cluster.namespace, killed.elapsed());
    case.until_documents_read(3).await;
    assert_eq!(case.served("checkout").await, Some(Served::on("red")));
    assert_eq!(case.served("banner").await, Some(Served::on("green")));
    assert_eq!((writes_of(&case, "red"), writes_of(&case, "green"), case.writes().len()), (1, 1, 2));
}

#[tokio::test]
async fn a_leader_that_is_told_to_stop_is_replaced_at_once() {
    let (mut case, other) = two(LONG_LEASE).await;
    case.sim.write_delay(Duration::from_millis(300));
    case.apply_flag_on("checkout", json!({"string": "red"})).await;
    case.eventually("red is being written", async || writes_of(&case, "red") == 1).await;
    assert_eq!(case.operator.terminate().await, Some(0));
    let stopped = Instant::now();
    assert!(case.sim.writes().iter().all(|write| write.status.is_some()), "what was under way was finished");
    let taken = until_leading(&case, &other, stopped).await;
    assert!(taken < Duration::from_secs(5), "it took {taken:?}: it waits 8 s between two looks");
    case.apply_flag_on("banner", json!({"string": "green"})).await;
    case.until_ready(Kind::Flag, "banner").await;
    case.until_ready(Kind::Flag, "checkout").await;
    assert_eq!((writes_of(&case, "red"), writes_of(&case, "green"), case.writes().len()), (1, 1, 2));
}

/// Whether it answers nothing for so long that what it sent before is here.
async fn is_stopped(operator: &Operator) -> bool {
    tokio::time::timeout(Duration::from_millis(500), operator.serve("/livez")).await.is_err()
}

/// Waits until an operator ended because its lease was lost.
async fn until_lost(case: &Case, operator: &Operator) {
    case.eventually("the lease is lost", async || operator.log().contains("the lease was lost")).await;
}

#[tokio::test]
async fn a_leader_that_wakes_after_its_lease_sends_nothing_and_ends() {
    let (mut case, mut other) = two(LEASE).await;
    // A value is taken away by a read and a write: the sleep falls between the two.
    case.sim.inject(Fault::on("GET", "/api/__future__/").times(1).delay(Duration::from_secs(1)));
    case.apply_flag_on("checkout", json!({"none": {}})).await;
    let is_read = async || case.sim.requests().iter().any(|one| one.path.contains("/__future__/"));
    case.eventually("the flag is read", is_read).await;
    case.operator.signal("STOP");
    until_leading(&case, &other, Instant::now()).await;
    case.until_ready(Kind::Flag, "checkout").await;
    assert_eq!(case.writes().len(), 1, "{:?}", case.writes());

    // Whatever is asked from now on is asked by the one that wakes: it has edits to write, and polls that are due.
    case.apply_flag_on("banner", json!({"string": "green"})).await;
    case.until_ready(Kind::Flag, "banner").await;
    other.signal("STOP");
    case.eventually("the other is stopped", async || is_stopped(&other).await).await;
    case.sim.clear_requests();
    case.operator.signal("CONT");
    until_lost(&case, &case.operator).await;
    assert_eq!(case.operator.ended().await, Some(1), "it ends with a failure, to be started anew");
    assert_eq!(case.sim.requests(), []);
    other.signal("CONT");
}

#[tokio::test]
async fn a_leader_that_is_cut_off_from_the_apiserver_stops_before_another_takes_over() {
    let (mut case, mut direct) = two(LEASE).await;
    let proxy = Proxy::start().await;
    let mut cut = case.operator.beside_by(proxy.kubeconfig(&case.operator.kubeconfig(), &case.cluster.namespace));
    case.eventually("the one behind the proxy is ready", async || is_ready(&cut).await).await;
    direct.kill();
    assert_eq!(case.operator.terminate().await, Some(0));
    until_leading(&case, &cut, Instant::now()).await;
    case.until_documents_read(2).await;

    proxy.cut();
    let since = Instant::now();
    until_lost(&case, &cut).await;
    eprintln!("{}: the one that was cut off ended after {:?}", case.cluster.namespace, since.elapsed());
    assert_eq!(cut.ended().await, Some(1));
    assert!(since.elapsed() < Duration::from_secs(6), "two thirds of the lease, not the whole");
    case.sim.clear_requests();
    case.operator.restart();
    case.apply_flag_on("checkout", json!({"string": "red"})).await;
    case.until_ready(Kind::Flag, "checkout").await;
    assert_eq!(case.writes().len(), 1, "{:?}", case.writes());
}

#[tokio::test]
async fn an_operator_that_is_not_elected_writes_no_lease() {
    let case = Case::start().await;
    case.until_ready(Kind::Project, "shop").await;
    assert!(case.operator.leads().await);
    assert_eq!(case.cluster.list(Kind::Lease).await, []);
}
