//! Versions of a flag in an environment with v2 feature versioning: drafts until they are published.

use crate::answer::{Answer, Outcome};
use crate::call::Call;
use crate::environment::Environment;
use crate::feature::Feature;
use crate::field::{self, Field, Kind};
use crate::page;
use crate::right::{UPDATE_FEATURE_STATE, VIEW_ENVIRONMENT, VIEW_PROJECT};
use crate::route::Route;
use crate::store::{Store, stamp};
use crate::version_write;
use jiff::Timestamp;
use serde_json::{Value, json};
use std::cmp::Reverse;
use std::collections::BTreeMap;
use uuid::Uuid;

pub(crate) const ROUTES: &[Route] = &[
    Route::account(
        "/api/v1/environments/{environment:int}/features/{feature:int}/versions/",
        &[("GET", list), ("POST", version_write::create)],
    ),
    Route::account(
        "/api/v1/environments/{environment:int}/features/{feature:int}/versions/{version}/",
        &[("DELETE", delete)],
    ),
    Route::account(
        "/api/v1/environments/{environment:int}/features/{feature:int}/versions/{version}/publish/",
        &[("POST", publish)],
    ),
];

const LIVE_FROM: &[Field] = &[Field::nullable("live_from", Kind::Time)];

#[derive(Debug)]
pub(crate) struct Version {
    pub(crate) uuid: Uuid,
    pub(crate) environment: u64,
    pub(crate) feature: u64,
    pub(crate) created: Timestamp,
    pub(crate) created_by: Option<u64>,
    pub(crate) description: Option<String>,
    pub(crate) live_from: Option<Timestamp>,
    pub(crate) published: bool,
    updated: Timestamp,
    published_by: Option<u64>,
}

impl Version {
    /// Makes it live, from now on unless it says since when.
    pub(crate) fn publish(&mut self, by: Option<u64>) {
        self.updated = Timestamp::now();
        self.live_from = self.live_from.or(Some(self.updated));
        (self.published, self.published_by) = (true, by);
    }

    /// Its author's account is gone: nobody is named any more.
    pub(crate) fn forget(&mut self, user: u64) {
        for by in [&mut self.created_by, &mut self.published_by] {
            *by = by.filter(|by| *by != user);
        }
    }

    fn is_live(&self) -> bool {
        self.published && self.live_from.is_some_and(|from| from <= Timestamp::now())
    }

    pub(crate) fn json(&self) -> Value {
        json!({
            "uuid": self.uuid,
            "created_at": stamp(self.created),
            "updated_at": stamp(self.updated),
            "published": self.published,
            "live_from": self.live_from.map(stamp),
            "is_live": self.is_live(),
            "published_by": self.published_by,
            "created_by": self.created_by,
            "description": self.description,
        })
    }
}

impl Store {
    /// The live version of a flag up to a horizon; none in an unversioned environment.
    pub(crate) fn live_version(&self, environment: u64, feature: u64, horizon: u64) -> Option<Uuid> {
        let until = self.versions.range(..=horizon).map(|(_, version)| version);
        let own = until.filter(|version| version.environment == environment && version.feature == feature);
        let newest = own.filter(|version| version.is_live()).max_by_key(|version| version.live_from);
        newest.map(|version| version.uuid)
    }

    /// The live versions of an environment, by feature.
    pub(crate) fn live_versions(&self, environment: u64) -> BTreeMap<u64, Uuid> {
        let versions = self.versions.values();
        let own = versions.filter(|version| version.environment == environment && version.is_live());
        let mut own: Vec<_> = own.collect();
        own.sort_by_key(|version| version.live_from);
        own.into_iter().map(|version| (version.feature, version.uuid)).collect()
    }

    /// Makes a draft of a version.
    pub(crate) fn add_version(&mut self, environment: u64, feature: u64, by: Option<u64>) -> &mut Version {
        let number = self.next_id();
        let now = Timestamp::now();
        self.versions.entry(number).or_insert_with(|| Version {
            uuid: Uuid::new_v4(),
            environment,
            feature,
            created: now,
            created_by: by,
            description: None,
            live_from: None,
            published: false,
            updated: now,
            published_by: None,
        })
    }

