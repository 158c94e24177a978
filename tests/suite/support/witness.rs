//! A project through a connection of its own, which is polled on: by its polls it is told how long another is silent.

use flagsmith_sim::Request;
use serde_json::json;

use super::{
    case::Case,
    flagsmith::{id, key},
    object::Kind,
};

/// The project, and the environment whose document is read at each poll.
pub struct Witness {
    project: u64,
    environment: String,
}

impl Witness {
    /// One that is ready.
    pub async fn call(case: &Case) -> Self {
        let project = id(&case.flagsmith.add_project("witness").await);
        let environment =
            case.flagsmith.post("/api/v1/environments/", json!({"name": "witness", "project": project})).await;
        case.cluster.apply(Kind::Connection, "witness", case.connection_spec(json!({}))).await;
        case.cluster.apply(Kind::Project, "witness", json!({"connectionRef": {"name": "witness"}})).await;
        let witness = Self { project, environment: key(&environment) };
        case.until_ready(Kind::Project, "witness").await;
        witness.until_polled(case, 1).await;
        witness
    }

    /// Waits until so many further polls of it began.
    pub async fn until_polled(&self, case: &Case, further: usize) {
        let polls = || case.sim.requests().iter().filter(|one| self.is_poll(one)).count();
        let before = polls();
        // The first may have begun before. Each has its own deadline: a slow server is read more seldom.
        for more in 0..=further {
            case.eventually("the witness is polled", async || polls() > before + more).await;
        }
    }

    /// What is asked for others while it is polled so many times.
    pub async fn others(&self, case: &Case, polls: usize) -> Vec<String> {
        case.sim.clear_requests();
        self.until_polled(case, polls).await;
        let others = case.sim.requests().into_iter().filter(|one| !self.is_its(&one.path));
        others.map(|one| format!("{} {}", one.method, one.path)).collect()
    }

    fn is_poll(&self, request: &Request) -> bool {
        request.path.ends_with(&format!("/{}/document/", self.environment))
    }

    fn is_its(&self, path: &str) -> bool {
        let project = self.project;
        path.contains(&self.environment)
            || path.contains(&format!("/projects/{project}/"))
            || path.ends_with(&format!("?project={project}"))
    }
}
