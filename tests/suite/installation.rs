//! The chart as platform teams use it: installed, upgraded and uninstalled by Helm on a control plane with nothing on it.
//! No Pod ever runs there, so the operator is a process with what the Deployment tells it and the `ServiceAccount`'s token.

use std::{fs, path::PathBuf};

use flagsmith_sim::Request;
use serde_json::{Value, json};

use crate::support::{Case, Cluster, Kind, Launch, Object, Operator, Plane, Served, Turn, chart, plane};

const RELEASE: &str = "flagsmith-operator";
const SYSTEM: &str = "flagsmith-system";
const DEFINITION: &str = "featureflags.flagsmith-operator.dev";

/// What there is of a kind and name on a control plane, in the release's namespace unless it belongs to none.
fn find(plane: &Plane, kind: &str, name: &str) -> Option<Value> {
    let (found, _) = plane.kubectl(&["--namespace", SYSTEM, "get", kind, name, "--ignore-not-found", "--output=json"]);
    (!found.is_empty()).then(|| serde_json::from_str(&found).unwrap())
}

fn deployment(plane: &Plane) -> Value {
    find(plane, "deployment", RELEASE).expect("there is a Deployment")
}

/// What the Deployment tells the operator by an environment variable.
fn told(deployment: &Value, name: &str) -> Value {
    let variables = deployment.pointer("/spec/template/spec/containers/0/env").and_then(Value::as_array).unwrap();
    variables.iter().find(|one| one["name"] == name).map_or(Value::Null, |one| one["value"].clone())
}

/// A chart of the next version, whose definitions have one more column.
fn next_chart() -> PathBuf {
    let next = plane().directory.join("next-chart");
    for folder in ["", "files", "templates"] {
        fs::create_dir_all(next.join(folder)).unwrap();
        for file in
            fs::read_dir(chart().join(folder)).unwrap().map(|one| one.unwrap().path()).filter(|one| one.is_file())
        {
            fs::copy(&file, next.join(folder).join(file.file_name().unwrap())).unwrap();
        }
    }
    let edit = |file: &str, (old, new): (&str, &str)| {
        let text = fs::read_to_string(next.join(file)).unwrap();
        assert!(text.contains(old), "{file} has {old}");
        fs::write(next.join(file), text.replace(old, new)).unwrap();
    };
    let column = "additionalPrinterColumns:\n    - jsonPath: .metadata.uid\n      name: Uid\n      type: string\n";
    edit("files/crds.yaml", ("additionalPrinterColumns:\n", column));
    edit("Chart.yaml", ("version: 0.1.0\n", "version: 0.2.0\n"));
    next
}

/// Whether the definition of flags has the next version's column.
fn has_column(plane: &Plane) -> bool {
    let definition = find(plane, "crd", DEFINITION).expect("the definitions are there");
    let columns = definition.pointer("/spec/versions/0/additionalPrinterColumns").unwrap().as_array().unwrap();
    columns.iter().any(|one| one["name"] == "Uid")
}

/// A team's namespace with a flag that is served, and an operator launched as the installed Deployment says.
async fn use_it(bare: &'static Plane, turn: Turn) -> Case {
    let cluster = Cluster::on(bare).await;
    let launch = Launch::of(&deployment(bare), &cluster).await;
    let case = Case::plan().start_in(cluster, launch, turn).await;
    case.apply_environment("production", json!({"secret": {"name": "flagsmith-production"}})).await;
    case.until_ready(Kind::Environment, "production").await;
    case.apply_flag_on("checkout", json!({"string": "blue"})).await;
    case.until_ready(Kind::Flag, "checkout").await;
    assert_eq!(case.served("checkout").await, Some(Served::on("blue")));
    let key = case.cluster.secret_entry("flagsmith-production", "FLAGSMITH_ENVIRONMENT_KEY").await;
    assert_eq!(key, Some(case.production.clone()));
    case.operator.assert_never_refused();
    assert_probed(bare, &case.operator).await;
    case
}

/// The operator answers what the Deployment has it asked, and holds the Lease in the release's namespace.
async fn assert_probed(bare: &Plane, operator: &Operator) {
    let deployment = deployment(bare);
    for probe in ["livenessProbe", "readinessProbe"] {
        let path = deployment.pointer(&format!("/spec/template/spec/containers/0/{probe}/httpGet/path")).unwrap();
        let (status, _) = operator.serve(path.as_str().unwrap()).await.unwrap();
        assert_eq!(status, 200, "{probe}");
    }
    assert!(find(bare, "lease", RELEASE).is_some());
}

/// The team's objects, by kind, name and uid, none of which is to be deleted.
async fn held(case: &Case) -> Vec<String> {
    let mut held = Vec::new();
    for kind in Kind::OURS {
        let objects = case.cluster.list(kind).await;
        assert!(objects.iter().all(|one| one.at("/metadata/deletionTimestamp").is_null()));
        held.extend(objects.iter().map(|one: &Object| format!("{} {}", kind.name(), one.uid())));
    }
    held
}

/// Installs it where nothing is, in a namespace that does not exist yet.
fn install(bare: &Plane) {
    bare.helm(SYSTEM, &["install", RELEASE, chart().to_str().unwrap(), "--create-namespace"]).unwrap();
    bare.kubectl(&["wait", "--for=condition=Established", "--timeout=30s", "crd", DEFINITION]);
}

