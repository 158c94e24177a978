//! Single stories of the mirror, each the shortest that shows its point.

use super::{
    Deed, Step, begun,
    bench::{Bench, Fate},
    is_list, ours, somebody, take,
    wire::Ask,
};
use crate::{
    flagsmith::{EnvironmentName, FeatureName, FlagState},
    mirror::{Depth, Touch},
    world::{Cell, Change, FlagRef, Known},
};

fn state(bench: &Bench) -> Cell {
    bench.mirror.read(|world| {
        let feature = world.definition(&"a".into()).present().unwrap();
        Cell::State(world.environments[0].id, feature.id)
    })
}

fn held(bench: &Bench, cell: &Cell) -> Known<FlagState> {
    let Cell::State(environment, feature) = *cell else { unreachable!() };
    bench.mirror.read(|world| match world.state(environment, feature) {
        Known::Present(state) => Known::Present(state.clone()),
        Known::Absent => Known::Absent,
        Known::Unknown => Known::Unknown,
    })
}

fn truth(bench: &Bench, cell: &Cell) -> Known<FlagState> {
    let Cell::State(environment, feature) = *cell else { unreachable!() };
    Known::Present(bench.model.wire().server.states[&(environment, feature)].clone())
}

fn lagging(bench: &Bench) -> Vec<EnvironmentName> {
    bench.mirror.health().lagging.into_iter().collect()
}

fn definition_is(bench: &Bench, name: &str, known: &Known<()>) -> bool {
    let held = bench.mirror.read(|world| match world.definition(&FeatureName::from(name)) {
        Known::Present(_) => Known::Present(()),
        Known::Absent => Known::Absent,
        Known::Unknown => Known::Unknown,
    });
    held == *known
}

fn reference(bench: &Bench, name: &str) -> FlagRef {
    let server = &bench.model.wire().server;
    let feature = server.features.iter().find(|one| one.name.as_str() == name).unwrap();
    FlagRef { id: feature.id, name: feature.name.clone() }
}

#[test]
fn of_two_reads_that_overlap_the_later_answer_does_not_take_back_the_earlier() {
    let mut bench = begun(false);
    let cell = state(&bench);
    bench.look(vec![cell.clone()]);
    bench.look(vec![cell.clone()]);
    bench.serve(1, 0);
    somebody(&bench, Deed::State(0, 0));
    bench.answer(0, Fate::Arrives);
    bench.answer(0, Fate::Arrives);
    assert_eq!(held(&bench, &cell), truth(&bench, &cell));
}

#[test]
fn a_write_is_not_undone_by_a_read_that_set_out_before_it_was_answered() {
    let mut bench = begun(false);
    let cell = state(&bench);
    bench.look(vec![cell.clone()]);
    bench.serve(0, 0);
    ours(&mut bench, Deed::State(0, 0));
    bench.answer(1, Fate::Arrives);
    bench.answer(0, Fate::Arrives);
    assert_eq!(held(&bench, &cell), truth(&bench, &cell));
}

#[test]
fn what_is_read_while_a_write_is_under_way_is_not_believed_and_then_taken_back() {
    let mut bench = begun(false);
    let cell = state(&bench);
    ours(&mut bench, Deed::State(0, 0));
    bench.serve(0, 0);
    somebody(&bench, Deed::State(0, 0));
    bench.look(vec![cell.clone()]);
    bench.answer(1, Fate::Arrives);
    bench.answer(0, Fate::Arrives);
    assert_ne!(held(&bench, &cell), truth(&bench, &cell), "what was answered is held until the next read");
    bench.turn(Depth::Documents, 0);
    assert_eq!(held(&bench, &cell), truth(&bench, &cell));
}

#[test]
fn what_was_lost_is_not_taken_from_a_document_but_read() {
    let mut bench = begun(false);
    let cell = state(&bench);
    ours(&mut bench, Deed::State(0, 0));
    bench.serve(0, 0);
    bench.answer(0, Fate::Lost);
    assert_eq!(held(&bench, &cell), Known::Unknown);
    let asked = bench.turn(Depth::Documents, 1);
    assert!(asked.iter().any(|ask| matches!(ask, Ask::Flag(..))), "{asked:?}");
    assert_eq!(held(&bench, &cell), truth(&bench, &cell));
}

