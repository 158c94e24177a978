//! A test's own world: a namespace, a Flagsmith with a project, and an operator that watches that namespace alone.

use flagsmith_sim::Sim;
use serde_json::{Value, json};
use tokio::sync::{RwLockReadGuard, RwLockWriteGuard};

use super::{
    cluster::Cluster,
    flagsmith::Flagsmith,
    object::{Kind, Object},
    operator::{Launch, Operator},
    plane::plane,
    server::{Server, real},
};

/// A test's own world. Fields are dropped in this order: the operator first.
pub struct Case {
    pub operator: Operator,
    pub sim: Sim,
    pub flagsmith: Flagsmith,
    pub cluster: Cluster,
    /// The key of the environment production.
    pub production: String,
    _turn: Turn,
}

/// A test's place among the others.
#[expect(dead_code, reason = "held, not read")]
pub enum Turn {
    Shared(RwLockReadGuard<'static, ()>),
    Alone(RwLockWriteGuard<'static, ()>),
}

impl Turn {
    /// Beside others.
    pub async fn shared() -> Self {
        Self::Shared(plane().quiet.read().await)
    }

    /// While no other test runs.
    async fn alone() -> Self {
        Self::Alone(plane().quiet.write().await)
    }
}

/// How a case is to be.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    request_timeout: &'static str,
    resync_interval: &'static str,
    lease_duration: Option<&'static str>,
    server: Server,
    versioned: bool,
    alone: bool,
    connected: bool,
}

impl Plan {
    /// How long a request may take; 10 s unless said.
    pub fn request_timeout(self, request_timeout: &'static str) -> Self {
        Self { request_timeout, ..self }
    }

    /// How often objects are looked at though nothing happened; 10 m unless said.
    pub fn resync(self, resync_interval: &'static str) -> Self {
        Self { resync_interval, ..self }
    }

    /// Has an operator that is elected, for so long; unless said, it is alone.
    pub fn elected(self, lease_duration: &'static str) -> Self {
        Self { lease_duration: Some(lease_duration), ..self }
    }

    /// Has that kind of server.
    pub fn on(self, server: Server) -> Self {
        Self { server, ..self }
    }

    pub fn server(&self) -> Server {
        self.server
    }

    pub fn is_versioned(&self) -> bool {
        self.versioned
    }

    /// Has v2 feature versioning in production.
    pub fn versioned(self, versioned: bool) -> Self {
        Self { versioned, ..self }
    }

    /// Runs while no other test does.
    pub fn alone(self) -> Self {
        Self { alone: true, ..self }
    }

    /// Has no connection and no project in Kubernetes yet, only the Secret with the token.
    pub fn unconnected(self) -> Self {
        Self { connected: false, ..self }
    }

    /// Makes it so, with an operator that watches a namespace of the test's own.
    pub async fn start(self) -> Case {
        let turn = if self.alone { Turn::alone().await } else { Turn::shared().await };
        let cluster = Cluster::new().await;
        let launch = self.launch(&cluster, &[&cluster]).await;
        self.start_in(cluster, launch, turn).await
    }

    /// How its operator is to run, in that namespace, where it is to watch those.
    pub async fn launch(&self, cluster: &Cluster, namespaces: &[&Cluster]) -> Launch {
        let launch = Launch::of_chart(cluster, &self.values(namespaces)).await;
        // One that is alone need not wait for the lease of one that was killed.
        if self.lease_duration.is_some() { launch } else { launch.alone() }
    }

    /// The chart's values for it, where the operator is to watch those namespaces.
    pub fn values(&self, namespaces: &[&Cluster]) -> Vec<String> {
        let names: Vec<_> = namespaces.iter().map(|one| one.namespace.as_str()).collect();
        let Self { request_timeout, resync_interval, lease_duration, .. } = self;
        let mut values = vec![
            format!("watchNamespaces={{{}}}", names.join(",")),
            format!("requestTimeout={request_timeout}"),
            format!("resyncInterval={resync_interval}"),
        ];
        values.extend(lease_duration.map(|duration| format!("leaderElection.leaseDuration={duration}")));
        values
    }

