//! What the server does for segments and identities.

use super::Server;
use crate::{
    flagsmith::{EnvironmentId, Error, FeatureId, IdentityOverride, Segment, SegmentId},
    mirror::Answer,
    world::Change,
};

impl Server {
    pub(super) fn write_segment(&mut self, change: Change) -> Result<Answer, Error> {
        match change {
            Change::CreateSegment(new) => {
                let (id, description) = (self.fresh(), new.description);
                let (uuid, created_at) = (id.to_string().into(), None);
                let segment = Segment {
                    id: SegmentId(id),
                    uuid,
                    created_at,
                    name: new.name,
                    description,
                    feature: None,
                    rules: new.rules,
                };
                self.segments.push(segment.clone());
                Ok(Answer::Segment(segment))
            }
            Change::UpdateSegment { segment, patch } => {
                let found = self.segments.iter_mut().find(|one| one.id == segment.id);
                found.ok_or(Error::NotFound).map(|found| {
                    found.name = patch.name.unwrap_or(found.name.clone());
                    found.rules = patch.rules.unwrap_or(found.rules.clone());
                    Answer::Segment(found.clone())
                })
            }
            Change::DeleteEnvironment(gone) => {
                let is_there = self.environments.iter().any(|one| one.id == gone.id);
                self.delete_environment(gone.id);
                is_there.then_some(Answer::Gone).ok_or(Error::NotFound)
            }
            Change::DeleteSegment(segment) => {
                let before = self.segments.len();
                self.segments.retain(|one| one.id != segment.id);
                if self.segments.len() < before { Ok(Answer::Gone) } else { Err(Error::NotFound) }
            }
            other => unreachable!("{other}"),
        }
    }

    pub(super) fn write_identity(&mut self, at: (EnvironmentId, FeatureId), change: &Change) -> Result<Answer, Error> {
        let found = self.identities.get_mut(&at).ok_or(Error::NotFound)?;
        match change.clone() {
            Change::SetIdentity { identity, patch, .. } => {
                let held: &mut IdentityOverride = found.entry(identity).or_default();
                held.value = patch.value.unwrap_or(held.value.clone());
            }
            Change::RemoveIdentity { identity, .. } => drop(found.remove(&identity)),
            other => unreachable!("{other:?}"),
        }
        Ok(Answer::Unseen)
    }
}
