//! The road of an object that is to go: what its policy says is done in Flagsmith first.

use kube::ResourceExt as _;

use super::{
    driver::{Driver, ROUNDS},
    environment, finalizer,
    ground::loaded,
    managed::{Managed, Retention, Status},
    obstacle::Obstacle,
};
use crate::crd::RELEASE;

impl Driver {
    /// The road of an object that is to go. A finalizer is dropped when all is done, and never on an error.
    pub(super) async fn take_leave<K: Managed>(&self, object: K) -> Result<(), (Obstacle, u32)> {
        if !finalizer::is_kept(&object) {
            self.failures.forget(&object.uid().unwrap_or_default());
            return Ok(());
        }
        let is_released = object.annotations().get(RELEASE).is_some_and(|word| word == "true");
        let leaves_all = is_released || object.is_suspended(&self.rooms) || object.retention() == Retention::Keep;
        let farewell = if leaves_all { Ok(()) } else { self.part(&object).await };
        let dropped = match farewell {
            Ok(()) => finalizer::drop(&self.rooms.client, &object).await,
            Err(obstacle) => Err(obstacle),
        };
        let origin = object.status().and_then(Status::origin);
        match dropped {
            Ok(()) => Ok(()),
            Err(obstacle) => self.conclude(&object, (origin, Err(self.blame(&object, obstacle)))).await,
        }
    }

    async fn part<K: Managed>(&self, object: &K) -> Result<(), Obstacle> {
        for round in 0..ROUNDS {
            let ground = object.fetch(&self.rooms).await?;
            if let Some(mirror) = K::mirror(&ground) {
                loaded(mirror)?;
                if round == 0 {
                    mirror.look(&object.doubted(&ground)).await?;
                }
            }
            let plan = object.farewell(&ground);
            if plan.is_quiet() {
                return plan.missing.first().map_or(Ok(()), |missing| Err(environment::obstacle(missing)));
            }
            self.carry_out(object, &plan, &ground).await?;
        }
        Err(Obstacle::Unfinished)
    }
}
