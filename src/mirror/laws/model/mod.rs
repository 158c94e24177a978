//! A Flagsmith of a few lines with a true history of each cell.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    flagsmith::{
        Document, DocumentFlag, Environment, EnvironmentId, EnvironmentKey, EnvironmentSettings, Error, Feature,
        FeatureId, FeatureName, FlagState, IdentityOverrides, NewEnvironment, NewFeature, ProjectId, Segment,
        SegmentId, ShownSegment, Value,
    },
    mirror::Answer,
    world::{Change, Known, World},
};

mod parts;

/// A cell as the laws look at it: environments one by one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Key {
    Environment(EnvironmentId),
    Definition(FeatureName),
    State(EnvironmentId, FeatureId),
    Identities(EnvironmentId, FeatureId),
    Segment(SegmentId),
}

/// What is there, as a text that no two versions of a cell share; `None` where nothing is.
pub type Version = Option<String>;

#[derive(Debug, Default)]
pub struct Server {
    /// Whether it is one without the route that shows what it wrote.
    pub is_old: bool,
    /// Whether its documents keep to themselves what is served to identities.
    pub is_silent: bool,
    pub environments: Vec<Environment>,
    pub features: Vec<Feature>,
    pub segments: Vec<Segment>,
    pub states: BTreeMap<(EnvironmentId, FeatureId), FlagState>,
    pub identities: BTreeMap<(EnvironmentId, FeatureId), IdentityOverrides>,
    /// All places that there ever were.
    pub places: BTreeSet<(EnvironmentId, FeatureId)>,
    /// All versions of each cell, the first of which is nothing.
    pub history: BTreeMap<Key, Vec<Version>>,
    snapshots: BTreeMap<EnvironmentId, Vec<Document>>,
    made: i64,
}

impl Server {
    /// A number that was never given before; what is written with it is unlike all that was written.
    pub fn fresh(&mut self) -> i64 {
        self.made += 1;
        self.made
    }

    pub fn text(&mut self) -> String {
        self.fresh().to_string()
    }

    pub fn value(&mut self) -> Value {
        Value::Integer(i32::try_from(self.fresh()).unwrap())
    }

    pub fn environment(&self, key: &EnvironmentKey) -> Result<&Environment, Error> {
        self.environments.iter().find(|one| one.key == *key).ok_or(Error::NotFound)
    }

    pub fn document(&self, key: &EnvironmentKey, lag: usize) -> Result<Document, Error> {
        let snapshots = &self.snapshots[&self.environment(key)?.id];
        Ok(snapshots[snapshots.len() - 1 - lag.min(snapshots.len() - 1)].clone())
    }

    pub fn list_states(&self, key: &EnvironmentKey) -> Result<Vec<(FeatureId, FlagState)>, Error> {
        let id = self.environment(key)?.id;
        Ok(self.states.iter().filter(|((at, _), _)| *at == id).map(|((_, id), state)| (*id, state.clone())).collect())
    }

    pub fn state(&self, key: &EnvironmentKey, feature: FeatureId) -> Result<Option<FlagState>, Error> {
        let id = self.environment(key)?.id;
        let is_there = self.features.iter().any(|one| one.id == feature);
        is_there.then(|| self.states.get(&(id, feature)).cloned()).ok_or(Error::NotFound)
    }

    /// What is served to identities there, of all features or of one; a feature that serves them nothing is left out.
    pub fn list_identities(
        &self,
        of: EnvironmentId,
        feature: Option<FeatureId>,
    ) -> BTreeMap<FeatureId, IdentityOverrides> {
        let here = self
            .identities
            .iter()
            .filter(|((at, id), held)| *at == of && feature.is_none_or(|wanted| wanted == *id) && !held.is_empty());
        here.map(|((_, id), held)| (*id, held.clone())).collect()
    }

    /// Somebody deletes a state, which Flagsmith allows.
    pub fn delete_state(&mut self, environment: EnvironmentId, feature: FeatureId) {
        self.states.remove(&(environment, feature));
        self.record();
    }

