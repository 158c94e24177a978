//! What the metrics say of turns and of corrections.

use strum::IntoEnumIterator as _;

use super::managed::{Managed, Rooms};
use crate::operator::obstacle::{Obstacle, Remedy};
use crate::{
    metrics::Outcome,
    world::{
        Change,
        difference::{Difference, Field},
    },
};

/// Counts a turn.
pub fn turn<K: Managed>(rooms: &Rooms, outcome: Result<(), &Obstacle>) {
    let outcome = match outcome.map_err(Obstacle::remedy) {
        Ok(()) => Outcome::Ready,
        Err(Remedy::Author) => Outcome::Stalled,
        Err(Remedy::Object) => Outcome::Waiting,
        Err(Remedy::Time) => Outcome::Failing,
        Err(Remedy::TimeOf(_)) => Outcome::RateLimited,
        Err(Remedy::Again) => Outcome::Again,
        Err(Remedy::Mirror) => Outcome::Loading,
    };
    rooms.metrics.turn(K::kind(&()), outcome);
}

/// Counts the changes that were carried out for an object that had drifted.
pub fn corrections<'a, K: Managed>(
    rooms: &Rooms,
    written: impl Iterator<Item = (&'a Change, &'a Result<(), Obstacle>)>,
) {
    for (change, _) in written.filter(|(_, outcome)| outcome.is_ok()) {
        rooms.metrics.correction(K::kind(&()), change.into());
    }
}

/// Counts a field of that name, which came to differ in Flagsmith under an object that was ready.
pub fn drift<K: Managed>(rooms: &Rooms, field: &str) {
    if let Some(field) = Field::iter().find(|one| one.as_ref() == field) {
        rooms.metrics.drift(K::kind(&()), field.into());
    }
}

/// Counts differences that came up in Flagsmith under an object that was ready.
pub fn drifts<K: Managed>(rooms: &Rooms, differences: &[Difference]) {
    for difference in differences {
        rooms.metrics.drift(K::kind(&()), difference.field.into());
    }
}
