//! The operator under test, as a process of its own.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::Write as _,
    os::unix::process::CommandExt as _,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use kube::Client;
use serde_json::Value;

use super::{
    account::Account,
    cluster::Cluster,
    helm::render,
    plane::{client, plane},
    wait::{comes_to_hold, patience},
};

/// Sends on the signals that it is told, until TERM, or EXIT, which is none, or the end of its input, which comes however the
/// test ends; then it waits.
const GUARD: &str = r#""$@" & child=$!
while read -r signal; do
  [ "$signal" = EXIT ] || kill -"$signal" $child
  case $signal in TERM | EXIT) wait $child; exit ;; esac
done
kill -KILL $child; wait $child"#;

/// How an operator is to run: as its Deployment says, by the rights of its `ServiceAccount`.
#[derive(Clone, Debug)]
pub struct Launch {
    arguments: Vec<String>,
    environment: Vec<(String, String)>,
    kubeconfig: PathBuf,
    log: PathBuf,
}

impl Launch {
    /// As the chart's Deployment says, once somebody has granted the rights.
    pub async fn of(deployment: &Value, cluster: &Cluster) -> Self {
        let account = Account::of(deployment);
        let container = deployment.pointer("/spec/template/spec/containers/0").unwrap();
        let text = |value: &Value| value.as_str().expect("what is told is told as text").to_owned();
        let arguments = container["args"].as_array().unwrap().iter().map(text).collect();
        let variables = container["env"].as_array().unwrap().iter();
        let environment = variables.map(|one| (text(&one["name"]), text(&one["value"]))).collect();
        let kubeconfig = account.kubeconfig(&cluster.client, cluster.plane).await;
        let log = plane().directory.join(format!("{}.log", account.namespace));
        Self { arguments, environment, kubeconfig, log }
    }

    /// The same, without an election, which the chart never does.
    pub fn alone(mut self) -> Self {
        self.environment.push(("FLAGSMITH_OPERATOR_LEADER_ELECT".to_owned(), "false".to_owned()));
        self
    }

    /// The same, by another way to the apiserver.
    pub fn by(self, kubeconfig: PathBuf) -> Self {
        Self { kubeconfig, ..self }
    }

    /// The kubeconfig by which it is to reach the apiserver.
    pub fn kubeconfig(&self) -> &Path {
        &self.kubeconfig
    }

    /// As the chart's Deployment would say with those values, and with the rights that it would give.
    pub async fn of_chart(cluster: &Cluster, values: &[String]) -> Self {
        let documents = render(&cluster.namespace, values);
        let deployment = documents.iter().find(|one| one["kind"] == "Deployment").unwrap();
        Account::of(deployment).grant(&cluster.client, &documents).await;
        Self::of(deployment, cluster).await
    }
}

/// An operator that runs until it is killed, or until this is dropped.
#[derive(Debug)]
pub struct Operator {
    launch: Launch,
    replica: usize,
    guard: Option<Child>,
}

impl Operator {
    /// Starts an operator.
    pub fn start(launch: Launch) -> Self {
        let mut operator = Self { launch, replica: 1, guard: None };
        operator.restart();
        operator
    }

    /// Starts another replica.
    pub fn beside(&self) -> Self {
        self.beside_by(self.launch.kubeconfig.clone())
    }

    /// Starts another replica, which reaches the apiserver by that kubeconfig.
    pub fn beside_by(&self, kubeconfig: PathBuf) -> Self {
        let replica = self.replica + 1;
        let log = self.launch.log.with_extension(format!("{replica}.log"));
        let mut operator = Self { launch: Launch { kubeconfig, log, ..self.launch.clone() }, replica, guard: None };
        operator.restart();
        operator
    }

    /// The kubeconfig by which it reaches the apiserver.
    pub fn kubeconfig(&self) -> PathBuf {
        self.launch.kubeconfig.clone()
    }

