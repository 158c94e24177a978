//! The road of an object that is to go: what its policy says is done in Flagsmith first.

use kube::ResourceExt as _;

use super::{
    driver::{Driver, ROUNDS},
    environment, finalizer,
    ground::loaded,
    managed::{Managed, Retention},
    obstacle::Obstacle,
};
use crate::crd::{Management, RELEASE};

impl Driver {
    /// The road of an object that is to go. A finalizer is dropped when all is done, and never on an error.
    pub(super) async fn take_leave<K: Managed>(&self, object: K) -> Result<(), (Obstacle, u32)> {
        if !finalizer::is_kept(&object) {
            self.failures.forget(&object.uid().unwrap_or_default());
            return Ok(());
        }
        let is_released = object.annotations().get(RELEASE).is_some_and(|word| word == "true");
        let is_observed = object.rules(&self.rooms).is_ok_and(|rules| rules.own.management == Management::Observe);
        let leaves_all =
            is_released || is_observed || object.is_suspended(&self.rooms) || object.retention() == Retention::Keep;
        let farewell = if leaves_all { Ok(()) } else { self.part(&object).await };
        let dropped = match farewell {
            Ok(()) => finalizer::drop(&self.rooms.client, &object).await,
            Err(obstacle) => Err(obstacle),
        };
        match dropped {
            Ok(()) => Ok(()),
            Err(obstacle) => self.conclude(&object, Err(self.blame(&object, obstacle))).await,
        }
    }

    async fn part<K: Managed>(&self, object: &K) -> Result<(), Obstacle> {
        for _ in 0..ROUNDS {
            let ground = object.fetch(&self.rooms).await?;
            K::mirror(&ground).map_or(Ok(()), |mirror| loaded(mirror))?;
            let plan = object.farewell(&ground);
            if plan.is_quiet() {
                return plan.missing.first().map_or(Ok(()), |missing| Err(environment::obstacle(missing)));
            }
            self.carry_out(object, &plan, &ground).await.1?;
        }
        Err(Obstacle::Unfinished)
    }
}
