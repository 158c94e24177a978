//! The laws of ownership.

use proptest::{option::of, prelude::*, sample::select};
use serde_json::json;

use super::*;
use crate::crd::{Drift, DriftReason, Ownership, ServerIdentity};

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn grace(seconds: u64) -> Interval {
    Interval { text: format!("{seconds}s"), duration: Duration::from_secs(seconds) }
}

fn management() -> impl Strategy<Value = Management> {
    select(vec![Management::Enforce, Management::InitialOnly, Management::Observe])
}

fn rule() -> impl Strategy<Value = Rule> {
    (management(), 0_u64..100).prop_map(|(management, seconds)| Rule { management, grace: grace(seconds) })
}

fn memory() -> impl Strategy<Value = Memory> {
    let one = (any::<bool>(), any::<bool>(), 0_i64..100);
    one.prop_map(|(is_met, is_unchanged, since)| Memory { is_met, is_unchanged, since: at(since) })
}

fn say() -> impl Strategy<Value = Say> {
    let grace = select(vec!["0s", "30m", "1h30m"]).prop_map(str::to_owned);
    (of(management()), of(grace)).prop_map(|(management, grace)| Say { management, grace })
}

proptest! {
    #[test]
    fn what_is_observed_is_never_put_right_and_nothing_else_is_observed(rule in rule(), memory in memory(), now in 0_i64..300) {
        let is_observed = judge(&rule, memory, at(now)) == Some(Tolerance::Observed);
        prop_assert_eq!(is_observed, rule.management == Management::Observe);
    }

    #[test]
    fn what_was_never_met_is_written_whoever_owns_it_later(rule in rule(), memory in memory(), now in 0_i64..300) {
        prop_assume!(rule.management == Management::InitialOnly);
        let expected = memory.is_met.then_some(Tolerance::HandedOver);
        prop_assert_eq!(judge(&rule, memory, at(now)), expected);
    }

    #[test]
    fn a_change_of_the_manifest_is_never_delayed(rule in rule(), memory in memory(), now in 0_i64..300) {
        prop_assume!(rule.management == Management::Enforce);
        prop_assert_eq!(judge(&rule, Memory { is_unchanged: false, ..memory }, at(now)), None);
    }

    #[test]
    fn a_change_made_in_flagsmith_is_left_alone_for_that_long_and_no_longer(
        rule in rule(), memory in memory(), later in 0_i64..300
    ) {
        prop_assume!(rule.management == Management::Enforce);
        let memory = Memory { is_unchanged: true, ..memory };
        let now = at(memory.since.as_second() + later);
        let seconds = i64::try_from(rule.grace.duration.as_secs()).unwrap();
        let until = at(memory.since.as_second() + seconds);
        prop_assert_eq!(judge(&rule, memory, now), (later < seconds).then_some(Tolerance::Grace { until }));
    }

    #[test]
    fn the_innermost_word_is_in_force(says in proptest::collection::vec(say(), 0..4), environment in say()) {
        let rules = Rules::inherited(&says).unwrap().with([("live".into(), environment.clone())]).unwrap();
        let said = says.iter().filter_map(|one| one.management).next_back().unwrap_or_default();
        prop_assert_eq!(rules.own.management, said);
        let text = says.iter().filter_map(|one| one.grace.clone()).next_back().unwrap_or_else(|| "0s".to_owned());
        prop_assert_eq!(&rules.own.grace.text, &text);
        let live = rules.of(&Scope::Environment("live".into()));
        prop_assert_eq!(live.management, environment.management.unwrap_or(said));
        prop_assert_eq!(&live.grace.text, &environment.grace.unwrap_or(text));
        prop_assert_eq!(rules.of(&Scope::Environment("other".into())), &rules.own);
    }
}

fn extent() -> Extent {
    let content =
        json!({"enabled": true, "value": {"json": {"b": 1, "a": [2]}}, "name": "live", "management": "Enforce"});
    let Json::Object(content) = content else { unreachable!() };
    Extent { scope: Scope::Own, content, is_seen: true }
}

#[test]
fn what_is_remembered_of_a_field_is_the_same_in_every_release() {
    let hashes = extent().hashes();
    let fields: Vec<_> = hashes.keys().map(String::as_str).collect();
    assert_eq!(fields, ["enabled", "existence", "name", "value"]);
    assert_eq!(hashes["enabled"], "b5bea41b6c623f7c09f1bf24dcae58eb");
}

#[test]
fn a_field_is_unchanged_only_if_it_was_in_sync_and_says_the_same() {
    let held = OwnedScope { applied: extent().hashes(), ..OwnedScope::default() };
    assert!(extent().is_unchanged(Field::Value, &held) && extent().is_unchanged(Field::Existence, &held));
    let mut edited = extent();
    edited.content.insert("value".to_owned(), json!({"json": {"b": 1, "a": [3]}}));
    assert!(!edited.is_unchanged(Field::Value, &held) && edited.is_unchanged(Field::Enabled, &held));
    assert!(!extent().is_unchanged(Field::Enabled, &OwnedScope::default()));
}

fn here() -> ServerIdentity {
    ServerIdentity { url: "https://flagsmith.example.com/api/v1/".to_owned(), organisation_id: 1 }
}

fn record() -> Record {
    let own = OwnedScope { management: Some(Management::InitialOnly), met: true, ..OwnedScope::default() };
    let drift = Drift {
        environment: Some("live".to_owned()),
        field: "enabled".to_owned(),
        desired: "true".to_owned(),
        live: "false".to_owned(),
        changed_by: None,
        since: "2026-11-25T21:00:00Z".to_owned(),
        reason: DriftReason::GracePeriod,
        until: Some("2026-11-25T22:00:00Z".to_owned()),
    };
    Record { ownership: Ownership { own, drift: vec![drift] }, environments: Vec::new() }
}

#[test]
fn what_was_remembered_of_another_server_means_nothing_here_and_is_no_lost_status() {
    let there = ServerIdentity { organisation_id: 2, ..here() };
    assert_eq!(record().recalled(Some(&here()), &here()), Some(record()));
    assert_eq!(record().recalled(Some(&there), &here()), Some(Record::default()));
    assert_eq!(record().recalled(None, &here()), Some(record()));
    assert_eq!(Record::default().recalled(None, &here()), None);
}

#[test]
fn a_drift_is_known_again_by_its_place() {
    let live = Scope::Environment("live".into());
    assert_eq!(record().since(&(live.clone(), Field::Enabled)), "2026-11-25T21:00:00Z".parse().ok());
    assert_eq!(record().since(&(live, Field::Value)), None);
    assert_eq!(record().since(&(Scope::Own, Field::Enabled)), None);
    assert_eq!(record().until(), "2026-11-25T22:00:00Z".parse().ok());
}