    /// Carries out a write, of ours or of somebody in Flagsmith's pages.
    pub fn write(&mut self, change: &Change) -> Result<Answer, Error> {
        let answer = match change.clone() {
            Change::ChooseKey | Change::ChooseNextKey | Change::RotateKey(..) => unreachable!("is not among them"),
            Change::CreateEnvironment(new) => Ok(Answer::Environment(self.create_environment(new))),
            Change::UpdateEnvironment { environment, patch } => {
                let found = self.environments.iter_mut().find(|one| one.id == environment);
                found.ok_or(Error::NotFound).map(|found| {
                    found.description = patch.description.or(found.description.take());
                    Answer::Environment(found.clone())
                })
            }
            Change::CreateFeature(new) => self.create_feature(new).map(Answer::Feature),
            Change::UpdateFeature { feature, patch } => {
                let found = self.features.iter_mut().find(|one| one.id == feature.id);
                found.ok_or(Error::NotFound).map(|found| {
                    found.description = patch.description.or(found.description.take());
                    Answer::Feature(found.clone())
                })
            }
            Change::DeleteFeature(feature) => self.delete_feature(feature.id),
            Change::SetState { environment, feature, patch } => {
                let found = self.states.get_mut(&(environment, feature.id));
                let is_old = self.is_old;
                found.ok_or(Error::NotFound).map(|found| {
                    found.value = patch.value.unwrap_or(found.value.clone());
                    if is_old { Answer::Unseen } else { Answer::State(found.clone()) }
                })
            }
            Change::SetIdentity { environment, feature, .. } | Change::RemoveIdentity { environment, feature, .. } => {
                self.write_identity((environment, feature.id), change)
            }
            Change::CreateTag(_)
            | Change::ChangeOwners { .. }
            | Change::CreateVariant { .. }
            | Change::UpdateVariant { .. }
            | Change::DeleteVariant { .. } => unreachable!("is not among what the laws write"),
            Change::RestoreState { environment, feature, state } => self.restore((environment, feature.id), state),
            other => self.write_segment(other),
        };
        self.record();
        answer
    }

    pub fn delete_environment(&mut self, id: EnvironmentId) {
        self.environments.retain(|one| one.id != id);
        self.states.retain(|(at, _), _| *at != id);
        self.identities.retain(|(at, _), _| *at != id);
        self.record();
    }

    fn restore(&mut self, at: (EnvironmentId, FeatureId), state: FlagState) -> Result<Answer, Error> {
        let is_there =
            self.features.iter().any(|one| one.id == at.1) && self.environments.iter().any(|one| one.id == at.0);
        if !is_there || self.states.contains_key(&at) {
            return Err(Error::Refused { status: 400, message: "no".to_owned() });
        }
        self.states.insert(at, state.clone());
        Ok(if self.is_old { Answer::Unseen } else { Answer::State(state) })
    }

    fn create_environment(&mut self, new: NewEnvironment) -> Environment {
        let id = self.fresh();
        let environment = Environment {
            id: EnvironmentId(id),
            uuid: id.to_string().into(),
            name: new.name,
            key: new.key,
            description: new.description,
            project: ProjectId(1),
            use_v2_feature_versioning: true,
            minimum_change_request_approvals: None,
            is_creating: false,
            settings: EnvironmentSettings::default(),
        };
        self.environments.push(environment.clone());
        for feature in self.features.clone() {
            self.begin_state(environment.id, feature.id);
        }
        environment
    }

    fn create_feature(&mut self, new: NewFeature) -> Result<Feature, Error> {
        if self.features.iter().any(|one| one.name == new.name) {
            return Err(Error::Refused { status: 400, message: "taken".to_owned() });
        }
        let id = self.fresh();
        let feature = Feature {
            id: FeatureId(id),
            uuid: id.to_string().into(),
            name: new.name,
            description: new.description,
            created_date: k8s_openapi::jiff::Timestamp::UNIX_EPOCH,
            initial_value: None,
            default_enabled: false,
            is_archived: false,
            is_server_key_only: false,
            tags: BTreeSet::new(),
            owners: Vec::new(),
            group_owners: Vec::new(),
            variants: Vec::new(),
        };
        self.features.push(feature.clone());
        for environment in self.environments.clone() {
            self.begin_state(environment.id, feature.id);
        }
        Ok(feature)
    }

