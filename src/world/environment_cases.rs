//! Single cases of planning an environment.

use super::{
    Change, EnvironmentStep, Missing, World,
    environment::{Copy, DesiredEnvironment, Gone, KeyRotation, Versioning, find, plan},
};
use crate::flagsmith::{
    Environment, EnvironmentId, EnvironmentPatch, EnvironmentSettings, NewClone, ProjectId, SettingsPatch,
};

fn live(id: i64, name: &str) -> Environment {
    Environment {
        id: EnvironmentId(id),
        uuid: format!("uuid-{id}").into(),
        name: name.into(),
        key: format!("key-{id}").into(),
        description: None,
        project: ProjectId(1),
        use_v2_feature_versioning: false,
        minimum_change_request_approvals: None,
        is_creating: false,
        settings: EnvironmentSettings::default(),
    }
}

fn world(environments: Vec<Environment>) -> World {
    World { environments, ..World::default() }
}

fn staging() -> DesiredEnvironment {
    DesiredEnvironment {
        project: ProjectId(1),
        name: "staging".into(),
        description: None,
        settings: SettingsPatch::default(),
        copy: None,
        versioning: None,
        uuid: None,
        gone: None,
        key: None,
        may_be_made: true,
        rotation: None,
    }
}

fn copied() -> DesiredEnvironment {
    let copy = Copy { of: "production".into(), provisional: "in the making".into() };
    DesiredEnvironment { copy: Some(copy), ..staging() }
}

fn clone_of(source: i64) -> Change {
    let new = NewClone { name: "in the making".into() };
    Change::MakeEnvironment(EnvironmentStep::Clone { source: EnvironmentId(source), new })
}

fn discard(id: i64) -> Change {
    let (environment, name) = (EnvironmentId(id), "in the making".into());
    Change::MakeEnvironment(EnvironmentStep::Discard { environment, name })
}

fn version(id: i64, name: &str) -> Change {
    Change::MakeEnvironment(EnvironmentStep::Version { environment: EnvironmentId(id), name: name.into() })
}

fn rename(id: i64) -> Change {
    let patch = EnvironmentPatch { name: Some("staging".into()), ..EnvironmentPatch::default() };
    Change::UpdateEnvironment { environment: EnvironmentId(id), patch }
}

#[test]
fn a_copy_is_made_of_what_is_there_and_whole() {
    assert_eq!(plan(&copied(), &world(vec![live(1, "production")])).changes, [clone_of(1)]);
    assert_eq!(plan(&copied(), &world(vec![])).missing, [Missing::Environment("production".into())]);
    let half = Environment { is_creating: true, ..live(1, "production") };
    let waiting = plan(&copied(), &world(vec![half]));
    assert_eq!((waiting.changes.as_slice(), waiting.missing), (&[][..], vec![Missing::Settling("production".into())]));
}

#[test]
fn a_copy_in_the_making_is_ours_once_it_is_whole_and_any_other_is_put_away() {
    let held = world(vec![live(1, "production"), live(3, "in the making"), live(2, "in the making")]);
    assert_eq!(plan(&copied(), &held).changes, [discard(3), rename(2)]);
    let half = Environment { is_creating: true, ..live(2, "in the making") };
    let waiting = plan(&copied(), &world(vec![live(1, "production"), half.clone()]));
    assert_eq!((waiting.changes.as_slice(), waiting.missing), (&[][..], vec![Missing::Settling("staging".into())]));
    // One that comes late, and is still being made, is let be until it is.
    let recorded = DesiredEnvironment { uuid: Some("uuid-5".into()), ..copied() };
    assert_eq!(plan(&recorded, &world(vec![live(5, "staging"), half])).changes, []);
    let late = world(vec![live(5, "staging"), live(2, "in the making")]);
    assert_eq!(plan(&recorded, &late).changes, [discard(2)]);
}

#[test]
fn an_environment_of_its_name_is_taken_up_before_a_copy_is_made() {
    assert_eq!(plan(&copied(), &world(vec![live(1, "production"), live(4, "staging")])).changes, []);
}