    /// Makes it so, in that namespace and with an operator that is launched so.
    pub async fn start_in(self, cluster: Cluster, launch: Launch, turn: Turn) -> Case {
        let sim = self.server.start().await;
        let flagsmith = Flagsmith::seed(&sim).await;
        let production = flagsmith.add_environment("production").await;
        if self.versioned {
            flagsmith.version(&production, true).await;
        }
        let operator = Operator::start(launch);
        let case = Case { operator, sim, flagsmith, cluster, production, _turn: turn };
        case.cluster.apply_secret("flagsmith-token", json!({"token": case.sim.token()})).await;
        if self.connected {
            case.apply_connection(json!({})).await;
            case.apply_project("shop").await;
        }
        case
    }
}

impl Drop for Case {
    fn drop(&mut self) {
        self.operator.kill();
        if let Some((url, _)) = real() {
            self.flagsmith.at(&url).leave();
        }
        if !std::thread::panicking() {
            self.operator.assert_never_refused();
        }
    }
}

impl Case {
    pub fn plan() -> Plan {
        Plan {
            request_timeout: "10s",
            resync_interval: "10m",
            lease_duration: None,
            server: Server::Current,
            versioned: false,
            alone: false,
            connected: true,
        }
    }

    /// A Flagsmith with a project shop and an environment production; in Kubernetes the connection and the project.
    pub async fn start() -> Self {
        Self::plan().start().await
    }

    /// The spec of a connection to this Flagsmith, with those fields besides.
    pub fn connection_spec(&self, fields: Value) -> Value {
        let token = json!({"secretKeyRef": {"name": "flagsmith-token", "key": "token"}});
        let mut spec = json!({
            "apiURL": self.sim.api_url(), "pollInterval": "1s", "requestsPerMinute": 100_000, "auth": {"accountToken": token},
        });
        if real().is_some() {
            // Its user sees the organisations of all tests.
            spec["organisation"] = json!({"id": self.flagsmith.organisation});
        }
        for (field, value) in fields.as_object().unwrap().clone() {
            spec[field] = value;
        }
        spec
    }

    pub async fn apply_connection(&self, fields: Value) -> Object {
        self.cluster.apply(Kind::Connection, "flagsmith", self.connection_spec(fields)).await
    }

    pub async fn apply_project(&self, name: &str) -> Object {
        self.cluster.apply(Kind::Project, name, json!({"connectionRef": {"name": "flagsmith"}})).await
    }

    /// Applies a flag of the project shop with those fields.
    pub async fn apply_flag(&self, name: &str, fields: Value) -> Object {
        self.cluster.apply(Kind::Flag, name, in_shop(fields)).await
    }

    /// Applies a flag that is on in production with that value.
    pub async fn apply_flag_on(&self, name: &str, value: Value) -> Object {
        let production = json!({"name": "production", "enabled": true, "value": value});
        self.apply_flag(name, json!({"environments": [production]})).await
    }

    /// Applies an environment of the project shop with those fields.
    pub async fn apply_environment(&self, name: &str, fields: Value) -> Object {
        self.cluster.apply(Kind::Environment, name, in_shop(fields)).await
    }

    /// Applies a segment of the project shop with those fields.
    pub async fn apply_segment(&self, name: &str, fields: Value) -> Object {
        self.cluster.apply(Kind::Segment, name, in_shop(fields)).await
    }

    /// The flag as SDKs are served it in production.
    pub async fn served(&self, feature: &str) -> Option<super::Served> {
        self.flagsmith.served(&self.production, feature).await
    }

    /// Every write to Flagsmith since the requests were last forgotten, as method and path.
    pub fn writes(&self) -> Vec<String> {
        self.sim.writes().iter().map(line).collect()
    }

    /// Those of them that the operator asked for, and not the test.
    pub fn own_writes(&self) -> Vec<String> {
        let writes = self.sim.writes();
        writes.iter().filter(|write| write.agent.starts_with("flagsmith-operator/")).map(line).collect()
    }
}

fn line(request: &flagsmith_sim::Request) -> String {
    format!("{} {}", request.method, request.path)
}

fn in_shop(mut fields: Value) -> Value {
    fields["projectRef"] = json!({"name": "shop"});
    fields
}
