//! What a flag should serve to single identities, and the changes that make it so.

use super::{
    Cell, Change, FlagRef, Known, Missing, Plan, World,
    state::{DesiredState, beginning},
    value::DesiredValue,
};
use crate::flagsmith::{Environment, EnvironmentId, Feature, IdentityOverride, IdentityPatch};

/// What a flag serves to an identity. An absent field stays as it is; in an override that is new it is as in the default.
#[derive(Clone, Debug, PartialEq)]
pub struct DesiredIdentity {
    /// Whether the flag is on for it.
    pub enabled: Option<bool>,
    /// The value that it is served.
    pub value: Option<DesiredValue>,
}

/// What must be written for those identities, and no others, to be served something of their own.
pub fn plan_identities(plan: &mut Plan, desired: &DesiredState, at: (&Environment, &Feature), world: &World) {
    let Some(wanted) = &desired.identities else { return };
    let (environment, feature) = at;
    let id = environment.id;
    let live = match world.identities(id, feature.id) {
        Known::Unknown => {
            plan.unknown.push(Cell::Identities(id, feature.id));
            return;
        }
        Known::Absent => return,
        Known::Present(live) => live,
    };
    let mut changes = Vec::new();
    for (identity, one) in wanted {
        let patch = match live.get(identity) {
            Some(live) => one.difference(live),
            None => start(plan, (one, desired), (id, feature), world),
        };
        changes.extend(patch.map(|patch| Change::SetIdentity {
            environment: id,
            feature: FlagRef::of(feature),
            identity: identity.clone(),
            patch,
        }));
    }
    let others = live.keys().filter(|identity| !wanted.contains_key(*identity));
    changes.extend(others.map(|identity| Change::RemoveIdentity {
        environment: id,
        feature: FlagRef::of(feature),
        identity: identity.clone(),
    }));
    if !changes.is_empty() && environment.asks_for_approvals() {
        plan.missing.push(Missing::Approval(environment.name.clone()));
        plan.withheld.extend(changes);
        return;
    }
    plan.changes.extend(changes);
}

/// An override that is new. What its author leaves out is as the default shall be: as the author says of that, else as it is.
fn start(
    plan: &mut Plan,
    (one, default): (&DesiredIdentity, &DesiredState),
    (environment, feature): (EnvironmentId, &Feature),
    world: &World,
) -> Option<IdentityPatch> {
    let enabled = one.enabled.or(default.enabled);
    let value = one.value.as_ref().or(default.value.as_ref()).map(DesiredValue::to_value);
    if enabled.is_some() && value.is_some() {
        return Some(IdentityPatch { enabled, value });
    }
    let live = match world.state(environment, feature.id) {
        Known::Present(live) => live,
        Known::Absent => &beginning(feature),
        Known::Unknown => {
            let cell = Cell::State(environment, feature.id);
            if !plan.unknown.contains(&cell) {
                plan.unknown.push(cell);
            }
            return None;
        }
    };
    let value = value.unwrap_or_else(|| live.value.clone());
    Some(IdentityPatch { enabled: Some(enabled.unwrap_or(live.enabled)), value: Some(value) })
}

impl DesiredIdentity {
    fn difference(&self, live: &IdentityOverride) -> Option<IdentityPatch> {
        let Self { enabled, value } = self;
        let patch = IdentityPatch {
            enabled: enabled.filter(|wanted| *wanted != live.enabled),
            value: value.as_ref().filter(|wanted| !wanted.is_met_by(&live.value)).map(DesiredValue::to_value),
        };
        Some(patch).filter(|patch| *patch != IdentityPatch::default())
    }
}