#[test]
fn versions_are_asked_for_after_the_fields_are_right_and_nothing_is_written_until_they_are_there() {
    let settings = SettingsPatch { banner_text: Some("a".to_owned()), ..SettingsPatch::default() };
    let wanted = DesiredEnvironment { versioning: Some(Versioning::Wanted), settings: settings.clone(), ..staging() };
    let first = plan(&wanted, &world(vec![live(1, "staging")])).changes;
    assert!(matches!(first.as_slice(), [Change::UpdateEnvironment { .. }]), "{first:?}");
    let mut right = live(1, "staging");
    right.settings.banner_text = Some("a".to_owned());
    assert_eq!(plan(&wanted, &world(vec![right.clone()])).changes, [version(1, "staging")]);

    let switching = World { switching: [EnvironmentId(1)].into(), ..world(vec![live(1, "staging")]) };
    assert_eq!(plan(&wanted, &switching).changes, []);
    let asked = DesiredEnvironment { versioning: Some(Versioning::Asked), ..wanted.clone() };
    assert_eq!(plan(&asked, &world(vec![live(1, "staging")])).changes, []);
    let there = Environment { use_v2_feature_versioning: true, ..right };
    assert_eq!(plan(&wanted, &world(vec![there.clone()])).changes, []);
    let unsaid = DesiredEnvironment { versioning: None, ..wanted };
    assert_eq!(plan(&unsaid, &world(vec![there])).changes, [], "nothing switches them off");
}

#[test]
fn one_of_ours_that_is_gone_is_made_again_under_a_key_of_its_own_and_one_of_theirs_is_not() {
    let recorded = DesiredEnvironment { uuid: Some("uuid-9".into()), ..staging() };
    let missing = Missing::EnvironmentDeleted("staging".into());
    assert_eq!(plan(&recorded, &world(vec![])).missing, std::slice::from_ref(&missing), "not proved gone");
    let ours = DesiredEnvironment { gone: Some(Gone::Ours), ..recorded.clone() };
    assert_eq!(plan(&ours, &world(vec![])).changes, [Change::ChooseKey]);
    let chosen = DesiredEnvironment { key: Some("new".into()), ..ours.clone() };
    assert!(
        matches!(plan(&chosen, &world(vec![])).changes.as_slice(), [Change::CreateEnvironment(new)] if new.key == "new".into())
    );
    let theirs = DesiredEnvironment { gone: Some(Gone::Theirs), ..recorded };
    assert_eq!(plan(&theirs, &world(vec![])).missing, [missing]);
    for gone in [ours, theirs] {
        let held = world(vec![live(4, "staging")]);
        assert_eq!(find(&gone, &held).unwrap().map(|one| one.id), Some(EnvironmentId(4)), "another of its name");
    }
}

#[test]
fn nothing_is_written_while_a_task_is_at_work_and_what_has_to_wait_says_so() {
    let switching = World { switching: [EnvironmentId(1)].into(), ..world(vec![live(1, "staging")]) };
    let creating = world(vec![Environment { is_creating: true, ..live(1, "staging") }]);
    let idle = world(vec![live(1, "staging")]);
    let asked = |wish: &DesiredEnvironment| DesiredEnvironment { versioning: Some(Versioning::Asked), ..wish.clone() };
    let rotated =
        |to: Option<&str>| DesiredEnvironment { rotation: Some(KeyRotation { to: to.map(Into::into) }), ..staging() };
    let described = DesiredEnvironment { description: Some("ours".to_owned()), ..staging() };
    for wish in [rotated(None), rotated(Some("next")), described] {
        let busy = [plan(&wish, &switching), plan(&wish, &creating), plan(&asked(&wish), &idle)];
        for plan in busy {
            assert_eq!((plan.changes, plan.missing), (vec![], vec![Missing::Settling("staging".into())]), "{wish:?}");
        }
        assert_eq!(plan(&wish, &idle).changes.len(), 1, "{wish:?}");
        let wanted = DesiredEnvironment { versioning: Some(Versioning::Wanted), ..wish };
        assert!(!plan(&wanted, &idle).changes.contains(&version(1, "staging")), "before the task begins");
    }
    let done = rotated(Some("key-1"));
    assert_eq!(plan(&done, &switching), crate::world::Plan::default(), "what has it already waits for nothing");
}
