//! A mirror on a bench: its futures are polled by hand, and each request is served and answered when the test says so.

use std::{
    future::Future,
    pin::Pin,
    sync::{Arc, Mutex, atomic::Ordering},
    task::{Context, Waker},
    time::Duration,
};

use super::{
    wire::{Ask, Logical, Model},
    witness::Witness,
};
use crate::{
    flagsmith::{Error, ProjectId, Purpose},
    mirror::{Depth, Ground, Listener, Mirror, Touch, WriteLocks},
    world::{Cell, Change},
};

type Task = Pin<Box<dyn Future<Output = ()> + Send>>;

/// How an answer fares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It arrives.
    Arrives,
    /// It is lost; the server may still come to the request.
    Lost,
    /// The server says no and does nothing, if it did not come to the request before.
    Refused,
    /// The server fails, if it did not come to the request before.
    Fails,
    /// The server refuses the credential, if it did not come to the request before.
    Denied,
}

/// Notes what was told.
#[derive(Debug, Default)]
pub struct Told(pub Mutex<Vec<Touch>>);

impl Listener for Told {
    fn touched(&self, _: ProjectId, touch: Touch) {
        self.0.lock().unwrap().push(touch);
    }
}

pub struct Bench {
    pub mirror: Arc<Mirror<Model, Logical>>,
    pub model: Model,
    pub told: Arc<Told>,
    pub tasks: Vec<Task>,
    clock: Logical,
    witness: Witness,
}

impl Bench {
    pub fn new(is_coarse: bool) -> Self {
        let clock = Logical { is_coarse, ..Logical::default() };
        clock.ticks.store(1, Ordering::Relaxed);
        let (model, told) = (Model::default(), Arc::new(Told::default()));
        let listener = Arc::clone(&told) as Arc<dyn Listener>;
        let (server, locks) = ("model".to_owned(), Arc::new(WriteLocks::default()));
        let ground = Ground { server, project: ProjectId(1), locks, listener };
        let mirror = Arc::new(Mirror::new(model.clone(), clock.clone(), ground));
        Self { mirror, model, told, tasks: Vec::new(), clock, witness: Witness::default() }
    }

    pub fn poll(&mut self, depth: Depth) {
        let mirror = Arc::clone(&self.mirror);
        self.start(Box::pin(async move { drop(mirror.poll(depth).await) }));
    }

    pub fn look(&mut self, cells: Vec<Cell>) {
        let mirror = Arc::clone(&self.mirror);
        self.start(Box::pin(async move { drop(mirror.look(&cells).await) }));
    }

    pub fn apply(&mut self, change: Change) {
        let mirror = Arc::clone(&self.mirror);
        self.start(Box::pin(async move { drop(mirror.apply(&change, Purpose::Edit).await) }));
    }

    fn start(&mut self, task: Task) {
        self.tasks.push(task);
        self.advance();
    }

    /// Somebody in Flagsmith's pages.
    pub fn somebody(&self, change: &Change) {
        let _ = self.model.wire().server.write(change);
    }

    /// The server comes to a request.
    pub fn serve(&self, at: usize, lag: usize) {
        self.model.wire().serve(at, lag);
    }

    /// The answer of a request comes to its end.
    pub fn answer(&mut self, at: usize, fate: Fate) {
        let mut wire = self.model.wire();
        let Some(client) = wire.pending[at].client.take() else {
            // The client has given up: the server comes to it all the same, sooner or later.
            wire.serve(at, 0);
            wire.pending.remove(at);
            return;
        };
        let (ask, sent) = (wire.pending[at].ask.clone(), wire.pending[at].sent);
        let is_served = wire.pending[at].found.is_some();
        let answer = match fate {
            Fate::Lost => Err(Error::Timeout { after: Duration::from_secs(1) }),
            Fate::Refused if !is_served => Err(Error::Refused { status: 400, message: "no".to_owned() }),
            Fate::Fails if !is_served => Err(Error::Server { status: 500 }),
            Fate::Denied if !is_served => Err(Error::CredentialRefused { message: "no".to_owned() }),
            Fate::Arrives | Fate::Refused | Fate::Fails | Fate::Denied => {
                wire.serve(at, 0);
                wire.pending[at].found.clone().unwrap()
            }
        };
        if fate != Fate::Lost || is_served {
            wire.pending.remove(at);
        }
        self.witness.answered((&ask, sent), &answer, &mut wire);
        drop(wire);
        let _ = client.send(answer);
        self.advance();
    }

    /// A task is ended; what it wrote counts as lost.
    pub fn cancel(&mut self, at: usize) {
        drop(self.tasks.remove(at));
        self.settle_cancelled();
        self.advance();
    }

    fn settle_cancelled(&mut self) {
        let mut wire = self.model.wire();
        let now = wire.event();
        for request in &mut wire.pending {
            if request.client.as_ref().is_some_and(futures::channel::oneshot::Sender::is_canceled) {
                request.client = None;
                if let Ask::Write(change) = &request.ask {
                    self.witness.gave_up(change, now);
                }
            }
        }
    }

    /// All tasks go as far as they can; then the laws are asked.
    pub fn advance(&mut self) {
        self.clock.ticks.fetch_add(1, Ordering::Relaxed);
        let mut context = Context::from_waker(Waker::noop());
        loop {
            let before = (self.tasks.len(), self.model.wire().sent.len());
            self.tasks.retain_mut(|task| task.as_mut().poll(&mut context).is_pending());
            if before == (self.tasks.len(), self.model.wire().sent.len()) {
                break;
            }
        }
        if self.mirror.health().loaded {
            let (wire, witness) = (self.model.wire(), &mut self.witness);
            self.mirror.read(|world| witness.look(world, &wire));
        }
    }

    /// All requests are served and answered, in the order in which they were sent.
    pub fn drain(&mut self, lag: usize) {
        while !self.model.wire().pending.is_empty() {
            self.serve(0, lag);
            self.answer(0, Fate::Arrives);
        }
        assert!(self.tasks.is_empty(), "a task waits for nothing");
    }

    /// A whole turn of polling, by itself. Gives what was asked.
    pub fn turn(&mut self, depth: Depth, lag: usize) -> Vec<Ask> {
        let before = self.model.wire().sent.len();
        self.poll(depth);
        self.drain(lag);
        self.model.wire().sent.split_off(before)
    }

    pub fn is_whole(&self) {
        self.mirror.read(|world| Witness::is_whole(world, &self.model.wire()));
    }
}