    fn delete_feature(&mut self, id: FeatureId) -> Result<Answer, Error> {
        self.features.iter().find(|one| one.id == id).ok_or(Error::NotFound)?;
        self.features.retain(|one| one.id != id);
        self.states.retain(|(_, at), _| *at != id);
        self.identities.retain(|(_, at), _| *at != id);
        Ok(Answer::Gone)
    }

    fn begin_state(&mut self, environment: EnvironmentId, feature: FeatureId) {
        let value = self.value();
        self.states.insert((environment, feature), FlagState { enabled: false, value, ..FlagState::default() });
        self.identities.insert((environment, feature), IdentityOverrides::new());
        self.places.insert((environment, feature));
    }

    fn now(&self) -> BTreeMap<Key, String> {
        let environments = self.environments.iter().map(|one| (Key::Environment(one.id), format!("{one:?}")));
        let features = self.features.iter().map(|one| (Key::Definition(one.name.clone()), format!("{one:?}")));
        let states = self.states.iter().map(|((at, id), one)| (Key::State(*at, *id), format!("{one:?}")));
        // A feature that is gone is listed as one that serves identities nothing.
        let served = self.identities.iter().filter(|(_, one)| !one.is_empty());
        let identities = served.map(|((at, id), one)| (Key::Identities(*at, *id), format!("{one:?}")));
        let segments = self.segments.iter().map(|one| (Key::Segment(one.id), format!("{one:?}")));
        environments.chain(features).chain(states).chain(identities).chain(segments).collect()
    }

    fn record(&mut self) {
        let mut now = self.now();
        let keys: BTreeSet<_> = now.keys().chain(self.history.keys()).cloned().collect();
        for key in keys {
            let version = now.remove(&key);
            let versions = self.history.entry(key).or_insert_with(|| vec![None]);
            if versions.last() != Some(&version) {
                versions.push(version);
            }
        }
        for environment in &self.environments {
            let flags = self.features.iter().filter_map(|one| {
                let state = self.states.get(&(environment.id, one.id))?.clone();
                Some(DocumentFlag { id: one.id, name: one.name.clone(), state })
            });
            let segments = self.segments.iter().map(|one| {
                let Segment { id, uuid: _, created_at: _, name, description: _, feature: _, rules } = one.clone();
                ShownSegment { id, name, rules }
            });
            let (flags, segments) = (flags.collect(), segments.collect());
            let identities = (!self.is_silent).then(|| self.list_identities(environment.id, None));
            let document = Document { environment: environment.id, flags, segments, identities };
            let snapshots = self.snapshots.entry(environment.id).or_default();
            if snapshots.last() != Some(&document) {
                snapshots.push(document);
            }
        }
    }
}

/// What a world says of a cell, in the words of the history.
pub fn held(world: &World, key: &Key) -> Known<String> {
    fn present(one: Option<String>) -> Known<String> {
        one.map_or(Known::Absent, Known::Present)
    }
    fn same<T: std::fmt::Debug>(known: &Known<&T>) -> Known<String> {
        match known {
            Known::Unknown => Known::Unknown,
            Known::Absent => Known::Absent,
            Known::Present(one) => Known::Present(format!("{one:?}")),
        }
    }
    match key {
        Key::Environment(_) if world.environments_unknown => Known::Unknown,
        Key::Environment(id) => present(world.environment_by_id(*id).map(|one| format!("{one:?}"))),
        Key::Definition(name) => same(&world.definition(name)),
        Key::Segment(_) if world.segments_unknown => Known::Unknown,
        Key::Segment(id) => present(world.segment_by_id(*id).map(|one| format!("{one:?}"))),
        Key::State(environment, feature) => same(&world.state(*environment, *feature)),
        Key::Identities(environment, feature) => match world.identities(*environment, *feature) {
            Known::Present(held) if held.is_empty() => Known::Absent,
            held => same(&held),
        },
    }
}
