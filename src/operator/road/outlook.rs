//! What a turn is about to do, once it is settled which differences are left to stand. Pure.

use std::collections::{BTreeMap, BTreeSet};

use k8s_openapi::jiff::Timestamp;

use super::{
    condition::Word,
    inquiry::{Answers, recall},
    managed::Managed,
};
use crate::operator::ownership::{Extent, Left, Memory, Record, Rules, Tolerance, judge};
use crate::{
    crd::{ConditionType, Drift, DriftReason, Management, OwnedEnvironment, OwnedScope, Ownership, Reason},
    world::{
        Cell, Change, Known, Plan,
        difference::{Difference, Field, Place, Scope},
    },
};

/// As many differences as status tells of.
const MOST: usize = 50;
/// As many characters as it tells of each side.
const LONGEST: usize = 256;
/// As many fields as a message names.
const NAMED: usize = 3;

/// What is known beforehand.
#[derive(Clone, Debug)]
pub struct Past {
    /// What is in force.
    pub rules: Rules,
    /// What status keeps.
    pub record: Record,
    /// Whether all scopes were met, though no status tells so.
    pub is_met: bool,
    /// Who is known to have made what differs, besides what status tells.
    pub answers: Answers,
    /// The time.
    pub now: Timestamp,
}

/// A difference that is there, and why it may stand.
#[derive(Clone, Debug)]
pub struct Standing {
    /// What differs.
    pub difference: Difference,
    /// Why; none where it is to be put right.
    pub tolerance: Option<Tolerance>,
    /// When it was first seen.
    pub since: Timestamp,
    /// Whether that is now.
    pub is_new: bool,
    /// Who made it, as far as that was asked.
    pub by: Known<String>,
}

/// What a turn is about to do.
#[derive(Clone, Debug)]
pub struct Outlook {
    /// What is written, without what is left to stand.
    pub plan: Plan,
    /// What differs, in order.
    pub standing: Vec<Standing>,
    /// What status shall keep, once nothing is left to do.
    pub record: Record,
    /// Whether something was written once and is Flagsmith's since.
    pub is_handed_over: bool,
}

impl Outlook {
    /// The plan of that wish, narrowed until it writes nothing that is left to stand: what is carried out is a plan like any.
    pub fn new<K: Managed>(object: &K, (desired, ground): (&K::Desired, &K::Ground), past: &Past) -> Self {
        let extents = object.extents(desired, ground);
        let mut tolerated: BTreeMap<Place, Standing> = BTreeMap::new();
        let (mut left, mut plan) = (Left::new(), K::plan(desired, ground));
        let unknown = plan.unknown.clone();
        let enforced = loop {
            let changes: Vec<_> = plan.changes.iter().chain(&plan.withheld).cloned().collect();
            let found = K::differences(desired, &changes, ground);
            let found = found.into_iter().filter(|one| !left.contains_key(&one.place()));
            let judged: Vec<_> = found.map(|one| past.judge(one, &extents)).collect();
            let (news, enforced): (Vec<_>, Vec<_>) = judged.into_iter().partition(|one| one.tolerance.is_some());
            if news.is_empty() {
                break enforced;
            }
            left.extend(news.iter().filter_map(|one| Some((one.difference.place(), one.tolerance?))));
            tolerated.extend(news.into_iter().map(|one| (one.difference.place(), one)));
            plan = K::narrowed(desired, &left, ground);
        };
        // What is left to stand must be known as well.
        let lacking: Vec<_> = unknown.into_iter().filter(|cell| !plan.unknown.contains(cell)).collect();
        plan.unknown.extend(lacking);
        let enforced = enforced.into_iter().map(|one| (one.difference.place(), one));
        let standing: BTreeMap<_, _> = tolerated.into_iter().chain(enforced).collect();
        let standing: Vec<_> = standing.into_values().collect();
        let withheld: Vec<_> = plan.withheld.iter().map(Change::cell).collect();
        let (record, is_handed_over) = past.next(&extents, &standing, &withheld);
        Self { plan, standing, record, is_handed_over }
    }

    /// The differences that were not there before, and are left to stand.
    pub fn news(&self) -> impl Iterator<Item = &Standing> {
        self.standing.iter().filter(|one| one.is_new)
    }

    /// The differences of which is to be asked who made them: what is left to stand and told in status. What is known by hearsay
    /// is read first, unless it is about to be written over.
    pub fn questions(&self) -> impl Iterator<Item = &Difference> {
        let Plan { changes, unknown, missing: _, withheld: _ } = &self.plan;
        let is_sure = |one: &Difference| {
            let mut cells = one.cells.iter();
            cells.all(|cell| !unknown.contains(cell) || changes.iter().any(|change| change.cell() == *cell))
        };
        let told = self.standing.iter().take(MOST);
        let open = told.filter(|one| one.tolerance.is_some() && one.by == Known::Unknown).map(|one| &one.difference);
        open.filter(move |one| one.field.is_in_versions() && is_sure(one))
    }

    /// What the condition says where nothing is in the way.
    #[must_use]
    pub fn synced(&self) -> Word {
        let left: Vec<_> = self.standing.iter().filter_map(|one| Some((one, one.tolerance?))).collect();
        // Of several reasons the condition has one: first what will be put right soon, last what the author meant to hand over.
        let rank = |tolerance: &Tolerance| match tolerance {
            Tolerance::Grace { .. } => (0, Reason::GracePeriod),
            Tolerance::Observed => (1, Reason::Observed),
            Tolerance::HandedOver => (2, Reason::HandedOver),
        };
        let Some((_, reason)) = left.iter().map(|(_, tolerance)| rank(tolerance)).min_by_key(|(rank, _)| *rank) else {
            let message = "Flagsmith was last seen to hold what the spec says".to_owned();
            return Word { kind: ConditionType::Synced, holds: true, reason: Reason::InSync, message };
        };
        let places = left.iter().map(|(one, _)| named(&one.difference));
        let message = format!("{}: {}", counted(left.len()), listed(places.collect()));
        Word { kind: ConditionType::Synced, holds: false, reason, message }
    }
}

