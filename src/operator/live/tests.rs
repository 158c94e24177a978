//! What the status says, for all that may have been seen.

use k8s_openapi::{
    apimachinery::pkg::apis::meta::v1::{Condition, Time},
    jiff::Timestamp,
};

use super::*;
use crate::flagsmith::ServedFlag;

fn point(environment: &str, stand: Stand) -> Point {
    Point { environment: environment.into(), matter: Matter::Default, stand }
}

fn seen_as(environment: &str, look: Look, is_overdue: bool) -> (Point, Option<View>) {
    let expected = crate::world::served::Expected { feature: "checkout".into(), enabled: Some(true), value: None };
    let aim = super::vigil::Aim { person: None, expected, ground: 0 };
    let stand = Stand::Seen(EnvironmentId(1), EnvironmentKey::from("k3y"), aim);
    (point(environment, stand), Some(View { look, is_overdue }))
}

fn saw(environment: &str, sight: Sight) -> (Point, Option<View>) {
    seen_as(environment, Look::Saw(sight), false)
}

fn other() -> Sight {
    Sight::Other(ServedFlag { enabled: false, value: None })
}

fn said(seen: &Seen) -> (Reason, bool, String) {
    let Word { kind, holds, reason, message } = live(seen, None);
    assert_eq!(kind, ConditionType::Live);
    assert!(!message.contains("k3y"));
    (reason, holds, message)
}

#[test]
fn it_is_live_only_where_every_default_that_can_be_seen_is_served() {
    let (reason, holds, message) = said(&vec![saw("production", Sight::Met), saw("staging", Sight::Met)]);
    assert_eq!((reason, holds), (Reason::Served, true));
    assert_eq!(message, "SDKs are served what the spec enforces");
    let (reason, holds, message) = said(&vec![saw("production", Sight::Met), saw("staging", Sight::Hidden)]);
    assert_eq!((reason, holds), (Reason::Served, true));
    assert!(message.ends_with("not to be seen in staging"), "{message}");
    for lagging in [
        saw("staging", other()),
        saw("staging", Sight::Absent),
        seen_as("staging", Look::Awaited, false),
        (point("staging", Stand::Unwritten), None),
    ] {
        let (reason, holds, message) = said(&vec![saw("production", Sight::Met), lagging]);
        assert_eq!((reason, holds), (Reason::NotServedYet, false));
        assert!(message.contains("staging") && !message.contains("production"), "{message}");
    }
}

#[test]
fn of_several_environments_the_worst_is_told() {
    let overdue = seen_as("a", Look::Saw(other()), true);
    let failed = seen_as("b", Look::Failed(Error::Server { status: 503 }), false);
    let lagging = saw("c", other());
    let blind = (point("d", Stand::Blind("only server-side keys are told of the flag")), None);
    let mut all = vec![overdue, lagging, failed, saw("e", Sight::Met), blind];
    let expected = [Reason::NotServed, Reason::NotServedYet, Reason::Unanswered, Reason::Served, Reason::NotObservable];
    for reason in expected {
        assert_eq!(said(&all).0, reason, "{all:?}");
        all.remove(0);
    }
    let (reason, holds, _) = said(&all);
    assert_eq!((reason, holds), (Reason::NotObservable, false), "nothing is enforced");
}

#[test]
fn what_leaves_it_open_is_neither_true_nor_false() {
    for reason in [Reason::NotObservable, Reason::Unanswered, Reason::Awaited] {
        assert!(reason.leaves_open());
    }
    for reason in [Reason::Served, Reason::NotServed, Reason::NotServedYet, Reason::Passed, Reason::Failed] {
        assert!(!reason.leaves_open());
    }
}

#[test]
fn what_an_operator_before_this_one_said_is_said_again_word_by_word() {
    let held = Condition {
        type_: "Live".to_owned(),
        status: "True".to_owned(),
        reason: "Served".to_owned(),
        message: "SDKs are served what the spec enforces; not to be seen in staging".to_owned(),
        observed_generation: Some(1),
        last_transition_time: Time(Timestamp::UNIX_EPOCH),
    };
    let trusted = |environment| seen_as(environment, Look::Trusted(Sight::Met), false);
    let word = live(&vec![trusted("production"), trusted("staging")], Some(&held));
    assert_eq!((word.holds, word.reason, word.message), (true, Reason::Served, held.message.clone()));
    let word = live(&vec![trusted("production"), saw("staging", other())], Some(&held));
    assert_eq!((word.holds, word.reason), (false, Reason::NotServedYet));
}
