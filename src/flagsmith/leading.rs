//! What a client sends depends on whether its replica leads, and each request that it sends is counted.

use std::time::{Duration, Instant};

use serde_json::json;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;

use super::testing::{Server, connect, json as answer, read};
use super::{Client, Connect, EnvironmentKey, Error, OrganisationId, Purpose};
use crate::lease::{Leadership, NotLeading};
use crate::metrics::{Metrics, Present, exposition};

const PATIENCE: Duration = Duration::from_secs(10);

#[derive(Debug)]
struct Nothing;

impl Present for Nothing {
    fn leads(&self) -> bool {
        true
    }

    fn mirror_ages(&self) -> Vec<Duration> {
        vec![]
    }
}

/// The lines of the counter of requests, without its name.
fn counted(metrics: &Metrics) -> Vec<String> {
    let text = exposition(&metrics.registry(Nothing)).1;
    let lines = text.lines().filter_map(|line| line.strip_prefix("flagsmith_operator_flagsmith_requests_total"));
    lines.map(str::to_owned).collect()
}

fn connected(address: &str) -> Connect {
    connect(address, PATIENCE, 1000)
}

#[tokio::test]
async fn a_client_that_is_withdrawn_sends_nothing_nor_does_a_copy() {
    let server = Server::scripted(vec![answer(200, &json!([])), answer(200, &json!([]))]).await;
    let client = server.client();
    let copy = client.with(Purpose::Edit);
    assert_eq!(copy.projects(OrganisationId(1)).await, Ok(vec![]));
    client.withdraw();
    let error = copy.projects(OrganisationId(1)).await.unwrap_err();
    assert_eq!((error.clone(), error.ambiguous()), (Error::Withdrawn, false));
    assert_eq!(server.lines().len(), 1, "{:?}", server.lines());
}

#[tokio::test]
async fn a_replica_that_does_not_lead_sends_nothing() {
    let server = Server::scripted(vec![answer(200, &json!([]))]).await;
    let connect = connected(server.client().endpoint().v1().authority());
    let metrics = connect.metrics.clone();
    let client = Client::new(Connect { leadership: Leadership::until(Instant::now()), ..connect }).unwrap();
    let error = client.projects(OrganisationId(1)).await.unwrap_err();
    assert_eq!(error, Error::NotLeading(NotLeading));
    assert!(!error.ambiguous());
    assert_eq!((server.lines(), counted(&metrics)), (vec![], vec![]));
}

#[tokio::test]
async fn an_answer_that_comes_after_the_lease_ended_is_not_waited_for_and_leaves_it_open() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let connect = connected(&listener.local_addr().unwrap().to_string());
    let metrics = connect.metrics.clone();
    // Long enough that the request is out before, also on a busy machine.
    let end = Instant::now() + Duration::from_secs(3);
    let client = Client::new(Connect { leadership: Leadership::until(end), ..connect }).unwrap();
    let late = async {
        let arrival = tokio::time::timeout(PATIENCE, listener.accept()).await;
        let (mut stream, _) = arrival.expect("the request is sent").unwrap();
        read(&mut stream).await;
        tokio::time::sleep_until(end.into()).await;
        // Nobody may be there any longer.
        let _ = stream.write_all(answer(200, &json!([])).as_bytes()).await;
    };
    let (asked, ()) = tokio::join!(client.projects(OrganisationId(1)), late);
    assert!(asked.unwrap_err().ambiguous());
    assert_eq!(counted(&metrics), [r#"{method="GET",endpoint="projects",status="unreachable"} 1"#]);
}

#[tokio::test]
async fn requests_are_counted_by_template_and_never_by_key() {
    let server = Server::scripted(vec![answer(404, &json!({})), answer(500, &json!({}))]).await;
    let connect = connected(server.client().endpoint().v1().authority());
    let metrics = connect.metrics.clone();
    let client = Client::new(connect).unwrap();
    for _ in 0..2 {
        client.document(&EnvironmentKey::from("s3cret")).await.unwrap_err();
    }
    let mut counted = counted(&metrics);
    counted.sort();
    let line =
        |status: &str| format!(r#"{{method="GET",endpoint="environments/{{key}}/document",status="{status}"}} 1"#);
    assert_eq!(counted, [line("404"), line("5xx")]);
}
