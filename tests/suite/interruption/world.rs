//! A world in which an operator may be cut off at any write.

use std::{collections::BTreeMap, time::Duration};

use serde_json::json;

use super::{scenario::Scenario, vigil::Vigil};
use crate::support::{Case, Cluster, Kind, Passage, Step, Trap, Turn, comes_to_hold};

/// Longer than a test's patience: how often an operator polls depends on how fast it is served.
const UNTIL_POLLED: Duration = Duration::from_secs(150);

/// A world whose operator reaches both servers by way of a passage.
pub struct World {
    pub case: Case,
    pub passage: Passage,
    pub vigil: Vigil,
}

impl World {
    /// One in which the scenario may begin. Where its writes are counted, none is left of what came before it.
    pub async fn start(scenario: Scenario, is_counted: bool) -> Self {
        let turn = Turn::shared().await;
        let cluster = Cluster::new().await;
        let plan = scenario.plan().unconnected();
        let launch = plan.launch(&cluster, &[&cluster]).await;
        let passage = Passage::start(launch.kubeconfig()).await;
        let kubeconfig = passage.kubeconfig(launch.kubeconfig());
        let case = plan.start_in(cluster, launch.by(kubeconfig), turn).await;
        // What SDKs are served is no part of what is written, and comes in its own time.
        let address = passage.api_url(case.sim.url());
        case.apply_connection(json!({"apiURL": address, "verify": "Never"})).await;
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
            let is_polled = comes_to_hold(UNTIL_POLLED, async || self.polls(asked) >= 2).await;
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
    pub async fn play(&mut self, scenario: Scenario, trap: Option<Trap>) -> Vec<Step> {
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
