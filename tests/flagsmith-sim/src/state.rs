//! Feature states: what a feature serves in an environment by default, to a segment, or to one identity.

use crate::store::{Store, stamp};
use crate::value::FlagValue;
use jiff::Timestamp;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use uuid::Uuid;

/// Whom a state is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Holder {
    Environment,
    Segment {
        /// The id of the "feature segment" that joins the two.
        link: u64,
        segment: u64,
        priority: u64,
        uuid: Uuid,
    },
    Identity(u64),
}

/// A variant's share of a state, in per cent.
#[derive(Clone, Debug)]
pub(crate) struct Weight {
    pub(crate) id: u64,
    pub(crate) uuid: Uuid,
    pub(crate) variant: u64,
    pub(crate) share: f64,
}

#[derive(Clone, Debug)]
pub(crate) struct FlagState {
    pub(crate) id: u64,
    pub(crate) uuid: Uuid,
    /// The id of the first state of its line, kept by the later versions of it: it seeds the choice of variants, and
    /// documents give it as the `django_id`.
    pub(crate) seed: u64,
    pub(crate) feature: u64,
    pub(crate) environment: u64,
    pub(crate) holder: Holder,
    /// The version it belongs to; none in an unversioned environment, and none for identities.
    pub(crate) version: Option<Uuid>,
    pub(crate) enabled: bool,
    pub(crate) value: FlagValue,
    pub(crate) weights: Vec<Weight>,
    pub(crate) created: Timestamp,
    pub(crate) updated: Timestamp,
    /// None where it was made in a versioned environment: its version says when.
    pub(crate) live_from: Option<Timestamp>,
    /// "version" in the lists: 1, or nothing for what a later version copied.
    pub(crate) number: Option<u8>,
}

impl FlagState {
    pub(crate) fn is_default(&self) -> bool {
        self.holder == Holder::Environment
    }

    pub(crate) fn total_share(&self) -> f64 {
        self.weights.iter().map(|weight| weight.share).sum()
    }

    pub(crate) fn link(&self) -> Option<u64> {
        match self.holder {
            Holder::Segment { link, .. } => Some(link),
            Holder::Environment | Holder::Identity(_) => None,
        }
    }

    pub(crate) fn segment(&self) -> Option<u64> {
        match self.holder {
            Holder::Segment { segment, .. } => Some(segment),
            Holder::Environment | Holder::Identity(_) => None,
        }
    }

    pub(crate) fn priority(&self) -> Option<u64> {
        match self.holder {
            Holder::Segment { priority, .. } => Some(priority),
            Holder::Environment | Holder::Identity(_) => None,
        }
    }

    pub(crate) fn identity(&self) -> Option<u64> {
        match self.holder {
            Holder::Identity(identity) => Some(identity),
            Holder::Environment | Holder::Segment { .. } => None,
        }
    }

    /// As both state lists show it, with the value in the list's own form.
    pub(crate) fn json(&self, value: &Value) -> Map<String, Value> {
        let weights: Vec<_> = self
            .weights
            .iter()
            .map(|weight| {
                json!({
                    "id": weight.id,
                    "multivariate_feature_option": weight.variant,
                    "percentage_allocation": weight.share,
                })
            })
            .collect();
        let json = json!({
            "id": self.id,
            "uuid": self.uuid,
            "feature_state_value": value,
            "multivariate_feature_state_values": weights,
            "identity": self.identity(),
            "deleted_at": null,
            "enabled": self.enabled,
            "created_at": stamp(self.created),
            "updated_at": stamp(self.updated),
            "live_from": self.live_from.map(stamp),
            "version": self.number,
            "feature": self.feature,
            "environment": self.environment,
            "feature_segment": self.link(),
            "change_request": null,
            "environment_feature_version": self.version,
        });
        match json {
            Value::Object(members) => members,
            _ => Map::new(),
        }
    }

    /// With its value as plain JSON.
    pub(crate) fn plain_json(&self) -> Map<String, Value> {
        self.json(&self.value.plain())
    }

    /// As a features list embeds it.
    pub(crate) fn small_json(&self) -> Value {
        json!({
            "id": self.id,
            "feature_state_value": self.value.plain(),
            "environment": self.environment,
            "identity": self.identity(),
            "feature_segment": self.link(),
            "enabled": self.enabled,
        })
    }
}

impl Store {
    /// The live states of an environment, by id: in a versioned one, those of each feature's newest version.
    pub(crate) fn live_states(&self, environment: u64) -> Vec<&FlagState> {
        let newest = self.live_versions(environment);
        self.states
            .values()
            .filter(|state| state.environment == environment)
            .filter(|state| state.identity().is_some() || state.version == newest.get(&state.feature).copied())
            .collect()
    }

