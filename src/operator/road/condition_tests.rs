//! What conditions say after a row of outcomes.

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
        let before = Before { conditions: &conditions, generation: *generation, failures, is_void: false, now };
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
    let before = |conditions| Before { conditions, generation: 1, failures: 0, is_void: false, now: at(0) };
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
    let before = Before { conditions: &settled[0], generation: 2, failures: 0, is_void: false, now: at(9) };
    let held = suspend(&before);
    assert_eq!(held, settled[0]);
}

/// What the author must mend, and what passes by itself.
fn lasting_and_passing() -> impl Strategy<Value = (Obstacle, Obstacle)> {
    let lasting = select(vec![
        Obstacle::ProjectNotFound { name: "shop".to_owned() },
        Obstacle::Flagsmith(Error::Shape { what: "/api/v1/organisations/", message: "no list".to_owned() }),
    ]);
    let passing = obstacles().prop_filter_map("one that passes", |one| one.filter(passes));
    (lasting, passing)
}

proptest! {
    #[test]
    fn what_the_author_must_mend_is_said_on_through_a_passing_trouble(
        (lasting, passing) in lasting_and_passing(), troubles in 1usize..4
    ) {
        let mut outcomes = vec![(Some(lasting.clone()), 1)];
        outcomes.extend(vec![(Some(passing.clone()), 1); troubles]);
        outcomes.push((Some(lasting.clone()), 1));
        let settled = after(&outcomes);
        prop_assert!(settled.iter().all(|conditions| *conditions == settled[0]), "{:?}", settled);
        // What was edited since is another matter.
        let edited = after(&[(Some(lasting), 1), (Some(passing), 2)]);
        prop_assert!(!is_true(&edited[1], ConditionType::Stalled));
    }
}

#[test]
fn what_was_found_with_other_terms_is_not_said_on() {
    let trouble = Obstacle::Flagsmith(Error::Server { status: 503 });
    let lasting = Obstacle::ProjectNotFound { name: "shop".to_owned() };
    for settled in [after(&[(None, 1)]), after(&[(Some(lasting), 1)])] {
        let before = Before { conditions: &settled[0], generation: 1, failures: 1, is_void: true, now: at(9) };
        let now = settle(&before, Err(&trouble), Vec::new());
        assert!(!is_true(&now, ConditionType::Ready) && !is_true(&now, ConditionType::Stalled), "{now:?}");
        assert_eq!(find(&now, ConditionType::Ready).unwrap().reason, "ServerError");
    }
}

#[test]
fn a_passing_trouble_moves_no_condition_to_another_place() {
    let word = |kind| Word { kind, holds: true, reason: Reason::Polled, message: String::new() };
    let words = vec![word(ConditionType::Fresh), word(ConditionType::Synced), word(ConditionType::Live)];
    let before = |conditions| Before { conditions, generation: 1, failures: 1, is_void: false, now: at(0) };
    let proved = settle(&before(&[]), Ok(()), words);
    let trouble = Obstacle::Flagsmith(Error::Server { status: 503 });
    assert_eq!(settle(&before(&proved), Err(&trouble), Vec::new()), proved);
}

#[test]
fn how_fresh_a_mirror_is_is_said_whatever_is_in_the_way() {
    let stale = |reason| Word { kind: ConditionType::Fresh, holds: false, reason, message: String::new() };
    let before = |conditions| Before { conditions, generation: 1, failures: 2, is_void: false, now: at(0) };
    let known = settle(&before(&[]), Ok(()), vec![stale(Reason::DocumentsLag)]);
    for obstacle in
        [Obstacle::ConnectionFailing { name: "acme".to_owned() }, Obstacle::ProjectNotFound { name: "shop".to_owned() }]
    {
        let later = settle(&before(&known), Err(&obstacle), Vec::new());
        assert_eq!(find(&later, ConditionType::Fresh), find(&known, ConditionType::Fresh));
        let news = settle(&before(&known), Err(&obstacle), vec![stale(Reason::Unreachable)]);
        assert_eq!(find(&news, ConditionType::Fresh).unwrap().reason, "Unreachable");
    }
}
