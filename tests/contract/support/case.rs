//! One test's own organisation and project, and the road to them.

use std::cell::RefCell;
use std::future::Future;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use flagsmith_operator::flagsmith::{Budget, Capabilities, Client, Connect, Credential, OrganisationId, ProjectId};
use flagsmith_operator::{lease::Leadership, metrics::Metrics};
use flagsmith_sim::{Builder, Sim};
use rand::distr::{Alphanumeric, SampleString};
use secrecy::SecretString;
use serde_json::json;

use super::calls::Calls;
use super::exchange::Exchange;
use super::mask::Mask;
use super::person::Person;
use super::recording::Recording;
use super::server::Server;
use super::tally::{Outcome, Tally};

/// No test is to be held up by its budget.
const UNBOUNDED: u32 = 1_000_000;
const TIMEOUT: Duration = Duration::from_secs(60);

/// Releases before 2.205.
pub const OLDEST: Capabilities = Capabilities { future: false, update_flag: false };
/// Releases before 2.263.
pub const MIDDLE: Capabilities = Capabilities { future: false, update_flag: true };
/// Releases from then on.
pub const NEWEST: Capabilities = Capabilities { future: true, update_flag: true };

/// Starts a [`Case`] that goes by the name of the test that it stands in.
macro_rules! case {
    () => {
        case!(|builder| builder)
    };
    ($shape:expr) => {{
        fn here() {}
        $crate::support::Case::start($crate::support::Test::of(std::any::type_name_of_val(&here)), $shape)
    }};
}

/// Which test it is.
#[derive(Clone, Copy, Debug)]
pub struct Test {
    pub module: &'static str,
    pub name: &'static str,
}

impl Test {
    /// The test in which an item of that path stands: `contract::module::name::…`.
    pub fn of(item: &'static str) -> Self {
        let mut path = item.split("::").skip(1);
        Self { module: path.next().unwrap(), name: path.next().unwrap() }
    }
}

/// A test's own part of a server. It is removed with this.
pub struct Case {
    pub client: Client,
    /// What passes, and on the stand-in the server itself.
    pub sim: Sim,
    pub organisation: OrganisationId,
    pub project: ProjectId,
    /// A text that no other test and no other run has, good for names and in keys.
    pub run: String,
    pub(super) http: reqwest::Client,
    pub(super) server: Server,
    test: Test,
    calls: Calls,
    asides: RefCell<Vec<Range<usize>>>,
    pub(super) people: RefCell<Vec<Person>>,
    ended: bool,
}

