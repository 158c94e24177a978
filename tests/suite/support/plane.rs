//! The control plane that all tests of this process share.

use std::{
    fs,
    io::{BufRead as _, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::OnceLock,
};

use kube::{
    Client, Config,
    config::{KubeConfigOptions, Kubeconfig},
};
use serde_json::Value;
use tokio::sync::RwLock;

/// A cluster to run on instead. Never the ambient `KUBECONFIG`: tests delete things.
const OTHER_CLUSTER: &str = "TEST_KUBECONFIG";

/// The control plane that all tests of this process share.
#[derive(Debug)]
pub struct Plane {
    /// The way to it.
    pub kubeconfig: PathBuf,
    /// Where logs go.
    pub directory: PathBuf,
    /// Held for reading by each test; a test that measures time holds it for writing, to be alone.
    pub quiet: RwLock<()>,
    /// Where kubectl is.
    pub binaries: PathBuf,
    access: OnceLock<Value>,
    /// It stops when its stdin is closed: by the kernel, however this process ends.
    _running: Option<Child>,
}

/// The control plane, started by whoever asks first.
pub fn plane() -> &'static Plane {
    // One that did not start is not tried again by each test.
    static PLANE: OnceLock<Option<Plane>> = OnceLock::new();
    PLANE.get_or_init(Plane::start).as_ref().expect("the control plane starts; it says above why it did not")
}

/// A client by a kubeconfig.
pub async fn client(kubeconfig: &Path) -> Client {
    let kubeconfig = Kubeconfig::read_from(kubeconfig).unwrap();
    let config = Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default()).await.unwrap();
    Client::try_from(config).unwrap()
}

/// The repository.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

impl Plane {
    fn start() -> Option<Self> {
        // It fails only where a provider is installed already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let directory = directory();
        let binaries = build();
        let quiet = RwLock::new(());
        if let Some(kubeconfig) = std::env::var_os(OTHER_CLUSTER).map(PathBuf::from) {
            let plane = Self { kubeconfig, directory, quiet, binaries, access: OnceLock::new(), _running: None };
            plane.install();
            return Some(plane);
        }
        let crds = root().join("crds");
        let (child, kubeconfig) = up(&binaries, &directory.join("plane"), Some(&crds))?;
        Some(Self { kubeconfig, directory, quiet, binaries, access: OnceLock::new(), _running: Some(child) })
    }

    /// Another one, on which nothing is installed; it runs as long as this process.
    pub fn start_bare(name: &str) -> &'static Self {
        let Self { directory, binaries, .. } = plane();
        let (child, kubeconfig) = up(binaries, &directory.join(name), None).expect("it starts");
        let (directory, binaries, quiet) = (directory.clone(), binaries.clone(), RwLock::default());
        let bare = Self { kubeconfig, directory, quiet, binaries, access: OnceLock::new(), _running: Some(child) };
        Box::leak(Box::new(bare))
    }

    /// The kubeconfig, with one cluster, one context and one user.
    pub fn access(&self) -> Value {
        let read = || {
            let (kubeconfig, _) = self.kubectl(&["config", "view", "--raw", "--minify", "--flatten", "--output=json"]);
            serde_json::from_str(&kubeconfig).unwrap()
        };
        self.access.get_or_init(read).clone()
    }

    /// A client of its own for each test: it belongs to the test's runtime.
    pub async fn client(&self) -> Client {
        client(&self.kubeconfig).await
    }

    /// Runs kubectl: gives stdout and stderr, or panics with both.
    pub fn kubectl(&self, arguments: &[&str]) -> (String, String) {
        let mut command = Command::new(self.binaries.join("kubectl"));
        command.arg("--kubeconfig").arg(&self.kubeconfig).arg("--cache-dir").arg(self.directory.join("kubectl"));
        let output = command.args(arguments).output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        let (stdout, stderr) = (text(output.stdout), text(output.stderr));
        assert!(output.status.success(), "kubectl {arguments:?} failed\n{stdout}{stderr}");
        (stdout, stderr)
    }

    fn install(&self) {
        let crds = root().join("crds");
        let crds = crds.to_str().unwrap();
        self.kubectl(&["apply", "--server-side", "--force-conflicts", "-f", crds]);
        self.kubectl(&["wait", "--for=condition=Established", "--timeout=60s", "-f", crds]);
    }
}

/// Builds the control plane unless it is cached, and gives the directory of its binaries.
fn build() -> PathBuf {
    let build = Command::new(root().join("tests/controlplane/build")).stderr(Stdio::inherit()).output().unwrap();
    assert!(build.status.success(), "tests/controlplane/build failed");
    PathBuf::from(String::from_utf8(build.stdout).unwrap().trim())
}

fn up(binaries: &Path, directory: &Path, crds: Option<&Path>) -> Option<(Child, PathBuf)> {
    let mut command = Command::new(binaries.join("controlplane"));
    command.arg("up").arg("--dir").arg(directory);
    if let Some(crds) = crds {
        command.arg("--crds").arg(crds);
    }
    #[expect(clippy::zombie_processes, reason = "it ends with this process")]
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
    let kubeconfig = line.trim().strip_prefix("ready ").map(PathBuf::from)?;
    Some((child, kubeconfig))
}

/// A directory of this process; those of processes that are gone are cleared away.
fn directory() -> PathBuf {
    let parent = Path::new(env!("CARGO_TARGET_TMPDIR")).join("suite");
    fs::create_dir_all(&parent).unwrap();
    for former in fs::read_dir(&parent).unwrap() {
        let former = former.unwrap();
        if !Path::new("/proc").join(former.file_name()).exists() {
            let _ = fs::remove_dir_all(former.path());
        }
    }
    let own = parent.join(std::process::id().to_string());
    fs::create_dir_all(&own).unwrap();
    own
}
