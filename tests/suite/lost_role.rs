//! A namespace that loses the operator's Role, as one does that is deleted whole: others are served on, and with
//! `rbac.finishDeletedNamespaces` it goes.

use serde_json::{Value, json};

use crate::{
    support::{Case, Cluster, Kind, Launch, Operator, Plane, Proxy, Turn, chart, comes_to_hold, patience},
    uninstall::{assert_left, commands, delete_namespace, populate, run, until_namespace_gone},
};

const RELEASE: &str = "flagsmith-operator";
/// The namespaces of the releases. Logs and kubeconfigs are named after them, on whichever control plane.
const FINISHING: &str = "finishing-system";
const HANGING: &str = "hanging-system";
const FINISH: &str = "rbac.finishDeletedNamespaces=true";

/// Takes the Role and its binding from the operator, and waits until it may not look at Secrets there any more.
async fn take_role(operator: &Operator, cluster: &Cluster, system: &str) {
    let name = format!("{system}:{RELEASE}");
    cluster.plane.kubectl(&["--namespace", &cluster.namespace, "delete", "rolebinding,role", &name]);
    until_allowed(operator, cluster, false).await;
}

async fn until_allowed(operator: &Operator, cluster: &Cluster, is_allowed: bool) {
    let client = operator.client().await;
    let theirs = Cluster { client, ..cluster.clone() };
    let may = async || theirs.api(Kind::Secret).get_opt("flagsmith-token").await.is_ok();
    let is_heard = async || may().await == is_allowed;
    assert!(comes_to_hold(patience(), is_heard).await, "the apiserver was to hear of the right");
}

/// A connection, a project and a flag in another namespace, on the same Flagsmith.
async fn fill(case: &Case, cluster: &Cluster, flag: &str) {
    cluster.apply_secret("flagsmith-token", json!({"token": case.sim.token()})).await;
    cluster.apply(Kind::Connection, "flagsmith", case.connection_spec(json!({}))).await;
    cluster.apply(Kind::Project, "shop", json!({"connectionRef": {"name": "flagsmith"}})).await;
    set(cluster, flag, "blue").await;
}

async fn set(cluster: &Cluster, flag: &str, value: &str) {
    let production = json!({"name": "production", "enabled": true, "value": {"string": value}});
    let spec = json!({"projectRef": {"name": "shop"}, "environments": [production]});
    cluster.apply(Kind::Flag, flag, spec).await;
}

/// Whether an edit in that namespace is carried out, by an operator that is ready.
async fn assert_served(case: &mut Case, cluster: &Cluster, (flag, value): (&str, &str)) {
    let own = std::mem::replace(&mut case.cluster, cluster.clone());
    set(cluster, flag, value).await;
    case.until_ready(Kind::Flag, flag).await;
    case.cluster = own;
    assert_eq!(case.served(flag).await.unwrap().value, json!(value));
    assert_eq!(case.operator.serve("/readyz").await.map(|(status, _)| status), Some(200));
}

