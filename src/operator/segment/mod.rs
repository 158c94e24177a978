//! `FlagsmithSegment` on the road: adopted, or created; kept by its identity whatever it is named.

pub mod desired;
pub mod origin;
pub mod regex;

use std::{sync::Arc, time::Duration};

use kube::runtime::reflector::ObjectRef;

use crate::operator::{
    flag::origin::name_free_at,
    ground::{ProjectGround, Reference, loaded},
    obstacle::{Audience, Obstacle, lack},
    ownership::{
        Extent, Left, Rules, Say,
        adoption::{self, Named, Thing},
        claim::Claims,
        is_graced, twin,
    },
    road::managed::{Managed, Retention, Rooms, Settled},
};
use crate::{
    crd::{FlagsmithConnection, FlagsmithSegment, Origin, SegmentDeletionPolicy, SegmentStatus},
    flagsmith::{SegmentId, Uuid},
    mirror::LiveMirror,
    world::{
        Cell, Change, Missing, Plan, World,
        difference::Difference,
        project_difference,
        segment::{self as world, DesiredSegment},
    },
};
use origin::{origin, seen};

crate::operator::road::managed::status!(SegmentStatus, |status| status.uuid.is_some(), |status| status.origin);

/// What a segment stands on.
#[derive(Debug)]
pub struct Ground {
    project: ProjectGround,
    /// All objects that name the segment.
    claims: Claims,
    /// For how long a creation may still be carried out: a server goes on with a request whose client has given up.
    patience: Duration,
}

impl Ground {
    /// For how much longer a creation whose answer was lost may still be carried out.
    fn unanswered(&self, desired: &DesiredSegment) -> Option<Duration> {
        let since = self.project.mirror.unanswered(&desired.name)?;
        Some(self.patience.saturating_sub(since))
    }
}

impl Managed for FlagsmithSegment {
    type Status = SegmentStatus;
    type Ground = Ground;
    type Desired = DesiredSegment;
    type Seen = ();

    fn is_suspended(&self, rooms: &Rooms) -> bool {
        self.spec.suspend || self.reference().is_suspended(rooms)
    }

    fn status(&self) -> Option<&SegmentStatus> {
        self.status.as_ref()
    }

    fn connection(&self, rooms: &Rooms) -> Option<ObjectRef<FlagsmithConnection>> {
        self.reference().connection(rooms)
    }

    fn retention(&self) -> Retention {
        match self.deletion_policy() {
            SegmentDeletionPolicy::Delete => Retention::Farewell,
            SegmentDeletionPolicy::Orphan => Retention::Keep,
        }
    }

    async fn fetch(&self, rooms: &Rooms) -> Result<Ground, Obstacle> {
        let project = self.reference().ground(rooms)?;
        Ok(Ground { project, claims: twin::segment_claims(self, rooms), patience: rooms.sessions.timeout() * 2 })
    }

    fn resolve(&self, ground: &Ground) -> Result<DesiredSegment, Obstacle> {
        Ok(desired::resolve(self, self.recorded(ground).uuid.map(Uuid::from))?)
    }

    /// A creation whose answer was lost is over once no request can be under way any more: then the list tells.
    async fn observe(&self, ground: &Ground, desired: &DesiredSegment) -> Result<(), Obstacle> {
        let mirror = &ground.project.mirror;
        loaded(mirror)?;
        if !ground.claims.owns_definition() {
            let what = format!("segment {}", desired.name);
            return Err(Obstacle::Conflict { what, owner: ground.claims.definition().title.clone() });
        }
        if ground.unanswered(desired) == Some(Duration::ZERO) {
            mirror.look(&[Cell::Segments]).await?;
            mirror.is_over(&desired.name);
        }
        mirror.read(|known| self.may_have(known, ground, desired))
    }

    fn mirror(ground: &Ground) -> Option<&Arc<LiveMirror>> {
        Some(&ground.project.mirror)
    }

    fn plan(desired: &DesiredSegment, ground: &Ground) -> Plan {
        let mut plan = ground.project.mirror.read(|known| world::plan(desired, known));
        if ground.unanswered(desired).is_some() {
            plan.changes.retain(|change| !matches!(change, Change::CreateSegment(_)));
        }
        plan
    }

    /// It takes along the overrides that flags have for it.
    fn is_place() -> bool {
        true
    }

    fn farewell(&self, ground: &Ground) -> Plan {
        // What another object names is its to keep.
        let desired = self.resolve(ground).ok().filter(|_| ground.claims.is_alone());
        let Some(desired) = desired else { return Plan::default() };
        let known = |known: &World| match self.meant(known, &desired, ground) {
            _ if known.segments_unknown => Plan { unknown: vec![Cell::Segments], ..Plan::default() },
            Some(id) => world::plan_removal(id, known),
            None => Plan::default(),
        };
        ground.project.mirror.read(known)
    }

    fn has_recorded(&self) -> bool {
        self.status.as_ref().is_some_and(|status| status.uuid.is_some() || status.origin == Some(Origin::Created))
    }

    const IS_OWNED: bool = true;

    fn rules(&self, rooms: &Rooms) -> Result<Rules, Obstacle> {
        let own = Say::of(self.spec.management, self.spec.drift_grace_period.as_ref());
        Ok(self.reference().rules(rooms, own)?)
    }

    fn extents(&self, desired: &DesiredSegment, ground: &Ground) -> Vec<Extent> {
        vec![Extent::planned(&Self::plan(desired, ground), (&self.spec, self.flagsmith_name()))]
    }

    fn differences(desired: &DesiredSegment, changes: &[Change], ground: &Ground) -> Vec<Difference> {
        ground.project.mirror.read(|known| project_difference::of_segment(desired, changes, known))
    }

