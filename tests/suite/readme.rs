//! The README's way to a first flag, command by command, on a control plane with nothing on it.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::json;

use crate::support::{Case, Cluster, Kind, Launch, Plane, Served, Turn, binaries, root};

const HEADING: &str = "## The first flag in five minutes";

/// The commands below the heading, one of which may have several lines.
fn commands() -> Vec<String> {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    let (_, chapter) = readme.split_once(HEADING).expect("the README has the chapter");
    let (_, block) = chapter.split_once("```sh\n").unwrap();
    let (block, _) = block.split_once("```").unwrap();
    let mut commands = vec![String::new()];
    for line in block.lines() {
        let command = commands.last_mut().unwrap();
        command.push_str(line);
        command.push('\n');
        let said = line.split(" #").next().unwrap().trim_end();
        if !said.ends_with('\\') {
            commands.push(String::new());
        }
    }
    commands.pop();
    commands
}

/// A newcomer's shell, in a copy of what the commands name.
struct Shell {
    directory: PathBuf,
    kubeconfig: PathBuf,
}

impl Shell {
    fn open(cluster: &Cluster) -> Self {
        let directory = cluster.plane.directory.join("readme");
        for folder in ["charts", "examples"] {
            copy(&root().join(folder), &directory.join(folder));
        }
        let mut access = cluster.plane.access();
        access["contexts"][0]["context"]["namespace"] = json!(cluster.namespace);
        let kubeconfig = directory.join("kubeconfig");
        fs::write(&kubeconfig, access.to_string()).unwrap();
        Self { directory, kubeconfig }
    }

    fn run(&self, command: &str, token: &str) {
        let mut path = binaries();
        path.push(':');
        path.push_str(&std::env::var("PATH").unwrap());
        let mut bash = Command::new("bash");
        bash.args(["-euo", "pipefail", "-c", command]).current_dir(&self.directory);
        bash.env("KUBECONFIG", &self.kubeconfig).env("PATH", path).env("FLAGSMITH_TOKEN", token);
        let output = bash.env("HOME", &self.directory).output().unwrap();
        assert!(output.status.success(), "{command}{}", String::from_utf8_lossy(&output.stderr));
    }

    /// What the newcomer is told to set first.
    fn edit(&self, case: &Case) {
        let manifest = self.directory.join("examples/quickstart/flagsmith.yaml");
        let text = fs::read_to_string(&manifest).unwrap();
        let edited = text.replace("https://api.flagsmith.com/api/v1/", &case.sim.api_url());
        assert_ne!(text, edited);
        fs::write(manifest, edited).unwrap();
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

// Flagsmith answers while a command is waited for.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_follows_the_readme_has_a_first_flag() {
    let turn = Turn::shared().await;
    let bare = Plane::start_bare("readme-plane");
    let cluster = Cluster::on(bare).await;
    let shell = Shell::open(&cluster);
    let commands = commands();
    let (install, rest) = commands.split_first().unwrap();
    assert!(install.starts_with("helm install"), "{install}");
    shell.run(install, "");
    // Here no Pod ever runs: the operator is a process, as the Deployment says.
    let get = ["--namespace", "flagsmith-system", "get", "deployment", "flagsmith-operator", "--output=json"];
    let deployment = serde_json::from_str(&bare.kubectl(&get).0).unwrap();
    let launch = Launch::of(&deployment, &cluster).await;
    let case = Case::plan().unconnected().start_in(cluster, launch, turn).await;
    case.cluster.delete(Kind::Secret, "flagsmith-token").await;
    shell.edit(&case);
    for command in rest {
        shell.run(command, case.sim.token());
    }
    assert_eq!(case.served("checkout-v2").await, Some(Served::on("blue")));
    let key = case.cluster.secret_entry("flagsmith-production", "FLAGSMITH_ENVIRONMENT_KEY").await;
    assert_eq!(key, Some(case.production.clone()));
}

/// The tests that the table names, each of which is said to show its row.
fn named_tests() -> Vec<String> {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    let (_, chapter) = readme.split_once("### What happens when").expect("the README has the chapter");
    let (chapter, _) = chapter.split_once("\n#").unwrap();
    let rows = chapter.lines().filter(|line| line.starts_with("| ")).skip(1);
    rows.flat_map(|row| {
        let tests: Vec<_> = row.rsplit('|').nth(1).unwrap().split('`').skip(1).step_by(2).map(str::to_owned).collect();
        assert!(!tests.is_empty(), "a row without a test: {row}");
        tests
    })
    .collect()
}

#[test]
fn each_row_of_what_happens_when_names_a_test_that_is_there() {
    let sources = fs::read_dir(root().join("tests/suite")).unwrap().map(|entry| entry.unwrap().path());
    let sources: String = sources.filter_map(|path| fs::read_to_string(path).ok()).collect();
    for name in named_tests() {
        assert!(sources.contains(&format!("fn {name}(")), "the README names {name}, and there is no such test");
    }
}
