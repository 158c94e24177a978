//! Many at once: writes overlap, a connection that never answers holds up no other, and one flag's writes never overlap.

use std::time::{Duration, Instant};

use flagsmith_sim::{Fault, Request, Sim};
use futures::future::join_all;
use serde_json::json;

use crate::support::{Case, Kind, Served};

const WRITE: Duration = Duration::from_millis(200);
/// How long the operator waits for an answer, and whoever waits behind that request.
const SILENCE: Duration = Duration::from_secs(30);

/// How long after the last apply so many flags were served.
async fn convergence(case: &Case, flags: usize) -> Duration {
    let names: Vec<_> = (0..flags).map(|number| format!("flag-{number}")).collect();
    join_all(names.iter().map(|name| case.apply_flag_on(name, json!({"string": "blue"})))).await;
    let applied = Instant::now();
    join_all(names.iter().map(|name| case.until_ready(Kind::Flag, name))).await;
    let taken = applied.elapsed();
    for name in &names {
        assert_eq!(case.served(name).await, Some(Served::on("blue")), "{name}");
    }
    taken
}

/// A project that was read, on a server where each write takes its time.
async fn slow() -> Case {
    let case = Case::plan().alone().request_timeout("30s").start().await;
    case.until(Kind::Project, "shop", ("ready and fresh", |one| one.is_ready() && one.holds("Fresh"))).await;
    case.sim.write_delay(WRITE);
    case
}

/// The most writes that were under way at one time, each taking [`WRITE`].
fn overlapping(case: &Case) -> usize {
    let begun: Vec<_> = case.sim.writes().iter().map(|write| write.at).collect();
    let until = |from: Instant| begun.iter().filter(|at| (from..from + WRITE).contains(at)).count();
    begun.iter().map(|at| until(*at)).max().unwrap_or_default()
}

/// Fifty flags behind another connection.
async fn apply_silent(case: &Case, fields: serde_json::Value) {
    let connection = case.connection_spec(fields);
    case.cluster.apply(Kind::Connection, "silent", connection).await;
    case.cluster.apply(Kind::Project, "silent", json!({"connectionRef": {"name": "silent"}, "name": "shop"})).await;
    let spec = json!({"projectRef": {"name": "silent"}, "environments": [{"name": "production", "enabled": true}]});
    join_all((0..50).map(|number| {
        let (cluster, spec) = (&case.cluster, spec.clone());
        async move { cluster.apply(Kind::Flag, &format!("silent-{number}"), spec).await }
    }))
    .await;
}

#[tokio::test]
async fn twenty_flags_are_written_side_by_side() {
    let case = slow().await;
    let taken = convergence(&case, 20).await;
    assert!(overlapping(&case) > 3, "writes of different flags overlap: {:?}", case.writes());
    assert!(taken > WRITE, "writes take their time: {taken:?}");
}

#[tokio::test]
async fn a_connection_that_never_answers_delays_no_other() {
    let case = slow().await;
    let silent = Sim::start().await;
    silent.inject(Fault::on("*", "/api/").hang());
    apply_silent(&case, json!({"apiURL": silent.api_url()})).await;
    case.eventually("the silent one is asked", async || !silent.requests().is_empty()).await;
    let disturbed = convergence(&case, 10).await;
    assert!(disturbed < SILENCE, "no flag waits for what never answers: {disturbed:?}");
}

#[tokio::test]
async fn a_connection_that_falls_silent_in_the_midst_of_writes_delays_no_other() {
    let case = slow().await;
    let silent = Sim::start().await;
    let flagsmith = crate::support::Flagsmith::seed(&silent).await;
    flagsmith.add_environment("production").await;
    silent.inject(Fault::on("POST", "/features/").hang());
    case.cluster.apply_secret("silent-token", json!({"token": silent.token()})).await;
    let auth = json!({"accountToken": {"secretKeyRef": {"name": "silent-token", "key": "token"}}});
    apply_silent(&case, json!({"apiURL": silent.api_url(), "auth": auth})).await;
    case.eventually("the silent one is written to", async || silent.writes().len() > 10).await;
    let disturbed = convergence(&case, 10).await;
    assert!(disturbed < SILENCE, "no flag waits for what never answers: {disturbed:?}");
}

async fn writes_of_one_flag_never_overlap(versioned: bool) {
    let case = Case::plan().versioned(versioned).start().await;
    case.apply_flag_on("checkout", json!({"string": "start"})).await;
    case.until_ready(Kind::Flag, "checkout").await;
    case.sim.write_delay(WRITE);
    case.sim.clear_requests();
    for value in ["a", "b", "c", "d", "e", "f"] {
        case.apply_flag_on("checkout", json!({"string": value})).await;
    }
    case.until_ready(Kind::Flag, "checkout").await;
    assert_eq!(case.served("checkout").await, Some(Served::on("f")));
    let writes: Vec<Request> = case.sim.writes();
    for pair in writes.windows(2) {
        let apart = pair[1].at.duration_since(pair[0].at);
        assert!(apart >= WRITE, "two writes began {apart:?} apart: {writes:?}");
    }
}

#[tokio::test]
async fn writes_of_one_flag_never_overlap_without_versions() {
    writes_of_one_flag_never_overlap(false).await;
}

#[tokio::test]
async fn writes_of_one_flag_never_overlap_with_versions() {
    writes_of_one_flag_never_overlap(true).await;
}
