//! An object that is to go and is held costs nothing while it is: no request but the polls of its project, no status, no Event.

use serde_json::{Value, json};

use crate::support::{Case, Kind, Witness};

const DEFAULT_BUDGET: i64 = 500;
const PLENTY: i64 = 100_000;

/// Whether the object of their project is there, whose mirror is then polled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shop {
    Polled,
    Gone,
}

/// An environment that was there before, and a segment that somebody's flag has an override for: both to be deleted.
async fn populate(budget: i64) -> (Case, Witness) {
    let case = Case::plan().unconnected().start().await;
    case.flagsmith.add_feature(json!({"name": "theirs"})).await;
    case.apply_connection(json!({"requestsPerMinute": budget})).await;
    case.apply_project("shop").await;
    case.apply_environment("production", json!({"deletionPolicy": "Delete"})).await;
    let plan = json!({"property": "plan", "operator": "EQUAL", "value": "beta"});
    case.apply_segment("beta", json!({"rules": [{"type": "ALL", "conditions": [plan]}]})).await;
    case.apply_flag_on("checkout", json!({"string": "blue"})).await;
    case.until_ready(Kind::Environment, "production").await;
    case.until_ready(Kind::Segment, "beta").await;
    case.until_ready(Kind::Flag, "checkout").await;
    let beta = case.flagsmith.segment("beta").await;
    case.flagsmith.override_for(&case.production, "theirs", &[beta]).await;
    case.until_documents_read(2).await;
    let witness = Witness::call(&case).await;
    (case, witness)
}

/// Each object as it is, and the Events that were told.
async fn snapshot(case: &Case) -> Vec<String> {
    let mut seen = Vec::new();
    for kind in Kind::OURS.into_iter().chain([Kind::Event]) {
        for object in case.cluster.list(kind).await {
            let (name, version) = (object.at("/metadata/name"), object.resource_version());
            seen.push(format!("{} {name} {version}: {}", kind.name(), object.message()));
        }
    }
    seen
}

/// Nothing is asked but by polls, and nothing is written, as long as nothing happens. One listing may be due meanwhile.
async fn assert_silent(case: &Case, witness: &Witness, is_listed: bool) {
    // What was under way is over.
    witness.until_polled(case, 2).await;
    let before = snapshot(case).await;
    let mut asked = witness.others(case, 4).await;
    assert_eq!(snapshot(case).await, before, "nothing is written\n{}", case.operator.log());
    if is_listed {
        // Each list is read once.
        asked.retain(|one| !one.ends_with("/document/"));
        asked.sort();
        let each = asked.len();
        asked.dedup();
        assert!(each == asked.len() && each < 8, "only polls ask\n{asked:#?}");
        asked.retain(|one| !one.starts_with("GET ") || one.contains("/projects/?"));
    }
    assert_eq!(asked, Vec::<String>::new());
}

async fn empty(case: &Case, shop: Shop, objects: &[(Kind, &str)]) {
    if shop == Shop::Gone {
        case.cluster.delete(Kind::Project, "shop").await;
        case.until_gone(Kind::Project, "shop").await;
        // The operator knows.
        for (kind, name) in objects {
            case.until_waiting(*kind, name, "ProjectNotReady").await;
        }
    }
    for (kind, name) in objects {
        case.cluster.delete(*kind, name).await;
    }
}

/// What is held, each by itself: two that are read at the same time may hush each other.
#[derive(Clone, Copy, Debug)]
enum Held {
    Environment,
    Segment,
    Flag,
    /// An environment waits for the flag.
    FlagAndEnvironment,
}

impl Held {
    fn objects(self) -> &'static [(Kind, &'static str)] {
        match self {
            Self::Environment => &[ENVIRONMENT],
            Self::Segment => &[(Kind::Segment, "beta")],
            Self::Flag => &[FLAG],
            Self::FlagAndEnvironment => &[FLAG, ENVIRONMENT],
        }
    }
}

const ENVIRONMENT: (Kind, &str) = (Kind::Environment, "production");
const FLAG: (Kind, &str) = (Kind::Flag, "checkout");

