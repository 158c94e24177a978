//! What a kind supplies to the driver: a few small functions. It touches no finalizer, condition, event or requeue.

use std::{fmt::Debug, future::Future, sync::Arc, time::Duration};

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use kube::{Resource, core::NamespaceResourceScope, runtime::reflector::ObjectRef};
use serde::{Serialize, de::DeserializeOwned};

use super::condition::Word;
pub use super::rooms::Rooms;
use crate::operator::{
    obstacle::{Obstacle, Remedy},
    ownership::{Extent, Left, Record, Rules},
};
use crate::{
    crd::{FlagsmithConnection, Origin},
    mirror::LiveMirror,
    world::{Cell, Change, Plan, difference::Difference},
};

/// What becomes of the thing in Flagsmith when its object is deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retention {
    /// It stays; the object carries no finalizer.
    Keep,
    /// Something is to be done there first; the object carries the finalizer.
    Farewell,
}

/// The part of a status that the driver keeps.
pub trait Status: Clone + Default + PartialEq + Serialize + Debug + Send + Sync {
    /// The conditions.
    fn conditions(&self) -> &[Condition];
    /// Whether the thing was found or made once: whoever edits it since waits for the edit.
    fn is_established(&self) -> bool;
    /// Whether the thing is one that we made, once that is settled.
    fn origin(&self) -> Option<Origin>;
    /// The request to look anew that was last answered.
    fn handled(&self) -> Option<&str>;
    /// The same status with what the driver says of this turn.
    #[must_use]
    fn with(self, said: Said) -> Self;
}

/// What the driver says of a turn.
#[derive(Debug)]
pub struct Said {
    /// The conditions.
    pub conditions: Vec<Condition>,
    /// The generation that was looked at.
    pub generation: Option<i64>,
    /// The request to look anew that was last answered.
    pub handled: Option<String>,
}

/// What a reconcile came to.
#[derive(Debug)]
pub struct Settled<S> {
    /// The kind's own part of the status.
    pub status: S,
    /// Conditions besides Ready, Reconciling and Stalled.
    pub extra: Vec<Word>,
    /// What is still in the way of a part of it, the worst first.
    pub obstacles: Vec<Obstacle>,
    /// How soon to look again though nothing happens.
    pub recheck: Option<Duration>,
}