/// Definitions that somebody applied by hand are not taken by surprise, but when the flags that the README names are given.
fn take_over(bare: &Plane) {
    bare.helm(SYSTEM, &["uninstall", RELEASE]).unwrap();
    let crds = chart().join("files/crds.yaml");
    bare.kubectl(&["delete", "-f", crds.to_str().unwrap()]);
    bare.kubectl(&["apply", "--server-side", "-f", crds.to_str().unwrap()]);
    let (this, next) = (chart(), next_chart());
    let [install, upgrade] = [("install", &this), ("upgrade", &next)].map(|(verb, chart)| {
        let arguments = [verb, RELEASE, chart.to_str().unwrap()];
        move |more: &[&str]| bare.helm(SYSTEM, &[&arguments, more].concat())
    });
    let refusal = install(&[]).unwrap_err();
    assert!(refusal.contains("exists and cannot be imported into the current release"), "{refusal}");
    install(&["--take-ownership"]).unwrap();
    let refusal = upgrade(&[]).unwrap_err();
    assert!(refusal.contains("conflict with \"kubectl\": .spec.versions"), "{refusal}");
    upgrade(&["--force-conflicts"]).unwrap();
    assert!(has_column(bare));
    // From then on they are Helm's alone.
    bare.helm(SYSTEM, &["upgrade", RELEASE, this.to_str().unwrap()]).unwrap();
    assert!(!has_column(bare));
}

/// A Pod of the Deployment is admitted where the strictest of the Pod Security Standards is enforced.
fn assert_restricted(bare: &Plane) {
    bare.kubectl(&["label", "namespace", SYSTEM, "pod-security.kubernetes.io/enforce=restricted"]);
    let template = &deployment(bare)["spec"]["template"];
    let mut pod =
        json!({"apiVersion": "v1", "kind": "Pod", "metadata": template["metadata"], "spec": template["spec"]});
    pod["metadata"]["name"] = json!("admitted");
    let manifest = bare.directory.join("pod.json");
    fs::write(&manifest, pod.to_string()).unwrap();
    let (_, warnings) =
        bare.kubectl(&["--namespace", SYSTEM, "create", "--dry-run=server", "-f", manifest.to_str().unwrap()]);
    assert_eq!(warnings, "");
}

/// The next version, for the team's namespace alone and with other values.
async fn upgrade(bare: &'static Plane, case: &mut Case) {
    assert!(!has_column(bare));
    assert!(find(bare, "clusterrole", "flagsmith-system:flagsmith-operator").is_some());
    let (next, namespaces) = (next_chart(), format!("watchNamespaces={{{}}}", case.cluster.namespace));
    let arguments =
        ["upgrade", RELEASE, next.to_str().unwrap(), "--set", &namespaces, "--set", "resyncInterval=1h,replicas=2"];
    bare.helm(SYSTEM, &arguments).unwrap();
    assert!(has_column(bare));
    assert_eq!(find(bare, "clusterrole", "flagsmith-system:flagsmith-operator"), None);
    let deployment = deployment(bare);
    assert_eq!(told(&deployment, "FLAGSMITH_OPERATOR_RESYNC_INTERVAL"), "1h");
    assert_eq!(told(&deployment, "FLAGSMITH_OPERATOR_WATCH_NAMESPACE"), case.cluster.namespace.as_str());
    case.operator.relaunch(Launch::of(&deployment, &case.cluster).await);
    case.apply_flag_on("checkout", json!({"string": "green"})).await;
    case.until_ready(Kind::Flag, "checkout").await;
    assert_eq!(case.served("checkout").await, Some(Served::on("green")));
    case.operator.assert_never_refused();
}

/// Uninstalls it: all of it goes but the definitions, and with them what teams wrote.
async fn uninstall(bare: &Plane, case: &mut Case) {
    let before = held(case).await;
    case.sim.clear_requests();
    let (deleted, _) = bare.kubectl(&["get", "crd", DEFINITION, "--output=jsonpath={.metadata.uid}"]);
    // Helm does not wait for Pods: they may run on for a while.
    let said = bare.helm(SYSTEM, &["uninstall", RELEASE]).unwrap();
    assert!(said.contains(DEFINITION), "it says what it keeps: {said}");
    assert_eq!(case.operator.terminate().await, Some(0));
    for kind in ["deployment", "service", "serviceaccount", "role", "rolebinding"] {
        let selector = format!("--selector=app.kubernetes.io/instance={RELEASE}");
        let (left, _) = bare.kubectl(&["get", kind, "--all-namespaces", &selector, "--output=name"]);
        assert_eq!(left, "", "{kind}");
    }
    assert_eq!(bare.kubectl(&["get", "crd", DEFINITION, "--output=jsonpath={.metadata.uid}"]).0, deleted);
    assert_eq!(held(case).await, before);
    assert_eq!(case.served("checkout").await, Some(Served::on("green")));
    let writes: Vec<Request> = case.sim.writes();
    assert!(writes.is_empty(), "{writes:?}");
}

#[tokio::test]
async fn the_chart_is_installed_upgraded_uninstalled_and_installed_again() {
    let turn = Turn::shared().await;
    let bare = Plane::start_bare("bare-plane");
    install(bare);
    assert_restricted(bare);
    let mut case = use_it(bare, turn).await;
    upgrade(bare, &mut case).await;
    uninstall(bare, &mut case).await;
    // What the definitions were kept for: the same release takes them up again, and goes on where it stopped.
    bare.helm(SYSTEM, &["install", RELEASE, chart().to_str().unwrap()]).unwrap();
    assert!(!has_column(bare));
    case.operator.relaunch(Launch::of(&deployment(bare), &case.cluster).await);
    case.cluster.delete(Kind::Flag, "checkout").await;
    case.until_gone(Kind::Flag, "checkout").await;
    assert_eq!(case.flagsmith.features("checkout").await.len(), 0);
    drop(case);
    take_over(bare);
}
