//! The part of the road that has to do with who owns what: what is left to stand is told, and what was put right.

use std::{collections::BTreeSet, time::Duration};

use k8s_openapi::jiff::Timestamp;
use kube::{
    Api, Client, ResourceExt as _,
    api::{Patch, PatchParams},
};
use serde_json::json;

use super::{
    condition::{Word, is_proved},
    driver::Driver,
    managed::{Managed, Settled},
    outlook::{Outlook, Past, Standing},
    status, tally,
};
use crate::operator::{
    obstacle::{Obstacle, Remedy},
    ownership::Tolerance,
};
use crate::{
    crd::{ConditionType, FIELD_MANAGER, MET},
    world::{Change, difference::Place},
};

/// Whether the object was ready, as its spec is now: what differs since has come up in Flagsmith.
pub(in crate::operator) fn was_ready<K: Managed>(object: &K) -> bool {
    let conditions = object.status().map(super::managed::Status::conditions).unwrap_or_default();
    is_proved(conditions, object.meta().generation.unwrap_or_default())
}

/// What Synced says besides what stands in the way; where that passes by itself, Synced stays as it was.
pub(in crate::operator) fn synced<K: Managed>(mut extra: Vec<Word>, outcome: Result<(), &Obstacle>) -> Vec<Word> {
    let Some(obstacle) = outcome.err().filter(|_| K::IS_OWNED) else { return extra };
    extra.retain(|word| word.kind != ConditionType::Synced);
    if matches!(obstacle.remedy(), Remedy::Author | Remedy::Object) {
        let (reason, message) = (obstacle.reason(), obstacle.to_string());
        extra.push(Word { kind: ConditionType::Synced, holds: false, reason, message });
    }
    extra
}

/// How long until something that is left alone is put right, which nothing but time tells.
pub(in crate::operator) fn recheck<K: Managed>(status: &K::Status) -> Option<Duration> {
    let until = K::remembered(status).until()?;
    // Never so short that it spins.
    Some(Duration::try_from(until.duration_since(Timestamp::now())).unwrap_or_default().max(Duration::from_millis(100)))
}

impl Driver {
    /// The same as [`look_ahead`](Self::look_ahead), once it was asked who made what is left to stand.
    pub(in crate::operator) async fn foresee<K: Managed>(
        &self,
        object: &K,
        (desired, ground): (&K::Desired, &K::Ground),
        written: &[Change],
    ) -> Result<Outlook, Obstacle> {
        let mut outlook = self.look_ahead(object, desired, ground)?;
        while self.inquire(object, (&outlook, ground), written).await {
            outlook = self.look_ahead(object, desired, ground)?;
        }
        Ok(outlook)
    }

    /// What is to be done now, where some differences are left to stand. One that is new, and known by hearsay, is read before
    /// anybody is told of it, or its time begins.
    pub(in crate::operator) fn look_ahead<K: Managed>(
        &self,
        object: &K,
        desired: &K::Desired,
        ground: &K::Ground,
    ) -> Result<Outlook, Obstacle> {
        let mut outlook = Outlook::new(object, (desired, ground), &self.past(object, ground)?);
        if let Some(mirror) = K::mirror(ground) {
            let was_ready = was_ready(object);
            let is_doubtful = |one: &&Standing| match one.tolerance {
                Some(Tolerance::Grace { .. }) => true,
                Some(Tolerance::Observed | Tolerance::HandedOver) => was_ready,
                None => false,
            };
            let cells = outlook.news().filter(is_doubtful).flat_map(|one| one.difference.cells.iter());
            let doubtful: Vec<_> = cells.filter(|cell| mirror.is_hearsay(cell)).cloned().collect();
            outlook.plan.unknown.extend(doubtful);
        }
        Ok(outlook)
    }

