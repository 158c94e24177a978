//! A way to the apiserver that can be cut.

use std::{
    fs,
    path::{Path, PathBuf},
};

use tokio::{
    net::{TcpListener, TcpStream},
    task::JoinSet,
};

use super::plane::plane;

/// A way to the apiserver, until it is cut: then its connections break and there are no more.
pub struct Proxy {
    port: u16,
    task: tokio::task::AbortHandle,
}

impl Proxy {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let target = apiserver();
        let task = tokio::spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((mut near, _)) = listener.accept().await {
                let target = target.clone();
                connections.spawn(async move {
                    let mut far = TcpStream::connect(target).await.unwrap();
                    let _ = tokio::io::copy_bidirectional(&mut near, &mut far).await;
                });
            }
        });
        Self { port, task: task.abort_handle() }
    }

    /// The same as a kubeconfig, but it leads through here.
    pub fn kubeconfig(&self, direct: &Path, name: &str) -> PathBuf {
        let text = fs::read_to_string(direct).unwrap();
        let path = plane().directory.join(format!("{name}-proxied.kubeconfig"));
        fs::write(&path, text.replace(&apiserver(), &format!("127.0.0.1:{}", self.port))).unwrap();
        path
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
