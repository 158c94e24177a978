//! `FeatureFlag` on the road.

pub mod desired;
pub mod desired_definition;
pub mod desired_state;
pub mod extent;
pub mod origin;
pub mod status;

use std::sync::Arc;

use kube::runtime::reflector::ObjectRef;

use crate::operator::{
    ground::{ProjectGround, Reference, loaded},
    live::{self, Report},
    obstacle::{Obstacle, lack},
    ownership::{self, Extent, Left, Record, Rules, Say, claim::Claims, is_graced, twin},
    road::managed::{Managed, Retention, Rooms, Settled},
};
use crate::{
    crd::{DeletionPolicy, FeatureFlag, FeatureFlagStatus, FlagsmithConnection, Origin},
    flagsmith::FeatureName,
    mirror::LiveMirror,
    world::{
        Cell, Change, Missing, Plan, World, definition,
        difference::Difference,
        flag::{self as world, DesiredFlag},
        flag_difference,
    },
};
use origin::origin;

crate::operator::road::managed::status!(FeatureFlagStatus, |status| status.uuid.is_some(), |status| status.origin);

/// What a flag stands on.
#[derive(Debug)]
pub struct Ground {
    /// Its project.
    pub project: ProjectGround,
    /// All objects that name the flag.
    pub claims: Claims,
}

impl Managed for FeatureFlag {
    type Status = FeatureFlagStatus;
    type Ground = Ground;
    type Desired = DesiredFlag;
    type Seen = ();

    fn is_suspended(&self, rooms: &Rooms) -> bool {
        self.spec.suspend || self.reference().is_suspended(rooms)
    }

    fn rest(&self, rooms: &Rooms) {
        live::rest(self, rooms);
    }

    fn status(&self) -> Option<&FeatureFlagStatus> {
        self.status.as_ref()
    }

    fn connection(&self, rooms: &Rooms) -> Option<ObjectRef<FlagsmithConnection>> {
        self.reference().connection(rooms)
    }

    fn retention(&self) -> Retention {
        match self.deletion_policy() {
            DeletionPolicy::Delete | DeletionPolicy::Archive => Retention::Farewell,
            DeletionPolicy::Orphan => Retention::Keep,
        }
    }

    async fn fetch(&self, rooms: &Rooms) -> Result<Ground, Obstacle> {
        let project = self.reference().ground(rooms)?;
        Ok(Ground { project, claims: twin::claims(self, rooms) })
    }

    fn resolve(&self, ground: &Ground) -> Result<DesiredFlag, Obstacle> {
        let mut desired = desired::resolve(self, &ground.claims)?;
        if let Some(definition) = &mut desired.definition {
            definition.managed_tag.clone_from(&ground.project.managed_tag);
        }
        Ok(desired)
    }

    async fn observe(&self, ground: &Ground, desired: &DesiredFlag) -> Result<(), Obstacle> {
        loaded(&ground.project.mirror)?;
        ground.project.mirror.read(|known| self.may_have(known, ground, desired))
    }

    fn mirror(ground: &Ground) -> Option<&Arc<LiveMirror>> {
        Some(&ground.project.mirror)
    }

    fn plan(desired: &DesiredFlag, ground: &Ground) -> Plan {
        ground.project.mirror.read(|known| world::plan(desired, known))
    }

    fn doubted(&self, ground: &Ground) -> Vec<Cell> {
        // Another cluster may have put its tag on a moment ago.
        let is_shared = ground.project.managed_tag.is_some();
        if is_shared { vec![Cell::Definition(self.feature_name()), Cell::Tags] } else { Vec::new() }
    }

    const IS_OWNED: bool = true;

    fn rules(&self, rooms: &Rooms) -> Result<Rules, Obstacle> {
        let own = Say::of(self.spec.management, self.spec.drift_grace_period.as_ref());
        let environments = self.spec.environments.iter();
        let environments = environments
            .map(|one| (one.name.as_str().into(), Say::of(one.management, one.drift_grace_period.as_ref())));
        Ok(self.reference().rules(rooms, own)?.with(environments)?)
    }

    fn extents(&self, desired: &DesiredFlag, ground: &Ground) -> Vec<Extent> {
        ground.project.mirror.read(|known| extent::extents(self, desired, known))
    }

    fn differences(desired: &DesiredFlag, changes: &[Change], ground: &Ground) -> Vec<Difference> {
        ground.project.mirror.read(|known| flag_difference::differences(desired, changes, known))
    }

    fn narrowed(desired: &DesiredFlag, left: &Left, ground: &Ground) -> Plan {
        let mut plan = Self::plan(&flag_difference::narrowed(desired, &left.keys().cloned().collect()), ground);
        plan.missing.retain(|missing| !matches!(missing, Missing::Feature(_)) || !is_graced(left));
        plan
    }

    fn remembered(status: &FeatureFlagStatus) -> Record {
        Record { ownership: status.ownership.clone(), environments: status.environments.clone() }
    }

