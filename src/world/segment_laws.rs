//! The laws of planning segments, over any project and any wish.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::{
    Cell, Change, Known, Missing, World,
    segment::{DesiredSegment, find, plan, plan_removal},
    segment_rule::{Comparison, DesiredCondition, DesiredRule, Test, are_met},
};
use crate::flagsmith::{
    Environment, EnvironmentId, FeatureId, FlagState, NewSegment, ProjectId, Rule, RuleType, Segment, SegmentId,
    SegmentOverride, Value, Weights,
};

const ENVIRONMENT: EnvironmentId = EnvironmentId(1);
const FEATURE: FeatureId = FeatureId(1);

/// A project as it is, and what is known of it.
#[derive(Clone, Debug)]
struct Project {
    truth: World,
    known: World,
}

fn text() -> impl Strategy<Value = String> {
    prop::sample::select(vec!["", "a", "b", "a,b", "1"]).prop_map(str::to_owned)
}

fn test() -> impl Strategy<Value = Test> {
    let share = prop::sample::select(vec!["0", "12.5", "100"]).prop_map(|text| Test::Split(text.parse().unwrap()));
    prop_oneof![
        3 => text().prop_map(|text| Test::Compare(Comparison::Equal, text)),
        2 => prop::collection::vec(text(), 0..3).prop_map(Test::In),
        1 => share,
        1 => Just(Test::IsSet),
        1 => Just(Test::IsNotSet),
    ]
}

fn condition() -> impl Strategy<Value = DesiredCondition> {
    let property = prop::sample::select(vec!["p", "q"]).prop_map(|text| Some(text.to_owned()));
    (property, test(), prop::option::of(text())).prop_map(|(property, test, description)| DesiredCondition {
        property,
        test,
        description,
    })
}

fn rule(rules: impl Strategy<Value = Vec<DesiredRule>>) -> impl Strategy<Value = DesiredRule> {
    let types = prop::sample::select(vec![RuleType::All, RuleType::Any, RuleType::None]);
    (types, rules, prop::collection::vec(condition(), 0..3)).prop_map(|(r#type, rules, conditions)| DesiredRule {
        r#type,
        rules,
        conditions,
    })
}

fn rules() -> impl Strategy<Value = Vec<DesiredRule>> {
    prop::collection::vec(rule(prop::collection::vec(rule(Just(Vec::new())), 0..3)), 1..3)
}

fn wish() -> impl Strategy<Value = DesiredSegment> {
    let name = prop::sample::select(vec!["x", "y", "z"]);
    let uuid = prop::option::of((0..4_i64).prop_map(|id| id.to_string().into()));
    let feature = prop::option::of(prop::sample::select(vec!["there", "gone"]).prop_map(Into::into));
    (name, uuid, prop::option::of(text()), feature, rules()).prop_map(|(name, uuid, description, feature, rules)| {
        DesiredSegment { name: name.into(), uuid, description, feature, rules: Some(rules), may_be_made: true }
    })
}

fn project() -> impl Strategy<Value = Project> {
    let one = (prop::sample::select(vec!["x", "y"]), prop::option::of(text()), rules(), any::<bool>());
    (prop::collection::vec(one, 0..4), any::<bool>()).prop_map(|(segments, is_unknown)| {
        let mut truth = World { environments: vec![environment()], ..World::default() };
        let feature = serde_json::from_value(serde_json::json!({"id": 1, "uuid": "1", "name": "there", "description": null,
            "created_date": "2026-11-24T14:00:00Z", "initial_value": null, "default_enabled": false, "is_archived": false}));
        truth.definitions = BTreeMap::from([("there".into(), Known::Present(feature.unwrap()))]);
        let mut state = FlagState::default();
        for (id, (name, description, rules, is_used)) in (0..).zip(segments) {
            let rules = rules.iter().map(|rule| rule.wire(&[])).collect();
            let new = NewSegment { name: name.into(), description, feature: None, rules };
            truth.segments.push(segment(id, new));
            let (segment, weights) = (SegmentId(id), Weights::new());
            state.overrides.extend(is_used.then_some(SegmentOverride { segment, enabled: true, value: Value::Null, weights }));
        }
        truth.states.insert((ENVIRONMENT, FEATURE), Known::Present(state));
        let known = World { segments_unknown: is_unknown, ..truth.clone() };
        Project { truth, known }
    })
}

fn environment() -> Environment {
    Environment {
        id: ENVIRONMENT,
        uuid: "1".into(),
        name: "live".into(),
        key: "key".into(),
        description: None,
        project: ProjectId(1),
        use_v2_feature_versioning: false,
        minimum_change_request_approvals: None,
        is_creating: false,
        settings: crate::flagsmith::EnvironmentSettings::default(),
    }
}

fn segment(id: i64, new: NewSegment) -> Segment {
    let NewSegment { name, description, feature, rules } = new;
    Segment { id: SegmentId(id), uuid: id.to_string().into(), created_at: None, name, description, feature, rules }
}

