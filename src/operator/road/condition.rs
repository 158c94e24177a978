//! From what came out of a reconcile to the conditions that say so, after kstatus. Pure.

use k8s_openapi::{
    apimachinery::pkg::apis::meta::v1::{Condition, Time},
    jiff::Timestamp,
};

use crate::crd::{ConditionType, Reason};
use crate::operator::obstacle::{Obstacle, Remedy};

/// What is known before the new conditions are made.
#[derive(Clone, Copy, Debug)]
pub struct Before<'a> {
    /// The conditions that the object has.
    pub conditions: &'a [Condition],
    /// The object's generation.
    pub generation: i64,
    /// How many transient failures there were in a row, this one counted.
    pub failures: u32,
    /// Whether what it was proved with, or stalled at, is no more, though its generation is the same.
    pub is_void: bool,
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

impl Before<'_> {
    /// Whether the author must act, as far as was last seen of the object as it is: no passing trouble mends that.
    fn is_stalled(&self) -> bool {
        let held = find(self.conditions, ConditionType::Stalled);
        !self.is_void && held.is_some_and(|held| held.observed_generation == Some(self.generation))
    }
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
    // What is seen elsewhere does not change because something is in the way.
    let mut unsaid = Vec::new();
    if let Err(obstacle) = outcome {
        unsaid.extend([ConditionType::Live, ConditionType::Verified, ConditionType::Fresh]);
        unsaid.extend((passes(obstacle) && before.is_stalled()).then_some(ConditionType::Stalled));
    }
    unsaid.extend([ConditionType::Ready, ConditionType::Synced]);
    let kept: Vec<_> = unsaid.into_iter().filter_map(|kind| kept(before, &conditions, kind)).collect();
    conditions.extend(kept);
    // Another order would be another status.
    conditions.sort_by_key(|one| place(before, one));
    conditions
}

/// Where a condition stands: where it stood; what is new comes after, and Ready before all.
fn place(before: &Before<'_>, condition: &Condition) -> usize {
    if condition.type_ == ConditionType::Ready.as_ref() {
        return 0;
    }
    before.conditions.iter().position(|one| one.type_ == condition.type_).map_or(usize::MAX, |place| place + 1)
}

/// What the object has of that type, where nothing new is said of it.
fn kept(before: &Before<'_>, said: &[Condition], kind: ConditionType) -> Option<Condition> {
    let is_said = said.iter().any(|one| one.type_ == kind.as_ref());
    find(before.conditions, kind).filter(|_| !is_said).cloned()
}

/// The conditions of an object that is on hold: it keeps its Ready and its Synced.
#[must_use]
pub fn suspend(before: &Before<'_>) -> Vec<Condition> {
    let ready = find(before.conditions, ConditionType::Ready).cloned();
    let ready = ready.unwrap_or_else(|| {
        let message = "spec.suspend is set, here or on the project, and the object was never in sync".to_owned();
        condition(before, Word { kind: ConditionType::Ready, holds: false, reason: Reason::Suspended, message })
    });
    [ready].into_iter().chain(find(before.conditions, ConditionType::Synced).cloned()).collect()
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
            // What the author must mend is told on: kstatus knows no object that is stalled and reconciling.
            if before.is_stalled() {
                return words;
            }
            if before.is_void || !is_proved(before.conditions, before.generation) {
                words.push(not_ready);
            }
            if before.failures > 1 {
                words.push(word(ConditionType::Reconciling, true));
            }
            words
        }
    }
}

/// Whether an obstacle goes by itself.
fn passes(obstacle: &Obstacle) -> bool {
    !matches!(obstacle.remedy(), Remedy::Author | Remedy::Object)
}

fn condition(before: &Before<'_>, word: Word) -> Condition {
    let Word { kind, holds, reason, message } = word;
    let status = match holds {
        _ if reason.leaves_open() => "Unknown",
        true => "True",
        false => "False",
    };
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

#[cfg(test)]
#[path = "condition_tests.rs"]
mod tests;
