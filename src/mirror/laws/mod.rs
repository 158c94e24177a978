//! The laws of the mirror over any interleaving of reads, writes, answers, losses and foreign hands.

mod bench;
mod cases;
mod deed;
mod forgetting_cases;
mod model;
mod wire;
mod witness;

use bench::{Bench, Fate};
use deed::{Deed, change, reference};
use proptest::prelude::*;
use wire::Ask;

use super::Depth;
use crate::world::{Cell, FlagRef, Known};

const MOST_TASKS: usize = 6;

#[derive(Clone, Copy, Debug)]
enum Step {
    Poll(bool),
    Look(usize, usize),
    LookAtIdentities(usize, usize),
    LookAtLists,
    Write(Deed),
    Somebody(Deed),
    RemoveEnvironment(usize),
    RemoveState(usize),
    Serve(usize, usize),
    Answer(usize, Fate),
    Cancel(usize),
}

/// Mostly the first: what is to overlap must meet.
fn place() -> impl Strategy<Value = usize> {
    prop_oneof![4 => Just(0), 1 => Just(1), 1 => Just(2)]
}

fn deed() -> impl Strategy<Value = Deed> {
    prop_oneof![
        8 => (place(), place()).prop_map(|(environment, feature)| Deed::State(environment, feature)),
        3 => place().prop_map(Deed::Update),
        2 => place().prop_map(Deed::Create),
        2 => place().prop_map(Deed::Delete),
        2 => place().prop_map(Deed::Environment),
        1 => Just(Deed::NewEnvironment),
        1 => place().prop_map(Deed::NoEnvironment),
        2 => (place(), place()).prop_map(|(environment, feature)| Deed::Restore(environment, feature)),
        5 => (place(), place()).prop_map(|(environment, feature)| Deed::Identity(environment, feature)),
        2 => (place(), place()).prop_map(|(environment, feature)| Deed::NoIdentity(environment, feature)),
        1 => Just(Deed::NewSegment),
        2 => place().prop_map(Deed::Segment),
        1 => place().prop_map(Deed::DeleteSegment),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    let fate =
        prop_oneof![12 => Just(Fate::Arrives), 2 => Just(Fate::Lost), 1 => Just(Fate::Refused), 1 => Just(Fate::Fails)];
    prop_oneof![
        3 => any::<bool>().prop_map(Step::Poll),
        8 => (place(), place()).prop_map(|(environment, feature)| Step::Look(environment, feature)),
        4 => (place(), place()).prop_map(|(environment, feature)| Step::LookAtIdentities(environment, feature)),
        1 => Just(Step::LookAtLists),
        6 => deed().prop_map(Step::Write),
        5 => deed().prop_map(Step::Somebody),
        1 => place().prop_map(Step::RemoveEnvironment),
        2 => place().prop_map(Step::RemoveState),
        8 => (0..6_usize, 0..4_usize).prop_map(|(at, lag)| Step::Serve(at, lag)),
        16 => (0..6_usize, fate).prop_map(|(at, fate)| Step::Answer(at, fate)),
        1 => (0..6_usize).prop_map(Step::Cancel),
    ]
}

/// A project of two environments and two features, read once.
fn begun(is_coarse: bool) -> Bench {
    begun_on(false, is_coarse)
}

fn begun_on(is_silent: bool, is_coarse: bool) -> Bench {
    let mut bench = Bench::new(is_coarse);
    bench.model.wire().server.is_silent = is_silent;
    for deed in [Deed::NewEnvironment, Deed::NewEnvironment, Deed::Create(0), Deed::Create(1), Deed::NewSegment] {
        somebody(&bench, deed);
    }
    bench.turn(Depth::Whole, 0);
    bench.is_whole();
    bench
}

/// What a deed comes to in what the server has.
fn somebody(bench: &Bench, deed: Deed) {
    let change = {
        let server = &mut bench.model.wire().server;
        let features: Vec<_> =
            server.features.iter().map(|one| FlagRef { id: one.id, name: one.name.clone() }).collect();
        let environments: Vec<_> = server.environments.iter().map(|one| one.id).collect();
        let segments: Vec<_> = server.segments.iter().map(reference).collect();
        change(deed, (&environments, &features, &segments), server)
    };
    if let Some(change) = change {
        bench.somebody(&change);
    }
}

/// What a deed comes to in what the mirror believes.
fn ours(bench: &mut Bench, deed: Deed) {
    let (environments, features, segments): (Vec<_>, Vec<_>, Vec<_>) = bench.mirror.read(|world| {
        let known = world.definitions.values().filter_map(|known| known.as_ref().present());
        let features = known.map(|one| FlagRef { id: one.id, name: one.name.clone() });
        let segments = world.segments.iter().map(reference).collect();
        (world.environments.iter().map(|one| one.id).collect(), features.collect(), segments)
    });
    let change = change(deed, (&environments, &features, &segments), &mut bench.model.wire().server);
    if let Some(change) = change {
        bench.apply(change);
    }
}

fn take(bench: &mut Bench, step: Step, is_lagging: bool) {
    let pending = bench.model.wire().pending.len();
    match step {
        Step::Serve(at, lag) if at < pending => bench.serve(at, if is_lagging { lag } else { 0 }),
        Step::Answer(at, fate) if at < pending => bench.answer(at, fate),
        Step::Cancel(at) if at < bench.tasks.len() => bench.cancel(at),
        Step::Somebody(deed) => somebody(bench, deed),
        Step::RemoveEnvironment(at) => {
            let server = &mut bench.model.wire().server;
            let id = server.environments.get(at).map(|one| one.id);
            if let Some(id) = id {
                server.delete_environment(id);
            }
        }
        Step::RemoveState(at) => {
            let server = &mut bench.model.wire().server;
            let place = server.states.keys().nth(at).copied();
            if let Some((environment, feature)) = place {
                server.delete_state(environment, feature);
            }
        }
        Step::Serve(..) | Step::Answer(..) | Step::Cancel(_) => {}
        _ if bench.tasks.len() >= MOST_TASKS => {}
        Step::Poll(is_whole) => bench.poll(if is_whole { Depth::Whole } else { Depth::Documents }),
        Step::LookAtLists => bench.look(vec![Cell::Environments]),
        Step::Write(deed) => ours(bench, deed),
        Step::Look(environment, feature) | Step::LookAtIdentities(environment, feature) => {
            let places: Vec<_> = bench.model.wire().server.identities.keys().copied().collect();
            if let Some((at, id)) = places.get(environment * 3 + feature).copied() {
                let is_state = matches!(step, Step::Look(..));
                bench.look(vec![if is_state { Cell::State(at, id) } else { Cell::Identities(at, id) }]);
            }
        }
    }
    bench.advance();
}

fn is_list(ask: &Ask) -> bool {
    matches!(ask, Ask::Environments | Ask::Features | Ask::Segments | Ask::Tags)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_overlaps_nothing_goes_back_and_in_the_end_all_is_as_the_server_has_it(
        steps in prop::collection::vec(step(), 1..80),
        is_coarse in any::<bool>(),
        is_old in any::<bool>(),
        is_silent in any::<bool>(),
    ) {
        let mut bench = begun_on(is_silent, is_coarse);
        bench.model.wire().server.is_old = is_old;
        for step in steps {
            take(&mut bench, step, false);
            prop_assert!(bench.mirror.health().lagging.is_empty(), "no document lags");
        }
        bench.drain(0);
        bench.turn(Depth::Whole, 0);
        bench.is_whole();
        bench.turn(Depth::Documents, 0);
        let asked = bench.turn(Depth::Documents, 0);
        let environments = bench.model.wire().server.environments.len();
        let documents: Vec<_> = asked.iter().filter(|ask| !matches!(ask, Ask::Identities(_, None) if is_silent)).collect();
        prop_assert_eq!(documents.len(), environments, "a quiet poll asks for documents alone: {:?}", asked);
        prop_assert!(asked.len() <= 2 * environments, "of each environment once: {:?}", asked);
    }

    #[test]
    fn a_document_that_lags_never_takes_anything_back_and_costs_no_listing_for_ever(
        steps in prop::collection::vec(step(), 1..80),
        is_coarse in any::<bool>(),
        lag in 1..4_usize,
        is_old in any::<bool>(),
        is_silent in any::<bool>(),
    ) {
        let mut bench = begun_on(is_silent, is_coarse);
        bench.model.wire().server.is_old = is_old;
        for step in steps {
            take(&mut bench, step, true);
        }
        bench.drain(0);
        for _ in 0..4 {
            bench.turn(Depth::Documents, lag);
        }
        let asked = bench.turn(Depth::Documents, lag);
        prop_assert!(!asked.iter().any(is_list), "a poll lists for ever: {:?}", asked);
        bench.turn(Depth::Whole, 0);
        bench.turn(Depth::Whole, 0);
        bench.is_whole();
        prop_assert!(bench.mirror.health().lagging.is_empty(), "no document lags any more");
        let held = bench.mirror.read(Clone::clone);
        prop_assert!(!held.definitions.values().any(|known| *known == Known::Unknown));
    }
}
