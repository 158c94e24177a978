//! Whatever is lost and whenever the operator ends, the Secret holds a live key, and so does whoever read it lately.

use std::collections::BTreeMap;

use k8s_openapi::jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;

use super::server_key::{Kept, Rotation, Standing, Step, plan};
use crate::flagsmith::ServerKeyId;

const EVERY: i64 = 100;
const OVERLAP: i64 = 10;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

/// What happens besides the steps that are taken.
#[derive(Clone, Copy, Debug)]
enum Event {
    /// A step is taken.
    Step,
    /// A step is taken and its answer is lost: nothing that follows from it in memory is known.
    Lost,
    /// A step that creates is taken twice, since the first was carried out after it was given up.
    Twice,
    /// Time passes.
    Wait(i64),
    /// Somebody asks for another key.
    Ask,
    /// The status is lost.
    Forget,
    /// Somebody empties the Secret.
    Empty,
}

fn events() -> impl Strategy<Value = Event> {
    prop_oneof![
        8 => Just(Event::Step),
        3 => Just(Event::Lost),
        1 => Just(Event::Twice),
        3 => (1i64..60).prop_map(Event::Wait),
        1 => Just(Event::Ask),
        1 => Just(Event::Forget),
        1 => Just(Event::Empty),
    ]
}

#[derive(Debug)]
struct Place {
    kept: Vec<Kept>,
    made: i64,
    published: Option<ServerKeyId>,
    since: Option<(ServerKeyId, Timestamp)>,
    is_asked: bool,
    now: i64,
    /// When each key was last in the Secret.
    seen: BTreeMap<ServerKeyId, i64>,
    asked: usize,
    twins: usize,
}

impl Place {
    fn new() -> Self {
        Self {
            kept: Vec::new(),
            made: 0,
            published: None,
            since: None,
            is_asked: false,
            now: 1000,
            seen: BTreeMap::new(),
            asked: 0,
            twins: 0,
        }
    }

    fn step(&self) -> Step {
        let rotation =
            Rotation { every: Some(SignedDuration::from_secs(EVERY)), overlap: SignedDuration::from_secs(OVERLAP) };
        let published = self.published.filter(|id| self.kept.iter().any(|one| one.id == *id));
        let standing = Standing { published, since: self.since, is_asked: self.is_asked, now: at(self.now) };
        plan(rotation, &self.kept, standing)
    }

    fn create(&mut self, number: u64) {
        self.made += 1;
        self.kept.push(Kept { id: ServerKeyId(self.made), number, created_at: at(self.now) });
    }

    /// Each step writes one place, and with the Secret it is written there that the request was answered.
    fn take(&mut self, step: Step) {
        match step {
            Step::Create { number } => self.create(number),
            Step::Publish(id) => {
                self.published = Some(id);
                self.is_asked = false;
            }
            Step::Note(id) => self.since = Some((id, at(self.now))),
            Step::Delete(id) => {
                let before = self.kept.len();
                self.kept.retain(|one| one.id != id);
                assert_eq!(self.kept.len(), before - 1, "what is not there is not deleted");
            }
            Step::Rest { .. } => {}
        }
    }

    fn happen(&mut self, event: Event) {
        match event {
            Event::Step | Event::Lost => self.take(self.step()),
            Event::Twice => {
                let step = self.step();
                self.take(step);
                if let Step::Create { number } = step {
                    self.create(number);
                    self.twins += 1;
                }
            }
            Event::Wait(seconds) => self.now += seconds,
            Event::Ask => {
                self.asked += usize::from(!self.is_asked);
                self.is_asked = true;
            }
            Event::Forget => self.since = None,
            Event::Empty => self.published = None,
        }
    }

    fn check(&mut self) -> Result<(), TestCaseError> {
        let live = |id: &ServerKeyId| self.kept.iter().any(|one| one.id == *id);
        if let Some(published) = self.published {
            prop_assert!(live(&published), "the Secret holds a key that is gone: {:?}", self);
            self.seen.insert(published, self.now);
        }
        for (id, seen) in &self.seen {
            let is_recent = self.now < seen + OVERLAP;
            prop_assert!(!is_recent || self.kept.iter().any(|one| one.id == *id), "{id} was just read: {:?}", self);
        }
        // One, its successor, and what was asked for within the overlap.
        prop_assert!(self.kept.len() <= 2 + self.asked + self.twins, "too many: {:?}", self);
        Ok(())
    }
}

proptest! {
    #[test]
    fn whoever_read_the_secret_within_the_overlap_has_a_live_key(events in proptest::collection::vec(events(), 0..80)) {
        let mut place = Place::new();
        for event in events {
            place.happen(event);
            place.check()?;
        }
        // Nothing more happens, but time.
        place.is_asked = false;
        let mut rests = 0;
        for _ in 0..100 {
            match place.step() {
                Step::Rest { until } if place.kept.len() == 1 => {
                    prop_assert_eq!(until, Some(place.kept[0].created_at.checked_add(SignedDuration::from_secs(EVERY)).unwrap()));
                    rests += 1;
                    break;
                }
                Step::Rest { until } => {
                    let until = until.map(Timestamp::as_second);
                    prop_assert!(until.is_some_and(|until| until > place.now), "it rests for nothing: {:?}", place);
                    place.now = until.unwrap_or_default();
                }
                step => place.take(step),
            }
            place.check()?;
        }
        prop_assert_eq!((rests, place.kept.len()), (1, 1), "one is left: {:?}", place);
        prop_assert_eq!(place.published, Some(place.kept[0].id));
    }
}

#[test]
fn a_rotation_is_made_of_these_steps() {
    let mut place = Place::new();
    let mut steps = Vec::new();
    place.is_asked = false;
    for _ in 0..12 {
        let step = place.step();
        steps.push(step);
        if let Step::Rest { until } = step {
            place.now = until.unwrap().as_second();
        }
        place.take(step);
    }
    let (first, second) = (ServerKeyId(1), ServerKeyId(2));
    let expected = [
        Step::Create { number: 1 },
        Step::Publish(first),
        Step::Note(first),
        Step::Rest { until: Some(at(1100)) },
        Step::Create { number: 2 },
        Step::Publish(second),
        Step::Note(second),
        Step::Rest { until: Some(at(1110)) },
        Step::Delete(first),
        Step::Rest { until: Some(at(1200)) },
        Step::Create { number: 3 },
        Step::Publish(ServerKeyId(3)),
    ];
    assert_eq!(steps, expected);
}
