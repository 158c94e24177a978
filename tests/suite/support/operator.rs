//! The operator under test, as a process of its own.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::Write as _,
    os::unix::process::CommandExt as _,
    path::PathBuf,
    process::{Child, Command, Stdio},
};

use super::plane::plane;

/// Sends on the signals that it is told, until TERM or the end of its input, which comes however the test ends; then it waits.
const GUARD: &str = r#""$@" & child=$!
while read -r signal; do
  kill -"$signal" $child
  if [ "$signal" = TERM ]; then wait $child; exit; fi
done
kill -KILL $child; wait $child"#;

/// How an operator is to run.
#[derive(Clone, Debug)]
pub struct Launch {
    /// `--watch-namespace`
    pub namespace: String,
    /// `--request-timeout`
    pub request_timeout: &'static str,
    /// `--resync-interval`
    pub resync_interval: &'static str,
    /// `--lease-duration`; none for an operator that is alone, and need not wait for the lease of one that was killed.
    pub lease_duration: Option<&'static str>,
    /// The way to the apiserver.
    pub kubeconfig: PathBuf,
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

    /// Starts another replica, which reaches the apiserver by that kubeconfig.
    pub fn beside(&self, kubeconfig: PathBuf) -> Self {
        let launch = Launch { kubeconfig, ..self.launch.clone() };
        let mut operator = Self { launch, replica: self.replica + 1, guard: None };
        operator.restart();
        operator
    }

    /// Starts it again, killing it first where it runs.
    pub fn restart(&mut self) {
        self.kill();
        let Launch { namespace, request_timeout, resync_interval, lease_duration, kubeconfig } = &self.launch;
        let log = File::options().create(true).append(true).open(self.log_path()).unwrap();
        let mut command = Command::new("sh");
        command.args(["-c", GUARD, "guard", env!("CARGO_BIN_EXE_flagsmith-operator"), "run"]);
        command.args(["--watch-namespace", namespace, "--request-timeout", request_timeout]);
        command.args(["--resync-interval", resync_interval, "--listen", "127.0.0.1:0"]);
        match lease_duration {
            Some(duration) => command.args(["--lease-duration", duration, "--leader-elect-namespace", namespace]),
            None => command.arg("--leader-elect=false"),
        };
        command.env_clear().env("NO_COLOR", "1").env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.env("KUBECONFIG", kubeconfig).env("RUST_LOG", "info,flagsmith_operator=trace,kube=warn");
        // An interrupt from a terminal goes to the whole group, and would end the guard before it can end the operator.
        command.process_group(0);
        command.stdin(Stdio::piped()).stdout(log.try_clone().unwrap()).stderr(log);
        self.guard = Some(command.spawn().unwrap());
    }

    /// Ends it with SIGKILL, and waits until it is gone. Gives its exit code, if it had one: it ended by itself before.
    pub fn kill(&mut self) -> Option<i32> {
        let mut guard = self.guard.take()?;
        drop(guard.stdin.take());
        guard.wait().unwrap().code().filter(|code| *code < 128)
    }

    /// Sends it a signal, by its name.
    pub fn signal(&mut self, name: &str) {
        writeln!(self.guard.as_mut().unwrap().stdin.as_mut().unwrap(), "{name}").unwrap();
    }

    /// Ends it with SIGTERM, waits until it is gone, and gives its exit code. The stand-in answers meanwhile.
    pub async fn terminate(&mut self) -> Option<i32> {
        self.signal("TERM");
        let mut guard = self.guard.take()?;
        tokio::task::spawn_blocking(move || guard.wait()).await.unwrap().unwrap().code()
    }

    /// All that it logged.
    pub fn log(&self) -> String {
        fs::read_to_string(self.log_path()).unwrap_or_default()
    }

    fn log_path(&self) -> PathBuf {
        plane().directory.join(format!("{}-{}.log", self.launch.namespace, self.replica))
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
}

impl Drop for Operator {
    fn drop(&mut self) {
        self.kill();
    }
}
