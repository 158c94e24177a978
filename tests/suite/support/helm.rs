//! Helm, and the chart as it renders it.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::{Mutex, OnceLock},
};

use serde_json::Value;

use super::plane::{Plane, plane, root};

/// The directory of the chart.
pub fn chart() -> PathBuf {
    root().join("charts/flagsmith-operator")
}

/// Runs Helm without a cluster: gives stdout, or stderr where it fails.
pub fn helm(arguments: &[&str]) -> Result<String, String> {
    run(&mut command(), arguments)
}

/// Instead of the namespace that is installed into: most tests differ in nothing else, and Helm takes its time.
const ANY_NAMESPACE: &str = "namespace-of-a-test";

/// The objects that the chart makes of those values (`name=value`), without the custom resource definitions.
pub fn render(namespace: &str, values: &[String]) -> Vec<Value> {
    static RENDERED: Mutex<BTreeMap<Vec<String>, String>> = Mutex::new(BTreeMap::new());
    let values: Vec<_> = values.iter().map(|value| value.replace(namespace, ANY_NAMESPACE)).collect();
    let held = RENDERED.lock().unwrap().get(&values).cloned();
    let rendered = held.unwrap_or_else(|| {
        let chart = chart();
        let chart = chart.to_str().unwrap();
        let mut arguments = vec!["template", "flagsmith-operator", chart, "--namespace", ANY_NAMESPACE];
        arguments.extend(["--set", "crds.install=false"]);
        arguments.extend(values.iter().flat_map(|value| ["--set", value.as_str()]));
        helm(&arguments).unwrap()
    });
    let documents = documents(&rendered.replace(ANY_NAMESPACE, namespace));
    RENDERED.lock().unwrap().insert(values, rendered);
    documents
}

/// The documents of a stream of YAML.
pub fn documents(stream: &str) -> Vec<Value> {
    let documents = stream.split("\n---\n").map(|document| serde_saphyr::from_str::<Value>(document).unwrap());
    documents.filter(|document| !document.is_null()).collect()
}

impl Plane {
    /// Runs Helm on this control plane, in that namespace: gives stdout, or stderr where it fails.
    pub fn helm(&self, namespace: &str, arguments: &[&str]) -> Result<String, String> {
        let mut command = command();
        command.arg("--kubeconfig").arg(&self.kubeconfig).args(["--namespace", namespace]);
        run(&mut command, arguments)
    }
}

/// Where kubectl and helm are, as a part of a `PATH`.
pub fn binaries() -> String {
    format!("{}:{}", plane().binaries.display(), directory().display())
}

/// Builds Helm unless it is cached, and gives its directory.
fn directory() -> &'static Path {
    static DIRECTORY: OnceLock<PathBuf> = OnceLock::new();
    DIRECTORY.get_or_init(|| {
        let build = Command::new(root().join("tests/helm/build")).stderr(Stdio::inherit()).output().unwrap();
        assert!(build.status.success(), "tests/helm/build failed");
        PathBuf::from(String::from_utf8(build.stdout).unwrap().trim())
    })
}

fn command() -> Command {
    let home = plane().directory.join("helm");
    let mut command = Command::new(directory().join("helm"));
    // Nobody's plugins, repositories or kubeconfig; and a cache of its own.
    command.env_clear().env("HOME", &home);
    for folder in ["HELM_CACHE_HOME", "HELM_CONFIG_HOME", "HELM_DATA_HOME"] {
        command.env(folder, &home);
    }
    command
}

fn run(command: &mut Command, arguments: &[&str]) -> Result<String, String> {
    let output = command.args(arguments).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    if output.status.success() { Ok(text(output.stdout)) } else { Err(text(output.stderr)) }
}
