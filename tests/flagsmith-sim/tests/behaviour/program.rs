use serde_json::Value;
use std::process::Stdio;
use std::str::FromStr;
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
    assert!(program.wait().await.unwrap().success());
}

#[tokio::test]
async fn the_program_refuses_what_it_does_not_know() {
    let output = started(&["--prot", "1"]).wait_with_output().await.unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8(output.stderr).unwrap().contains("unknown argument --prot"));
}
