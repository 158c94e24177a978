//! What is asked, and what is not asked again.

use super::*;
use crate::{
    flagsmith::StatePatch,
    operator::ownership::{Record, Tolerance},
    world::{
        FlagRef, Plan,
        difference::{Field, Scope},
    },
};
use k8s_openapi::jiff::Timestamp;

const CELL: Cell = Cell::State(EnvironmentId(5), FeatureId(4));

fn difference(field: Field, live: &str) -> Difference {
    let scope = Scope::Environment("live".into());
    Difference { scope, field, cells: [CELL].into(), desired: "blue".to_owned(), live: live.to_owned() }
}

fn standing(field: Field, tolerance: Option<Tolerance>) -> Standing {
    let (since, by) = (Timestamp::UNIX_EPOCH, Known::Unknown);
    Standing { difference: difference(field, "red"), tolerance, since, is_new: true, by }
}

fn drift(reason: DriftReason, changed_by: Option<&str>) -> Drift {
    Drift {
        environment: Some("live".to_owned()),
        field: "value".to_owned(),
        desired: "blue".to_owned(),
        live: "red".to_owned(),
        changed_by: changed_by.map(str::to_owned),
        since: String::new(),
        reason,
        until: None,
    }
}

#[test]
fn what_status_tells_of_the_same_value_is_not_asked_again_and_another_value_is() {
    let (none, jane) = (Answers::new(), Some("jane@example.com"));
    let told = drift(DriftReason::GracePeriod, jane);
    let known = Known::Present("jane@example.com".to_owned());
    assert_eq!(recall(&difference(Field::Value, "red"), Some(&told), &none), known);
    assert_eq!(recall(&difference(Field::Value, "green"), Some(&told), &none), Known::Unknown);
    assert_eq!(recall(&difference(Field::Value, "red"), None, &none), Known::Unknown);
    let nobody = drift(DriftReason::Observed, None);
    assert_eq!(recall(&difference(Field::Value, "red"), Some(&nobody), &none), Known::Absent);
    let unasked = drift(DriftReason::ChangeRequestsRequired, None);
    assert_eq!(recall(&difference(Field::Value, "red"), Some(&unasked), &none), Known::Unknown);
    let answers = [(question(&difference(Field::Value, "red")), jane.map(str::to_owned))].into();
    assert_eq!(recall(&difference(Field::Value, "red"), Some(&unasked), &answers), known);
}

#[test]
fn what_no_longer_stands_is_forgotten_and_what_came_of_no_answer_is_kept() {
    let inquiries = Inquiries::default();
    let asked = |field| question(&difference(field, "red"));
    let both = [standing(Field::Enabled, None), standing(Field::Value, None)];
    inquiries.keep("a", &both, [(asked(Field::Enabled), None), (asked(Field::Value), Some("j".to_owned()))].into());
    inquiries.keep("a", &both[..1], Answers::new());
    assert_eq!(inquiries.answers("a"), [(asked(Field::Enabled), None)].into());
    assert_eq!(inquiries.answers("b"), Answers::new());
    inquiries.forget("a");
    assert_eq!(inquiries.answers("a"), Answers::new());
}

fn outlook(standing: Vec<Standing>, plan: Plan) -> Outlook {
    Outlook { plan, standing, record: Record::default(), is_handed_over: false }
}

fn asked(outlook: &Outlook) -> Vec<Field> {
    outlook.questions().map(|one| one.field).collect()
}

#[test]
fn it_is_asked_only_of_what_is_left_to_stand_and_versions_hold() {
    let left = Some(Tolerance::Observed);
    let known = Standing { by: Known::Absent, ..standing(Field::Weights, left) };
    let all = vec![
        standing(Field::Existence, left),
        standing(Field::Enabled, None),
        standing(Field::Value, left),
        known,
        standing(Field::SegmentOverrides, left),
        standing(Field::IdentityOverrides, left),
    ];
    assert_eq!(asked(&outlook(all, Plan::default())), [Field::Value, Field::SegmentOverrides]);
}

#[test]
fn what_status_has_no_room_for_is_not_asked() {
    let many = (0..60).map(|_| standing(Field::Value, Some(Tolerance::Observed))).collect();
    assert_eq!(asked(&outlook(many, Plan::default())).len(), 50);
}

#[test]
fn hearsay_is_read_first_unless_it_is_about_to_be_written_over() {
    let left = || vec![standing(Field::Enabled, Some(Tolerance::Observed))];
    let unknown = Plan { unknown: vec![CELL], ..Plan::default() };
    assert!(asked(&outlook(left(), unknown.clone())).is_empty());
    let feature = FlagRef { id: FeatureId(4), name: "checkout".into() };
    let write = Change::SetState { environment: EnvironmentId(5), feature, patch: StatePatch::default() };
    let plan = Plan { changes: vec![write], ..unknown };
    assert_eq!(asked(&outlook(left(), plan)), [Field::Enabled]);
}
