//! From what came out of a reconcile to the conditions that say so, after kstatus. Pure.

use k8s_openapi::{
    apimachinery::pkg::apis::meta::v1::{Condition, Time},
    jiff::Timestamp,
};

use super::obstacle::{Obstacle, Remedy};
use crate::crd::{ConditionType, Reason};

/// What is known before the new conditions are made.
#[derive(Clone, Copy, Debug)]
pub struct Before<'a> {
    /// The conditions that the object has.
    pub conditions: &'a [Condition],
    /// The object's generation.
    pub generation: i64,
    /// How many transient failures there were in a row, this one counted.
    pub failures: u32,
    /// The time.
    pub now: Timestamp,
}

/// What a condition says.
#[derive(Clone, Debug, PartialEq)]
pub struct Word {
    /// Which condition.
    pub kind: ConditionType,
    /// Whether it is true.
    pub holds: bool,
    /// Why.
    pub reason: Reason,
    /// In words.
    pub message: String,
}

/// Whether Ready was proved for this very generation.
#[must_use]
pub fn is_proved(conditions: &[Condition], generation: i64) -> bool {
    find(conditions, ConditionType::Ready)
        .is_some_and(|ready| ready.status == "True" && ready.observed_generation == Some(generation))
}

/// The condition of that type.
#[must_use]
pub fn find(conditions: &[Condition], kind: ConditionType) -> Option<&Condition> {
    conditions.iter().find(|one| one.type_ == kind.as_ref())
}

/// The conditions of an object that is in sync, or of one that something stands in the way of.
#[must_use]
pub fn settle(before: &Before<'_>, outcome: Result<(), &Obstacle>, extra: Vec<Word>) -> Vec<Condition> {
    let mut words = match outcome {
        Ok(()) => vec![ready()],
        Err(obstacle) => obstructed(before, obstacle),
    };
    words.extend(extra);
    let mut conditions: Vec<_> = words.into_iter().map(|word| condition(before, word)).collect();
    let keeps_ready = !conditions.iter().any(|one| one.type_ == ConditionType::Ready.as_ref());
    if let Some(ready) = find(before.conditions, ConditionType::Ready).filter(|_| keeps_ready) {
        conditions.insert(0, ready.clone());
    }
    conditions
}

/// The conditions of an object that is on hold: it keeps its Ready.
#[must_use]
pub fn suspend(before: &Before<'_>) -> Vec<Condition> {
    let ready = find(before.conditions, ConditionType::Ready).cloned();
    vec![ready.unwrap_or_else(|| {
        let message = "spec.suspend is set, and the object was never in sync".to_owned();
        condition(before, Word { kind: ConditionType::Ready, holds: false, reason: Reason::Suspended, message })
    })]
}

fn ready() -> Word {
    Word {
        kind: ConditionType::Ready,
        holds: true,
        reason: Reason::InSync,
        message: "Flagsmith was last seen to hold what the spec enforces".to_owned(),
    }
}

fn obstructed(before: &Before<'_>, obstacle: &Obstacle) -> Vec<Word> {
    let word = |kind, holds| Word { kind, holds, reason: obstacle.reason(), message: obstacle.to_string() };
    let not_ready = word(ConditionType::Ready, false);
    match obstacle.remedy() {
        Remedy::Author => vec![not_ready, word(ConditionType::Stalled, true)],
        Remedy::Object => vec![not_ready, word(ConditionType::Reconciling, true)],
        Remedy::Time | Remedy::TimeOf(_) | Remedy::Again | Remedy::Mirror => {
            let mut words = Vec::new();
            if !is_proved(before.conditions, before.generation) {
                words.push(not_ready);
            }
            if before.failures > 1 {
                words.push(word(ConditionType::Reconciling, true));
            }
            words
        }
    }
}

fn condition(before: &Before<'_>, word: Word) -> Condition {
    let Word { kind, holds, reason, message } = word;
    let status = if holds { "True" } else { "False" };
    let since = find(before.conditions, kind).filter(|held| held.status == status);
    Condition {
        type_: kind.to_string(),
        status: status.to_owned(),
        reason: reason.to_string(),
        message,
        observed_generation: Some(before.generation),
        last_transition_time: since.map_or(Time(before.now), |held| held.last_transition_time.clone()),
    }
}
