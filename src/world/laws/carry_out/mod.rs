//! What Flagsmith does for each change, on a world that is wholly known, beside what is known of it.

pub mod definition;

use std::collections::BTreeMap;

use crate::{
    flagsmith::{
        Environment, EnvironmentId, EnvironmentSettings, Feature, FeatureId, FeatureName, FlagState, IdentityOverride,
        IdentityOverrides, NewEnvironment, NewFeature, Percentage, StatePatch, Value,
    },
    world::{Cell, Change, FlagRef, Known, Plan, World},
};

/// The name of the environments whose flags are changed through change requests only.
pub const ASKS_FOR_APPROVALS: &str = "test";

#[derive(Clone, Debug)]
pub struct Project {
    /// How it is.
    pub truth: World,
    /// What is known of it.
    pub known: World,
    pub made: i64,
}

impl Project {
    /// Some of what is known is known no longer.
    pub fn forget(&mut self, which: &[bool]) {
        let mut which = which.iter().copied().chain(std::iter::repeat(false));
        self.known.environments_unknown = which.next().unwrap();
        for held in self.known.definitions.values_mut() {
            if which.next().unwrap() {
                *held = Known::Unknown;
            }
        }
        let mut places: Vec<_> = self.truth.states.keys().copied().collect();
        places.sort_unstable();
        for place in places {
            if which.next().unwrap() {
                self.known.states.remove(&place);
            }
            if which.next().unwrap() {
                self.known.identities.remove(&place);
            }
        }
        self.known.segments_unknown = which.next().unwrap();
    }

    /// Reads what is unknown, and writes.
    pub fn carry_out(&mut self, plan: &Plan) {
        for cell in &plan.unknown {
            self.look(cell);
        }
        for change in &plan.changes {
            self.write(change);
            self.look(&change.cell());
        }
    }

    fn look(&mut self, cell: &Cell) {
        match cell {
            Cell::Project => {}
            Cell::Environments => {
                self.known.environments = self.truth.environments.clone();
                self.known.environments_unknown = false;
            }
            Cell::Definition(name) => match self.truth.definitions.get(name) {
                Some(held) => drop(self.known.definitions.insert(name.clone(), held.clone())),
                None => drop(self.known.definitions.remove(name)),
            },
            Cell::Segments => {
                self.known.segments = self.truth.segments.clone();
                self.known.segments_unknown = false;
            }
            Cell::Tags => {
                self.known.tags = self.truth.tags.clone();
                self.known.tags_unknown = false;
            }
            Cell::People => self.known.people = self.truth.people.clone(),
            Cell::Identities(environment, feature) => {
                let place = (*environment, *feature);
                let identities = self.truth.identities.get(&place).cloned().unwrap_or(Known::Absent);
                self.known.identities.insert(place, identities);
            }
            Cell::State(environment, feature) => {
                let place = (*environment, *feature);
                let state = self.truth.states.get(&place).cloned().unwrap_or(Known::Absent);
                self.known.states.insert(place, state);
            }
        }
    }

    fn write(&mut self, change: &Change) {
        match change.clone() {
            Change::ChooseKey | Change::ChooseNextKey => {}
            Change::RotateKey(id, key) => self.rotate_key(id, key),
            Change::CreateEnvironment(new) => self.create_environment(new),
            Change::DeleteEnvironment(_) => unreachable!("has laws of its own"),
            Change::UpdateEnvironment { environment, patch } => self.update_environment(environment, patch),
            Change::MakeEnvironment(step) => self.switch(&step),
            Change::Project(_) | Change::CreateServerKey(_) | Change::DeleteServerKey(_) => {
                unreachable!("nobody wishes for it")
            }
            Change::CreateFeature(new) => self.create_feature(new),
            Change::UpdateFeature { feature, patch } => {
                let found = self.feature(&feature.name);
                found.description = patch.description.or(found.description.take());
                found.is_archived = patch.is_archived.unwrap_or(found.is_archived);
                found.is_server_key_only = patch.is_server_key_only.unwrap_or(found.is_server_key_only);
                found.tags = patch.tags.unwrap_or(found.tags.clone());
            }
            change @ (Change::CreateTag(_)
            | Change::ChangeOwners { .. }
            | Change::CreateVariant { .. }
            | Change::UpdateVariant { .. }
            | Change::DeleteVariant { .. }) => self.write_part(change),
            Change::DeleteFeature(feature) => {
                assert!(self.truth.definitions.remove(&feature.name).is_some(), "{feature:?} is deleted twice");
                self.truth.states.retain(|(_, id), _| *id != feature.id);
                self.known.states.retain(|(_, id), _| *id != feature.id);
                self.truth.identities.retain(|(_, id), _| *id != feature.id);
                self.known.identities.retain(|(_, id), _| *id != feature.id);
            }
            Change::SetState { environment, feature, patch } => self.write_state((environment, feature.id), &patch),
            Change::SetIdentity { environment, feature, .. } | Change::RemoveIdentity { environment, feature, .. } => {
                self.write_identity((environment, feature.id), change);
            }
            Change::RestoreState { environment, feature, state } => self.restore((environment, &feature), state),
            Change::CreateSegment(_) | Change::UpdateSegment { .. } | Change::DeleteSegment(_) => {
                unreachable!("segments have laws of their own")
            }
        }
    }

    fn restore(&mut self, (environment, feature): (EnvironmentId, &FlagRef), state: FlagState) {
        let weights = start(self.feature(&feature.name)).weights;
        let state = FlagState { weights, ..state };
        let before = self.truth.states.insert((environment, feature.id), Known::Present(state));
        assert_eq!(before, Some(Known::Absent), "{feature:?} is restored where it is");
    }