    /// By feature, the id of the first default state that it had in an environment: the order of documents.
    pub(crate) fn first_states(&self, environment: u64) -> BTreeMap<u64, u64> {
        let states = self.states.values().rev();
        let defaults = states.filter(|state| state.environment == environment && state.is_default());
        defaults.map(|state| (state.feature, state.id)).collect()
    }

    /// The states of one flag in one of its versions.
    pub(crate) fn flag_states_in(&self, environment: u64, feature: u64, version: Option<Uuid>) -> Vec<FlagState> {
        self.states
            .values()
            .filter(|state| state.environment == environment && state.feature == feature)
            .filter(|state| state.identity().is_none() && state.version == version)
            .cloned()
            .collect()
    }

    /// A new state of nothing yet.
    pub(crate) fn new_state(&mut self, environment: u64, feature: u64, holder: Holder) -> FlagState {
        let id = self.next_id();
        let now = Timestamp::now();
        let versioned = self.environments.get(&environment).is_some_and(|each| each.versioned);
        FlagState {
            id,
            uuid: Uuid::new_v4(),
            seed: id,
            feature,
            environment,
            holder,
            version: None,
            enabled: false,
            value: FlagValue::NONE,
            weights: Vec::new(),
            created: now,
            updated: now,
            live_from: (!versioned).then_some(now),
            number: Some(1),
        }
    }

    /// What a feature starts with in an environment: the feature's defaults, unless the project has none.
    pub(crate) fn add_default_state(&mut self, environment: u64, feature: u64) {
        let mut state = self.new_state(environment, feature, Holder::Environment);
        let Some(definition) = self.features.get(&feature) else {
            return;
        };
        let project = self.projects.get(&definition.project);
        if project.is_some_and(|project| !project.is("prevent_flag_defaults")) {
            state.enabled = definition.default_enabled;
        }
        state.value = self.initial_value(feature);
        state.weights = self.default_weights(feature);
        if self.environments.get(&environment).is_some_and(|each| each.versioned) {
            let version = self.add_version(environment, feature, None);
            version.publish(None);
            state.version = Some(version.uuid);
        }
        self.states.insert(state.id, state);
    }

    /// The value that a state of a feature starts with: of the type that the feature's initial value looks like.
    pub(crate) fn initial_value(&self, feature: u64) -> FlagValue {
        let definition = self.features.get(&feature);
        let project = definition.and_then(|definition| self.projects.get(&definition.project));
        let wanted = project.is_some_and(|project| !project.is("prevent_flag_defaults"));
        let initial = definition.filter(|_| wanted).and_then(|definition| definition.initial_value.as_deref());
        FlagValue::guess(initial)
    }

    pub(crate) fn default_weights(&mut self, feature: u64) -> Vec<Weight> {
        let variants: Vec<_> = self
            .variants
            .values()
            .filter(|variant| variant.feature == feature)
            .map(|variant| (variant.id, variant.share))
            .collect();
        let weights = variants.into_iter().map(|(variant, share)| self.new_weight(variant, share));
        weights.collect()
    }

    pub(crate) fn new_weight(&mut self, variant: u64, share: f64) -> Weight {
        Weight { id: self.next_id(), uuid: Uuid::new_v4(), variant, share }
    }

    /// A copy of a state with an id of its own, and of its parts; the seed stays.
    pub(crate) fn copied(&mut self, state: &FlagState) -> FlagState {
        let mut copy = state.clone();
        copy.id = self.next_id();
        copy.uuid = Uuid::new_v4();
        for weight in &mut copy.weights {
            weight.id = self.next_id();
            weight.uuid = Uuid::new_v4();
        }
        if let Holder::Segment { link, uuid, .. } = &mut copy.holder {
            (*link, *uuid) = (self.next_id(), Uuid::new_v4());
        }
        copy
    }

    /// Copies the live states of one environment to another, for a clone of it.
    pub(crate) fn copy_states(&mut self, from: u64, to: u64) {
        let live = self.live_states(from).into_iter().cloned();
        let live: Vec<_> = live.filter(|state| state.identity().is_none()).collect();
        for state in live {
            let mut copy = self.copied(&state);
            copy.environment = to;
            if copy.version.take().is_some() {
                (copy.live_from, copy.number) = (None, None);
            }
            self.states.insert(copy.id, copy);
        }
    }
}
