//! A way to the apiserver that can be cut, for a moment or for good.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use tokio::{
    net::{TcpListener, TcpStream},
    sync::Notify,
    task::JoinSet,
};

use super::plane::plane;

/// A way to the apiserver, until it is cut: then its connections break and there are no more.
pub struct Proxy {
    port: u16,
    task: tokio::task::AbortHandle,
    breaks: Arc<Notify>,
}

impl Proxy {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let target = apiserver();
        let breaks = Arc::new(Notify::new());
        let broken = Arc::clone(&breaks);
        let task = tokio::spawn(async move {
            let mut connections = JoinSet::new();
            loop {
                let mut near = tokio::select! {
                    accepted = listener.accept() => accepted.unwrap().0,
                    () = broken.notified() => {
                        connections.abort_all();
                        continue;
                    }
                };
                let target = target.clone();
                connections.spawn(async move {
                    let mut far = TcpStream::connect(target).await.unwrap();
                    let _ = tokio::io::copy_bidirectional(&mut near, &mut far).await;
                });
            }
        });
        Self { port, task: task.abort_handle(), breaks }
    }

    /// The same as a kubeconfig, but it leads through here.
    pub fn kubeconfig(&self, direct: &Path, name: &str) -> PathBuf {
        let text = fs::read_to_string(direct).unwrap();
        let path = plane().directory.join(format!("{name}-proxied.kubeconfig"));
        fs::write(&path, text.replace(&apiserver(), &format!("127.0.0.1:{}", self.port))).unwrap();
        path
    }

    /// Breaks the connections that there are; others may be made, so that all watches begin anew.
    pub fn interrupt(&self) {
        self.breaks.notify_one();
    }

    pub fn cut(&self) {
        self.task.abort();
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.cut();
    }
}

/// Host and port of the apiserver.
fn apiserver() -> String {
    let text = fs::read_to_string(&plane().kubeconfig).unwrap();
    let server = text.lines().find_map(|line| line.trim().strip_prefix("server: https://")).unwrap();
    server.trim_end_matches('/').to_owned()
}
