//! The operator is killed before and after each single write of a creation, a rotation and a deletion, and another takes over:
//! it comes to the very end to which an undisturbed one comes.
//!
//! The writes are not listed here: an undisturbed run tells them, those to Kubernetes and those to Flagsmith in one order.

mod burnt;
mod picture;
mod scenario;
mod vigil;
mod world;

use std::{
    any::Any,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::Instant,
};

use tokio::{
    runtime::{Builder, Runtime},
    sync::Semaphore,
};

use self::{picture::Picture, scenario::Scenario, world::World};
use crate::support::{Moment, Step, Trap};

/// How many operators are killed at a time, whatever scenarios run; each waits for most of its life.
const AT_ONCE: usize = 6;
static PLACES: Semaphore = Semaphore::const_new(AT_ONCE);

/// How often a run is repeated that did not come to the write which was to be its last: some come only to a slow operator.
const TRIES: usize = 3;

/// What a run came to: its writes, and the world at its end.
struct Run {
    steps: Vec<Step>,
    end: Picture,
    /// Whether its operator ended where it was to.
    is_met: bool,
    /// All that may tell why the end is another.
    told: String,
}

impl Run {
    /// What is wrong with it. A write that is made again, as when the store still shows what is gone, comes by chance: where it did
    /// not, the end alone tells.
    fn failure(&self, undisturbed: &Picture, step: &Step) -> Option<String> {
        let Self { steps, end, is_met, told } = self;
        if !is_met && step.occurrence == 1 {
            return Some(format!("the operator never came to that write, but to: {}", list(steps)));
        }
        let differences = end.differences(undisturbed);
        let is_same = differences.is_empty();
        let text = || format!("it came to another end:\n{}\nby: {}\n{told}", differences.join("\n"), list(steps));
        (!is_same).then(text)
    }
}

async fn run(scenario: Scenario, trap: Option<Trap>) -> Run {
    let _place = PLACES.acquire().await;
    let mut world = World::start(scenario, trap.is_none()).await;
    let steps = world.play(scenario, trap).await;
    world.vigil.assert_never_refused();
    let (end, is_met, told) =
        (Picture::of(&world).await, !world.passage.is_set(), world.case.diagnosis(Some(scenario.about())).await);
    Run { steps, end, is_met, told }
}

/// Plays the scenario as often as it has writes, twice, and compares each end with that of the undisturbed run.
fn is_resumed_wherever_it_is_cut_off(scenario: Scenario, known: &[&str]) {
    let began = Instant::now();
    let undisturbed = runtime().block_on(run(scenario, None));
    for one in known {
        let is_among = undisturbed.steps.iter().any(|step| step.to_string() == *one);
        assert!(is_among, "{one} is not among the writes: {}", list(&undisturbed.steps));
    }
    let traps = undisturbed.steps.iter().flat_map(|step| [Moment::Before, Moment::After].map(|on| (step.clone(), on)));
    let traps: Vec<_> = traps.collect();
    let failures = all(scenario, &traps, &undisturbed.end);
    let (steps, cases) = (undisturbed.steps.len(), traps.len());
    println!("{scenario:?}: {steps} writes, {cases} cases, {:?}: {}", began.elapsed(), list(&undisturbed.steps));
    assert!(failures.is_empty(), "{} of {cases} cases failed\n{}", failures.len(), failures.join("\n\n"));
}

/// Plays all of them, some at a time and each in a thread of its own, so that none waits for what another waits for.
fn all(scenario: Scenario, traps: &[Trap], undisturbed: &Picture) -> Vec<String> {
    let (next, failures) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    let play = || {
        while let Some(trap) = traps.get(next.fetch_add(1, Ordering::Relaxed)) {
            let failure = cut_off(scenario, trap, undisturbed);
            failures.lock().unwrap().extend(failure);
        }
    };
    let name = thread::current().name().unwrap_or_default().to_owned();
    thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            thread::Builder::new().name(name.clone()).spawn_scoped(scope, play).unwrap();
        }
    });
    failures.into_inner().unwrap()
}

