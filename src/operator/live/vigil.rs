//! A watch for one thing that SDKs are to be served: since when, until when, and what was seen. Pure.

use std::time::{Duration, Instant};

use crate::{
    flagsmith::{Error, Person, Served},
    world::served::{Expected, Sight},
};
use k8s_openapi::jiff::Timestamp;

/// How long SDKs may be served something else before nobody waits for it any longer: twice what Flagsmith's own caches lag
/// (facts.md §13).
pub const PATIENCE: Duration = Duration::from_secs(120);
const FIRST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_secs(15);

/// What is watched for.
#[derive(Clone, Debug, PartialEq)]
pub struct Aim {
    /// To whom it is to be served; to anybody, if to nobody in particular.
    pub person: Option<Person>,
    /// What is to be served.
    pub expected: Expected,
    /// What it hangs on besides, as a number that changes with it: another one asks anew.
    pub ground: u64,
}

/// A wish to have something watched for.
#[derive(Clone, Debug, PartialEq)]
pub struct Order {
    /// What.
    pub aim: Aim,
    /// Something was written: what was seen before counts no longer.
    pub is_doubted: bool,
    /// What an operator before this one saw, which need not be looked at again.
    pub trusted: Option<Sight>,
    /// It is to be looked at again now and then, though it was seen.
    pub recurs: bool,
    /// When its author wrote it, where that is to be measured.
    pub edited: Option<Timestamp>,
}

/// What was seen.
#[derive(Clone, Debug, PartialEq)]
pub enum Look {
    /// Nobody looked yet.
    Awaited,
    /// Somebody before us saw this.
    Trusted(Sight),
    /// This.
    Saw(Sight),
    /// The endpoint did not say.
    Failed(Error),
}

/// What is known, and whether it may still change by itself.
#[derive(Clone, Debug, PartialEq)]
pub struct View {
    /// What was seen last.
    pub look: Look,
    /// Whether it was waited for as long as it may take.
    pub is_overdue: bool,
}

/// One watch.
#[derive(Clone, Debug)]
pub struct Vigil {
    aim: Aim,
    recurs: bool,
    since: Instant,
    /// While it lasts the endpoint is asked.
    until: Option<Instant>,
    ended: Instant,
    look: Look,
    is_overdue: bool,
    edited: Option<Timestamp>,
}

/// What an answer changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct News {
    /// There is something to tell.
    pub is_told: bool,
    /// What was written then is served now, for the first time.
    pub live_since: Option<Timestamp>,
}

impl Vigil {
    /// One that begins.
    #[must_use]
    pub fn new(order: Order, now: Instant) -> Self {
        let Order { aim, is_doubted, trusted, recurs, edited } = order;
        let trusted = trusted.filter(|_| !is_doubted);
        let is_over = trusted.is_some();
        Self {
            aim,
            recurs,
            since: now,
            until: (!is_over).then(|| now + PATIENCE),
            ended: now,
            look: trusted.map_or(Look::Awaited, Look::Trusted),
            is_overdue: false,
            edited: edited.filter(|_| !is_over),
        }
    }

    /// The same watch for an order, if it is one for the same; begun anew if what was seen counts no longer, and taken up again
    /// for one look if it ended so long ago.
    #[must_use]
    pub fn follow(mut self, order: Order, (now, interval): (Instant, Duration)) -> Self {
        if order.is_doubted || order.aim != self.aim {
            return Self::new(Order { trusted: None, ..order }, now);
        }
        self.recurs = order.recurs;
        if self.until.is_none() && self.is_to_recur() && now.duration_since(self.ended) >= interval {
            (self.since, self.until) = (now, Some(now));
        }
        self
    }

    /// Whether an end is not the last word.
    fn is_to_recur(&self) -> bool {
        match &self.look {
            Look::Saw(Sight::Met | Sight::Hidden | Sight::Unheeded) | Look::Trusted(_) => self.recurs,
            Look::Awaited | Look::Failed(_) | Look::Saw(Sight::Other(_) | Sight::Absent) => true,
        }
    }

    /// Whether it is for the same.
    #[must_use]
    pub fn is_for(&self, aim: &Aim) -> bool {
        self.aim.person == aim.person
    }

    /// Whether the endpoint is to be asked.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.until.is_some()
    }

    /// Whether it began just then.
    #[must_use]
    pub fn began_at(&self, now: Instant) -> bool {
        self.is_open() && self.since == now
    }

    /// For whom it is to be asked.
    #[must_use]
    pub fn person(&self) -> Option<&Person> {
        self.aim.person.as_ref()
    }

    /// What is known.
    #[must_use]
    pub fn view(&self) -> View {
        View { look: self.look.clone(), is_overdue: self.is_overdue }
    }

    /// Takes in an answer to a request that was sent then.
    pub fn take(&mut self, answer: &Result<Served, Error>, (sent, now): (Instant, Instant)) -> News {
        let Some(until) = self.until.filter(|_| sent >= self.since) else { return News::default() };
        let look = match answer {
            Ok(served) => Look::Saw(self.aim.expected.seen_in(served)),
            Err(error) => Look::Failed(error.clone()),
        };
        let is_met = look == Look::Saw(Sight::Met);
        let was = self.view();
        self.look = look;
        if is_met || now >= until {
            (self.until, self.ended) = (None, now);
            self.is_overdue = !is_met;
        }
        News { is_told: self.view() != was, live_since: self.edited.take_if(|_| is_met) }
    }
}

