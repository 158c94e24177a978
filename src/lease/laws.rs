//! Two candidates, an apiserver between them, and all that may go wrong on the way: never do both hold the lease.

use std::time::{Duration, Instant};

use k8s_openapi::{api::coordination::v1::Lease, jiff::Timestamp};
use proptest::prelude::*;

use super::{Candidate, Step, Term};

/// Long enough that steps of up to a second may be tried in each part of it.
const TERM: Duration = Duration::from_secs(15);

/// What may happen. A number tells which of the two it happens to.
#[derive(Clone, Copy, Debug)]
enum Event {
    /// So many milliseconds pass.
    Pass(u64),
    /// It decides, and sends what it decided.
    Act(usize),
    /// The apiserver carries out its request.
    Serve(usize),
    /// The answer arrives.
    Answer(usize),
    /// It gives up waiting. The request may yet be carried out.
    GiveUp(usize),
    /// A request that was given up is carried out.
    ServeLate(usize),
    /// All three at once, as on a good day.
    Turn(usize),
    /// It decides and is served, the other acts, and the answer takes so many milliseconds.
    Slow(usize, u64),
    /// It is killed, and another starts in its place.
    Kill(usize),
    /// It resigns, and another starts in its place.
    Resign(usize),
}

fn event() -> impl Strategy<Value = Event> {
    let which = 0..2usize;
    prop_oneof![
        6 => (0..1500u64).prop_map(Event::Pass),
        2 => (0..16_000u64).prop_map(Event::Pass),
        4 => which.clone().prop_map(Event::Act),
        4 => which.clone().prop_map(Event::Serve),
        4 => which.clone().prop_map(Event::Answer),
        2 => which.clone().prop_map(Event::GiveUp),
        2 => (0..8usize).prop_map(Event::ServeLate),
        8 => which.clone().prop_map(Event::Turn),
        2 => (which.clone(), 0..14_000u64).prop_map(|(node, time)| Event::Slow(node, time)),
        1 => which.clone().prop_map(Event::Kill),
        1 => which.prop_map(Event::Resign),
    ]
}

/// A clock that began at another time and runs at another rate, in thousandths.
#[derive(Clone, Copy, Debug)]
struct Clock {
    began: Duration,
    rate: u32,
}

fn clock() -> impl Strategy<Value = Clock> {
    (0..100_000u64, 850..1150u32).prop_map(|(began, rate)| Clock { began: Duration::from_millis(began), rate })
}

#[derive(Clone, Debug)]
enum Request {
    Look,
    Put(Box<Lease>),
}

#[derive(Clone, Debug)]
enum Reply {
    Seen(Option<Lease>),
    Written(Lease),
    Outrun,
}

fn put(lease: Lease) -> Request {
    Request::Put(Box::new(lease))
}

struct Exchange {
    request: Request,
    sent: Instant,
    reply: Option<Reply>,
}

struct Node {
    candidate: Candidate,
    clock: Clock,
    exchange: Option<Exchange>,
}

struct Cluster {
    epoch: Instant,
    passed: Duration,
    lease: Option<Lease>,
    version: u64,
    lives: u64,
    nodes: Vec<Node>,
    late: Vec<Request>,
}

impl Cluster {
    fn new(clocks: [Clock; 2]) -> Self {
        let node = |clock| Node { candidate: Candidate::new(String::new(), Term::new(TERM)), clock, exchange: None };
        let nodes = clocks.into_iter().map(node).collect();
        let (epoch, passed) = (Instant::now(), Duration::ZERO);
        let mut cluster = Self { epoch, passed, lease: None, version: 0, lives: 0, nodes, late: Vec::new() };
        cluster.start(0);
        cluster.start(1);
        cluster
    }

    fn start(&mut self, node: usize) {
        self.lives += 1;
        self.nodes[node].candidate = Candidate::new(format!("life-{}", self.lives), Term::new(TERM));
        self.nodes[node].exchange = None;
    }

    /// The time as a node has it.
    fn now(&self, node: usize) -> Instant {
        let Clock { began, rate } = self.nodes[node].clock;
        self.epoch + began + self.passed * rate / 1000
    }

    fn happen(&mut self, event: Event) {
        match event {
            Event::Pass(time) => self.passed += Duration::from_millis(time),
            Event::Act(node) => self.act(node),
            Event::Serve(node) => self.serve(node),
            Event::Answer(node) => self.answer(node),
            Event::GiveUp(node) => self.give_up(node),
            Event::ServeLate(which) if which < self.late.len() => {
                let request = self.late.swap_remove(which);
                self.carry_out(request);
            }
            Event::ServeLate(_) => {}
            Event::Turn(node) => {
                self.act(node);
                self.serve(node);
                self.answer(node);
            }
            Event::Slow(node, time) => {
                self.act(node);
                self.serve(node);
                self.happen(Event::Turn(1 - node));
                self.passed += Duration::from_millis(time);
                self.answer(node);
            }
            Event::Kill(node) => {
                self.give_up(node);
                self.start(node);
            }
            Event::Resign(node) => {
                self.give_up(node);
                self.late.extend(self.nodes[node].candidate.resignation(Timestamp::UNIX_EPOCH).map(put));
                self.start(node);
            }
        }
    }