/// An installed chart that watches a namespace that is filled, and another.
async fn installed(system: &str, values: &[&str]) -> (Case, Cluster) {
    let turn = Turn::shared().await;
    let bare = Plane::start_bare(system);
    let (team, other) = (Cluster::on(bare).await, Cluster::on(bare).await);
    let namespaces = format!("watchNamespaces={{{},{}}}", team.namespace, other.namespace);
    let chart = chart();
    let mut arguments = vec!["install", RELEASE, chart.to_str().unwrap(), "--create-namespace", "--set", &namespaces];
    arguments.extend(values.iter().flat_map(|value| ["--set", *value]));
    bare.helm(system, &arguments).unwrap();
    bare.kubectl(&["wait", "--for=condition=Established", "--timeout=60s", "crd", "--all"]);
    let (deployment, _) = bare.kubectl(&["--namespace", system, "get", "deployment", RELEASE, "--output=json"]);
    let deployment: Value = serde_json::from_str(&deployment).unwrap();
    let launch = Launch::of(&deployment, &team).await.alone();
    let case = Case::plan().start_in(team, launch, turn).await;
    fill(&case, &other, "basket").await;
    (case, other)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_namespace_whose_role_goes_first_is_finished_where_the_chart_is_told_to() {
    let (mut case, other) = installed(FINISHING, &[FINISH]).await;
    populate(&case).await;
    case.operator.assert_never_refused();
    take_role(&case.operator, &case.cluster, FINISHING).await;
    delete_namespace(&case).await;
    until_namespace_gone(&case).await;
    assert_left(&case).await;
    assert_served(&mut case, &other, ("basket", "green")).await;
    // There is no such namespace any more, and the release still names it.
    case.operator.restart();
    assert_served(&mut case, &other, ("basket", "red")).await;
    case.operator.dismiss();
}

/// The commands of the page on it, for a namespace.
fn release(case: &Case, block: usize, namespace: &str) {
    let commands = commands(("## With `watchNamespaces`", block));
    let (braced, plain) = (format!("{{{namespace}}}"), format!("--namespace {namespace} "));
    run(
        case,
        &commands.replace("flagsmith-system", HANGING).replace("{shop}", &braced).replace("--namespace shop ", &plain),
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_namespace_that_hangs_without_its_role_is_let_go_by_the_commands_of_the_page() {
    let (mut case, other) = installed(HANGING, &[]).await;
    case.apply_environment("staging", json!({"deletionPolicy": "Delete"})).await;
    case.until_ready(Kind::Environment, "staging").await;
    case.apply_flag_on("checkout", json!({"string": "blue"})).await;
    case.until_ready(Kind::Flag, "checkout").await;
    assert_served(&mut case, &other, ("basket", "green")).await;
    let team = case.cluster.clone();
    for (cluster, flag) in [(&other, "basket"), (&team, "checkout")] {
        take_role(&case.operator, cluster, HANGING).await;
        case.cluster = cluster.clone();
        delete_namespace(&case).await;
        case.until_gone(Kind::Connection, "flagsmith").await;
        case.until_gone(Kind::Project, "shop").await;
        let refusal = format!("featureflags.flagsmith-operator.dev \"{flag}\" is forbidden");
        case.eventually("the finalizer cannot be taken off", async || case.operator.log().contains(&refusal)).await;
    }
    case.cluster = other;
    release(&case, 1, &case.cluster.namespace);
    until_namespace_gone(&case).await;
    assert!(team.find(Kind::Flag, "checkout").await.is_some(), "that was for one namespace alone");
    case.cluster = team;
    release(&case, 0, &case.cluster.namespace);
    until_namespace_gone(&case).await;
    let features = async |name: &str| case.flagsmith.features(name).await.len();
    assert_eq!(
        (features("basket").await, features("checkout").await),
        (0, 0),
        "both were deleted before they were let go"
    );
    assert_eq!(case.flagsmith.environments("staging").await.len(), 0);
    assert_eq!(case.flagsmith.environments("production").await.len(), 1);
    case.operator.dismiss();
}

/// Two namespaces that are watched by Roles, on the control plane that all tests share, and the way to it.
async fn watching_two(values: &[&str]) -> (Case, Cluster, Proxy) {
    let turn = Turn::shared().await;
    let (first, second) = (Cluster::new().await, Cluster::new().await);
    let plan = Case::plan();
    let mut all = plan.values(&[&first, &second]);
    all.extend(values.iter().map(|value| (*value).to_owned()));
    let launch = Launch::of_chart(&first, &all).await.alone();
    let mut case = plan.start_in(first, launch, turn).await;
    let proxy = Proxy::start().await;
    case.operator = case.operator.beside_by(proxy.kubeconfig(&case.operator.kubeconfig(), &case.cluster.namespace));
    fill(&case, &second, "basket").await;
    (case, second, proxy)
}

#[tokio::test]
async fn where_a_namespace_loses_its_role_others_are_served_on_and_it_again_when_it_has_one() {
    let (mut case, second, proxy) = watching_two(&[]).await;
    let (system, namespace) = (case.cluster.namespace.clone(), second.namespace.clone());
    case.apply_flag_on("checkout", json!({"string": "blue"})).await;
    case.until_ready(Kind::Flag, "checkout").await;
    let first = case.cluster.clone();
    assert_served(&mut case, &second, ("basket", "green")).await;
    let name = format!("{system}:{RELEASE}");
    let rights = ["role", "rolebinding"].map(|kind| {
        let (right, _) = second.plane.kubectl(&["--namespace", &namespace, "get", kind, &name, "--output=json"]);
        serde_json::from_str::<Value>(&right).unwrap()
    });
    take_role(&case.operator, &second, &system).await;
    proxy.interrupt();
    // A watch that goes on is not asked again for its right; these were broken.
    let is_refused = async || case.operator.log().contains("watch failed");
    case.eventually("a watch is refused", is_refused).await;
    assert_served(&mut case, &first, ("checkout", "green")).await;
    case.operator.restart();
    case.eventually("it is ready", async || {
        case.operator.serve("/readyz").await.is_some_and(|(status, _)| status == 200)
    })
    .await;
    assert_served(&mut case, &first, ("checkout", "red")).await;
    for mut right in rights {
        right["metadata"] = json!({"name": name, "namespace": namespace});
        let manifest = case.cluster.plane.directory.join(format!("{namespace}-right.json"));
        std::fs::write(&manifest, right.to_string()).unwrap();
        case.cluster.plane.kubectl(&["apply", "-f", manifest.to_str().unwrap()]);
    }
    until_allowed(&case.operator, &second, true).await;
    assert_served(&mut case, &second, ("basket", "red")).await;
    case.operator.dismiss();
}

#[tokio::test]
async fn an_operator_that_comes_back_to_a_namespace_without_role_finishes_it_as_far_as_it_knows() {
    let (mut case, second, _proxy) = watching_two(&[FINISH]).await;
    let (system, first) = (case.cluster.namespace.clone(), case.cluster.clone());
    assert_served(&mut case, &second, ("basket", "green")).await;
    case.operator.kill();
    take_role(&case.operator, &second, &system).await;
    case.cluster = second;
    delete_namespace(&case).await;
    case.until_gone(Kind::Connection, "flagsmith").await;
    case.until_gone(Kind::Project, "shop").await;
    case.operator.restart();
    until_namespace_gone(&case).await;
    // Nothing led to Flagsmith any more: it was released.
    assert_eq!(case.flagsmith.features("basket").await.len(), 1);
    assert!(case.operator.log().contains("released; its thing in Flagsmith stays"), "{}", case.operator.log());
    case.cluster = first;
    case.operator.dismiss();
}