/// How long to wait before the next request: longer each time.
#[must_use]
pub fn pause(before: Option<Duration>) -> Duration {
    before.map_or(FIRST, |before| (before * 2).min(LONGEST))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::flagsmith::ServedFlag;

    fn expected() -> Expected {
        Expected { feature: "checkout".into(), enabled: Some(true), value: None }
    }

    fn order() -> Order {
        let aim = Aim { person: None, expected: expected(), ground: 0 };
        Order { aim, is_doubted: false, trusted: None, recurs: false, edited: None }
    }

    #[expect(clippy::unnecessary_wraps, reason = "an endpoint may fail")]
    fn answer(enabled: bool) -> Result<Served, Error> {
        let flag = ServedFlag { enabled, value: None };
        Ok(Served { flags: [("checkout".into(), flag)].into(), is_heeded: true })
    }

    const INTERVAL: Duration = Duration::from_secs(300);

    fn after(began: Instant, seconds: u64) -> Instant {
        began + Duration::from_secs(seconds)
    }

    #[test]
    fn what_was_asked_before_the_write_proves_nothing() {
        let began = Instant::now();
        let mut vigil = Vigil::new(order(), after(began, 1));
        assert_eq!(vigil.take(&answer(true), (began, after(began, 2))), News::default());
        assert_eq!(vigil.view().look, Look::Awaited);
        assert!(vigil.take(&answer(true), (after(began, 1), after(began, 2))).is_told);
        assert_eq!(vigil.view().look, Look::Saw(Sight::Met));
        assert!(!vigil.is_open());
    }

    #[test]
    fn a_write_that_others_made_needful_is_proved_anew_and_the_same_wish_is_not() {
        let began = Instant::now();
        let mut vigil = Vigil::new(order(), began);
        vigil.take(&answer(true), (began, began));
        let vigil = vigil.follow(order(), (after(began, 9000), INTERVAL));
        assert!(!vigil.is_open());
        let vigil = vigil.follow(Order { is_doubted: true, ..order() }, (after(began, 9001), INTERVAL));
        assert_eq!((vigil.is_open(), vigil.view().look), (true, Look::Awaited));
        let mut other = order();
        other.aim.expected.enabled = Some(false);
        assert!(vigil.follow(other, (after(began, 9002), INTERVAL)).is_open());
    }

    #[test]
    fn what_was_seen_before_us_is_asked_again_only_where_it_is_doubted() {
        let began = Instant::now();
        let trusted = Order { trusted: Some(Sight::Met), ..order() };
        assert!(!Vigil::new(trusted.clone(), began).is_open());
        assert!(Vigil::new(Order { is_doubted: true, ..trusted.clone() }, began).is_open());
        let vigil = Vigil::new(trusted.clone(), began).follow(trusted, (after(began, 9000), INTERVAL));
        assert!(!vigil.is_open());
    }

    #[test]
    fn nobody_waits_for_ever_and_what_was_not_served_in_time_gets_one_look_an_interval() {
        let began = Instant::now();
        let mut vigil = Vigil::new(order(), began);
        let late = began + PATIENCE;
        assert!(vigil.take(&answer(false), (began, began)).is_told);
        assert!(!vigil.take(&answer(false), (after(began, 1), after(began, 1))).is_told, "it is no news");
        assert!(vigil.take(&answer(false), (late, late)).is_told);
        assert!(!vigil.is_open() && vigil.view().is_overdue);
        let vigil = vigil.follow(order(), (late + INTERVAL / 2, INTERVAL));
        assert!(!vigil.is_open());
        let mut vigil = vigil.follow(order(), (late + INTERVAL, INTERVAL));
        assert!(vigil.is_open() && vigil.view().is_overdue);
        assert!(!vigil.take(&answer(false), (late + INTERVAL, late + INTERVAL)).is_told);
        assert!(!vigil.is_open());
    }

    #[test]
    fn the_way_from_an_edit_is_measured_once() {
        let began = Instant::now();
        let edited = Timestamp::from_second(7).ok();
        let mut vigil = Vigil::new(Order { edited, ..order() }, began);
        assert_eq!(vigil.take(&answer(false), (began, began)).live_since, None);
        assert_eq!(vigil.take(&answer(true), (began, began)).live_since, edited);
        let mut vigil = vigil.follow(Order { is_doubted: true, ..order() }, (began, INTERVAL));
        assert_eq!(vigil.take(&answer(true), (began, began)).live_since, None);
    }

    proptest! {
        #[test]
        fn however_it_is_answered_the_requests_of_a_vigil_are_few(met in proptest::collection::vec(any::<bool>(), 0..3)) {
            let began = Instant::now();
            let (mut vigil, mut now, mut wait, mut requests) = (Vigil::new(order(), began), began, None, 0);
            let mut met = met.into_iter();
            while vigil.is_open() {
                requests += 1;
                vigil.take(&answer(met.next().unwrap_or_default()), (now, now));
                wait = Some(pause(wait));
                now += wait.unwrap_or_default();
            }
            prop_assert!((1..=13).contains(&requests), "{requests}");
        }
    }
}