    fn narrowed(desired: &DesiredSegment, left: &Left, ground: &Ground) -> Plan {
        let places = left.keys().cloned().collect();
        let narrowed =
            ground.project.mirror.read(|known| project_difference::narrowed_segment(desired, &places, known));
        let mut plan = Self::plan(&narrowed, ground);
        plan.missing.retain(|missing| !matches!(missing, Missing::Segment(_)) || !is_graced(left));
        plan
    }

    crate::operator::road::managed::remembered!(SegmentStatus, |ground| ground.project.identity());

    fn record(&self, plan: &Plan, ground: &Ground) -> Option<SegmentStatus> {
        if plan.changes.iter().any(|change| matches!(change, Change::CreateSegment(_))) {
            return Some(self.intent(ground));
        }
        // Whether an intent was borne out is judged at the first sight of the segment, before any write makes it as we want it.
        let held = self.recorded(ground);
        let is_open = held.origin == Some(Origin::Created) && held.id.is_none();
        let desired = self.resolve(ground).ok()?;
        let judge = |known: &World| {
            let live = world::find(&desired, known).ok().flatten()?;
            Some(seen(&held, live, (&desired, known)))
        };
        is_open.then(|| ground.project.mirror.read(judge)).flatten()
    }

    fn settle(&self, ground: &Ground, _seen: &(), plan: &Plan) -> Settled<SegmentStatus> {
        let held = self.recorded(ground);
        let mut obstacles: Vec<_> = plan.missing.iter().map(lack::obstacle).collect();
        let Ok(desired) = self.resolve(ground) else {
            return Settled { status: held, extra: Vec::new(), obstacles, recheck: None };
        };
        let found = |known: &World| {
            let live = world::find(&desired, known).ok().flatten();
            live.map(|live| SegmentStatus {
                server: Some(ground.project.identity()),
                observed_generation: None,
                last_handled_reconcile_at: None,
                conditions: Vec::new(),
                ..seen(&held, live, (&desired, known))
            })
        };
        let status = ground.project.mirror.read(found);
        if let (None, [], Some(wait)) = (&status, obstacles.as_slice(), ground.unanswered(&desired)) {
            obstacles.push(Audience::CreationUnanswered { name: desired.name, wait }.into());
        }
        Settled { status: status.unwrap_or(held), extra: Vec::new(), obstacles, recheck: None }
    }
}

impl FlagsmithSegment {
    /// Where its project is.
    #[must_use]
    pub fn reference(&self) -> Reference<'_> {
        let is_leaving = self.metadata.deletion_timestamp.is_some();
        Reference { namespace: self.metadata.namespace.as_deref(), project: &self.spec.project_ref, is_leaving }
    }

    /// Whether the name is one that the object wants its segment to have, or that it was last seen to have.
    #[must_use]
    pub fn is_called(&self, name: &str) -> bool {
        let seen = self.status.as_ref().and_then(|status| status.name.as_deref());
        self.flagsmith_name() == name || seen == Some(name)
    }

    /// Whether the object may be waiting for that feature: to be there, or to leave its segment alone.
    #[must_use]
    pub fn waits_for(&self, feature: &str) -> bool {
        self.spec.feature.as_deref() == Some(feature) || self.metadata.deletion_timestamp.is_some()
    }

    /// The segment that the policy speaks of: the recorded one; where none is recorded, one that our creation made.
    fn meant(&self, known: &World, desired: &DesiredSegment, ground: &Ground) -> Option<SegmentId> {
        let held = self.recorded(ground);
        let live = world::find(desired, known).ok().flatten()?;
        let is_meant = match held.uuid.as_deref() {
            Some(uuid) => uuid == live.uuid.as_str(),
            None => origin(&held, live, (desired, known)) == Origin::Created,
        };
        is_meant.then_some(live.id)
    }

    /// Whether the policy lets the object have the segment that is there, or make one.
    fn may_have(&self, known: &World, ground: &Ground, desired: &DesiredSegment) -> Result<(), Obstacle> {
        if known.segments_unknown || ground.unanswered(desired).is_some() {
            return Ok(());
        }
        let Ok(live) = world::find(desired, known) else { return Ok(()) };
        let found = live.map(|live| origin(&self.recorded(ground), live, (desired, known)));
        let named = Named { thing: Thing::Segment, name: desired.name.to_string() };
        Ok(adoption::judge(self.spec.adoption_policy, found, named)?)
    }

    /// What is recorded before a creation.
    fn intent(&self, ground: &Ground) -> SegmentStatus {
        let held = self.recorded(ground);
        let name_free_at = name_free_at((held.origin, held.id), held.name_free_at.as_ref(), &ground.project.mirror);
        SegmentStatus {
            origin: Some(Origin::Created),
            server: Some(ground.project.identity()),
            id: None,
            uuid: None,
            name_free_at,
            ..held
        }
    }

    /// What was written down wins; else what we created is deleted, and what we found stays. Missing status reads as found.
    fn deletion_policy(&self) -> SegmentDeletionPolicy {
        let origin = self.status.as_ref().and_then(|status| status.origin);
        self.spec.deletion_policy.unwrap_or(match origin {
            Some(Origin::Created) => SegmentDeletionPolicy::Delete,
            Some(Origin::Adopted) | None => SegmentDeletionPolicy::Orphan,
        })
    }

    /// The status as far as it means something here: what was recorded for another server or organisation is left out.
    fn recorded(&self, ground: &Ground) -> SegmentStatus {
        let held = self.status.clone().unwrap_or_default();
        if held.server.as_ref() == Some(&ground.project.identity()) {
            return held;
        }
        let SegmentStatus { observed_generation, conditions, .. } = held;
        SegmentStatus { observed_generation, conditions, ..SegmentStatus::default() }
    }
}
