//! What comes and goes leaves nothing behind in a mirror.

use super::{Deed, begun, bench::Bench, ours, somebody};
use crate::mirror::Depth;

/// How many cells are remembered, once all that may lag was read.
fn cells(bench: &mut Bench) -> usize {
    for _ in 0..3 {
        bench.turn(Depth::Whole, 0);
    }
    bench.mirror.ledger().stamps.len()
}

#[test]
fn features_that_we_make_and_delete_leave_nothing_behind() {
    let mut bench = begun(false);
    let before = cells(&mut bench);
    for _ in 0..3 {
        ours(&mut bench, Deed::Create(2));
        bench.drain(0);
        bench.turn(Depth::Whole, 0);
        for deed in [Deed::State(0, 2), Deed::Identity(0, 2), Deed::Delete(2)] {
            ours(&mut bench, deed);
            bench.drain(0);
        }
    }
    assert_eq!(cells(&mut bench), before);
    bench.is_whole();
}

#[test]
fn environments_that_come_and_go_leave_nothing_behind() {
    let mut bench = begun(false);
    let before = cells(&mut bench);
    for _ in 0..3 {
        somebody(&bench, Deed::NewEnvironment);
        bench.turn(Depth::Whole, 0);
        ours(&mut bench, Deed::State(2, 0));
        bench.drain(0);
        ours(&mut bench, Deed::NoEnvironment(2));
        bench.drain(0);
    }
    assert_eq!(cells(&mut bench), before);
    bench.is_whole();
}
