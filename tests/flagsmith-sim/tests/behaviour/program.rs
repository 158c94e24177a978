use serde_json::Value;
use std::process::Stdio;
use std::str::FromStr;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

fn started(arguments: &[&str]) -> Child {
    Command::new(env!("CARGO_BIN_EXE_flagsmith-sim"))
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap()
}

/// Whether it ends, and well, before long.
async fn stopped(program: &mut Child) -> bool {
    let ended = tokio::time::timeout(Duration::from_secs(10), program.wait()).await;
    ended.is_ok_and(|status| status.unwrap().success())
}

#[tokio::test]
async fn the_program_says_where_it_is_and_stops_when_its_input_ends() {
    let mut program = started(&[]);
    let mut lines = BufReader::new(program.stdout.take().unwrap()).lines();
    let said = Value::from_str(&lines.next_line().await.unwrap().unwrap()).unwrap();
    let url = said["url"].as_str().unwrap();
    assert_eq!(said["apiUrl"], format!("{url}/api/v1/"));
    assert_eq!(said["token"].as_str().unwrap().len(), 40);
    let address = url.strip_prefix("http://").unwrap();
    tokio::net::TcpStream::connect(address).await.unwrap();
    drop(program.stdin.take());
    assert!(stopped(&mut program).await);
}

#[tokio::test]
async fn the_program_outlives_its_input_until_a_signal_if_told_to() {
    let mut program = started(&["--until-signal"]);
    let mut lines = BufReader::new(program.stdout.take().unwrap()).lines();
    lines.next_line().await.unwrap().unwrap();
    drop(program.stdin.take());
    let early = tokio::time::timeout(Duration::from_millis(300), program.wait()).await;
    early.unwrap_err();
    let number = program.id().unwrap().to_string();
    let sent = Command::new("kill").args(["-TERM", &number]).status().await.unwrap();
    assert!(sent.success() && stopped(&mut program).await);
}

#[tokio::test]
async fn the_program_refuses_what_it_does_not_know() {
    let output = started(&["--prot", "1"]).wait_with_output().await.unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8(output.stderr).unwrap().contains("unknown argument --prot"));
}