    /// Starts it again, killing it first where it runs.
    pub fn restart(&mut self) {
        self.kill();
        let Launch { arguments, environment, kubeconfig, log } = &self.launch;
        let log = File::options().create(true).append(true).open(log).unwrap();
        let mut command = Command::new("sh");
        command.args(["-c", GUARD, "guard", env!("CARGO_BIN_EXE_flagsmith-operator")]).args(arguments);
        command.env_clear().envs(environment.iter().cloned());
        command.env("NO_COLOR", "1").env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.env("KUBECONFIG", kubeconfig).env("RUST_LOG", "info,flagsmith_operator=trace,kube=warn");
        // A Pod has a network of its own; here all share one.
        command.env("FLAGSMITH_OPERATOR_LISTEN", "127.0.0.1:0").env("FLAGSMITH_OPERATOR_LOG_FORMAT", "text");
        // An interrupt from a terminal goes to the whole group, and would end the guard before it can end the operator.
        command.process_group(0);
        command.stdin(Stdio::piped()).stdout(log.try_clone().unwrap()).stderr(log);
        self.guard = Some(command.spawn().unwrap());
    }

    /// Starts it as is said now, killing it first where it runs. What the former logged, when its rights went, is forgotten.
    pub fn relaunch(&mut self, launch: Launch) {
        self.kill();
        File::create(&launch.log).unwrap();
        self.launch = launch;
        self.restart();
    }

    /// Ends it where the test took rights from it: what it was refused since then is forgotten.
    pub fn dismiss(&mut self) {
        self.kill();
        File::create(&self.launch.log).unwrap();
    }

    /// A client that may do what the operator may.
    pub async fn client(&self) -> Client {
        client(&self.launch.kubeconfig).await
    }

    /// Ends it with SIGKILL, and waits until it is gone.
    pub fn kill(&mut self) {
        if let Some(mut guard) = self.guard.take() {
            drop(guard.stdin.take());
            guard.wait().unwrap();
        }
    }

    /// Sends it a signal, by its name.
    pub fn signal(&mut self, name: &str) {
        writeln!(self.guard.as_mut().unwrap().stdin.as_mut().unwrap(), "{name}").unwrap();
    }

    /// Ends it with SIGTERM, waits until it is gone, and gives its exit code. The stand-in answers meanwhile.
    pub async fn terminate(&mut self) -> Option<i32> {
        self.signal("TERM");
        self.wait().await
    }

    /// Waits until it is gone by itself, and gives its exit code.
    pub async fn ended(&mut self) -> Option<i32> {
        self.signal("EXIT");
        self.wait().await
    }

    async fn wait(&mut self) -> Option<i32> {
        let mut guard = self.guard.take()?;
        let mut status = None;
        let has_ended = async || {
            status = guard.try_wait().unwrap();
            status.is_some()
        };
        if comes_to_hold(patience(), has_ended).await {
            return status.and_then(|status| status.code());
        }
        // The guard no longer listens: it and its child are a group.
        Command::new("kill").args(["-KILL", "--", &format!("-{}", guard.id())]).status().unwrap();
        panic!("it was to end\n{}", self.log())
    }

    /// All that it logged.
    pub fn log(&self) -> String {
        fs::read_to_string(&self.launch.log).unwrap_or_default()
    }

    /// What it serves at a path: the status and the text. None while it does not serve.
    pub async fn serve(&self, path: &str) -> Option<(u16, String)> {
        let log = self.log();
        let address = log.lines().rev().find_map(|line| line.split_once("listening address=")).map(|(_, rest)| rest)?;
        let answer = reqwest::get(format!("http://{}{path}", address.trim())).await.ok()?;
        Some((answer.status().as_u16(), answer.text().await.ok()?))
    }

    /// Its metrics, by name with labels.
    pub async fn metrics(&self) -> BTreeMap<String, f64> {
        let (_, text) = self.serve("/metrics").await.unwrap_or_default();
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        lines
            .filter_map(|line| line.rsplit_once(' '))
            .map(|(name, value)| (name.to_owned(), value.parse().unwrap()))
            .collect()
    }

    /// Whether it says that it leads.
    pub async fn leads(&self) -> bool {
        self.metrics().await.get("flagsmith_operator_leader") == Some(&1.0)
    }

    /// Panics where the apiserver did not let it do something, also if it got along without.
    pub fn assert_never_refused(&self) {
        let is_refusal = |line: &&str| line.contains("is forbidden: User \"system:serviceaccount:");
        let log = self.log();
        let refusals: Vec<_> = log.lines().filter(is_refusal).collect();
        assert!(refusals.is_empty(), "the chart's rights are not enough: {refusals:#?}");
    }
}

impl Drop for Operator {
    fn drop(&mut self) {
        self.kill();
    }
}