    fn write_state(&mut self, place: (EnvironmentId, FeatureId), patch: &StatePatch) {
        let held = self.truth.states.get_mut(&place).unwrap();
        let Known::Present(state) = held else { unreachable!("the truth is known") };
        *state = patch.applied(state);
        for weights in state.overrides.iter().map(|one| &one.weights).chain([&state.weights]) {
            assert!(Percentage::sum(weights.values().copied()) <= Percentage::WHOLE, "{state:?} breaks all");
        }
    }

    fn write_identity(&mut self, place: (EnvironmentId, FeatureId), change: &Change) {
        let held = self.identities(place);
        match change.clone() {
            Change::SetIdentity { identity, patch, .. } => {
                let live = held.get(&identity).cloned();
                assert!(live.is_some() || patch.enabled.is_some() && patch.value.is_some(), "{patch:?} is no whole");
                let live = live.unwrap_or_default();
                let enabled = patch.enabled.unwrap_or(live.enabled);
                held.insert(identity, IdentityOverride { enabled, value: patch.value.unwrap_or(live.value) });
            }
            Change::RemoveIdentity { identity, .. } => {
                assert!(held.remove(&identity).is_some(), "{identity} is removed twice");
            }
            other => unreachable!("{other:?}"),
        }
    }

    fn fresh(&mut self) -> i64 {
        self.made += 1;
        self.made
    }

    pub fn create_environment(&mut self, new: NewEnvironment) {
        let NewEnvironment { name, project, key, description, settings } = new;
        let number = self.fresh();
        let id = EnvironmentId(number);
        let uuid = number.to_string().into();
        let asks_for_approvals = name.as_str() == ASKS_FOR_APPROVALS;
        let environment = Environment {
            id,
            uuid,
            name,
            key,
            description,
            project,
            use_v2_feature_versioning: false,
            minimum_change_request_approvals: asks_for_approvals.then_some(1),
            is_creating: false,
            settings: EnvironmentSettings::default(),
        };
        let mut environment = environment;
        definition::set(&mut environment.settings, settings);
        self.truth.environments.push(environment);
        for feature in self.features() {
            self.truth.states.insert((id, feature.id), Known::Present(start(&feature)));
            self.truth.identities.insert((id, feature.id), Known::Present(IdentityOverrides::new()));
        }
    }

    pub fn create_feature(&mut self, new: NewFeature) {
        let NewFeature {
            name,
            description,
            default_enabled,
            initial_value,
            tags,
            is_server_key_only,
            is_archived,
            owners,
            group_owners,
        } = new;
        assert!(!self.truth.definitions.contains_key(&name), "{name} is created twice");
        let number = self.fresh();
        let feature = Feature {
            id: FeatureId(number),
            uuid: number.to_string().into(),
            name: name.clone(),
            description,
            created_date: k8s_openapi::jiff::Timestamp::UNIX_EPOCH,
            initial_value,
            default_enabled: default_enabled.unwrap_or_default(),
            is_archived: is_archived.unwrap_or_default(),
            is_server_key_only: is_server_key_only.unwrap_or_default(),
            tags: tags.unwrap_or_default(),
            owners: if owners.is_empty() { vec![definition::whoever_asks()] } else { self.users(&owners) },
            group_owners: self.groups(&group_owners),
            variants: Vec::new(),
        };
        for environment in &self.truth.environments {
            let place = (environment.id, feature.id);
            self.truth.states.insert(place, Known::Present(start(&feature)));
            self.truth.identities.insert(place, Known::Present(IdentityOverrides::new()));
        }
        self.truth.definitions.insert(name, Known::Present(feature));
    }

    fn identities(&mut self, place: (EnvironmentId, FeatureId)) -> &mut IdentityOverrides {
        match self.truth.identities.get_mut(&place) {
            Some(Known::Present(held)) => held,
            other => unreachable!("the truth is known, not {other:?}"),
        }
    }

    pub fn features(&self) -> Vec<Feature> {
        self.truth.definitions.values().filter_map(|held| held.as_ref().present().cloned()).collect()
    }

    pub fn feature(&mut self, name: &FeatureName) -> &mut Feature {
        match self.truth.definitions.get_mut(name) {
            Some(Known::Present(feature)) => feature,
            other => unreachable!("the truth is known, not {other:?}"),
        }
    }

    /// Writes each object that is a value in other words.
    pub fn reshape(&mut self) {
        for held in self.truth.states.values_mut() {
            if let Known::Present(FlagState { value, overrides, .. }) = held {
                reworded(value);
                for one in overrides {
                    reworded(&mut one.value);
                }
            }
        }
        for held in self.truth.identities.values_mut() {
            if let Known::Present(held) = held {
                for one in held.values_mut() {
                    reworded(&mut one.value);
                }
            }
        }
    }
}

fn reworded(value: &mut Value) {
    if let Value::String(text) = value
        && let Ok(object) = serde_json::from_str::<BTreeMap<String, serde_json::Value>>(text)
    {
        let parts = object.iter().rev().map(|(key, one)| format!(" {key:?} :\n {one:#} "));
        *text = format!("{{\t{}}}", parts.collect::<Vec<_>>().join(","));
    }
}

/// What an environment starts with: the type of the value is guessed from its text.
fn start(feature: &Feature) -> FlagState {
    let text = feature.initial_value.as_deref();
    let value = match text {
        None => Value::Null,
        Some("true") => Value::Boolean(true),
        Some("false") => Value::Boolean(false),
        Some(text) => text.parse().map_or_else(|_| Value::String(text.to_owned()), Value::Integer),
    };
    let weights = feature.variants.iter().map(|one| (one.id, one.weight)).collect();
    FlagState { enabled: feature.default_enabled, value, weights, overrides: Vec::new() }
}
