//! The laws of what differs, and of leaving some of it alone.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::{
    ROUNDS, bring,
    carry_out::Project,
    wishes::{project, wish},
};
use crate::world::{
    Plan, World,
    difference::{Place, Scope},
    flag::{DesiredFlag, plan},
    flag_difference::{differences, narrowed},
};

fn places(wish: &DesiredFlag, plan: &Plan, world: &World) -> BTreeSet<Place> {
    let changes = plan.changes.iter().chain(&plan.withheld);
    differences(wish, changes, world).iter().map(crate::world::difference::Difference::place).collect()
}

/// Some of the places that differ at first.
fn left(wish: &DesiredFlag, project: &Project, which: &[bool]) -> BTreeSet<Place> {
    let found = places(wish, &plan(wish, &project.known), &project.known);
    found.into_iter().zip(which).filter(|(_, is_left)| **is_left).map(|(place, _)| place).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_write_undoes_a_difference_that_people_can_read(project in project(), wish in wish()) {
        let planned = plan(&wish, &project.known);
        for change in planned.changes.iter().chain(&planned.withheld) {
            let found = differences(&wish, [change], &project.known);
            prop_assert!(!found.is_empty(), "{change:?}");
            for one in found {
                prop_assert!(one.desired != one.live, "{one:?} of {change:?}");
                prop_assert!(one.cells.contains(&change.cell()));
            }
        }
    }

    #[test]
    fn a_wish_of_which_nothing_is_left_alone_is_the_same(wish in wish()) {
        prop_assert_eq!(narrowed(&wish, &BTreeSet::new()), wish);
    }

    #[test]
    fn what_is_left_alone_is_not_written(
        mut project in project(), wish in wish(), which in proptest::collection::vec(any::<bool>(), 24)
    ) {
        project.known = project.truth.clone();
        let left = left(&wish, &project, &which);
        let narrow = narrowed(&wish, &left);
        for _ in 0..ROUNDS {
            let planned = plan(&narrow, &project.known);
            let touched = places(&wish, &planned, &project.known);
            prop_assert!(touched.is_disjoint(&left), "{:?} of {:?}", touched, left);
            project.carry_out(&planned);
        }
        prop_assert!(plan(&narrow, &project.known).is_quiet());
    }

    #[test]
    fn what_is_left_alone_keeps_nothing_else_from_being_written(
        mut project in project(), wish in wish(), which in proptest::collection::vec(any::<bool>(), 24)
    ) {
        project.known = project.truth.clone();
        let mut left = left(&wish, &project, &which);
        // What other fields are compared with, such as variants, may be left alone with them.
        left.retain(|(scope, _)| *scope != Scope::Own);
        bring(&mut project, &narrowed(&wish, &left));
        let after = places(&wish, &plan(&wish, &project.known), &project.known);
        // What approvals hold back is not written anyhow.
        let withheld = plan(&narrowed(&wish, &left), &project.known);
        let withheld = places(&wish, &withheld, &project.known);
        let others: BTreeSet<_> = after.difference(&left).filter(|place| !withheld.contains(place)).cloned().collect();
        prop_assert!(others.is_empty(), "{:?} besides {:?}", others, left);
    }

    #[test]
    fn where_all_that_differs_is_left_alone_nothing_is_ever_written(mut project in project(), wish in wish()) {
        let before = project.truth.clone();
        let (mut left, mut narrow) = (BTreeSet::new(), wish.clone());
        for _ in 0..4 * ROUNDS {
            let planned = plan(&narrow, &project.known);
            let found = places(&wish, &planned, &project.known);
            if found.is_empty() {
                project.carry_out(&Plan { unknown: planned.unknown.clone(), ..Plan::default() });
                prop_assert!(planned.changes.is_empty());
                continue;
            }
            left.extend(found);
            narrow = narrowed(&wish, &left);
        }
        prop_assert!(plan(&narrow, &project.known).is_quiet());
        prop_assert_eq!(before, project.truth);
    }
}
