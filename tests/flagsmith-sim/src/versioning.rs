//! v2 feature versioning, turned on and off. The real server does it in a task, within a second where it is idle.

use crate::answer::{Answer, Outcome};
use crate::call::Call;
use crate::right::ADMIN;
use crate::route::Route;
use crate::store::Store;
use crate::task::Work;
use jiff::Timestamp;

pub(crate) const ROUTES: &[Route] = &[
    Route::account("/api/v1/environments/{environment}/enable-v2-versioning/", &[("POST", enable)]),
    Route::account("/api/v1/environments/{environment}/disable-v2-versioning/", &[("POST", disable)]),
];

impl Store {
    /// Turns v2 versioning on: every flag gets a first version that holds its states, those that are not newer than `horizon`.
    pub(crate) fn enable_versioning(&mut self, environment: u64, horizon: u64) {
        let Some(found) = self.environments.get_mut(&environment) else {
            return;
        };
        found.versioned = true;
        let project = found.project;
        for feature in self.features_of(project) {
            let version = self.add_version(environment, feature, None);
            version.publish(None);
            let uuid = version.uuid;
            let states = self.states.values_mut();
            let own = states.filter(|state| {
                let is_own = state.environment == environment && state.feature == feature;
                is_own && state.identity().is_none() && state.id <= horizon
            });
            own.for_each(|state| state.version = Some(uuid));
        }
    }

    /// Turns v2 versioning off: the live states stay, as the first of their kind; every version is forgotten.
    fn disable_versioning(&mut self, environment: u64) {
        let live: Vec<_> = self.live_states(environment).into_iter().map(|state| state.id).collect();
        self.states.retain(|id, state| state.environment != environment || live.contains(id));
        self.versions.retain(|_, version| version.environment != environment);
        let now = Timestamp::now();
        for state in self.states.values_mut().filter(|state| state.environment == environment) {
            (state.version, state.live_from, state.number) = (None, Some(now), Some(1));
        }
        if let Some(found) = self.environments.get_mut(&environment) {
            found.versioned = false;
        }
    }
}

fn enable(store: &mut Store, call: &Call) -> Outcome {
    let environment = store.environment(call, ADMIN)?;
    if environment.versioned {
        return Err(Answer::detail(400, "Environment already using v2 versioning."));
    }
    let id = environment.id;
    store.begin_task(id, Work::Version);
    Ok(Answer::empty(202))
}

fn disable(store: &mut Store, call: &Call) -> Outcome {
    let environment = store.environment(call, ADMIN)?;
    if !environment.versioned {
        return Err(Answer::detail(400, "Environment is not using v2 versioning."));
    }
    let id = environment.id;
    store.disable_versioning(id);
    store.touch(id);
    Ok(Answer::empty(202))
}
