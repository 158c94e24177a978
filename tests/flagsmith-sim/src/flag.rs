//! A whole flag in one environment, and how a change is written to it: in place, or as a new version.

use crate::answer::Answer;
use crate::flag_change::{FlagChange, OverrideChange, StateChange};
use crate::state::{FlagState, Holder};
use crate::store::Store;
use jiff::Timestamp;
use serde_json::{Value, json};
use uuid::Uuid;

/// One flag, as a write began to work on it.
#[derive(Debug)]
pub(crate) struct Flag {
    pub(crate) environment: u64,
    pub(crate) feature: u64,
    pub(crate) versioned: bool,
    pub(crate) states: Vec<FlagState>,
}

impl Store {
    /// A flag as it was at a horizon, where the environment is versioned; as it is now, where it is not.
    pub(crate) fn flag(&self, environment: u64, feature: u64, horizon: u64) -> Flag {
        let version = self.live_version(environment, feature, horizon);
        Flag {
            environment,
            feature,
            versioned: self.environments.get(&environment).is_some_and(|each| each.versioned),
            states: self.flag_states_in(environment, feature, version),
        }
    }

    /// A flag to be changed: where it is versioned, a copy of its states, for a version to come.
    pub(crate) fn draft(&mut self, environment: u64, feature: u64, horizon: u64) -> Flag {
        let mut flag = self.flag(environment, feature, horizon);
        if flag.versioned {
            flag.states = flag.states.iter().map(|state| self.copied(state)).collect();
            for state in &mut flag.states {
                (state.live_from, state.number) = (None, None);
            }
        }
        flag
    }

    /// Writes what a flag has become; a versioned one is published as a new version.
    pub(crate) fn write_flag(&mut self, flag: &Flag, by: Option<u64>) {
        let (environment, feature) = (flag.environment, flag.feature);
        self.touch(environment);
        let mut published = None;
        if flag.versioned {
            let version = self.add_version(environment, feature, None);
            version.publish(by);
            published = Some(version.uuid);
        }
        self.keep_states(flag, published);
    }

    /// Stores a flag's states: those of a version beside the others, or in place of what an unversioned flag was.
    pub(crate) fn keep_states(&mut self, flag: &Flag, version: Option<Uuid>) {
        if version.is_none() {
            self.states.retain(|_, state| {
                let own = state.environment == flag.environment && state.feature == flag.feature;
                !own || state.identity().is_some()
            });
        }
        for mut state in flag.states.iter().cloned() {
            state.version = version;
            self.states.insert(state.id, state);
        }
    }
}

impl Flag {
    /// What it serves unless a segment or an identity has its own.
    pub(crate) fn default(&self) -> Option<&FlagState> {
        self.states.iter().find(|state| state.is_default())
    }

    /// In `__future__`'s form; a flag without a default state breaks the server.
    pub(crate) fn json(&self) -> Result<Value, Answer> {
        let default = self.default().ok_or_else(Answer::server_error)?;
        let mut overrides: Vec<_> = self
            .states
            .iter()
            .filter_map(|state| match state.holder {
                Holder::Segment { segment, priority, .. } => Some((priority, segment, state)),
                Holder::Environment | Holder::Identity(_) => None,
            })
            .collect();
        overrides.sort_by_key(|(priority, segment, _)| (*priority, *segment));
        let overrides = overrides.into_iter().map(|(priority, segment, state)| {
            let mut json = served(state);
            if let Value::Object(members) = &mut json {
                members.insert("segment".to_owned(), json!({ "id": segment }));
                members.insert("priority".to_owned(), json!(priority));
            }
            json
        });
        Ok(json!({
            "environment_default": served(default),
            "segment_overrides": overrides.collect::<Vec<_>>(),
        }))
    }

