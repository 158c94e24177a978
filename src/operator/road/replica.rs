//! One replica: it stands by with warm stores until it leads, and then reconciles.

use std::{convert::Infallible, panic::AssertUnwindSafe, pin::pin, sync::Arc, time::Duration};

use futures::{FutureExt as _, StreamExt as _, channel::mpsc::UnboundedReceiver};
use kube::runtime::{
    controller::{self, Action, applier},
    reflector::{ObjectRef, Store},
};
use tokio::task::{JoinError, JoinSet};

use super::{
    driver::Driver,
    managed::{Managed, Rooms},
    stop::Stop,
};
use crate::lease::Leadership;
use crate::operator::{
    leaving::sweep::sweep,
    watch::{stores::Event, wake::Woken},
};

/// How long an object is let be whose turn broke down.
const AFTER_A_PANIC: Duration = Duration::from_secs(60);

/// What a replica works with.
#[derive(Clone)]
pub struct Replica {
    /// What every kind leans on.
    pub rooms: Arc<Rooms>,
    /// Whether it leads.
    pub leadership: Leadership,
    /// When it is to stop.
    pub stop: Stop,
    /// How often an object is looked at though nothing happened.
    pub resync: Duration,
}

impl Replica {
    /// Stands by, then leads, until it is told to stop; then finishes what is under way.
    ///
    /// # Errors
    /// Where a part of it broke down: half an operator that keeps its lease is worse than one that is started anew.
    pub async fn work(self, mut happened: UnboundedReceiver<Event>, woken: Woken) -> Result<(), JoinError> {
        tokio::select! {
            () = self.stand_by(&mut happened) => {}
            () = self.stop.clone() => return Ok(()),
        }
        // What happened before was not listened to; the stores know it.
        self.rooms.stores.wake_everything(&self.rooms.wakes);
        let mut listening = JoinSet::new();
        listening.spawn(listen(happened, Arc::clone(&self.rooms)));
        let mut controllers = self.start(woken);
        loop {
            tokio::select! {
                Some(Err(broken)) = listening.join_next() => return Err(broken),
                ended = controllers.join_next() => match ended {
                    Some(ended) => ended?,
                    None => return Ok(()),
                },
            }
        }
    }

    /// Waits until this replica leads, and lets what happens meanwhile pass by.
    async fn stand_by(&self, happened: &mut UnboundedReceiver<Event>) {
        let mut won = pin!(self.leadership.won());
        loop {
            tokio::select! {
                () = &mut won => return,
                Some(_) = happened.next() => {}
            }
        }
    }

    fn start(self, woken: Woken) -> JoinSet<()> {
        let Woken { connections, projects, environments, segments, flags } = woken;
        let stores = self.rooms.stores.clone();
        let mut controllers = JoinSet::new();
        controllers.spawn(self.clone().control(stores.connections, connections));
        controllers.spawn(self.clone().control(stores.projects, projects));
        controllers.spawn(self.clone().control(stores.environments, environments));
        controllers.spawn(self.clone().control(stores.segments, segments));
        controllers.spawn(self.control(stores.flags, flags));
        controllers
    }

    /// Reconciles the objects of one kind as they are woken, each by itself and all of them at once: what bounds the load is
    /// the places of each client, so that a Flagsmith that never answers holds up only the objects that go to it.
    async fn control<K: Managed>(self, store: Store<K>, woken: UnboundedReceiver<ObjectRef<K>>) {
        let driver = Driver::new(self.rooms, self.resync);
        let queue = woken.map(Ok::<_, Infallible>).take_until(self.stop);
        let reconcile = |object: Arc<K>, driver: Arc<Driver>| {
            Box::pin(async move { Ok::<_, Infallible>(recovered(driver.reconcile(object)).await) })
        };
        let never = |_: Arc<K>, error: &Infallible, _: Arc<Driver>| match *error {};
        let unbounded = controller::Config::default();
        let turns = applier(reconcile, never, Arc::new(driver), store, queue, unbounded);
        turns.for_each(|_| std::future::ready(())).await;
    }
}

/// A turn that breaks down is taken up again after a while, and no other object's waits for it (as controller-runtime does).
/// The panic itself has been printed by then.
async fn recovered(turn: impl Future<Output = Action>) -> Action {
    AssertUnwindSafe(turn).catch_unwind().await.unwrap_or_else(|_| Action::requeue(AFTER_A_PANIC))
}

/// Wakes whom each event concerns; what a connection that is gone was good for is over.
async fn listen(mut happened: UnboundedReceiver<Event>, rooms: Arc<Rooms>) {
    while let Some(event) = happened.next().await {
        if let Event::Connection(connection, true) = &event {
            rooms.sessions.retire(connection);
        }
        rooms.stores.spread(&event, &rooms.wakes);
        sweep(&event, &rooms);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_turn_that_breaks_down_is_taken_up_again() {
        let broken = recovered(async { panic!("a fault of ours") }).await;
        assert_eq!(broken, Action::requeue(AFTER_A_PANIC));
        assert_eq!(recovered(async { Action::await_change() }).await, Action::await_change());
    }
}
