//! What is remembered from one look to the next.

use super::*;
use crate::operator::ownership::{Rule, Rules};

/// Where all that differs here is, and what approvals hold back.
const PLACE: Cell = Cell::Environments;

fn difference(environment: &str, field: Field) -> Difference {
    let scope = Scope::Environment(environment.into());
    Difference { scope, field, cells: BTreeSet::from([PLACE]), desired: "blue".to_owned(), live: "ö".repeat(300) }
}

fn extent(environment: &str) -> Extent {
    let content = serde_json::json!({"value": {"string": "blue"}, "enabled": true});
    let content = content.as_object().cloned().unwrap();
    Extent { scope: Scope::Environment(environment.into()), content, is_seen: true }
}

fn past(rule: Rule, record: Record) -> Past {
    let rules = Rules { own: rule.clone(), environments: [("live".into(), rule)].into() };
    Past { rules, record, is_met: false, answers: Answers::new(), now: Timestamp::from_second(1000).unwrap() }
}

fn with_grace() -> Rule {
    Rule { grace: crate::operator::connection::interval::Interval::of_grace("1h").unwrap(), ..Rule::default() }
}

/// What status keeps after a look at which those differed.
fn next(past: &Past, differing: &[Field]) -> Record {
    let standing: Vec<_> =
        differing.iter().map(|field| past.judge(difference("live", *field), &[extent("live")])).collect();
    past.next(&[extent("live")], &standing, &[PLACE]).0
}

#[test]
fn what_status_tells_is_bounded() {
    let record = next(&past(with_grace(), Record::default()), &[Field::Value]);
    let [drift] = record.ownership.drift.as_slice() else { panic!("{record:?}") };
    assert_eq!((drift.live.chars().count(), drift.live.ends_with('…')), (LONGEST, true));
    assert_eq!(drift.since, "1970-01-01T00:16:40Z");
    let many: Vec<_> = (0..60).map(|_| Field::Value).collect();
    assert_eq!(next(&past(Rule::default(), Record::default()), &many).ownership.drift.len(), MOST);
}

#[test]
fn what_is_to_be_put_right_is_left_to_stand_only_where_approvals_hold_it_back() {
    let past = past(Rule::default(), Record::default());
    let standing = [past.judge(difference("live", Field::Value), &[extent("live")])];
    let told = |withheld: &[Cell]| past.next(&[extent("live")], &standing, withheld).0.ownership.drift;
    assert_eq!(told(&[]), []);
    assert_eq!(told(&[PLACE])[0].reason, DriftReason::ChangeRequestsRequired);
}

#[test]
fn a_field_is_remembered_as_it_was_when_it_was_last_in_sync() {
    let first = next(&past(with_grace(), Record::default()), &[]);
    let all = &first.environments[0].scope;
    assert_eq!(
        (all.met, all.applied.keys().map(String::as_str).collect::<Vec<_>>()),
        (true, vec!["enabled", "existence", "value"])
    );
    let later = Past { now: Timestamp::from_second(2000).unwrap(), ..past(with_grace(), first.clone()) };
    let drifted = next(&later, &[Field::Value]);
    assert_eq!(drifted.environments, first.environments, "what it said then is what counts");
    let mut edited = extent("live");
    edited.content.insert("value".to_owned(), serde_json::json!({"string": "red"}));
    let unwritten = later.judge(difference("live", Field::Value), &[edited.clone()]);
    assert_eq!(unwritten.tolerance, None, "an edit waits for nothing");
    assert_eq!(
        later.next(&[edited], &[unwritten], &[PLACE]).0.environments,
        first.environments,
        "nor does one that is not written"
    );
    assert_eq!(drifted.ownership.drift[0].reason, DriftReason::GracePeriod);
    let still = Past { now: Timestamp::from_second(3000).unwrap(), ..past(with_grace(), drifted.clone()) };
    assert_eq!(next(&still, &[Field::Value]), drifted, "nothing is written a second time");
    assert_eq!(next(&past(Rule::default(), first), &[]).environments[0].scope.applied.len(), 0);
}

#[test]
fn what_there_is_no_room_to_remember_has_no_grace() {
    let first = next(&past(with_grace(), Record::default()), &[]);
    let mut full = first.clone();
    full.ownership.drift = (0..MOST)
        .map(|_| drift(&past(Rule::default(), Record::default()).judge(difference("other", Field::Value), &[])))
        .collect();
    let judged =
        |record: &Record| past(with_grace(), record.clone()).judge(difference("live", Field::Value), &[extent("live")]);
    assert!(judged(&first).tolerance.is_some() && judged(&first).is_new);
    assert!(judged(&full).tolerance.is_none() && !judged(&full).is_new);
}

#[test]
fn a_message_names_three_and_counts_the_rest() {
    let standing = [Field::Enabled, Field::Value, Field::Weights, Field::Variants];
    let observed = Rule { management: Management::Observe, ..Rule::default() };
    let past = past(observed, Record::default());
    let standing = standing.iter().map(|field| past.judge(difference("live", *field), &[extent("live")])).collect();
    let outlook = Outlook { plan: Plan::default(), standing, record: Record::default(), is_handed_over: false };
    let word = outlook.synced();
    assert_eq!(word.message, "4 differences are left alone: live enabled, live value, live weights, and 1 more");
    assert_eq!((word.reason, word.holds), (Reason::Observed, false));
}