    /// The feature and the environment in the path; the environment is there by its number, not by its key.
    fn versioned_flag(&self, call: &Call) -> Result<(&Environment, &Feature), Answer> {
        let feature = self.features.get(&call.id("feature")).filter(|feature| {
            let project = self.projects.get(&feature.project);
            project.is_some_and(|project| self.may(call.caller, project, VIEW_PROJECT))
        });
        let feature = feature.ok_or_else(|| Answer::no_such("Feature"))?;
        let environment = self.environments.get(&call.id("environment")).filter(|each| {
            let present = !each.deleted && each.project == feature.project;
            present && self.may_in(call.caller, each, VIEW_ENVIRONMENT)
        });
        Ok((environment.ok_or_else(|| Answer::no_such("Environment"))?, feature))
    }

    /// The same for a write; the server breaks where either is missing.
    pub(crate) fn flag_to_version(&self, call: &Call) -> Result<(&Environment, &Feature), Answer> {
        let environment = self.environments.get(&call.id("environment")).filter(|each| !each.deleted);
        let environment = environment.ok_or_else(Answer::server_error)?;
        let feature = self.features.get(&call.id("feature"));
        feature.filter(|feature| feature.project == environment.project).ok_or_else(Answer::server_error)?;
        if !self.may_in(call.caller, environment, UPDATE_FEATURE_STATE) {
            return Err(Answer::denied());
        }
        self.versioned_flag(call)
    }

    /// The version in the path.
    fn version(&mut self, call: &Call) -> Result<(u64, &mut Version), Answer> {
        let uuid = call.param("version").parse::<Uuid>();
        let uuid = uuid.map_err(|_| Answer::detail(404, "Not found."))?;
        let (environment, feature) =
            self.flag_to_version(call).map(|(environment, feature)| (environment.id, feature.id))?;
        let mut versions = self.versions.iter_mut();
        let found = versions.find(|(_, version)| {
            version.uuid == uuid && version.environment == environment && version.feature == feature
        });
        let (number, version) = found.ok_or_else(|| Answer::no_such("EnvironmentFeatureVersion"))?;
        Ok((*number, version))
    }
}

/// Lists the versions of a flag: the drafts, and then the newest first; with `is_live` those that are or ever were, or the rest.
fn list(store: &mut Store, call: &Call) -> Outcome {
    let (environment, feature) = store.versioned_flag(call)?;
    let live = match call.query("is_live").map(str::to_lowercase).as_deref() {
        None => None,
        Some("true" | "1" | "yes" | "on") => Some(true),
        Some("false" | "0" | "no" | "off") => Some(false),
        Some(_) => return Err(Answer::invalid_field("is_live", "Must be a valid boolean.")),
    };
    let versions = store.versions.values();
    let own = versions.filter(|each| each.environment == environment.id && each.feature == feature.id);
    let own = own.filter(|each| live.is_none_or(|live| each.is_live() == live));
    let mut own: Vec<_> = own.collect();
    own.sort_by_key(|version| version.live_from.map(Reverse));
    page::sized(call, own.into_iter().map(Version::json).collect())
}

fn delete(store: &mut Store, call: &Call) -> Outcome {
    let (number, version) = store.version(call)?;
    if version.is_live() {
        return Err(Answer::detail(400, "Cannot delete a live version."));
    }
    let uuid = version.uuid;
    store.versions.remove(&number);
    store.states.retain(|_, state| state.version != Some(uuid));
    Ok(Answer::no_content())
}

fn publish(store: &mut Store, call: &Call) -> Outcome {
    let (_, version) = store.version(call)?;
    let (taken, errors) = field::take(LIVE_FROM, call.object()?, true);
    errors.finish()?;
    if let Ok(from) = field::string(&taken, "live_from").parse() {
        version.live_from = Some(from);
    }
    version.publish(call.caller.user());
    let (environment, live_from) = (version.environment, version.live_from);
    store.touch(environment);
    Ok(Answer::ok(json!({ "live_from": live_from.map(stamp) })))
}