impl Past {
    fn judge(&self, difference: Difference, extents: &[Extent]) -> Standing {
        let place = difference.place();
        let (held, first) = (self.record.scope(&place.0), self.record.since(&place));
        let by = recall(&difference, self.record.drift(&place), &self.answers);
        let extent = extents.iter().find(|one| one.scope == place.0);
        // What there was no room to remember is not left alone for a time that nobody knows.
        let is_full = first.is_none() && self.record.ownership.drift.len() >= MOST;
        let is_unchanged = !is_full && extent.is_some_and(|one| one.is_unchanged(place.1, &held));
        let since = first.unwrap_or(self.now);
        let memory = Memory { is_met: self.is_met || held.met, is_unchanged, since };
        let tolerance = judge(self.rules.of(&place.0), memory, self.now);
        Standing { difference, tolerance, since, is_new: first.is_none() && !is_full, by }
    }

    /// What status shall keep, and whether something is handed over. What is to be put right is no drift that is left to stand,
    /// unless approvals hold it back.
    fn next(&self, extents: &[Extent], standing: &[Standing], withheld: &[Cell]) -> (Record, bool) {
        let scope = |scope: &Scope| self.scope(scope, extents, standing);
        let environments = self.rules.environments.keys();
        let environments = environments
            .map(|name| OwnedEnvironment { name: name.to_string(), scope: scope(&Scope::Environment(name.clone())) });
        let environments: Vec<_> = environments.collect();
        let own = scope(&Scope::Own);
        let is_handed_over = environments.iter().map(|one| &one.scope).chain([&own]).any(OwnedScope::is_handed_over);
        let is_withheld = |one: &Standing| one.difference.cells.iter().any(|cell| withheld.contains(cell));
        let stands = standing.iter().filter(|one| one.tolerance.is_some() || is_withheld(one));
        let drift = stands.take(MOST).map(drift).collect();
        (Record { ownership: Ownership { own, drift }, environments }, is_handed_over)
    }

    fn scope(&self, scope: &Scope, extents: &[Extent], standing: &[Standing]) -> OwnedScope {
        let (rule, before) = (self.rules.of(scope), self.record.scope(scope));
        let extent = extents.iter().find(|one| one.scope == *scope);
        let differing: BTreeSet<_> =
            standing.iter().filter(|one| one.difference.scope == *scope).map(|one| one.difference.field).collect();
        let is_seen = extent.is_some_and(|one| one.is_seen) && !differing.contains(&Field::Existence);
        let is_met = is_seen && differing.is_empty() && rule.management != Management::Observe;
        let mut applied = if rule.has_grace() { before.applied } else { BTreeMap::new() };
        if let Some(extent) = extent.filter(|_| rule.has_grace()) {
            let hashes = extent.hashes();
            applied.retain(|field, _| hashes.contains_key(field));
            let in_sync = |field: &str| is_seen && !differing.iter().any(|one| one.as_ref() == field);
            applied.extend(hashes.into_iter().filter(|(field, _)| in_sync(field)));
        }
        OwnedScope {
            management: Some(rule.management),
            drift_grace_period: Some(rule.grace.text.clone()),
            met: self.is_met || before.met || is_met,
            applied,
        }
    }
}

fn drift(standing: &Standing) -> Drift {
    let Standing { difference, tolerance, since, is_new: _, by } = standing;
    let Difference { scope, field, cells: _, desired, live } = difference;
    let (reason, until) = match tolerance {
        Some(Tolerance::Observed) => (DriftReason::Observed, None),
        Some(Tolerance::HandedOver) => (DriftReason::HandedOver, None),
        Some(Tolerance::Grace { until }) => (DriftReason::GracePeriod, Some(until.to_string())),
        None => (DriftReason::ChangeRequestsRequired, None),
    };
    let environment = match scope {
        Scope::Own => None,
        Scope::Environment(name) => Some(name.to_string()),
    };
    let (field, desired, live) = (field.as_ref().to_owned(), cut(desired), cut(live));
    let changed_by = by.as_ref().present().map(|who| cut(who));
    Drift { environment, field, desired, live, changed_by, since: since.to_string(), reason, until }
}

/// As much of a text as status tells.
pub fn cut(text: &str) -> String {
    if text.chars().count() <= LONGEST {
        return text.to_owned();
    }
    text.chars().take(LONGEST - 1).chain(['…']).collect()
}

fn named(difference: &Difference) -> String {
    match &difference.scope {
        Scope::Own => difference.field.as_ref().to_owned(),
        Scope::Environment(name) => format!("{name} {}", difference.field.as_ref()),
    }
}

fn counted(count: usize) -> String {
    if count == 1 { "1 difference is left alone".to_owned() } else { format!("{count} differences are left alone") }
}

fn listed(names: Vec<String>) -> String {
    let rest = names.len().saturating_sub(NAMED);
    let more = (rest > 0).then(|| format!("and {rest} more"));
    names.into_iter().take(NAMED).chain(more).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
#[path = "outlook_tests.rs"]
mod tests;
