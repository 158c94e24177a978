//! The operator is killed before and after each single write of a creation, a rotation and a deletion, and another takes over:
//! it comes to the very end to which an undisturbed one comes.
//!
//! The writes are not listed here: an undisturbed run tells them, those to Kubernetes and those to Flagsmith in one order.

mod burnt;
mod picture;
mod scenario;
mod vigil;

use std::{
    any::Any,
    collections::BTreeMap,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use tokio::{
    runtime::{Builder, Runtime},
    sync::Semaphore,
};

use self::{picture::Picture, scenario::Scenario, vigil::Vigil};
use crate::support::{BETWEEN_LOOKS, Case, Cluster, Kind, Moment, Passage, Step, Trap, Turn};

/// How many operators are killed at a time, whatever scenarios run; each waits for most of its life.
const AT_ONCE: usize = 6;
static PLACES: Semaphore = Semaphore::const_new(AT_ONCE);
/// Longer than a test's patience: how often an operator polls depends on how fast it is served.
const UNTIL_POLLED: Duration = Duration::from_secs(150);

/// A world whose operator reaches both servers by way of a passage.
pub struct World {
    pub case: Case,
    pub passage: Passage,
    vigil: Vigil,
}

impl World {
    /// One in which the scenario may begin. Where its writes are counted, none is left of what came before it.
    async fn start(scenario: Scenario, is_counted: bool) -> Self {
        let turn = Turn::shared().await;
        let cluster = Cluster::new().await;
        let plan = scenario.plan().unconnected();
        let launch = plan.launch(&cluster, &[&cluster]).await;
        let passage = Passage::start(launch.kubeconfig()).await;
        let kubeconfig = passage.kubeconfig(launch.kubeconfig());
        let case = plan.start_in(cluster, launch.by(kubeconfig), turn).await;
        let address = passage.api_url(case.sim.url());
        case.apply_connection(json!({"apiURL": address})).await;
        case.apply_project("shop").await;
        case.until(Kind::Project, "shop", ("ready and fresh", |one| one.is_ready() && one.holds("Fresh"))).await;
        let world = Self { case, passage, vigil: Vigil::default() };
        scenario.prepare(&world.case).await;
        if is_counted || scenario.has_a_past() {
            world.until_silent().await;
        }
        if scenario.is_watched() {
            world.vigil.begin(&world);
        }
        world
    }

    /// Waits until two polls went by and nothing was written.
    async fn until_silent(&self) {
        let mut written = usize::MAX;
        while self.passage.steps().len() != written {
            written = self.passage.steps().len();
            let asked = self.case.sim.requests().len();
            let polled = async {
                while self.polls(asked) < 2 {
                    tokio::time::sleep(BETWEEN_LOOKS).await;
                }
            };
            let is_polled = tokio::time::timeout(UNTIL_POLLED, polled).await.is_ok();
            assert!(is_polled, "two polls were to go by\n{}", self.case.diagnosis(None).await);
        }
    }

    /// How often the environments were read since so many requests were made.
    fn polls(&self, asked: usize) -> usize {
        let mut times: BTreeMap<String, usize> = BTreeMap::new();
        let reads = self.case.sim.requests().into_iter().skip(asked);
        for read in reads.filter(|request| request.path.ends_with("/document/")) {
            *times.entry(read.path).or_default() += 1;
        }
        times.into_values().max().unwrap_or_default()
    }

    /// Has the scenario played, with an end of the operator in the midst of it where there is to be one, and gives the writes.
    async fn play(&mut self, scenario: Scenario, trap: Option<Trap>) -> Vec<Step> {
        self.passage.count(trap);
        loop {
            let whole = async {
                scenario.act(&self.case).await;
                self.until_silent().await;
            };
            tokio::select! {
                biased;
                () = self.passage.sprung() => {}
                () = whole => break,
            }
            self.case.operator.kill();
            self.passage.reopen().await;
            self.case.operator.restart();
        }
        self.passage.steps()
    }
}

/// What a run came to: its writes, and the world at its end.
struct Run {
    steps: Vec<Step>,
    end: Picture,
}

async fn run(scenario: Scenario, trap: Option<Trap>) -> Run {
    let _place = PLACES.acquire().await;
    let mut world = World::start(scenario, trap.is_none()).await;
    let steps = world.play(scenario, trap).await;
    assert!(!world.passage.is_set(), "the operator never came to that write, but to: {}", list(&steps));
    world.vigil.assert_never_refused();
    let end = Picture::of(&world).await;
    Run { steps, end }
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
fn cut_off(scenario: Scenario, (step, moment): &Trap, undisturbed: &Picture) -> Option<String> {
    let played = AssertUnwindSafe(|| runtime().block_on(run(scenario, Some((step.clone(), *moment)))));
    let failure = match catch_unwind(played) {
        Ok(run) if run.end.differences(undisturbed).is_empty() => return None,
        Ok(run) => {
            let differences = run.end.differences(undisturbed).join("\n");
            format!("it came to another end:\n{differences}\nby: {}", list(&run.steps))
        }
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
    steps.iter().map(|step| format!("\n  {step}")).collect()
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

/// What a world is described by: texts by the names of things.
type Described = BTreeMap<String, Value>;
