//! SIGTERM and SIGINT, listened to from the start: without a listener, the first process of a container gets neither.

use futures::{
    FutureExt as _,
    future::{BoxFuture, Shared},
};
use tokio::signal::unix::{SignalKind, signal};

/// Resolves, for each of its copies, once the operator is told to stop.
pub type Stop = Shared<BoxFuture<'static, ()>>;

/// Listens from now on.
pub fn listen() -> Stop {
    let told = tokio::spawn(told());
    async move {
        let _ = told.await;
    }
    .boxed()
    .shared()
}

async fn told() {
    let interrupt = tokio::signal::ctrl_c();
    let terminate = async {
        match signal(SignalKind::terminate()) {
            Ok(mut signal) => {
                signal.recv().await;
            }
            Err(error) => {
                tracing::warn!(%error, "SIGTERM cannot be listened to");
                std::future::pending::<()>().await;
            }
        }
    };
    tokio::select! {
        _ = interrupt => {}
        () = terminate => {}
    }
}
