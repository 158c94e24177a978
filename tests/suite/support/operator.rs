//! The operator under test, as a process of its own.

use std::{
    fs::{self, File},
    io::Write as _,
    os::unix::process::CommandExt as _,
    path::PathBuf,
    process::{Child, Command, Stdio},
};

use super::plane::plane;

/// Waits for the name of a signal, or for the end of its input, which comes however the test ends; then sends it on.
const GUARD: &str = r#""$@" & child=$!; read -r signal || signal=KILL; kill -"$signal" $child; wait $child"#;

/// How an operator is to run.
#[derive(Clone, Debug)]
pub struct Launch {
    /// `--watch-namespace`
    pub namespace: String,
    /// `--request-timeout`
    pub request_timeout: &'static str,
    /// `--resync-interval`
    pub resync_interval: &'static str,
}

/// An operator that runs until it is killed, or until this is dropped.
#[derive(Debug)]
pub struct Operator {
    launch: Launch,
    guard: Option<Child>,
}

impl Operator {
    /// Starts an operator.
    pub fn start(launch: Launch) -> Self {
        let mut operator = Self { launch, guard: None };
        operator.restart();
        operator
    }

    /// Starts it again, killing it first where it runs.
    pub fn restart(&mut self) {
        self.kill();
        let Launch { namespace, request_timeout, resync_interval } = &self.launch;
        let log = File::options().create(true).append(true).open(self.log_path()).unwrap();
        let mut command = Command::new("sh");
        command.args(["-c", GUARD, "guard", env!("CARGO_BIN_EXE_flagsmith-operator"), "run"]);
        command.args(["--watch-namespace", namespace, "--request-timeout", request_timeout]);
        command.args(["--resync-interval", resync_interval]);
        command.env_clear().env("NO_COLOR", "1").env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.env("KUBECONFIG", &plane().kubeconfig).env("RUST_LOG", "info,flagsmith_operator=trace,kube=warn");
        // An interrupt from a terminal goes to the whole group, and would end the guard before it can end the operator.
        command.process_group(0);
        command.stdin(Stdio::piped()).stdout(log.try_clone().unwrap()).stderr(log);
        self.guard = Some(command.spawn().unwrap());
    }

    /// Ends it with SIGKILL, and waits until it is gone.
    pub fn kill(&mut self) {
        if let Some(mut guard) = self.guard.take() {
            drop(guard.stdin.take());
            guard.wait().unwrap();
        }
    }

    /// Ends it with SIGTERM, waits until it is gone, and gives its exit code.
    pub fn terminate(&mut self) -> Option<i32> {
        let mut guard = self.guard.take()?;
        writeln!(guard.stdin.as_mut()?, "TERM").unwrap();
        guard.wait().unwrap().code()
    }

    /// All that it logged.
    pub fn log(&self) -> String {
        fs::read_to_string(self.log_path()).unwrap_or_default()
    }

    fn log_path(&self) -> PathBuf {
        plane().directory.join(format!("{}.log", self.launch.namespace))
    }
}

impl Drop for Operator {
    fn drop(&mut self) {
        self.kill();
    }
}