async fn is_held_in_silence(held: Held, shop: Shop, budget: i64) {
    let (case, witness) = populate(budget).await;
    case.sim.inject(flagsmith_sim::Fault::on("DELETE", "/features/").status(403));
    empty(&case, shop, held.objects()).await;
    match held {
        Held::Environment => drop(case.until_stalled(Kind::Environment, "production", "ConfirmationRequired").await),
        Held::Segment => drop(case.until_waiting(Kind::Segment, "beta", "SegmentInUse").await),
        Held::Flag => drop(case.until_stalled(Kind::Flag, "checkout", "Forbidden").await),
        Held::FlagAndEnvironment => {
            case.until_stalled(Kind::Flag, "checkout", "Forbidden").await;
            case.until_waiting(Kind::Environment, "production", "Progressing").await;
        }
    }
    // What waits for others is looked at each minute, which may be over by now.
    let is_listed = shop == Shop::Polled || matches!(held, Held::Segment);
    assert_silent(&case, &witness, is_listed).await;
    case.sim.clear_faults();
}

#[tokio::test]
async fn an_environment_that_needs_a_word_is_held_in_silence_while_its_project_is_there() {
    is_held_in_silence(Held::Environment, Shop::Polled, PLENTY).await;
}

#[tokio::test]
async fn an_environment_that_needs_a_word_is_held_in_silence_once_its_project_is_gone() {
    is_held_in_silence(Held::Environment, Shop::Gone, PLENTY).await;
}

#[tokio::test]
async fn a_segment_in_use_is_held_in_silence_while_its_project_is_there() {
    is_held_in_silence(Held::Segment, Shop::Polled, PLENTY).await;
}

#[tokio::test]
async fn a_segment_in_use_is_held_in_silence_once_its_project_is_gone() {
    is_held_in_silence(Held::Segment, Shop::Gone, PLENTY).await;
}

#[tokio::test]
async fn a_flag_that_may_not_be_deleted_is_held_in_silence_while_its_project_is_there() {
    is_held_in_silence(Held::Flag, Shop::Polled, PLENTY).await;
}

#[tokio::test]
async fn a_flag_that_may_not_be_deleted_is_held_in_silence_once_its_project_is_gone() {
    is_held_in_silence(Held::Flag, Shop::Gone, PLENTY).await;
}

#[tokio::test]
async fn an_environment_waits_in_silence_for_a_flag_that_may_not_be_deleted() {
    is_held_in_silence(Held::FlagAndEnvironment, Shop::Polled, PLENTY).await;
    is_held_in_silence(Held::FlagAndEnvironment, Shop::Gone, PLENTY).await;
}

#[tokio::test]
async fn what_is_held_spends_no_budget_that_others_need() {
    is_held_in_silence(Held::Flag, Shop::Gone, DEFAULT_BUDGET).await;
}

fn to_be_deleted() -> Value {
    json!({"spec": {"deletionPolicy": "Delete"}})
}

#[tokio::test]
async fn a_project_that_needs_a_word_is_held_in_silence() {
    let (case, witness) = populate(PLENTY).await;
    case.cluster.edit(Kind::Project, "shop", to_be_deleted()).await;
    case.until_ready(Kind::Project, "shop").await;
    case.cluster.delete(Kind::Project, "shop").await;
    case.until_stalled(Kind::Project, "shop", "ConfirmationRequired").await;
    assert_silent(&case, &witness, true).await;
}

#[tokio::test]
async fn a_project_that_needs_a_word_is_held_in_silence_once_its_connection_is_gone() {
    let (case, witness) = populate(PLENTY).await;
    case.cluster.edit(Kind::Project, "shop", to_be_deleted()).await;
    case.until_ready(Kind::Project, "shop").await;
    case.cluster.delete(Kind::Connection, "flagsmith").await;
    case.until_waiting(Kind::Project, "shop", "ConnectionNotReady").await;
    case.cluster.delete(Kind::Project, "shop").await;
    case.until_stalled(Kind::Project, "shop", "ConfirmationRequired").await;
    assert_silent(&case, &witness, false).await;
}