/// What Flagsmith, or somebody in its pages, may make of rules without another meaning.
fn reshape(rules: &mut [Rule]) {
    rules.reverse();
    for rule in rules {
        reshape(&mut rule.rules);
        rule.conditions.reverse();
        for condition in &mut rule.conditions {
            let value = condition.value.take().unwrap_or_default();
            condition.value = Some(match condition.operator.as_str() {
                "IS_SET" | "IS_NOT_SET" => "None".to_owned(),
                "PERCENTAGE_SPLIT" if !value.contains('.') => format!("{value}.0"),
                "IN" if !value.starts_with('[') => value.rsplit(',').collect::<Vec<_>>().join(","),
                _ => value,
            });
        }
    }
}

impl Project {
    fn carry_out(&mut self, change: &Change) {
        match change.clone() {
            Change::CreateSegment(new) => {
                let id = self.truth.segments.iter().map(|one| one.id.0 + 1).max().unwrap_or_default();
                self.truth.segments.push(segment(id, new));
            }
            Change::UpdateSegment { segment, patch } => {
                let found = self.truth.segments.iter_mut().find(|one| one.id == segment.id).unwrap();
                found.name = patch.name.unwrap_or(found.name.clone());
                found.description = patch.description.or(found.description.take());
                found.feature = patch.feature.or(found.feature);
                found.rules = patch.rules.unwrap_or(found.rules.clone());
            }
            Change::DeleteSegment(segment) => self.truth.segments.retain(|one| one.id != segment.id),
            other => unreachable!("{other}"),
        }
        self.known = self.truth.clone();
    }

    /// Plans and carries out until nothing is left to do. Gives the writes.
    fn bring(&mut self, wish: &DesiredSegment) -> Vec<Change> {
        let mut written = Vec::new();
        for _ in 0..4 {
            let next = plan(wish, &self.known);
            if next.unknown.contains(&Cell::Segments) {
                self.known = self.truth.clone();
            }
            next.changes.iter().for_each(|change| self.carry_out(change));
            written.extend(next.changes);
        }
        assert!(plan(wish, &self.known).is_quiet(), "still {:?}", plan(wish, &self.known));
        written
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_plan_converges_by_one_write_at_most_and_touches_no_other_segment(mut project in project(), wish in wish()) {
        let before = project.truth.clone();
        let written = project.bring(&wish);
        prop_assert!(written.len() <= 1, "{:?}", written);
        let Ok(Some(live)) = find(&wish, &project.truth) else {
            prop_assert_eq!(before, project.truth);
            return Ok(());
        };
        if plan(&wish, &project.truth).missing.is_empty() {
            prop_assert!(live.name == wish.name && are_met(wish.rules.as_ref().unwrap(), &live.rules));
        }
        let others = |world: &World| world.segments.iter().filter(|one| one.id != live.id).cloned().collect::<Vec<_>>();
        prop_assert_eq!(others(&before), others(&project.truth));
    }

    #[test]
    fn what_means_the_same_is_left_alone(mut project in project(), wish in wish()) {
        project.bring(&wish);
        for segment in &mut project.truth.segments {
            reshape(&mut segment.rules);
        }
        prop_assert!(plan(&wish, &project.truth).is_quiet(), "{:?}", plan(&wish, &project.truth));
    }

    #[test]
    fn what_a_wish_leaves_out_is_never_written(mut project in project(), wish in wish()) {
        let before = project.truth.clone();
        project.bring(&wish);
        let after = find(&wish, &project.truth).ok().flatten();
        let Some((old, new)) = after.and_then(|new| Some((before.segment_by_id(new.id)?, new))) else { return Ok(()) };
        prop_assert!(wish.description.is_some() || old.description == new.description);
        prop_assert!(wish.feature.is_some() || old.feature == new.feature);
        if are_met(wish.rules.as_ref().unwrap(), &old.rules) {
            prop_assert_eq!(&old.rules, &new.rules);
        }
    }

    #[test]
    fn a_name_is_never_made_a_twins(mut project in project(), wish in wish()) {
        let named = |world: &World| world.segments.iter().filter(|one| one.name == wish.name).count();
        let before = named(&project.truth);
        project.bring(&wish);
        prop_assert!(named(&project.truth) <= before.max(1));
    }

    #[test]
    fn a_removal_leaves_what_is_used_and_all_others(mut project in project(), id in (0..4_i64).prop_map(SegmentId)) {
        let before = project.truth.clone();
        for _ in 0..2 {
            let next = plan_removal(id, &project.known);
            next.changes.iter().for_each(|change| project.carry_out(change));
            project.known = project.truth.clone();
        }
        let Some(Known::Present(state)) = before.states.get(&(ENVIRONMENT, FEATURE)) else { unreachable!() };
        let is_used = state.overrides.iter().any(|one| one.segment == id);
        let last = plan_removal(id, &project.known);
        prop_assert!(last.is_quiet());
        prop_assert_eq!(is_used, matches!(last.missing.as_slice(), [Missing::SegmentInUse(..)]));
        let kept = before.segments.into_iter().filter(|one| is_used || one.id != id).collect::<Vec<_>>();
        prop_assert_eq!(kept, project.truth.segments);
    }
}
