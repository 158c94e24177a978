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
    // What SDKs were seen to be served does not change because something is in the way.
    let seen = [ConditionType::Live, ConditionType::Verified];
    let unsaid: Vec<_> =
        seen.into_iter().filter(|_| outcome.is_err()).filter_map(|kind| kept(before, &conditions, kind)).collect();
    conditions.extend(unsaid);
    if let Some(ready) = kept(before, &conditions, ConditionType::Ready) {
        conditions.insert(0, ready);
    }
    conditions.extend(kept(before, &conditions, ConditionType::Synced));
    conditions
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
        let message = "spec.suspend is set, and the object was never in sync".to_owned();
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
mod tests {
    use std::time::Duration;

    use proptest::{prelude::*, sample::select};

    use super::*;
    use crate::flagsmith::{EnvironmentName, Error};

    /// One obstacle for each remedy.
    fn obstacles() -> impl Strategy<Value = Option<Obstacle>> {
        let after = Duration::from_secs(1);
        select(vec![
            None,
            Some(Obstacle::ProjectNotFound { name: "shop".to_owned() }),
            Some(Obstacle::EnvironmentNotFound { name: EnvironmentName::from("production") }),
            Some(Obstacle::Flagsmith(Error::Timeout { after })),
            Some(Obstacle::Flagsmith(Error::Throttled { retry_after: after })),
        ])
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    /// The conditions after those outcomes, one a second, with the failures in a row as the driver counts them.
    fn after(outcomes: &[(Option<Obstacle>, i64)]) -> Vec<Vec<Condition>> {
        let (mut conditions, mut failures) = (Vec::new(), 0);
        let mut all = Vec::new();
        for (second, (obstacle, generation)) in outcomes.iter().enumerate() {
            let is_transient = obstacle.as_ref().is_some_and(|one| matches!(one.remedy(), Remedy::Time));
            failures = if is_transient { failures + 1 } else { 0 };
            let now = at(i64::try_from(second).unwrap());
            let before = Before { conditions: &conditions, generation: *generation, failures, now };
            conditions = settle(&before, obstacle.as_ref().map_or(Ok(()), Err), Vec::new());
            all.push(conditions.clone());
        }
        all
    }

    fn is_true(conditions: &[Condition], kind: ConditionType) -> bool {
        find(conditions, kind).is_some_and(|one| one.status == "True")
    }

    proptest! {
        #[test]
        fn there_is_always_a_ready_and_never_a_word_of_two_minds(
            outcomes in proptest::collection::vec((obstacles(), 1i64..3), 1..8)
        ) {
            for conditions in after(&outcomes) {
                let [ready, stalled, reconciling] = [ConditionType::Ready, ConditionType::Stalled, ConditionType::Reconciling]
                    .map(|kind| is_true(&conditions, kind));
                prop_assert_eq!(conditions.iter().filter(|one| one.type_ == "Ready").count(), 1);
                prop_assert!(!stalled || !(reconciling || ready));
                // Kept only while true.
                prop_assert_eq!(find(&conditions, ConditionType::Stalled).is_some(), stalled);
                prop_assert_eq!(find(&conditions, ConditionType::Reconciling).is_some(), reconciling);
            }
        }

        #[test]
        fn the_same_outcome_twice_changes_nothing(obstacle in obstacles(), generation in 1i64..3) {
            let settled = after(&vec![(obstacle, generation); 4]);
            prop_assert_eq!(&settled[2], &settled[3]);
        }

        #[test]
        fn what_was_not_proved_for_this_generation_is_not_ready_after_an_error(
            obstacle in obstacles().prop_filter_map("an error", |one| one)
        ) {
            let settled = after(&[(None, 1), (Some(obstacle), 2)]);
            prop_assert!(!is_true(&settled[1], ConditionType::Ready));
        }
    }

    #[test]
    fn a_passing_trouble_leaves_a_proved_ready_alone_and_is_told_the_second_time() {
        let trouble = || Some(Obstacle::Flagsmith(Error::Server { status: 503 }));
        let settled = after(&[(None, 1), (trouble(), 1), (trouble(), 1), (None, 1)]);
        assert!(settled.iter().all(|conditions| is_true(conditions, ConditionType::Ready)));
        let told = settled.iter().map(|conditions| is_true(conditions, ConditionType::Reconciling));
        assert_eq!(told.collect::<Vec<_>>(), [false, false, true, false]);
    }

    #[test]
    fn a_condition_keeps_the_time_at_which_its_status_last_changed() {
        let other = || Some(Obstacle::ProjectNotFound { name: "shop".to_owned() });
        let settled = after(&[(None, 1), (None, 2), (other(), 2), (None, 2)]);
        let times = settled.iter().map(|one| find(one, ConditionType::Ready).unwrap().last_transition_time.0);
        assert_eq!(times.collect::<Vec<_>>(), [at(0), at(0), at(2), at(3)]);
    }

    #[test]
    fn what_sdks_were_seen_to_be_served_is_still_said_while_something_is_in_the_way() {
        let (kind, message) = (ConditionType::Live, "it is".to_owned());
        let live = Word { kind, holds: true, reason: Reason::Served, message };
        let before = |conditions| Before { conditions, generation: 1, failures: 0, now: at(0) };
        let served = settle(&before(&[]), Ok(()), vec![live.clone()]);
        let missing = Obstacle::ProjectNotFound { name: "shop".to_owned() };
        let later = Before { generation: 2, ..before(&served) };
        let obstructed = settle(&later, Err(&missing), Vec::new());
        assert_eq!(find(&obstructed, kind), find(&served, kind), "of the generation that it was seen of");
        assert_eq!(find(&settle(&later, Ok(()), Vec::new()), kind), None, "nobody looks any more");
        let open = Word { reason: Reason::NotObservable, ..live };
        assert_eq!(find(&settle(&later, Err(&missing), vec![open]), kind).unwrap().status, "Unknown");
    }

    #[test]
    fn an_object_on_hold_keeps_its_ready() {
        let settled = after(&[(None, 1)]);
        let held = suspend(&Before { conditions: &settled[0], generation: 2, failures: 0, now: at(9) });
        assert_eq!(held, settled[0]);
    }
}
