//! Versions of a flag in an environment with v2 feature versioning.

use crate::answer::{Answer, Outcome};
use crate::call::Call;
use crate::page;
use crate::route::Route;
use crate::store::{Store, stamp};
use jiff::Timestamp;
use serde_json::{Value, json};
use uuid::Uuid;

pub(crate) const ROUTES: &[Route] =
    &[Route::account("/api/v1/environments/{environment}/features/{feature}/versions/", &[("GET", list)])];

#[derive(Debug)]
pub(crate) struct Version {
    pub(crate) uuid: Uuid,
    pub(crate) environment: u64,
    pub(crate) feature: u64,
    pub(crate) created: Timestamp,
    published_by: Option<u64>,
}

impl Version {
    fn json(&self) -> Value {
        json!({
            "uuid": self.uuid,
            "created_at": stamp(self.created),
            "updated_at": stamp(self.created),
            "published": true,
            "live_from": stamp(self.created),
            "is_live": true,
            "published_by": self.published_by,
            "created_by": null,
            "description": null,
        })
    }
}

impl Store {
    /// The newest version of a flag up to a horizon; none in an unversioned environment.
    pub(crate) fn newest_version(&self, environment: u64, feature: u64, horizon: u64) -> Option<Uuid> {
        let until = self.versions.range(..=horizon).rev();
        let mut own = until.filter(|(_, version)| version.environment == environment && version.feature == feature);
        own.next().map(|(_, version)| version.uuid)
    }

    /// Publishes a version, and gives its uuid.
    pub(crate) fn add_version(&mut self, environment: u64, feature: u64, by: Option<u64>) -> Uuid {
        let number = self.next_id();
        let uuid = Uuid::new_v4();
        let version = Version { uuid, environment, feature, created: Timestamp::now(), published_by: by };
        self.versions.insert(number, version);
        uuid
    }

    /// Turns v2 versioning on: every flag gets a first version that holds its states.
    pub(crate) fn enable_versioning(&mut self, environment: u64) {
        let Some(found) = self.environments.get_mut(&environment) else {
            return;
        };
        found.versioned = true;
        let project = found.project;
        for feature in self.features_of(project) {
            let version = self.add_version(environment, feature, None);
            let states = self.states.values_mut();
            let own = states.filter(|state| {
                state.environment == environment && state.feature == feature && state.identity().is_none()
            });
            own.for_each(|state| state.version = Some(version));
        }
    }
}

/// Lists the versions of a flag, the newest first. The environment in this path is its number, not its key.
fn list(store: &mut Store, call: &Call) -> Outcome {
    let features = &store.features;
    let feature = features
        .get(&call.id("feature"))
        .filter(|feature| store.sees_project(call, feature.project))
        .ok_or_else(|| Answer::no_such("Feature"))?;
    let environment = store
        .environments
        .get(&call.id("environment"))
        .filter(|each| !each.deleted && each.project == feature.project)
        .ok_or_else(|| Answer::no_such("Environment"))?;
    let versions = store.versions.values().rev();
    let own = versions.filter(|each| each.environment == environment.id && each.feature == feature.id);
    page::sized(call, own.map(Version::json).collect())
}
