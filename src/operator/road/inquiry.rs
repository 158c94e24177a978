//! Who made a difference that is left to stand: asked once for each, before anything is written over it.
//!
//! What is found out decides nothing. It is kept here as long as the difference stands: a turn may fail before status tells it,
//! and the next may begin before that status is seen.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::{Mutex, MutexGuard, PoisonError},
};

use futures::future::join_all;
use kube::ResourceExt as _;

use super::{
    driver::Driver,
    managed::Managed,
    outlook::{Outlook, Standing, cut},
};
use crate::{
    crd::{Drift, DriftReason},
    flagsmith::{EnvironmentId, FeatureId},
    world::{
        Cell, Change, Known,
        difference::{Difference, Place},
    },
};

/// A difference by where it is and what Flagsmith holds there: with another value somebody else may have come.
pub type Question = (Place, String);
/// What was asked, and who was named.
pub type Answers = BTreeMap<Question, Option<String>>;

/// What was found out for objects, by uid, of what stands.
#[derive(Debug, Default)]
pub struct Inquiries(Mutex<HashMap<String, Answers>>);

impl Inquiries {
    /// What was found out for an object.
    #[must_use]
    pub fn answers(&self, uid: &str) -> Answers {
        self.held().get(uid).cloned().unwrap_or_default()
    }

    /// The object goes.
    pub fn forget(&self, uid: &str) {
        self.held().remove(uid);
    }

    /// Keeps what was found out besides what is known, as far as it still stands: what comes again is another's doing.
    fn keep(&self, uid: &str, standing: &[Standing], found: Answers) {
        let mut held = self.held();
        let answers = held.entry(uid.to_owned()).or_default();
        answers.retain(|asked, _| standing.iter().any(|one| question(&one.difference) == *asked));
        answers.extend(found);
        if answers.is_empty() {
            held.remove(uid);
        }
    }

    fn held(&self) -> MutexGuard<'_, HashMap<String, Answers>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What is to be asked of a difference.
#[must_use]
pub fn question(difference: &Difference) -> Question {
    (difference.place(), cut(&difference.live))
}

/// What is known of who made a difference, by what status tells of its place and by what was asked since. Nobody was asked of
/// what only approvals held back.
#[must_use]
pub fn recall(difference: &Difference, told: Option<&Drift>, answers: &Answers) -> Known<String> {
    let question = question(difference);
    let is_it = |one: &&Drift| one.live == question.1 && one.reason != DriftReason::ChangeRequestsRequired;
    let told = told.filter(is_it).map(|one| one.changed_by.clone());
    match told.or_else(|| answers.get(&question).cloned()) {
        None => Known::Unknown,
        Some(None) => Known::Absent,
        Some(Some(who)) => Known::Present(who),
    }
}

impl Driver {
    /// Asks who made what is left to stand, where Flagsmith may tell, and nobody was asked. True if somebody was: what is to be
    /// done is the same, what status says is not.
    pub(in crate::operator) async fn inquire<K: Managed>(
        &self,
        object: &K,
        (outlook, ground): (&Outlook, &K::Ground),
        written: &[Change],
    ) -> bool {
        let Some(mirror) = K::mirror(ground) else { return false };
        let open = outlook.questions().filter_map(|one| Some((question(one), state(one)?)));
        let open: Vec<_> = open.filter(|(_, (environment, _))| mirror.keeps_publishers(*environment)).collect();
        // Over what we wrote this turn, only our own name would be found.
        let is_ours = |(environment, feature): &(EnvironmentId, FeatureId)| {
            written.iter().any(|change| change.cell() == Cell::State(*environment, *feature))
        };
        let states: BTreeSet<_> = open.iter().map(|(_, state)| *state).filter(|state| !is_ours(state)).collect();
        let named = join_all(states.into_iter().map(async |state| (state, mirror.publisher(state).await))).await;
        let named: BTreeMap<_, _> = named.into_iter().collect();
        let is_asked = !open.is_empty();
        let found = open.into_iter().map(|(asked, state)| (asked, named.get(&state).cloned().flatten()));
        self.inquiries.keep(&object.uid().unwrap_or_default(), &outlook.standing, found.collect());
        is_asked
    }
}

/// The state of a flag that a difference is one of.
fn state(difference: &Difference) -> Option<(EnvironmentId, FeatureId)> {
    difference.cells.iter().find_map(|cell| match cell {
        Cell::State(environment, feature) => Some((*environment, *feature)),
        _ => None,
    })
}

#[cfg(test)]
#[path = "inquiry_tests.rs"]
mod tests;
