//! What is served to Kubernetes: probes and metrics. None of it names an object or holds a secret.

use std::{
    io,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use axum::{
    Router,
    extract::State,
    http::{StatusCode, header::CONTENT_TYPE},
    response::IntoResponse,
    routing::get,
};
use prometheus_client::registry::Registry;
use tokio::{net::TcpListener, task::JoinSet};

use crate::metrics::exposition;

/// The address cannot be listened on.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen on {address} (choose another by --listen, or none by --listen=): {source}")]
pub struct Error {
    address: SocketAddr,
    source: io::Error,
}

/// What the answers are made of.
#[derive(Debug)]
pub struct Board {
    has_listed: AtomicBool,
    registry: Registry,
}

impl Board {
    /// Nothing was listed yet.
    #[must_use]
    pub fn new(registry: Registry) -> Self {
        Self { has_listed: AtomicBool::new(false), registry }
    }

    /// All watches have listed once.
    pub fn has_listed(&self) {
        self.has_listed.store(true, Ordering::Relaxed);
    }
}

/// Serves until what is given back is dropped.
///
/// # Errors
/// Where the address is not to be had.
pub async fn serve(address: SocketAddr, board: Arc<Board>) -> Result<JoinSet<()>, Error> {
    let failed = |source| Error { address, source };
    let listener = TcpListener::bind(address).await.map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    tracing::info!(%address, "listening");
    let mut serving = JoinSet::new();
    serving.spawn(async move {
        // It never ends by itself.
        let _ = axum::serve(listener, routes(board)).await;
    });
    Ok(serving)
}

fn routes(board: Arc<Board>) -> Router {
    Router::new()
        .route("/livez", get(async || "the runtime answers\n"))
        .route("/readyz", get(readyz))
        .route("/metrics", get(metrics))
        .with_state(board)
}

async fn readyz(State(board): State<Arc<Board>>) -> (StatusCode, &'static str) {
    if board.has_listed.load(Ordering::Relaxed) {
        (StatusCode::OK, "all watches have listed\n")
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "a watch has not listed yet: see the log\n")
    }
}

async fn metrics(State(board): State<Arc<Board>>) -> impl IntoResponse {
    let (kind, text) = exposition(&board.registry);
    ([(CONTENT_TYPE, kind)], text)
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn got(address: SocketAddr, path: &str) -> (u16, String) {
        let answer = reqwest::get(format!("http://{address}{path}")).await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    }

    #[tokio::test]
    async fn a_replica_is_ready_once_its_watches_have_listed_and_lives_before() {
        // Another test may have been first.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let taken = serve(address, Arc::new(Board::new(Registry::default()))).await;
        assert!(taken.unwrap_err().to_string().starts_with(&format!("cannot listen on {address} (choose another")));
        drop(listener);

        let board = Arc::new(Board::new(Registry::default()));
        let _serving = serve(address, Arc::clone(&board)).await.unwrap();
        assert_eq!(got(address, "/livez").await.0, 200);
        assert_eq!(got(address, "/readyz").await.0, 503);
        board.has_listed();
        assert_eq!(got(address, "/readyz").await.0, 200);
        assert_eq!(got(address, "/metrics").await, (200, "# EOF\n".to_owned()));
        assert_eq!(got(address, "/").await.0, 404);
    }
}
