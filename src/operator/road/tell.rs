//! What the driver tells of an object's turn as Events.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;

use kube::ResourceExt as _;

use super::{
    condition,
    drift::was_ready,
    driver::Driver,
    event::Happening,
    managed::{Managed, Status},
    tally,
};
use crate::operator::obstacle::Obstacle;
use crate::{
    crd::{ConditionType, Drift, Origin},
    world::{
        Change,
        difference::{Difference, Scope},
    },
};

impl Driver {
    /// A thing that was made or found is told of once, when it is first seen.
    pub(in crate::operator) fn tell_origin<K: Managed>(
        &self,
        object: &K,
        (former, origin): (Option<Origin>, Option<Origin>),
    ) {
        if let Some(origin) = origin.filter(|_| former.is_none()) {
            self.rooms.events.tell(object, &origin.into());
        }
    }

    /// What was written to Flagsmith is told of.
    pub(in crate::operator) fn tell_written<'a, K: Managed>(
        &self,
        object: &K,
        written: impl Iterator<Item = (&'a Change, &'a Result<(), Obstacle>)>,
    ) {
        // A key is kept in Kubernetes; Flagsmith knows nothing of it yet.
        let is_kept_here = |change: &Change| matches!(change, Change::ChooseKey | Change::ChooseNextKey);
        let carried_out = written.filter(|(change, outcome)| outcome.is_ok() && !is_kept_here(change));
        for (change, _) in carried_out {
            self.rooms.events.tell(object, &Happening::Wrote(change));
        }
    }

    /// An object goes and its thing in Flagsmith stays, though its policy says otherwise.
    pub(in crate::operator) fn tell_released<K: Managed>(&self, object: &K, why: &Obstacle) {
        let (namespace, name) = (object.namespace(), object.name_any());
        tracing::warn!(kind = %K::kind(&()), namespace, name, "released; its thing in Flagsmith stays: {why}");
        self.rooms.events.tell(object, &Happening::Released(&why.to_string()));
    }

    /// What had changed in Flagsmith and was put right is told of, from what the manifest says to what it had become.
    pub(in crate::operator) fn tell_corrected<K: Managed>(&self, object: &K, corrected: &[&Difference]) {
        for Difference { scope, field, cells: _, desired, live } in corrected {
            let environment = match scope {
                Scope::Own => String::new(),
                Scope::Environment(name) => format!("{name} "),
            };
            let text = format!("{environment}{}: {desired} → {live} in Flagsmith, put right", field.as_ref());
            self.rooms.events.tell(object, &Happening::DriftCorrected(&text));
        }
    }

    /// What has come up in Flagsmith and is left to stand is told of once, with the status that says so for the first time.
    pub(in crate::operator) fn tell_tolerated<K: Managed>(&self, object: &K, status: &K::Status) {
        if !was_ready(object) {
            return;
        }
        let drifts = |status: &K::Status| K::remembered(status).ownership.drift;
        let held = object.status().map(drifts).unwrap_or_default();
        let is_new =
            |one: &&Drift| !held.iter().any(|held| (&held.environment, &held.field) == (&one.environment, &one.field));
        for one in drifts(status).iter().filter(is_new) {
            let Drift { environment, field, desired, live, changed_by, since: _, reason, until: _ } = one;
            let environment = environment.as_ref().map(|name| format!("{name} ")).unwrap_or_default();
            let by = changed_by.as_ref().map(|who| format!(" by {who}")).unwrap_or_default();
            let text = format!("{environment}{field}: {desired} → {live} in Flagsmith{by}, left alone ({reason})");
            self.rooms.events.tell(object, &Happening::DriftTolerated(&text));
            // Counted with the status that keeps it: one that cannot be written is settled again.
            tally::drift::<K>(&self.rooms, field);
        }
    }

    /// What somebody must mend is told of once, when it is first so.
    pub(in crate::operator) fn tell_stalled<K: Managed>(&self, object: &K, conditions: &[Condition]) {
        let held = object.status().map(Status::conditions).unwrap_or_default();
        let word = |conditions| condition::find(conditions, ConditionType::Stalled).map(word);
        if let Some((reason, message)) = word(conditions).filter(|now| Some(*now) != word(held)) {
            self.rooms.events.tell(object, &Happening::Stalled(reason, message));
        }
    }
}

fn word(condition: &Condition) -> (&str, &str) {
    (&condition.reason, &condition.message)
}