#[test]
fn a_write_that_is_dropped_under_way_counts_as_lost() {
    let mut bench = begun(false);
    let cell = state(&bench);
    ours(&mut bench, Deed::State(0, 0));
    bench.cancel(0);
    assert_eq!(held(&bench, &cell), Known::Unknown);
}

#[test]
fn a_document_that_lags_changes_nothing_and_is_said_until_it_is_new_again() {
    let mut bench = begun(false);
    let cell = state(&bench);
    somebody(&bench, Deed::State(0, 0));
    bench.turn(Depth::Documents, 0);
    assert_eq!((held(&bench, &cell), lagging(&bench)), (truth(&bench, &cell), vec![]));
    bench.turn(Depth::Documents, 1);
    assert_eq!((held(&bench, &cell), lagging(&bench).is_empty()), (truth(&bench, &cell), false));
    bench.turn(Depth::Documents, 0);
    assert_eq!(lagging(&bench), vec![]);
}

#[test]
fn a_write_under_way_does_not_make_a_document_lag() {
    let mut bench = begun(false);
    somebody(&bench, Deed::State(0, 0));
    bench.poll(Depth::Documents);
    bench.answer(0, Fate::Arrives);
    ours(&mut bench, Deed::State(0, 0));
    let cell = state(&bench);
    bench.drain(0);
    assert_eq!((held(&bench, &cell), lagging(&bench)), (truth(&bench, &cell), vec![]));
}

#[test]
fn a_feature_that_only_a_lagging_document_shows_costs_a_few_listings_and_is_said() {
    let mut bench = begun(false);
    somebody(&bench, Deed::Delete(0));
    let asked = bench.turn(Depth::Whole, 0);
    assert_eq!(asked.len(), 6, "four lists and two documents: {asked:?}");
    assert!(definition_is(&bench, "a", &Known::Absent));
    let asked: Vec<_> = (0..10).flat_map(|_| bench.turn(Depth::Documents, 1)).collect();
    let lists = asked.iter().filter(|ask| **ask == Ask::Features).count();
    assert_eq!(lists, 1, "{asked:?}");
    assert!(definition_is(&bench, "a", &Known::Absent));
    assert_eq!(lagging(&bench).len(), 2);
    bench.turn(Depth::Documents, 0);
    assert_eq!(lagging(&bench), vec![]);
}

#[test]
fn a_feature_that_somebody_made_is_unknown_until_the_next_poll_lists() {
    let mut bench = begun(false);
    somebody(&bench, Deed::Create(2));
    bench.turn(Depth::Documents, 0);
    assert!(definition_is(&bench, "c", &Known::Unknown));
    bench.turn(Depth::Documents, 0);
    assert!(definition_is(&bench, "c", &Known::Present(())));
}

#[test]
fn where_no_document_can_be_had_the_states_say_what_is_gone() {
    let mut bench = begun(false);
    somebody(&bench, Deed::Delete(0));
    bench.poll(Depth::Whole);
    while !bench.tasks.is_empty() {
        let ask = bench.model.wire().pending[0].ask.clone();
        bench.answer(0, if matches!(ask, Ask::Document(_)) { Fate::Fails } else { Fate::Arrives });
    }
    assert!(definition_is(&bench, "a", &Known::Absent));
    assert_eq!(bench.mirror.health().failing.len(), 2);
}

#[test]
fn the_wish_for_lists_outlives_a_listing_that_failed() {
    let mut bench = begun(false);
    bench.mirror.want_lists();
    bench.poll(Depth::Documents);
    bench.answer(0, Fate::Fails);
    assert!(bench.tasks.is_empty());
    assert!(bench.turn(Depth::Documents, 0).iter().any(is_list));
}

