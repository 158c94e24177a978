//! Objects go in any order, and what they refer to may go first: none is held for ever, and nothing is deleted that should stay.

use flagsmith_sim::Fault;
use futures::future::join_all;
use serde_json::{Value, json};

use crate::support::{Case, Cluster, Kind, Object, Turn, Witness};

const FINALIZER: &str = "flagsmith-operator.dev/finalizer";

fn has_finalizer(object: &Object) -> bool {
    object.at("/metadata/finalizers").as_array().is_some_and(|all| all.contains(&json!(FINALIZER)))
}

fn on(environment: &str) -> Value {
    json!({"environments": [{"name": environment, "enabled": true, "value": {"string": "blue"}}]})
}

/// An environment staging and a flag checkout in it, both made by the operator and to be deleted with their objects.
async fn made(versioned: bool) -> Case {
    let case = Case::plan().versioned(versioned).start().await;
    case.apply_environment("staging", json!({"deletionPolicy": "Delete"})).await;
    case.until_ready(Kind::Environment, "staging").await;
    case.apply_flag("checkout", on("staging")).await;
    case.until_ready(Kind::Flag, "checkout").await;
    case
}

const SECRET: (Kind, &str) = (Kind::Secret, "flagsmith-token");
const CONNECTION: (Kind, &str) = (Kind::Connection, "flagsmith");
const PROJECT: (Kind, &str) = (Kind::Project, "shop");
const ENVIRONMENT: (Kind, &str) = (Kind::Environment, "staging");
const FLAG: (Kind, &str) = (Kind::Flag, "checkout");

/// Each of the five comes first and last, and each pair is met in both orders.
const ORDERS: [[(Kind, &str); 5]; 14] = [
    [SECRET, CONNECTION, PROJECT, ENVIRONMENT, FLAG],
    [SECRET, CONNECTION, PROJECT, FLAG, ENVIRONMENT],
    [CONNECTION, SECRET, PROJECT, ENVIRONMENT, FLAG],
    [CONNECTION, PROJECT, SECRET, FLAG, ENVIRONMENT],
    [PROJECT, CONNECTION, SECRET, ENVIRONMENT, FLAG],
    [PROJECT, SECRET, CONNECTION, FLAG, ENVIRONMENT],
    [PROJECT, ENVIRONMENT, FLAG, CONNECTION, SECRET],
    [ENVIRONMENT, SECRET, CONNECTION, PROJECT, FLAG],
    [ENVIRONMENT, PROJECT, FLAG, SECRET, CONNECTION],
    [ENVIRONMENT, FLAG, PROJECT, CONNECTION, SECRET],
    [FLAG, ENVIRONMENT, PROJECT, CONNECTION, SECRET],
    [FLAG, SECRET, PROJECT, CONNECTION, ENVIRONMENT],
    [FLAG, CONNECTION, ENVIRONMENT, SECRET, PROJECT],
    [SECRET, PROJECT, FLAG, CONNECTION, ENVIRONMENT],
];

/// Deletes all in that order, each once what came before it has had its effect.
async fn delete_in((order, versioned): ([(Kind, &str); 5], bool)) {
    let case = made(versioned).await;
    for (kind, name) in order {
        case.cluster.delete(kind, name).await;
        match kind {
            Kind::Environment | Kind::Flag => {}
            Kind::Secret => {
                let is_noticed = async || {
                    let connection = case.cluster.find(Kind::Connection, "flagsmith").await;
                    connection.is_none_or(|connection| connection.is_waiting("SecretNotFound"))
                };
                case.eventually("the Secret is missed", is_noticed).await;
            }
            _ => case.until_gone(kind, name).await,
        }
    }
    case.until_gone(Kind::Flag, "checkout").await;
    case.until_gone(Kind::Environment, "staging").await;
    let names: Vec<_> = order.iter().map(|(kind, _)| kind.name()).collect();
    assert_eq!(case.flagsmith.features("checkout").await.len(), 0, "{names:?}");
    assert_eq!(case.flagsmith.environments("staging").await.len(), 0, "{names:?}");
    assert_eq!(case.flagsmith.environments("production").await.len(), 1, "{names:?}");
}

#[tokio::test]
async fn whatever_goes_first_all_is_deleted_that_should_be_and_nothing_else() {
    let kinds = (0..).map(|number| number % 2 == 0);
    let orders: Vec<_> = ORDERS.into_iter().zip(kinds).collect();
    for orders in orders.chunks(5) {
        join_all(orders.iter().copied().map(delete_in)).await;
    }
}