    /// Applies a change: a PUT replaces each property it names, a PATCH merges.
    pub(crate) fn apply(&mut self, store: &mut Store, change: FlagChange, replace: bool) -> Result<(), Answer> {
        if let Some(change) = change.default {
            let state = self.states.iter_mut().find(|state| state.is_default());
            let state = state.ok_or_else(Answer::server_error)?;
            let cleared = (replace && change.value.is_none()).then(|| state.value.cleared());
            let reset = StateChange { enabled: replace.then_some(false), value: cleared, ..StateChange::default() };
            overwrite(store, state, reset);
            overwrite(store, state, change);
        }
        let Some(overrides) = change.overrides else {
            return Ok(());
        };
        let default = self.default().cloned().ok_or_else(Answer::server_error)?;
        if replace {
            self.states.retain(|state| match state.holder {
                Holder::Segment { segment, .. } => overrides.iter().any(|change| change.segment == segment),
                Holder::Environment | Holder::Identity(_) => true,
            });
        }
        for (position, change) in overrides.into_iter().enumerate() {
            self.apply_override(store, change, (position, replace, &default));
        }
        self.check_priorities()
    }

    /// Writes one override; where it replaces, or is new, it takes from the default what it leaves out.
    fn apply_override(
        &mut self,
        store: &mut Store,
        change: OverrideChange,
        (position, replace, default): (usize, bool, &FlagState),
    ) {
        let index = self.states.iter().position(|state| state.segment() == Some(change.segment));
        let created = index.is_none();
        let mut state = match index {
            Some(index) => self.states.remove(index),
            None => self.new_override(store, change.segment, u64::try_from(position).unwrap_or_default()),
        };
        if let (Some(wanted), Holder::Segment { priority, .. }) = (change.priority, &mut state.holder) {
            *priority = wanted;
        }
        if replace || created {
            let shares = default.weights.iter().map(|weight| (weight.variant, weight.share));
            let inherited = StateChange {
                enabled: Some(default.enabled),
                value: Some(default.value.clone()),
                weights: Some(shares.collect()),
                ..StateChange::default()
            };
            overwrite(store, &mut state, inherited);
        }
        overwrite(store, &mut state, change.state);
        self.states.push(state);
    }

    /// A new override of nothing yet; it is not among the flag's states.
    pub(crate) fn new_override(&self, store: &mut Store, segment: u64, priority: u64) -> FlagState {
        let holder = Holder::Segment { link: store.next_id(), segment, priority, uuid: Uuid::new_v4() };
        store.new_state(self.environment, self.feature, holder)
    }

    fn check_priorities(&self) -> Result<(), Answer> {
        let mut priorities: Vec<_> = self.states.iter().filter_map(FlagState::priority).collect();
        priorities.sort_unstable();
        let twins = priorities.windows(2).find(|pair| pair.first() == pair.last());
        match twins.and_then(|pair| pair.first()) {
            Some(twin) => Err(Answer::detail(400, &format!("Duplicate priority: {twin}."))),
            None => Ok(()),
        }
    }

    /// Removes a segment's override, if it has one.
    pub(crate) fn remove_override(&mut self, segment: u64) -> Result<(), Answer> {
        let before = self.states.len();
        self.states.retain(|state| state.segment() != Some(segment));
        if self.states.len() == before {
            return Err(Answer::detail(404, "Segment override not found."));
        }
        Ok(())
    }
}

fn served(state: &FlagState) -> Value {
    let mut weights: Vec<_> = state.weights.iter().collect();
    weights.sort_by_key(|weight| weight.variant);
    let weights = weights.into_iter().map(|weight| json!({ "id": weight.variant, "weight": weight.share }));
    json!({
        "enabled": state.enabled,
        "value": state.value.typed(),
        "variants": weights.collect::<Vec<_>>(),
    })
}

fn overwrite(store: &mut Store, state: &mut FlagState, change: StateChange) {
    let StateChange { enabled, value, weights, .. } = change;
    state.updated = Timestamp::now();
    state.enabled = enabled.unwrap_or(state.enabled);
    state.value = value.unwrap_or_else(|| state.value.clone());
    for (variant, share) in weights.unwrap_or_default() {
        match state.weights.iter_mut().find(|weight| weight.variant == variant) {
            Some(weight) => weight.share = share,
            None => state.weights.push(store.new_weight(variant, share)),
        }
    }
}
