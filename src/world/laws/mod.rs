//! The laws of planning, over any project and any wish.

mod carry_out;
mod definition_laws;
mod difference_laws;
mod judge;
mod seed;
mod texts;
mod wishes;

use proptest::prelude::*;

use super::{
    Change, Known, World,
    definition::{plan_archive, plan_removal},
    environment::{self, DesiredEnvironment, KeyRotation},
    flag::{DesiredFlag, plan},
};
use crate::flagsmith::{Environment, EnvironmentSettings, FeatureName};
use carry_out::Project;
use judge::{is_left_alone, is_met};
use wishes::{environment_wish, name, project, wish};

/// As many as the driver takes.
const ROUNDS: usize = 8;

/// Plans and carries out until nothing is left to do.
fn bring(project: &mut Project, wish: &DesiredFlag) {
    for _ in 0..ROUNDS {
        let next = plan(wish, &project.known);
        if next.is_quiet() {
            return;
        }
        project.carry_out(&next);
    }
    let left = plan(wish, &project.known);
    assert!(left.is_quiet(), "still {left:?}");
}

/// The same world with the features of one name left out.
fn without(world: &World, name: &FeatureName) -> World {
    let mut rest = world.clone();
    if let Some(feature) = rest.definitions.remove(name).and_then(Known::present) {
        rest.states.retain(|(_, id), _| *id != feature.id);
        rest.identities.retain(|(_, id), _| *id != feature.id);
    }
    rest
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_plan_that_is_carried_out_converges(mut project in project(), wish in wish()) {
        bring(&mut project, &wish);
        prop_assert!(is_met(&wish, &project.truth));
    }

    #[test]
    fn a_world_that_is_as_wished_is_left_alone(mut project in project(), wish in wish()) {
        bring(&mut project, &wish);
        prop_assert!(plan(&wish, &project.truth).changes.is_empty());
        if !wishes::wants_exact_text(&wish) {
            project.reshape();
        }
        let again = plan(&wish, &project.truth);
        prop_assert!(again.changes.is_empty() && again.unknown.is_empty(), "{:?}", again);
    }

    #[test]
    fn what_a_wish_leaves_out_is_never_written(mut project in project(), wish in wish()) {
        let before = project.truth.clone();
        bring(&mut project, &wish);
        let after = &project.truth;
        prop_assert_eq!(&before.environments, &after.environments);
        prop_assert_eq!(&before.segments, &after.segments);
        let Some(feature) = before.definition(&wish.name).present() else { return Ok(()) };
        let now = after.definition(&wish.name).present().unwrap();
        definition_laws::is_untouched(wish.definition.as_ref(), feature, now)?;
        for environment in &before.environments {
            prop_assert!(is_left_alone(&wish, (environment, feature.id), (&before, after)));
        }
    }

    #[test]
    fn a_plan_may_be_cut_short_anywhere(project in project(), wish in wish(), cut in 0..4_usize) {
        let (mut whole, mut cut_short) = (project.clone(), project);
        bring(&mut whole, &wish);
        let mut first = plan(&wish, &cut_short.known);
        first.changes.truncate(cut);
        cut_short.carry_out(&first);
        bring(&mut cut_short, &wish);
        prop_assert_eq!(whole.truth, cut_short.truth);
    }

    #[test]
    fn two_wishes_for_two_flags_do_not_meet(mut project in project(), wish in wish()) {
        let before = without(&project.truth, &wish.name);
        bring(&mut project, &wish);
        let mut after = without(&project.truth, &wish.name);
        // Tags are everybody's: more of them may be there, and none is gone.
        prop_assert!(before.tags.iter().all(|tag| after.tags.contains(tag)));
        after.tags.clone_from(&before.tags);
        prop_assert_eq!(before, after);
    }

    #[test]
    fn a_removal_leaves_nothing_and_touches_nothing_else(mut project in project(), name in name()) {
        let rest = without(&project.truth, &name);
        for _ in 0..ROUNDS {
            let next = plan_removal(&name, &project.known);
            project.carry_out(&next);
        }
        prop_assert!(plan_removal(&name, &project.known).is_quiet());
        prop_assert_eq!(rest, project.truth);
    }

    #[test]
    fn archiving_changes_nothing_but_that(mut project in project(), name in name()) {
        let before = project.truth.clone();
        for _ in 0..ROUNDS {
            let next = plan_archive(&name, &project.known);
            project.carry_out(&next);
        }
        prop_assert!(plan_archive(&name, &project.known).is_quiet());
        project.unarchive(&name, &before);
        prop_assert_eq!(before, project.truth);
    }

    #[test]
    fn an_environment_comes_to_be_as_wished_and_others_stay(mut project in project(), wish in environment_wish()) {
        let (before, mut wish) = (project.truth.clone(), wish);
        let mut left = environment::plan(&wish, &project.known);
        for _ in 0..ROUNDS {
            if left.changes == [Change::ChooseKey] {
                wish.key = Some("chosen".into());
            } else {
                project.carry_out(&left);
            }
            left = environment::plan(&wish, &project.known);
        }
        prop_assert!(left.is_quiet(), "still {:?}", left);
        let found = environment::find(&wish, &project.truth).ok().flatten().cloned();
        prop_assert_eq!(found.is_none(), !left.missing.is_empty());
        for old in &before.environments {
            let new = project.truth.environment_by_id(old.id);
            let is_ours = found.as_ref().is_some_and(|found| found.id == old.id);
            let expected = new.filter(|_| is_ours).map_or_else(|| old.clone(), |new| touched(old, new, &wish));
            prop_assert_eq!(new, Some(&expected));
        }
    }

    #[test]
    fn an_environment_s_key_is_rotated_once_and_it_stays_the_same_one(
        mut project in project(), wish in environment_wish(), forgotten in any::<[bool; 4]>()
    ) {
        let live = project.truth.environments.first().cloned();
        prop_assume!(live.is_some());
        let live = live.unwrap();
        let rotation = Some(KeyRotation { to: None });
        let mut wish = DesiredEnvironment { uuid: Some(live.uuid.clone()), name: live.name.clone(), rotation, ..wish };
        let (mut rotations, mut left) = (0, environment::plan(&wish, &project.known));
        for lost in forgotten.into_iter().chain([false; ROUNDS]) {
            if left.changes.contains(&Change::ChooseNextKey) {
                wish.rotation = Some(KeyRotation { to: Some("next".into()) });
            }
            rotations += left.changes.iter().filter(|change| matches!(change, Change::RotateKey(..))).count();
            project.carry_out(&left);
            project.known.environments_unknown = lost;
            left = environment::plan(&wish, &project.known);
        }
        prop_assert!(left.is_quiet(), "still {:?}", left);
        prop_assert!(rotations <= 1);
        let found = project.truth.environment_by_uuid(&live.uuid).unwrap();
        prop_assert_eq!((found.key.expose(), found.id), ("next", live.id));
    }
}

/// An environment as it was, but for what is wished for.
fn touched(old: &Environment, new: &Environment, wish: &DesiredEnvironment) -> Environment {
    fn either<T: Clone>(is_wished: bool, new: &T, old: &T) -> T {
        if is_wished { new.clone() } else { old.clone() }
    }
    let (set, was) = (&new.settings, &old.settings);
    let patch = &wish.settings;
    let settings = EnvironmentSettings {
        banner_text: either(patch.banner_text.is_some(), &set.banner_text, &was.banner_text),
        hide_disabled_flags: either(
            patch.hide_disabled_flags.is_some(),
            &set.hide_disabled_flags,
            &was.hide_disabled_flags,
        ),
        ..was.clone()
    };
    Environment {
        description: either(wish.description.is_some(), &new.description, &old.description),
        use_v2_feature_versioning: new.use_v2_feature_versioning && wish.versioning.is_some()
            || old.use_v2_feature_versioning,
        settings,
        ..old.clone()
    }
}