#[tokio::test]
async fn a_mirror_of_a_connection_that_is_gone_is_not_read_for_nothing() {
    let case = made(false).await;
    let witness = Witness::call(&case).await;
    case.cluster.delete(Kind::Connection, "flagsmith").await;
    case.until_waiting(Kind::Flag, "checkout", "ConnectionNotReady").await;
    // What was under way when the connection went is over.
    witness.until_polled(&case, 1).await;
    assert_eq!(witness.others(&case, 3).await, Vec::<String>::new());
    // New work does not begin either.
    case.apply_flag("banner", on("production")).await;
    case.until_waiting(Kind::Flag, "banner", "ConnectionNotReady").await;
    case.cluster.delete(Kind::Flag, "checkout").await;
    case.until_gone(Kind::Flag, "checkout").await;
    assert_eq!(case.flagsmith.features("checkout").await.len(), 0);
    assert_eq!(case.flagsmith.features("banner").await.len(), 0);
    assert_eq!(witness.others(&case, 3).await, Vec::<String>::new());
}

#[tokio::test]
async fn nothing_new_begins_in_a_project_or_through_a_connection_that_is_to_go() {
    for (kind, name, reason) in
        [(Kind::Project, "shop", "ProjectNotReady"), (Kind::Connection, "flagsmith", "ConnectionNotReady")]
    {
        let case = made(false).await;
        case.cluster.edit(kind, name, json!({"metadata": {"finalizers": ["example.com/held"]}})).await;
        case.cluster.delete(kind, name).await;
        case.until(kind, name, ("to go", |one| !one.at("/metadata/deletionTimestamp").is_null())).await;
        case.apply_flag("banner", on("production")).await;
        case.until_waiting(Kind::Flag, "banner", reason).await;
        case.cluster.delete(Kind::Flag, "checkout").await;
        case.until_gone(Kind::Flag, "checkout").await;
        assert_eq!(case.flagsmith.features("checkout").await.len(), 0);
        assert_eq!(case.flagsmith.features("banner").await.len(), 0);
        case.cluster.edit(kind, name, json!({"metadata": {"finalizers": null}})).await;
        case.until_gone(kind, name).await;
    }
}

#[tokio::test]
async fn a_flag_that_nothing_leads_from_any_more_says_so_until_the_way_is_there_again_or_it_is_released() {
    for ((kind, name), reason) in
        [(SECRET, "SecretNotFound"), (CONNECTION, "ConnectionNotReady"), (PROJECT, "ProjectNotReady")]
    {
        let mut case = made(false).await;
        case.apply_flag("banner", on("staging")).await;
        case.until_ready(Kind::Flag, "banner").await;
        case.operator.kill();
        case.cluster.delete(kind, name).await;
        case.cluster.delete(Kind::Flag, "checkout").await;
        case.operator.restart();
        let flag = case.until_waiting(Kind::Flag, "checkout", reason).await;
        assert!(flag.message().contains("flagsmith-operator.dev/release=true"), "{}", flag.message());
        assert!(has_finalizer(&flag));
        case.cluster.release(Kind::Flag, "checkout").await;
        case.until_gone(Kind::Flag, "checkout").await;
        assert_eq!(case.flagsmith.features("checkout").await.len(), 1, "{name}");
        // The other one waits, and goes its way when there is one.
        case.cluster.delete(Kind::Flag, "banner").await;
        case.until_waiting(Kind::Flag, "banner", reason).await;
        case.cluster.apply_secret("flagsmith-token", json!({"token": case.sim.token()})).await;
        case.apply_connection(json!({})).await;
        case.apply_project("shop").await;
        case.until_gone(Kind::Flag, "banner").await;
        assert_eq!(case.flagsmith.features("banner").await.len(), 0, "{name}");
    }
}

#[tokio::test]
async fn a_credential_that_is_refused_leads_nowhere_any_more() {
    let case = made(false).await;
    case.cluster.delete(Kind::Connection, "flagsmith").await;
    case.until_waiting(Kind::Flag, "checkout", "ConnectionNotReady").await;
    case.sim.inject(Fault::on("GET", "/api/v1/").status(401));
    case.cluster.delete(Kind::Flag, "checkout").await;
    let is_stranded = |flag: &Object| flag.message().contains("is gone, through which");
    case.until(Kind::Flag, "checkout", ("stranded", is_stranded)).await;
    case.sim.clear_faults();
    case.cluster.release(Kind::Flag, "checkout").await;
    case.until_gone(Kind::Flag, "checkout").await;
    assert_eq!(case.flagsmith.features("checkout").await.len(), 1);
}

