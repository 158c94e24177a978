//! A scripted HTTP server for the tests of this room.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use secrecy::SecretString;
use serde_json::Value as Json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::{Budget, Client, Connect, Credential};
use crate::{lease::Leadership, metrics::Metrics};

/// One request as it arrived.
#[derive(Clone, Debug)]
pub struct Request {
    /// Method and path with query, as in `GET /api/v1/organisations/`.
    pub line: String,
    /// All headers as sent, lower-case names.
    pub headers: String,
    /// The body; null where there was none.
    pub body: Json,
}

/// A server that gives each request the next answer of its script.
pub struct Server {
    address: String,
    requests: Arc<Mutex<Vec<Request>>>,
}

/// A whole HTTP answer of JSON.
pub fn json(status: u16, body: &Json) -> String {
    let body = body.to_string();
    format!(
        "HTTP/1.1 {status} X\r\ncontent-type: application/json\r\nflagsmith-version: 2.265.0\r\n\
         date: Tue, 24 Nov 2026 14:29:44 GMT\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// A whole HTTP answer as Django gives it for a route that is not there, or when it breaks.
pub fn html(status: u16) -> String {
    format!(
        "HTTP/1.1 {status} X\r\ncontent-type: text/html; charset=utf-8\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
    )
}

impl Server {
    /// Starts one. A request beyond the script, or whose answer is empty, is never answered and its connection closed.
    pub async fn scripted(script: Vec<String>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let requests = Arc::new(Mutex::new(vec![]));
        let seen = Arc::clone(&requests);
        tokio::spawn(async move {
            let mut script = script.into_iter();
            while let Ok((mut stream, _)) = listener.accept().await {
                let request = read(&mut stream).await;
                seen.lock().unwrap().push(request);
                let answer = script.next().unwrap_or_default();
                stream.write_all(answer.as_bytes()).await.unwrap();
            }
        });
        Self { address, requests }
    }

    pub fn client(&self) -> Client {
        client(&self.address, Duration::from_secs(10), 1000)
    }

    pub fn requests(&self) -> Vec<Request> {
        self.requests.lock().unwrap().clone()
    }

    pub fn lines(&self) -> Vec<String> {
        self.requests().into_iter().map(|request| request.line).collect()
    }
}

/// A client with the token `t0ken`.
pub fn client(address: &str, timeout: Duration, per_minute: u32) -> Client {
    Client::new(connect(address, timeout, per_minute)).unwrap()
}

/// What such a client is made of.
pub fn connect(address: &str, timeout: Duration, per_minute: u32) -> Connect {
    // Another test may have been first.
    let _ = rustls::crypto::ring::default_provider().install_default();
    Connect {
        endpoint: format!("http://{address}/api/v1/").parse().unwrap(),
        credential: Credential::AccountToken(SecretString::from("t0ken")),
        budget: Arc::new(Budget::new(per_minute)),
        timeout,
        leadership: Leadership::unlimited(),
        metrics: Metrics::default(),
    }
}

/// Reads one whole request.
pub async fn read(stream: &mut TcpStream) -> Request {
    let mut text = String::new();
    loop {
        let mut bytes = [0; 4096];
        let length = stream.read(&mut bytes).await.unwrap();
        text.push_str(std::str::from_utf8(&bytes[..length]).unwrap());
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let wanted =
            head.lines().find_map(|line| line.strip_prefix("content-length: ")).map_or(0, |n| n.parse().unwrap());
        if body.len() < wanted {
            continue;
        }
        let (line, headers) = head.split_once("\r\n").unwrap();
        return Request {
            line: line.trim_end_matches(" HTTP/1.1").to_owned(),
            headers: headers.to_owned(),
            body: serde_json::from_str(body).unwrap_or(Json::Null),
        };
    }
}