    fn past<K: Managed>(&self, object: &K, ground: &K::Ground) -> Result<Past, Obstacle> {
        let held = object.recall(ground);
        // A status that was lost, as by a restored backup, must not have anything written a second time.
        let is_met = held.is_none() && is_marked(object);
        let now = Timestamp::now();
        let now = Timestamp::from_second(now.as_second()).unwrap_or(now);
        let answers = self.inquiries.answers(&object.uid().unwrap_or_default());
        Ok(Past { rules: object.rules(&self.rooms)?, record: held.unwrap_or_default(), is_met, answers, now })
    }

    /// Notes in status, before the rest of the plan is carried out, what is met for the first time: where the rest fails, it would be
    /// written a second time. True if something was noted.
    pub(in crate::operator) async fn remember<K: Managed>(
        &self,
        object: &mut K,
        outlook: &Outlook,
    ) -> Result<bool, Obstacle> {
        let held = object.status().cloned().unwrap_or_default();
        let before = K::remembered(&held);
        let record = before.clone().meeting(&outlook.record);
        if record == before {
            return Ok(false);
        }
        let status = K::keep(held, record);
        *object = status::record(&self.rooms.client, object, &status).await?;
        Ok(true)
    }

    /// Puts into the status, and tells, what is left to stand.
    pub(in crate::operator) async fn own<K: Managed>(
        &self,
        object: &mut K,
        outlook: &Outlook,
        settled: Settled<K::Status>,
    ) -> Settled<K::Status> {
        let Settled { status, mut extra, mut obstacles, recheck } = settled;
        if !K::IS_OWNED {
            return Settled { status: K::keep(status, outlook.record.clone()), extra, obstacles, recheck };
        }
        extra.push(outlook.synced());
        if outlook.is_handed_over && !is_marked(object) {
            match mark(&self.rooms.client, object).await {
                Ok(marked) => *object = marked,
                Err(obstacle) => obstacles.insert(0, obstacle),
            }
        }
        Settled { status: K::keep(status, outlook.record.clone()), extra, obstacles, recheck }
    }

    /// Whether what differs came up in Flagsmith: the object was ready under the very words that are in force. What is taken up
    /// since others say so differs by their word, though nothing changed.
    pub(in crate::operator) fn has_drifted<K: Managed>(&self, object: &K) -> bool {
        let recorded = object.status().and_then(|status| K::remembered(status).ownership.own.management);
        let is_of_now = |then| object.rules(&self.rooms).is_ok_and(|rules| rules.own.management == then);
        was_ready(object) && recorded.is_none_or(is_of_now)
    }

    /// Tells what had come up in Flagsmith, and was put right by those changes.
    pub(in crate::operator) fn own_up<K: Managed>(
        &self,
        object: &K,
        outlook: &Outlook,
        (written, told): (&[Change], &mut BTreeSet<Place>),
    ) {
        if !self.has_drifted(object) {
            return;
        }
        let is_written = |one: &&Standing| {
            one.tolerance.is_none() && written.iter().any(|change| one.difference.cells.contains(&change.cell()))
        };
        // What takes several writes is told with the first.
        let corrected = outlook.standing.iter().filter(is_written).filter(|one| told.insert(one.difference.place()));
        let corrected: Vec<_> = corrected.collect();
        let news: Vec<_> = corrected.iter().filter(|one| one.is_new).map(|one| one.difference.clone()).collect();
        let corrected: Vec<_> = corrected.into_iter().map(|one| &one.difference).collect();
        tally::drifts::<K>(&self.rooms, &news);
        self.tell_corrected(object, &corrected);
    }
}

fn is_marked<K: Managed>(object: &K) -> bool {
    object.annotations().get(MET).is_some_and(|word| word == "true")
}

/// Marks an object of which something was written once, where a backup keeps it.
async fn mark<K: Managed>(client: &Client, object: &K) -> Result<K, Obstacle> {
    let api: Api<K> = Api::namespaced(client.clone(), &object.namespace().unwrap_or_default());
    let patch = json!({"metadata": {"resourceVersion": object.resource_version(), "annotations": {MET: "true"}}});
    let parameters = PatchParams { field_manager: Some(FIELD_MANAGER.to_owned()), ..PatchParams::default() };
    Ok(api.patch(&object.name_any(), &parameters, &Patch::Merge(patch)).await?)
}