#[tokio::test]
async fn what_its_project_does_not_let_in_any_more_is_released_and_its_feature_stays() {
    let turn = Turn::shared().await;
    let (platform, team) = (Cluster::new().await, Cluster::new().await);
    let plan = Case::plan();
    let launch = plan.launch(&platform, &[&platform, &team]).await;
    let mut case = plan.start_in(platform, launch, turn).await;
    case.cluster.edit(Kind::Project, "shop", json!({"spec": {"allowedNamespaces": {"from": "All"}}})).await;
    let mut spec = on("production");
    spec["projectRef"] = json!({"name": "shop", "namespace": case.cluster.namespace});
    team.apply(Kind::Flag, "checkout", spec.clone()).await;
    // One that was let in while the project was there is deleted after it, and one that was shut out is not.
    team.apply(Kind::Flag, "banner", spec).await;
    let platform = std::mem::replace(&mut case.cluster, team.clone());
    case.until_ready(Kind::Flag, "checkout").await;
    case.until_ready(Kind::Flag, "banner").await;
    team.delete(Kind::Flag, "banner").await;
    case.until_gone(Kind::Flag, "banner").await;
    platform.edit(Kind::Project, "shop", json!({"spec": {"allowedNamespaces": {"from": "Same"}}})).await;
    case.until_stalled(Kind::Flag, "checkout", "NotPermitted").await;
    team.delete(Kind::Flag, "checkout").await;
    case.until_gone(Kind::Flag, "checkout").await;
    case.cluster = platform;
    assert_eq!(case.flagsmith.features("banner").await.len(), 0);
    assert_eq!(case.flagsmith.features("checkout").await.len(), 1);
}

#[tokio::test]
async fn what_was_never_recorded_is_never_deleted() {
    let case = Case::start().await;
    case.flagsmith.add_feature(json!({"name": "checkout"})).await;
    let mut spec = on("nowhere");
    spec["deletionPolicy"] = json!("Delete");
    spec["projectRef"] = json!({"name": "nobody"});
    case.cluster.apply(Kind::Flag, "checkout", spec).await;
    let flag = case.until_waiting(Kind::Flag, "checkout", "ProjectNotReady").await;
    assert!(has_finalizer(&flag));
    case.cluster.delete(Kind::Flag, "checkout").await;
    case.until_gone(Kind::Flag, "checkout").await;
    assert_eq!(case.flagsmith.features("checkout").await.len(), 1);
}

#[tokio::test]
async fn what_nobody_knows_the_place_of_keeps_nothing_of_another_project() {
    let case = made(false).await;
    // Neither of the two projects is found anywhere, and each has objects of the same names.
    case.cluster.apply(Kind::Project, "other", json!({"connectionRef": {"name": "nobody"}})).await;
    for (kind, name, mut spec) in [(Kind::Flag, "rival", on("staging")), (Kind::Environment, "stranger", json!({}))] {
        spec["projectRef"] = json!({"name": "other"});
        spec["name"] = json!(if kind == Kind::Flag { "checkout" } else { "staging" });
        case.cluster.apply(kind, name, spec).await;
        case.until_waiting(kind, name, "ConnectionNotReady").await;
    }
    case.cluster.delete(Kind::Project, "shop").await;
    case.until_gone(Kind::Project, "shop").await;
    let nowhere = json!({"connectionRef": {"name": "flagsmith"}, "name": "nowhere", "adoptionPolicy": "AdoptOnly"});
    case.cluster.apply(Kind::Project, "shop", nowhere).await;
    case.until_waiting(Kind::Project, "shop", "ProjectNotFound").await;
    for (kind, name) in [FLAG, ENVIRONMENT] {
        case.cluster.delete(kind, name).await;
        case.until_gone(kind, name).await;
    }
    assert_eq!(case.flagsmith.features("checkout").await.len(), 0);
    assert_eq!(case.flagsmith.environments("staging").await.len(), 0);
}

#[tokio::test]
async fn an_annotation_lets_go_of_an_object_that_is_there() {
    let case = made(false).await;
    for (kind, name) in [FLAG, ENVIRONMENT] {
        assert!(has_finalizer(&case.cluster.read(kind, name).await));
        case.cluster.release(kind, name).await;
        case.until(kind, name, ("without a finalizer", |one| !has_finalizer(one))).await;
    }
}
