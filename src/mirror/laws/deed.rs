//! What is written while the laws are tried.

use super::model::Server;
use crate::{
    flagsmith::{
        EnvironmentId, EnvironmentKey, EnvironmentPatch, FeaturePatch, FlagState, IdentityPatch, NewEnvironment,
        NewFeature, NewSegment, ProjectId, Rule, RuleType, Segment, SegmentPatch, StatePatch,
    },
    world::{Change, FlagRef, SegmentRef, removal::EnvironmentRef},
};

const NAMES: [&str; 3] = ["a", "b", "c"];

/// What is written. Numbers choose among what there is.
#[derive(Clone, Copy, Debug)]
pub enum Deed {
    State(usize, usize),
    Update(usize),
    Create(usize),
    Delete(usize),
    Environment(usize),
    NewEnvironment,
    NoEnvironment(usize),
    Restore(usize, usize),
    Identity(usize, usize),
    NoIdentity(usize, usize),
    NewSegment,
    Segment(usize),
    DeleteSegment(usize),
}

pub fn reference(segment: &Segment) -> SegmentRef {
    SegmentRef { id: segment.id, name: segment.name.clone() }
}

/// Writes of segments; each name is unlike all that were written.
fn segment_change(deed: Deed, segments: &[SegmentRef], server: &mut Server) -> Option<Change> {
    let name = server.text();
    let rules = vec![Rule { r#type: RuleType::Any, rules: Vec::new(), conditions: Vec::new() }];
    Some(match deed {
        Deed::NewSegment => {
            Change::CreateSegment(NewSegment { name: name.into(), description: None, feature: None, rules })
        }
        Deed::Segment(at) => {
            let patch = SegmentPatch { name: Some(name.into()), rules: Some(rules), ..SegmentPatch::default() };
            Change::UpdateSegment { segment: segments.get(at)?.clone(), patch }
        }
        Deed::DeleteSegment(at) => Change::DeleteSegment(segments.get(at)?.clone()),
        other => unreachable!("{other:?}"),
    })
}

fn identity_change(deed: Deed, (environment, feature): (EnvironmentId, FlagRef), server: &mut Server) -> Change {
    let identity = "jane".into();
    if matches!(deed, Deed::NoIdentity(..)) {
        return Change::RemoveIdentity { environment, feature, identity };
    }
    let patch = IdentityPatch { enabled: None, value: Some(server.value()) };
    Change::SetIdentity { environment, feature, identity, patch }
}

/// What a deed comes to, if what it names is there.
pub fn change(
    deed: Deed,
    (environments, features, segments): (&[EnvironmentId], &[FlagRef], &[SegmentRef]),
    server: &mut Server,
) -> Option<Change> {
    let feature = |at: usize| features.get(at).cloned();
    Some(match deed {
        Deed::State(environment, at) => {
            let patch = StatePatch { enabled: None, value: Some(server.value()), ..StatePatch::default() };
            Change::SetState { environment: *environments.get(environment)?, feature: feature(at)?, patch }
        }
        Deed::Restore(environment, at) => {
            let state = FlagState { enabled: false, value: server.value(), ..FlagState::default() };
            Change::RestoreState { environment: *environments.get(environment)?, feature: feature(at)?, state }
        }
        Deed::Identity(environment, at) | Deed::NoIdentity(environment, at) => {
            let place = (*environments.get(environment)?, feature(at)?);
            identity_change(deed, place, server)
        }
        Deed::Update(at) => {
            let patch = FeaturePatch { description: Some(server.text()), ..FeaturePatch::default() };
            Change::UpdateFeature { feature: feature(at)?, patch }
        }
        Deed::Create(at) => {
            let (name, description) = (NAMES[at].into(), Some(server.text()));
            Change::CreateFeature(NewFeature { description, ..NewFeature::named(name) })
        }
        Deed::Delete(at) => Change::DeleteFeature(feature(at)?),
        Deed::Environment(at) => {
            let patch = EnvironmentPatch { description: Some(server.text()), ..EnvironmentPatch::default() };
            Change::UpdateEnvironment { environment: *environments.get(at)?, patch }
        }
        Deed::NoEnvironment(at) => {
            Change::DeleteEnvironment(EnvironmentRef { id: *environments.get(at)?, name: NAMES[0].into() })
        }
        Deed::NewEnvironment => {
            let text = server.text();
            let (name, key) = (text.as_str().into(), EnvironmentKey::from(text.as_str()));
            Change::CreateEnvironment(NewEnvironment::named(name, ProjectId(1), key))
        }
        deed @ (Deed::NewSegment | Deed::Segment(_) | Deed::DeleteSegment(_)) => {
            return segment_change(deed, segments, server);
        }
    })
}