/// One kind on the driver's road. Of its steps, `fetch` reads Kubernetes, `observe` reads Flagsmith, `resolve`, `plan` and
/// `settle` are pure, `apply` and `publish` write.
pub trait Managed:
    Resource<DynamicType = (), Scope = NamespaceResourceScope>
    + Clone
    + Debug
    + Serialize
    + DeserializeOwned
    + Send
    + Sync
    + 'static
{
    /// The status.
    type Status: Status;
    /// What `fetch` found: the objects it refers to, ready to be used.
    type Ground: Send + Sync;
    /// The spec, once it cannot be wrong.
    type Desired: Send + Sync;
    /// What `observe` saw besides the mirror's world.
    type Seen: Send + Sync;

    /// Whether the object is on hold, by its own word or by that of what it belongs to.
    fn is_suspended(&self, rooms: &Rooms) -> bool;
    /// Ends what goes on on the object's behalf while it is on hold.
    fn rest(&self, _rooms: &Rooms) {}
    /// The status, if it has one.
    fn status(&self) -> Option<&Self::Status>;
    /// The connection that the object goes through, where it is not one itself.
    fn connection(&self, _rooms: &Rooms) -> Option<ObjectRef<FlagsmithConnection>> {
        None
    }
    /// What becomes of the thing when the object is deleted.
    fn retention(&self) -> Retention {
        Retention::Keep
    }
    /// Finds what the object refers to.
    fn fetch(&self, rooms: &Rooms) -> impl Future<Output = Result<Self::Ground, Obstacle>> + Send;
    /// Makes of the spec what cannot be wrong.
    ///
    /// # Errors
    /// [`Obstacle::InvalidSpec`] and its like.
    fn resolve(&self, ground: &Self::Ground) -> Result<Self::Desired, Obstacle>;
    /// Sees that the world is known well enough to plan.
    fn observe(
        &self,
        ground: &Self::Ground,
        desired: &Self::Desired,
    ) -> impl Future<Output = Result<Self::Seen, Obstacle>> + Send;
    /// The mirror that plans are made on and carried out through.
    fn mirror(_ground: &Self::Ground) -> Option<&Arc<LiveMirror>> {
        None
    }
    /// What must be written.
    fn plan(_desired: &Self::Desired, _ground: &Self::Ground) -> Plan {
        Plan::default()
    }
    /// What must be read anew before it is decided what must be written before the object may go.
    fn doubted(&self, _ground: &Self::Ground) -> Vec<Cell> {
        Vec::new()
    }
    /// Whether it is said who owns the thing: the object then has rules, and the condition Synced.
    const IS_OWNED: bool = false;
    /// Who owns what of it, as far as that is said here and in what it refers to.
    ///
    /// # Errors
    /// [`Obstacle::InvalidSpec`].
    fn rules(&self, _rooms: &Rooms) -> Result<Rules, Obstacle> {
        Ok(Rules::default())
    }
    /// The scopes that the object may write, and what it says there.
    fn extents(&self, _desired: &Self::Desired, _ground: &Self::Ground) -> Vec<Extent> {
        Vec::new()
    }
    /// The differences that those changes would undo.
    fn differences(_desired: &Self::Desired, _changes: &[Change], _ground: &Self::Ground) -> Vec<Difference> {
        Vec::new()
    }
    /// What must be written where those places are left alone.
    fn narrowed(desired: &Self::Desired, _left: &Left, ground: &Self::Ground) -> Plan {
        Self::plan(desired, ground)
    }
    /// What status remembers of ownership.
    fn remembered(_status: &Self::Status) -> Record {
        Record::default()
    }
    /// What it remembers that means something on this ground; none where there is no status to speak of.
    fn recall(&self, _ground: &Self::Ground) -> Option<Record> {
        None
    }
    /// The same status, which remembers that.
    fn keep(status: Self::Status, _record: Record) -> Self::Status {
        status
    }
    /// What must be written before the object may go.
    fn farewell(&self, _ground: &Self::Ground) -> Plan {
        Plan::default()
    }
    /// Does in Flagsmith what no plan of a mirror says, once the farewell is carried out.
    fn depart(&self, _rooms: &Rooms, _ground: &Self::Ground) -> impl Future<Output = Result<(), Obstacle>> + Send {
        async { Ok(()) }
    }
    /// Whether anything in Flagsmith was recorded as the object's own, or may be. Nothing else is ever deleted for it.
    fn has_recorded(&self) -> bool {
        self.status().is_some_and(Status::is_established)
    }
    /// Whether the object takes along what others put into its thing, so that this must be looked at just before.
    fn is_place() -> bool {
        false
    }
    /// Whether the thing is there, and of use to others though something that is said of it is not kept, or not taken.
    fn stands(&self, _ground: &Self::Ground) -> bool {
        false
    }
    /// What must be in status before the plan is carried out, lest a crash forget it.
    fn record(&self, _plan: &Plan, _ground: &Self::Ground) -> Option<Self::Status> {
        None
    }
    /// Has Flagsmith read anew before the next plan, because somebody asked for it.
    fn freshen(&self, ground: &Self::Ground) -> impl Future<Output = Result<(), Obstacle>> + Send {
        let mirror = Self::mirror(ground).cloned();
        async move {
            match mirror {
                Some(mirror) => Ok(mirror.relist().await?),
                None => Ok(()),
            }
        }
    }
    /// Carries out a change that is not the mirror's to carry out. True if it was such a one.
    fn apply(&self, _change: &Change, _rooms: &Rooms) -> impl Future<Output = Result<bool, Obstacle>> + Send {
        async { Ok(false) }
    }
    /// Tells others what came of it: a Secret, a session.
    fn publish(
        &self,
        _rooms: &Rooms,
        _ground: Self::Ground,
        _seen: &Self::Seen,
    ) -> impl Future<Output = Result<(), Obstacle>> + Send {
        async { Ok(()) }
    }
    /// Delivers what came of it to where applications read it, and puts into what was settled what that came to.
    fn deliver(
        &self,
        _rooms: &Rooms,
        _ground: &Self::Ground,
        _settled: &mut Settled<Self::Status>,
    ) -> impl Future<Output = Result<(), Obstacle>> + Send {
        async { Ok(()) }
    }
    /// Adds to what was settled what is seen elsewhere, once it is known what is left to stand.
    fn attest(&self, _ground: &Self::Ground, _settled: &mut Settled<Self::Status>) {}
    /// What is to be said of it besides, whatever stands in its way.
    fn words(&self, _rooms: &Rooms) -> Vec<Word> {
        Vec::new()
    }
    /// Whether what its status was proved with is no more, though the object is the same.
    fn is_void(&self, _rooms: &Rooms) -> bool {
        false
    }
    /// Tells others what stands in the object's way, where that is theirs to know.
    fn warn(&self, _rooms: &Rooms, _remedy: Remedy) {}
    /// What status says of a world in which nothing is left to do but what `plan` misses.
    fn settle(&self, ground: &Self::Ground, seen: &Self::Seen, plan: &Plan) -> Settled<Self::Status>;
}

/// Gives a status type its part of [`Status`].
macro_rules! status {
    ($kind:ty, $established:expr, $origin:expr) => {
        impl $crate::operator::road::managed::Status for $kind {
            fn conditions(&self) -> &[k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition] {
                &self.conditions
            }
            fn is_established(&self) -> bool {
                let established: fn(&$kind) -> bool = $established;
                established(self)
            }
            fn origin(&self) -> Option<$crate::crd::Origin> {
                let origin: fn(&$kind) -> Option<$crate::crd::Origin> = $origin;
                origin(self).filter(|_| self.is_established())
            }
            fn handled(&self) -> Option<&str> {
                self.last_handled_reconcile_at.as_deref()
            }
            fn with(mut self, said: $crate::operator::road::managed::Said) -> Self {
                let $crate::operator::road::managed::Said { conditions, generation, handled } = said;
                self.conditions = conditions;
                self.observed_generation = generation;
                self.last_handled_reconcile_at = handled;
                self
            }
        }
    };
}
/// Gives a kind whose status has one scope of ownership what it remembers of that.
macro_rules! remembered {
    ($kind:ty, |$ground:ident| $identity:expr) => {
        fn remembered(status: &$kind) -> $crate::operator::ownership::Record {
            let ownership = status.ownership.clone();
            $crate::operator::ownership::Record { ownership, environments: Vec::new() }
        }

        fn recall(&self, $ground: &Self::Ground) -> Option<$crate::operator::ownership::Record> {
            let status = self.status.as_ref()?;
            Self::remembered(status).recalled(status.server.as_ref(), &$identity)
        }

        fn keep(status: $kind, record: $crate::operator::ownership::Record) -> $kind {
            let $crate::operator::ownership::Record { ownership, environments: _ } = record;
            Self::Status { ownership, ..status }
        }
    };
}
pub(in crate::operator) use {remembered, status};