/// A run whose operator ends at one write: none where it came to the same end, else what is wrong.
fn cut_off(scenario: Scenario, trap: &Trap, undisturbed: &Picture) -> Option<String> {
    let play = || runtime().block_on(run(scenario, Some(trap.clone())));
    let met = || (1..TRIES).map(|_| play()).find(|run| run.is_met).unwrap_or_else(play);
    let (step, moment) = trap;
    let failure = match catch_unwind(AssertUnwindSafe(met)) {
        Ok(run) => run.failure(undisturbed, step)?,
        Err(panic) => words(panic.as_ref()).to_owned(),
    };
    Some(format!("=== {scenario:?}, killed {moment:?} {step}\n{failure}"))
}

/// One for each world, as each test has it.
fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

fn words(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("it panicked")
}

fn list(steps: &[Step]) -> String {
    let lines: Vec<_> = steps.iter().map(ToString::to_string).collect();
    format!("\n  {}", lines.join("\n  "))
}

#[test]
fn the_creation_of_an_environment_with_its_secret_and_keys() {
    let known = [
        "Kubernetes PATCH flagsmithenvironments staging finalizers",
        "Kubernetes POST secrets flagsmith-environment-…",
        "Kubernetes PATCH flagsmithenvironments staging status",
        "Flagsmith POST /environments/",
        "Flagsmith POST /environments/{key}/api-keys/",
        "Kubernetes PATCH secrets flagsmith-staging",
        "Kubernetes PATCH configmaps flagsmith-staging",
        "Kubernetes PATCH flagsmithenvironments staging status (number 2)",
        "Kubernetes POST events CreateEnvironment of FlagsmithEnvironment",
    ];
    is_resumed_wherever_it_is_cut_off(Scenario::Environment, &known);
}

#[test]
fn the_creation_of_a_copy_of_an_environment() {
    let known = [
        "Kubernetes PATCH flagsmithenvironments staging status",
        "Flagsmith POST /environments/{key}/clone/",
        "Kubernetes PATCH flagsmithenvironments staging status (number 2)",
        "Flagsmith PATCH /environments/{key}/",
        "Kubernetes PATCH secrets flagsmith-staging",
        "Kubernetes PATCH flagsmithenvironments staging status (number 3)",
    ];
    is_resumed_wherever_it_is_cut_off(Scenario::Copy, &known);
}

#[test]
fn the_deletion_of_an_environment() {
    let known = ["Flagsmith DELETE /environments/{key}/", "Kubernetes PATCH flagsmithenvironments staging finalizers"];
    is_resumed_wherever_it_is_cut_off(Scenario::EnvironmentDeletion, &known);
}

#[test]
fn the_rotation_of_a_server_key() {
    let known = [
        "Flagsmith POST /environments/{key}/api-keys/",
        "Kubernetes PATCH secrets flagsmith-production",
        "Kubernetes PATCH flagsmithenvironments production status",
        "Flagsmith DELETE /environments/{key}/api-keys/{id}/",
    ];
    is_resumed_wherever_it_is_cut_off(Scenario::ServerKey, &known);
}

#[test]
fn the_rotation_of_a_client_key() {
    let known = [
        "Kubernetes POST secrets flagsmith-environment-…",
        "Flagsmith PATCH /environments/{key}/",
        "Kubernetes PATCH secrets flagsmith-production",
        "Kubernetes PATCH configmaps flagsmith-production",
        "Kubernetes PATCH flagsmithenvironments production status",
    ];
    is_resumed_wherever_it_is_cut_off(Scenario::ClientKey, &known);
}

const FLAG: [&str; 6] = [
    "Kubernetes PATCH featureflags checkout status",
    "Kubernetes PATCH featureflags checkout finalizers",
    "Flagsmith POST /projects/{id}/features/",
    "Kubernetes PATCH featureflags checkout status (number 2)",
    "Flagsmith PATCH /__future__/environments/{key}/features/{id}/",
    "Kubernetes PATCH featureflags checkout status (number 3)",
];

#[test]
fn the_creation_of_a_flag() {
    is_resumed_wherever_it_is_cut_off(Scenario::Flag { versioned: false }, &FLAG);
}

#[test]
fn the_creation_of_a_flag_with_versions() {
    is_resumed_wherever_it_is_cut_off(Scenario::Flag { versioned: true }, &FLAG);
}

#[test]
fn the_deletion_of_a_flag() {
    let known = ["Flagsmith DELETE /projects/{id}/features/{id}/", "Kubernetes PATCH featureflags checkout finalizers"];
    is_resumed_wherever_it_is_cut_off(Scenario::FlagDeletion, &known);
}