impl Case {
    pub async fn start(test: Test, shape: impl FnOnce(Builder) -> Builder) -> Self {
        // Another test may have been first.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let server = Server::chosen();
        let sim = server.start(shape).await;
        let client = client(&sim, Credential::AccountToken(SecretString::from(sim.token())));
        let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).timeout(TIMEOUT);
        let mut case = Self {
            client,
            sim,
            organisation: OrganisationId(0),
            project: ProjectId(0),
            run: format!("contract-{}", Alphanumeric.sample_string(&mut rand::rng(), 12).to_lowercase()),
            http: http.build().unwrap(),
            server,
            test,
            calls: Calls::listen(),
            asides: RefCell::default(),
            people: RefCell::default(),
            ended: false,
        };
        case.seed().await;
        case
    }

    async fn seed(&mut self) {
        let organisation = self.made("/api/v1/organisations/", json!({"name": self.run})).await;
        self.organisation = OrganisationId(organisation["id"].as_i64().unwrap());
        let project = json!({"name": self.run, "organisation": self.organisation});
        self.project = ProjectId(self.made("/api/v1/projects/", project).await["id"].as_i64().unwrap());
        self.asides.borrow_mut().push(0..self.sim.requests().len());
    }

    /// A client of the same server with another credential.
    pub fn client_with(&self, credential: Credential) -> Client {
        client(&self.sim, credential)
    }

    /// Does what is not to be compared: preparations and waits, whose exchanges differ from run to run.
    pub async fn aside<T>(&self, work: impl Future<Output = T>) -> T {
        let from = self.sim.requests().len();
        let outcome = work.await;
        self.asides.borrow_mut().push(from..self.sim.requests().len());
        outcome
    }

    /// Whether the server is a real Flagsmith.
    pub fn is_real(&self) -> bool {
        self.server != Server::StandIn
    }

    /// All that was exchanged so far and is to be compared.
    fn exchanges(&self) -> Vec<Exchange> {
        let mut mask = Mask::of(&self.run, self.organisation);
        let asides = self.asides.borrow();
        let all = self.sim.requests().into_iter().enumerate();
        // What is left out is masked too: it may be where an id is seen first.
        let masked = all.map(|(number, request)| (number, mask.exchange(request)));
        masked.filter(|(number, _)| !asides.iter().any(|aside| aside.contains(number))).map(|(_, one)| one).collect()
    }

    /// Ends a test whose exchanges are the same in each run: records them, or compares them with what is recorded.
    pub fn agrees(mut self) {
        let (exchanges, recording) = (self.exchanges(), Recording::of(self.test.name));
        if self.server.records() {
            recording.write(&exchanges);
        }
        let comparison = recording.compare(&exchanges);
        self.end(if comparison.is_alike() { Outcome::Agrees } else { Outcome::Differs }, comparison.differing());
        assert!(comparison.is_alike(), "{}", comparison.told(self.test, &self.server));
    }

    /// Ends a test whose exchanges differ from run to run, such as a race: nothing is compared.
    pub fn ends_uncompared(mut self) {
        self.end(Outcome::Uncompared, 0);
    }

    fn end(&mut self, outcome: Outcome, differing: usize) {
        self.ended = true;
        let all = self.sim.requests().len();
        let is_compared = matches!(outcome, Outcome::Agrees | Outcome::Differs);
        let compared = if is_compared { self.exchanges().len() } else { 0 };
        Tally { test: self.test, outcome, all, compared, differing, calls: self.calls.all() }.write(&self.server);
    }

    /// What tells why a test failed.
    fn diagnosis(&self) -> String {
        let exchanges = self.exchanges();
        let last = exchanges.iter().skip(exchanges.len().saturating_sub(8)).map(Exchange::brief);
        format!("{}: its last exchanges with {:?}\n{}", self.test.name, self.server.name(), last.collect::<String>())
    }
}

fn client(sim: &Sim, credential: Credential) -> Client {
    let endpoint = sim.api_url().parse().unwrap();
    let budget = Arc::new(Budget::new(UNBOUNDED));
    let (leadership, metrics) = (Leadership::unlimited(), Metrics::default());
    Client::new(Connect { endpoint, credential, budget, timeout: TIMEOUT, leadership, metrics }).unwrap()
}

impl Drop for Case {
    fn drop(&mut self) {
        if let Server::Real { url, token } = &self.server
            && self.organisation != OrganisationId(0)
        {
            let people = self.people.take();
            remove(url.clone(), format!("organisations/{}/", self.organisation), (token.clone(), people));
        }
        if std::thread::panicking() {
            if !self.ended {
                eprintln!("{}", self.diagnosis());
                self.end(Outcome::Failed, 0);
            }
        } else {
            assert!(self.ended, "{} does not say what becomes of its exchanges", self.test.name);
        }
    }
}

/// Deletes an organisation and people, not by way of the stand-in in front: its runtime waits for this.
fn remove(api: String, organisation: String, (token, people): (String, Vec<Person>)) {
    let delete = async move |path: &str, token: &str, body| {
        let request = reqwest::Client::new().delete(format!("{api}{path}")).timeout(TIMEOUT).json(&body);
        let answer = request.header("authorization", format!("Token {token}")).send().await;
        if !answer.is_ok_and(|answer| answer.status().is_success()) {
            eprintln!("{api}{path} could not be deleted");
        }
    };
    let deletion = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            for Person { token, password, .. } in people {
                delete("auth/users/me/", &token, json!({"current_password": password})).await;
            }
            delete(&organisation, &token, json!({})).await;
        });
    });
    let _ = deletion.join();
}
