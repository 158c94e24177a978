//! Waits for what a server does in its own time.

use std::time::{Duration, Instant};

use flagsmith_operator::flagsmith::{Environment, EnvironmentKey};
use serde_json::json;

use super::ask::in_environment;
use super::case::Case;

/// A real server's task processor may have a backlog.
const PATIENCE: Duration = Duration::from_secs(120);
const BETWEEN_LOOKS: Duration = Duration::from_millis(250);

/// After which a switch is asked for again: a busy real server was seen to lose the task that does it.
const LOST: Duration = Duration::from_secs(45);

impl Case {
    /// Gives an environment feature versioning, and gives it as it then is.
    pub async fn version(&self, key: &EnvironmentKey) -> Environment {
        self.switch(key, true).await
    }

    /// Takes feature versioning from an environment.
    pub async fn unversion(&self, key: &EnvironmentKey) -> Environment {
        self.switch(key, false).await
    }

    async fn switch(&self, key: &EnvironmentKey, to: bool) -> Environment {
        let route = if to { "enable-v2-versioning/" } else { "disable-v2-versioning/" };
        self.aside(async {
            let deadline = Instant::now() + PATIENCE;
            while !self.is_switched(key, to).await {
                assert!(Instant::now() < deadline, "{route} has no effect");
                let (status, body) = self.post(&in_environment(key, route), json!({})).await;
                // It may be done by now.
                assert!(matches!(status, 202 | 400), "{status} {body}");
                self.until_switched(key, to).await;
            }
        })
        .await;
        self.client.environment(key).await.unwrap()
    }

    async fn until_switched(&self, key: &EnvironmentKey, to: bool) {
        let began = Instant::now();
        while began.elapsed() < LOST && !self.is_switched(key, to).await {
            tokio::time::sleep(BETWEEN_LOOKS).await;
        }
    }

    async fn is_switched(&self, key: &EnvironmentKey, to: bool) -> bool {
        self.client.environment(key).await.unwrap().use_v2_feature_versioning == to
    }
}
