//! The road of an object that is to go: what its policy says is done in Flagsmith first.

use std::time::{Duration, Instant};

use kube::{Resource, ResourceExt as _};

use crate::operator::{
    ground::loaded,
    obstacle::{Audience, Departure, Obstacle, lack},
    project::found::may_be_gone,
    road::{
        condition,
        driver::{Driver, ROUNDS},
        finalizer,
        managed::{Managed, Retention, Rooms, Status},
    },
};
use crate::{
    crd::{ConditionType, FlagsmithProject, Management},
    flagsmith::Error,
    world::Plan,
};

/// So old may be what is known by a mirror that nobody keeps fresh; as old as it may be, by default, where one is. All that leaves
/// a project in that time shares a listing, and it tells what is there: a deletion tells by itself where it is not, any more.
const LATELY: Duration = Duration::from_secs(30);

impl Driver {
    /// The road of an object that is to go. A finalizer is dropped when all is done, and never on an error.
    pub(in crate::operator) async fn take_leave<K: Managed>(&self, object: K) -> Result<(), (Obstacle, u32)> {
        if !finalizer::is_kept(&object) {
            self.failures.forget(&object.uid().unwrap_or_default());
            return Ok(());
        }
        let farewell = if self.leaves_all(&object) { Ok(()) } else { self.part(&object).await };
        let released = match farewell {
            Ok(()) => Ok(()),
            Err(obstacle) => self.release(&object, obstacle).await,
        };
        let dropped = match released {
            Ok(()) => finalizer::drop(&self.rooms.client, &object).await,
            Err(obstacle) => Err(obstacle),
        };
        let origin = object.status().and_then(Status::origin);
        match dropped {
            Ok(()) => Ok(()),
            Err(obstacle) => self.conclude(&object, (origin, Err(self.blame(&object, obstacle)))).await,
        }
    }

    /// Whether nothing is to be done in Flagsmith: its author says so, or nothing there was ever recorded as the object's own.
    fn leaves_all<K: Managed>(&self, object: &K) -> bool {
        let is_kept = object.retention() == Retention::Keep || !object.has_recorded();
        finalizer::is_released(object) || is_kept || self.only_observes(object) || object.is_suspended(&self.rooms)
    }

    /// Whether the thing is never written. What it inherited this from may have gone first, so what was last in force counts too.
    fn only_observes<K: Managed>(&self, object: &K) -> bool {
        let recorded = object.status().and_then(|status| K::remembered(status).ownership.own.management);
        self.observes(object) || recorded == Some(Management::Observe)
    }

    /// Whether what is in force now has the thing only observed.
    pub(in crate::operator) fn observes<K: Managed>(&self, object: &K) -> bool {
        object.rules(&self.rooms).is_ok_and(|rules| rules.own.management == Management::Observe)
    }

    async fn part<K: Managed>(&self, object: &K) -> Result<(), Obstacle> {
        let began = Instant::now();
        for round in 0..ROUNDS {
            let ground = object.fetch(&self.rooms).await?;
            match self.step(object, &ground, (began, round == 0)).await {
                Ok(is_done) if is_done => return Ok(()),
                Ok(_) => {}
                // With its project all is gone that was in it, whatever answers for the parts.
                Err(Obstacle::Flagsmith(error)) if may_be_gone(&error) => match K::mirror(&ground) {
                    Some(mirror) if !mirror.has_project().await? => {
                        let (namespace, name) = (object.namespace(), object.name_any());
                        tracing::info!(kind = %K::kind(&()), namespace, name, "its project is gone from Flagsmith, or hidden");
                        return Ok(());
                    }
                    _ => return Err(error.into()),
                },
                Err(obstacle) => return Err(obstacle),
            }
        }
        Err(Obstacle::Unfinished)
    }

