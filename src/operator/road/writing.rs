//! Carries plans out: what is unknown is read, what is sure is written.

use std::sync::Arc;

use futures::future::join_all;
use kube::ResourceExt as _;

use super::{
    drift::was_ready,
    driver::Driver,
    managed::{Managed, Status},
    tally,
};
use crate::operator::obstacle::Obstacle;
use crate::{
    flagsmith::Purpose,
    mirror::LiveMirror,
    world::{Change, Plan},
};

impl Driver {
    /// Reads what is unknown, doubts what is hearsay, and writes the rest; changes of different cells overlap.
    /// Gives the changes that it carried out, and what came of all.
    pub(in crate::operator) async fn carry_out<K: Managed>(
        &self,
        object: &K,
        plan: &Plan,
        ground: &K::Ground,
    ) -> (Vec<Change>, Result<(), Obstacle>) {
        let Some(mirror) = K::mirror(ground) else {
            // Of what there is no mirror yet, each change is the kind's own.
            return (Vec::new(), self.apply_own(object, plan).await);
        };
        let drifted = self.has_drifted(object);
        let hearsay = if was_ready(object) { mirror.hearsay(&plan.changes) } else { Vec::new() };
        let unsure: Vec<_> = plan.unknown.iter().chain(&hearsay).cloned().collect();
        let looked = mirror.look(&unsure).await;
        let sure: Vec<_> = plan.changes.iter().filter(|change| !hearsay.contains(&change.cell())).cloned().collect();
        let purpose = purpose(object);
        // Each is waited for, also where another failed: a write that is cut off may still be carried out.
        let written = join_all(sure.iter().map(|change| self.write(object, change, (mirror, purpose)))).await;
        let outcomes = sure.iter().zip(&written);
        // What undoes no difference was asked for, whatever has drifted.
        let (asked, corrected): (Vec<_>, Vec<_>) =
            outcomes.partition(|(change, _)| !drifted || change.fields().is_empty());
        tally::corrections::<K>(&self.rooms, corrected.into_iter());
        self.tell_written(object, asked.into_iter());
        let carried_out =
            sure.into_iter().zip(&written).filter(|(_, outcome)| outcome.is_ok()).map(|(change, _)| change);
        let carried_out = carried_out.collect();
        // One environment that cannot be read keeps no other from being written.
        let outcome = written.into_iter().collect::<Result<(), _>>();
        (carried_out, outcome.and_then(|()| Ok(looked?)))
    }

    async fn apply_own<K: Managed>(&self, object: &K, plan: &Plan) -> Result<(), Obstacle> {
        for change in &plan.changes {
            let applied = object.apply(change, &self.rooms).await.map(|_| ());
            self.tell_written(object, std::iter::once((change, &applied)));
            applied?;
        }
        Ok(())
    }

    async fn write<K: Managed>(
        &self,
        object: &K,
        change: &Change,
        (mirror, purpose): (&Arc<LiveMirror>, Purpose),
    ) -> Result<(), Obstacle> {
        if object.apply(change, &self.rooms).await? {
            return Ok(());
        }
        tracing::info!(kind = %K::kind(&()), namespace = object.namespace(), name = object.name_any(), "{change}");
        Ok(mirror.apply(change, purpose).await?)
    }
}

/// An edit of what was once there goes before the first convergence of others.
fn purpose<K: Managed>(object: &K) -> Purpose {
    if object.status().is_some_and(Status::is_established) { Purpose::Edit } else { Purpose::Converge }
}