#[test]
fn who_asks_between_the_two_lists_of_a_listing_gets_another() {
    let mut bench = begun(false);
    bench.poll(Depth::Whole);
    bench.answer(0, Fate::Arrives);
    bench.look(vec![Cell::Environments]);
    let before = bench.model.wire().sent.len();
    bench.drain(0);
    assert!(bench.model.wire().sent[before..].contains(&Ask::Environments));
}

#[test]
fn a_deletion_of_what_is_not_found_leaves_it_to_the_lists() {
    let mut bench = begun(false);
    let feature = reference(&bench, "a");
    somebody(&bench, Deed::Delete(0));
    bench.apply(Change::DeleteFeature(feature));
    bench.drain(0);
    assert!(definition_is(&bench, "a", &Known::Unknown));
    bench.look(vec![Cell::Definition("a".into())]);
    bench.drain(0);
    assert!(definition_is(&bench, "a", &Known::Absent));
}

#[test]
fn a_write_to_what_is_gone_has_the_next_poll_list() {
    let mut bench = begun(false);
    somebody(&bench, Deed::Delete(0));
    ours(&mut bench, Deed::State(0, 0));
    bench.drain(0);
    assert!(definition_is(&bench, "a", &Known::Unknown));
    bench.turn(Depth::Documents, 0);
    bench.is_whole();
}

#[test]
fn a_look_at_what_is_gone_has_the_next_poll_list() {
    let mut bench = begun(false);
    let cell = state(&bench);
    take(&mut bench, Step::RemoveEnvironment(0), false);
    bench.look(vec![cell]);
    bench.drain(0);
    assert!(definition_is(&bench, "a", &Known::Unknown));
    bench.turn(Depth::Documents, 0);
    bench.is_whole();
}

#[test]
fn an_update_leaves_the_environments_in_their_order_and_a_list_has_nothing_to_tell() {
    let mut bench = begun(false);
    ours(&mut bench, Deed::Environment(0));
    bench.drain(0);
    bench.told.0.lock().unwrap().clear();
    bench.turn(Depth::Whole, 0);
    assert_eq!(*bench.told.0.lock().unwrap(), vec![]);
}

#[test]
fn a_refused_credential_is_told_once_and_its_return_wakes_everything() {
    let mut bench = begun(false);
    bench.told.0.lock().unwrap().clear();
    for _ in 0..2 {
        bench.poll(Depth::Documents);
        bench.answer(0, Fate::Denied);
    }
    assert_eq!(*bench.told.0.lock().unwrap(), vec![Touch::Connection, Touch::Project]);
    bench.turn(Depth::Documents, 0);
    assert_eq!(bench.told.0.lock().unwrap().last(), Some(&Touch::Everything));
}

#[test]
fn a_name_whose_creation_was_refused_is_no_hearsay() {
    let mut bench = begun(false);
    ours(&mut bench, Deed::Create(2));
    let Some(Ask::Write(change)) = bench.model.wire().sent.last().cloned() else { unreachable!() };
    bench.answer(0, Fate::Refused);
    assert_eq!(bench.mirror.hearsay(&[change]), vec![]);
}

#[test]
fn a_state_that_only_a_document_showed_is_hearsay_until_it_is_read() {
    let mut bench = begun(false);
    let cell = state(&bench);
    ours(&mut bench, Deed::State(0, 0));
    let Some(Ask::Write(change)) = bench.model.wire().sent.last().cloned() else { unreachable!() };
    assert_eq!(bench.mirror.hearsay(std::slice::from_ref(&change)), vec![cell.clone()]);
    bench.answer(0, Fate::Refused);
    bench.look(vec![cell]);
    bench.drain(0);
    assert_eq!(bench.mirror.hearsay(&[change]), vec![]);
}

#[test]
fn a_state_that_is_written_while_another_is_confirmed_is_no_lag() {
    let mut bench = begun(false);
    for feature in [0, 1] {
        somebody(&bench, Deed::State(0, feature));
    }
    bench.poll(Depth::Documents);
    bench.answer(0, Fate::Arrives);
    ours(&mut bench, Deed::State(0, 1));
    bench.answer(1, Fate::Arrives);
    bench.drain(0);
    assert_eq!(lagging(&bench), vec![]);
}