    /// One round of looking and writing. True if nothing is left to do.
    async fn step<K: Managed>(
        &self,
        object: &K,
        ground: &K::Ground,
        (began, is_first): (Instant, bool),
    ) -> Result<bool, Obstacle> {
        let mirror = K::mirror(ground);
        if let Some(mirror) = mirror {
            mirror.refresh(LATELY).await?;
            loaded(mirror)?;
            if is_first {
                mirror.look(&object.doubted(ground)).await?;
            }
        }
        let mut plan = object.farewell(ground);
        let takes_along = K::is_place() && !plan.changes.is_empty();
        // What happened last may not be known to a mirror that nobody keeps fresh.
        let is_nothing = is_first && plan == Plan::default();
        let is_at_rest = mirror.is_some_and(|mirror| !mirror.is_kept());
        let is_doubtful = is_at_rest && (is_nothing || self.is_grave(object, &plan).await);
        if let Some(mirror) = mirror.filter(|_| takes_along || is_doubtful) {
            mirror.prove(began).await?;
            plan = object.farewell(ground);
        }
        if !plan.is_quiet() {
            self.carry_out(object, &plan, ground).await.1?;
            return Ok(false);
        }
        if let Some(missing) = plan.missing.first() {
            return Err(lack::obstacle(missing));
        }
        object.depart(&self.rooms, ground).await?;
        Ok(true)
    }

    /// Whether what a plan misses lets the object go and its thing stay, or is told to its author for the first time.
    async fn is_grave<K: Managed>(&self, object: &K, plan: &Plan) -> bool {
        let Some(obstacle) = plan.missing.first().map(lack::obstacle) else { return false };
        let held = object.status().map(Status::conditions).unwrap_or_default();
        let is_told =
            condition::find(held, ConditionType::Ready).is_some_and(|one| one.message == obstacle.to_string());
        let is_news = matches!(obstacle, Obstacle::Departure(_)) && !is_told;
        is_news || self.is_last(object).await
    }

    /// Whether the object's namespace is to go with all that is in it, and no other object there has something to delete first.
    async fn is_last<K: Managed>(&self, object: &K) -> bool {
        let namespace = object.namespace().unwrap_or_default();
        let Rooms { client, stores, .. } = self.rooms.as_ref();
        !self.has_others_before::<K>(&namespace) && stores.namespaces.is_terminating(client, &namespace).await
    }

    /// Lets an object go that nothing can be done for any more; else gives back what is in its way.
    async fn release<K: Managed>(&self, object: &K, obstacle: Obstacle) -> Result<(), Obstacle> {
        let namespace = object.namespace().unwrap_or_default();
        let Rooms { client, stores, .. } = self.rooms.as_ref();
        let is_over = match &obstacle {
            // What others do not let it touch is not its to delete.
            Obstacle::Denied(_) => true,
            // In a namespace that is to go nothing comes back, and nobody is to be waited for.
            Obstacle::Departure(Departure::Stranded { .. }) => {
                stores.namespaces.is_terminating(client, &namespace).await
            }
            Obstacle::Departure(Departure::Unconfirmed { .. }) | Obstacle::Audience(Audience::SegmentInUse { .. }) => {
                self.is_last(object).await
            }
            Obstacle::Flagsmith(Error::CredentialRefused { .. }) => {
                let connection = object.connection(&self.rooms);
                // What Flagsmith refuses leads nowhere: is there another way?
                let was_last = connection.is_some_and(|connection| self.rooms.sessions.forget(&connection));
                return Err(if was_last { Obstacle::Outdated } else { obstacle });
            }
            _ => false,
        };
        if !is_over {
            return Err(obstacle);
        }
        self.tell_released(object, &obstacle);
        Ok(())
    }

    /// Whether objects in the namespace have still to delete what this one waits for.
    fn has_others_before<K: Managed>(&self, namespace: &str) -> bool {
        fn is_before<K: Managed>(one: &K, namespace: &str) -> bool {
            one.namespace().as_deref() == Some(namespace) && finalizer::is_kept(one)
        }
        let stores = &self.rooms.stores;
        let has_parts = K::kind(&()) == FlagsmithProject::kind(&())
            && (stores.environments.find(|one| is_before(one, namespace)).is_some()
                || stores.segments.find(|one| is_before(one, namespace)).is_some());
        has_parts || stores.flags.find(|one| is_before(one, namespace)).is_some()
    }
}