    fn recall(&self, ground: &Ground) -> Option<Record> {
        let status = self.status.as_ref()?;
        Self::remembered(status).recalled(status.server.as_ref(), &ground.project.identity())
    }

    fn keep(status: FeatureFlagStatus, record: Record) -> FeatureFlagStatus {
        let Record { ownership, environments } = record;
        FeatureFlagStatus { ownership, environments, ..status }
    }

    fn farewell(&self, ground: &Ground) -> Plan {
        if !(ground.claims.owns_definition() && ground.claims.is_alone()) {
            return Plan::default();
        }
        let name = self.feature_name();
        let leave = |known: &World| definition::plan_leave(&name, ground.project.managed_tag.as_ref(), known);
        let plan = |known: &World| match self.deletion_policy() {
            _ if !self.is_meant(known, ground) => Plan::default(),
            DeletionPolicy::Delete => leave(known).unwrap_or_else(|| definition::plan_removal(&name, known)),
            DeletionPolicy::Archive => leave(known).unwrap_or_else(|| definition::plan_archive(&name, known)),
            DeletionPolicy::Orphan => Plan::default(),
        };
        ground.project.mirror.read(plan)
    }

    fn has_recorded(&self) -> bool {
        self.status.as_ref().is_some_and(|status| status.uuid.is_some() || status.origin == Some(Origin::Created))
    }

    fn record(&self, plan: &Plan, ground: &Ground) -> Option<FeatureFlagStatus> {
        if plan.changes.iter().any(|change| matches!(change, Change::CreateFeature(_))) {
            return Some(self.intent(ground));
        }
        // Whether an intent was borne out is judged at the first sight of the feature, before any write makes it as we want it.
        let held = self.recorded(ground);
        let is_open = held.origin == Some(Origin::Created) && held.id.is_none();
        let desired = self.resolve(ground).ok()?;
        let judge = |known: &World| {
            let feature = known.definition(&desired.name).present()?;
            Some(FeatureFlagStatus {
                id: Some(feature.id.0),
                uuid: Some(feature.uuid.to_string()),
                origin: Some(origin(&held, feature, (Some(&desired), known))),
                name_free_at: None,
                ..held.clone()
            })
        };
        is_open.then(|| ground.project.mirror.read(judge)).flatten()
    }

    async fn apply(&self, change: &Change, rooms: &Rooms) -> Result<bool, Obstacle> {
        live::doubt(self, change, rooms);
        Ok(false)
    }

    fn attest(&self, ground: &Ground, settled: &mut Settled<FeatureFlagStatus>) {
        let Ok(desired) = self.resolve(ground) else { return };
        // Nobody is to be served what is left to Flagsmith.
        let enforced = flag_difference::narrowed(&desired, &ownership::places(&settled.status.ownership.drift));
        let Report { words, probes } = live::report(self, &ground.project, (&ground.claims, &enforced));
        settled.extra.extend(words);
        settled.status.probes = probes;
    }

    fn settle(&self, ground: &Ground, _seen: &(), plan: &Plan) -> Settled<FeatureFlagStatus> {
        let desired = self.resolve(ground);
        let status = ground.project.mirror.read(|known| self.status_in(known, ground, desired.as_ref().ok()));
        let contested = desired::contested(self, &ground.claims);
        let missing = plan.missing.iter().map(lack::obstacle);
        Settled { status, extra: Vec::new(), obstacles: contested.into_iter().chain(missing).collect(), recheck: None }
    }
}

impl FeatureFlag {
    /// Where its project is.
    #[must_use]
    pub fn reference(&self) -> Reference<'_> {
        let is_leaving = self.metadata.deletion_timestamp.is_some();
        Reference { namespace: self.metadata.namespace.as_deref(), project: &self.spec.project_ref, is_leaving }
    }

    /// Whether the feature of that name is the one that the policy speaks of: the recorded one, and not another that was made
    /// after it was deleted; where none is recorded, one that our creation made.
    fn is_meant(&self, known: &World, ground: &Ground) -> bool {
        let Some(feature) = known.definition(&self.feature_name()).present() else {
            return true;
        };
        let held = self.recorded(ground);
        match held.uuid.as_deref() {
            Some(uuid) if uuid != feature.uuid.as_str() => false,
            Some(_) if self.spec.deletion_policy.is_some() => true,
            _ => origin(&held, feature, (self.resolve(ground).ok().as_ref(), known)) == Origin::Created,
        }
    }

    /// The feature's name in Flagsmith.
    #[must_use]
    pub fn feature_name(&self) -> FeatureName {
        self.flagsmith_name().into()
    }

    /// What was written down wins; else what we created is deleted, and what we found stays. Missing status reads as found.
    fn deletion_policy(&self) -> DeletionPolicy {
        let origin = self.status.as_ref().and_then(|status| status.origin);
        self.spec.deletion_policy.unwrap_or(match origin {
            Some(Origin::Created) => DeletionPolicy::Delete,
            Some(Origin::Adopted) | None => DeletionPolicy::Orphan,
        })
    }
}