    fn act(&mut self, node: usize) {
        let sent = self.now(node);
        let Node { candidate, exchange, .. } = &mut self.nodes[node];
        if exchange.is_some() {
            return;
        }
        let request = match candidate.decide(sent) {
            Step::Look => Request::Look,
            Step::Acquire | Step::Renew => put(candidate.claim(Timestamp::UNIX_EPOCH)),
            Step::Wait(pause) => return assert!(!pause.is_zero(), "it never spins"),
            Step::Lost => return self.start(node),
        };
        *exchange = Some(Exchange { request, sent, reply: None });
    }

    fn serve(&mut self, node: usize) {
        let asked = self.nodes[node].exchange.as_ref().filter(|one| one.reply.is_none());
        let Some(request) = asked.map(|one| one.request.clone()) else { return };
        let reply = self.carry_out(request);
        if let Some(exchange) = &mut self.nodes[node].exchange {
            exchange.reply = Some(reply);
        }
    }

    /// What the apiserver does: a write over another version than is kept is refused.
    fn carry_out(&mut self, request: Request) -> Reply {
        let Request::Put(mut lease) = request else { return Reply::Seen(self.lease.clone()) };
        let version = |lease: &Lease| lease.metadata.resource_version.clone();
        if version(&lease) != self.lease.as_ref().and_then(version) {
            return Reply::Outrun;
        }
        self.version += 1;
        lease.metadata.resource_version = Some(self.version.to_string());
        self.lease = Some(lease.as_ref().clone());
        Reply::Written(*lease)
    }

    fn answer(&mut self, node: usize) {
        let now = self.now(node);
        let Node { candidate, exchange, .. } = &mut self.nodes[node];
        match exchange.take() {
            Some(Exchange { reply: Some(Reply::Seen(lease)), .. }) => candidate.saw(lease, now),
            Some(Exchange { reply: Some(Reply::Written(lease)), sent, .. }) => candidate.wrote(lease, sent, now),
            Some(Exchange { reply: Some(Reply::Outrun), .. }) => candidate.was_outrun(),
            unanswered => *exchange = unanswered,
        }
    }

    fn give_up(&mut self, node: usize) {
        let now = self.now(node);
        let Some(exchange) = self.nodes[node].exchange.take() else { return };
        if exchange.reply.is_none() {
            self.late.push(exchange.request);
        }
        self.nodes[node].candidate.failed(now);
    }

    fn holders(&self) -> Vec<&str> {
        let holds = |node: usize| {
            let candidate = &self.nodes[node].candidate;
            let is_valid = candidate.holds_until().is_some_and(|end| self.now(node) < end);
            is_valid.then(|| candidate.identity())
        };
        [0, 1].into_iter().filter_map(holds).collect()
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn there_are_never_two_holders(clocks in [clock(), clock()], events in prop::collection::vec(event(), 0..200)) {
        let mut cluster = Cluster::new(clocks);
        for event in events {
            cluster.happen(event);
            prop_assert!(cluster.holders().len() < 2, "{:?}", cluster.holders());
        }
    }

    #[test]
    fn whatever_happened_there_is_a_holder_soon_and_it_stays(
        clocks in [clock(), clock()],
        events in prop::collection::vec(event(), 0..100),
        failed in 0..2usize,
    ) {
        let mut cluster = Cluster::new(clocks);
        for event in events {
            cluster.happen(event);
        }
        cluster.give_up(0);
        cluster.give_up(1);
        cluster.late.clear();
        // One is gone for good. The other must not wait for longer than the lease, as its own clock has it, and two pauses.
        let survivor = 1 - failed;
        let mut good_days = |time: Duration| {
            let until = cluster.passed + time;
            while cluster.passed < until {
                cluster.happen(Event::Turn(survivor));
                cluster.happen(Event::Turn(survivor));
                cluster.happen(Event::Pass(100));
            }
            cluster.holders().iter().map(ToString::to_string).collect::<Vec<_>>()
        };
        let patience = (TERM + Term::new(TERM).pause() * 2).mul_f64(1.2);
        let holders = good_days(patience);
        prop_assert_eq!(holders.len(), 1);
        prop_assert_eq!(good_days(TERM * 10), holders);
    }
}

#[test]
fn a_lease_that_was_resigned_is_taken_at_once() {
    let clock = Clock { began: Duration::ZERO, rate: 1000 };
    let mut cluster = Cluster::new([clock, clock]);
    for event in
        [Event::Turn(0), Event::Turn(0), Event::Turn(1), Event::Pass(2000), Event::Resign(0), Event::ServeLate(0)]
    {
        cluster.happen(event);
    }
    assert_eq!(cluster.holders(), Vec::<&str>::new());
    cluster.happen(Event::Turn(1));
    cluster.happen(Event::Turn(1));
    assert_eq!(cluster.holders(), ["life-2"]);
    let spec = cluster.lease.unwrap().spec.unwrap();
    assert_eq!((spec.lease_transitions, spec.lease_duration_seconds), (Some(1), Some(15)));
}

#[test]
fn a_term_is_whole_seconds_and_leaves_a_third_to_spare() {
    let term = Term::new(Duration::from_millis(14_001));
    assert_eq!((term.duration(), term.tenure(), term.pause()), (TERM, Duration::from_secs(10), Duration::from_secs(2)));
    assert_eq!(Term::new(Duration::from_millis(1)).duration(), Duration::from_secs(1));
}
