//! Who made a difference that is left to stand: shown where Flagsmith tells it, asked once, and never in anybody's way.

use flagsmith_sim::Fault;
use k8s_openapi::jiff::Timestamp;
use serde_json::{Value, json};

use crate::support::{Case, Colleague, Kind, Object, Served};

/// Whom the operator's token belongs to.
const ADMIN: &str = "admin@example.com";

fn in_production(enabled: bool, value: &str) -> Value {
    json!({"name": "production", "enabled": enabled, "value": {"string": value}})
}

/// The flag checkout, on and blue in production, owned so, and somebody who has a hand in it besides.
async fn started(plan: crate::support::Plan, owned: Value) -> (Case, Colleague) {
    let case = plan.start().await;
    let jane = case.flagsmith.colleague("jane").await;
    let mut spec = json!({"environments": [in_production(true, "blue")]});
    spec.as_object_mut().unwrap().extend(owned.as_object().unwrap().clone());
    case.apply_flag("checkout", spec).await;
    case.until(Kind::Flag, "checkout", ("in sync", Object::is_synced)).await;
    (case, jane)
}

fn with_grace() -> Value {
    json!({"driftGracePeriod": "1h"})
}

/// By field: what Flagsmith holds, and who is said to have changed it.
fn told(flag: &Object) -> Vec<[String; 3]> {
    let text = |value: &Value| value.as_str().unwrap_or("nobody").to_owned();
    let one = |drift: &Value| [text(&drift["field"]), text(&drift["live"]), text(&drift["changedBy"])];
    flag.at("/status/drift").as_array().into_iter().flatten().map(one).collect()
}

async fn until_told(case: &Case, expected: &[[&str; 3]]) -> Object {
    let is_so = |flag: &Object| flag.is_ready() && told(flag) == expected;
    case.until(Kind::Flag, "checkout", (&format!("ready, and to tell of {expected:?}"), is_so)).await
}

/// How often it was asked who published a flag, and who has that number.
fn asked(case: &Case) -> [usize; 2] {
    let requests = case.sim.requests();
    let count = |part: &str| requests.iter().filter(|one| one.method == "GET" && one.path.contains(part)).count();
    [count("/versions/?is_live=true"), count(&format!("/organisations/{}/users/", case.flagsmith.organisation))]
}

#[tokio::test]
async fn who_changed_a_flag_is_told_where_flags_have_versions_and_asked_once() {
    let (mut case, jane) = started(Case::plan().versioned(true).resync("2s"), with_grace()).await;
    case.sim.clear_requests();
    jane.flagsmith.write_state(&case.production, "checkout", (false, json!("blue"))).await;
    let flag = until_told(&case, &[["enabled", "false", &jane.email]]).await;
    assert!(flag.tolerates("GracePeriod"));
    assert_eq!(asked(&case), [1, 1]);
    // What SDKs are served is seen in its own time.
    case.until_documents_read(2).await;
    let before = case.cluster.read(Kind::Flag, "checkout").await;
    case.until_documents_read(5).await;
    assert_eq!(asked(&case), [1, 1], "neither a poll nor a resync asks");
    let after = case.cluster.read(Kind::Flag, "checkout").await;
    assert_eq!(after.at("/status"), before.at("/status"));
    let events = case.cluster.list(Kind::Event).await;
    let texts: Vec<_> = events.iter().filter_map(|event| event.at("/message").as_str()).collect();
    let text = format!("production enabled: true → false in Flagsmith by {}, left alone (GracePeriod)", jane.email);
    assert!(texts.contains(&text.as_str()), "{texts:#?}");
    assert!(!case.operator.log().contains(&jane.email), "no log names people");
    let (_, metrics) = case.operator.serve("/metrics").await.unwrap();
    assert!(!metrics.contains(&jane.email), "nor does a metric");

    case.operator.kill();
    case.operator.restart();
    case.until_documents_read(3).await;
    assert_eq!(asked(&case), [1, 1], "what status tells is not asked again");
    // Another field, by another; and then another value.
    case.flagsmith.write_state(&case.production, "checkout", (false, json!("red"))).await;
    let both = [["enabled", "false", &jane.email], ["value", "red", ADMIN]];
    until_told(&case, &both).await;
    assert_eq!(asked(&case), [2, 2]);
    jane.flagsmith.write_state(&case.production, "checkout", (false, json!("green"))).await;
    until_told(&case, &[both[0], ["value", "green", &jane.email]]).await;
    assert_eq!(asked(&case), [3, 2], "the users of a moment ago are known");
    jane.leave().await;
}

#[tokio::test]
async fn nobody_is_told_nor_asked_of_where_flags_have_no_versions() {
    let (case, jane) = started(Case::plan(), with_grace()).await;
    case.sim.clear_requests();
    jane.flagsmith.write_state(&case.production, "checkout", (false, json!("red"))).await;
    let flag = until_told(&case, &[["enabled", "false", "nobody"], ["value", "red", "nobody"]]).await;
    assert!(flag.tolerates("GracePeriod"));
    case.until_documents_read(3).await;
    assert_eq!(asked(&case), [0, 0]);
    jane.leave().await;
}

#[tokio::test]
async fn one_question_is_enough_for_all_fields_of_a_flag() {
    let case = Case::plan().versioned(true).resync("2s").start().await;
    let jane = case.flagsmith.colleague("jane").await;
    case.flagsmith.add_feature(json!({"name": "checkout", "description": "theirs"})).await;
    jane.flagsmith.write_state(&case.production, "checkout", (false, json!("red"))).await;
    case.until_documents_read(2).await;
    case.sim.clear_requests();
    let wish = json!({"management": "Observe", "description": "ours", "environments": [in_production(true, "blue")]});
    case.apply_flag("checkout", wish).await;
    let all = [["description", "theirs", "nobody"], ["enabled", "false", &jane.email], ["value", "red", &jane.email]];
    let flag = until_told(&case, &all).await;
    assert!(flag.tolerates("Observed"));
    case.until_documents_read(5).await;
    assert_eq!(asked(&case), [1, 1]);
    jane.leave().await;
}

#[tokio::test]
async fn what_the_operator_s_credential_published_is_told_as_such() {
    let (case, jane) = started(Case::plan().versioned(true), json!({"management": "InitialOnly"})).await;
    let edited = json!({"management": "InitialOnly", "environments": [in_production(true, "green")]});
    case.apply_flag("checkout", edited).await;
    let flag = until_told(&case, &[["value", "blue", ADMIN]]).await;
    assert!(flag.tolerates("HandedOver"));
    // What Flagsmith holds is the same, whatever Git says.
    case.sim.clear_requests();
    let edited = json!({"management": "InitialOnly", "environments": [in_production(true, "red")]});
    case.apply_flag("checkout", edited).await;
    let is_so = |flag: &Object| flag.drift().first().is_some_and(|drift| drift[1] == "red");
    let flag = case.until(Kind::Flag, "checkout", ("the new wish is shown", is_so)).await;
    assert_eq!((told(&flag)[0][2].as_str(), asked(&case)), (ADMIN, [0, 0]));
    jane.leave().await;
}

#[tokio::test]
async fn drift_that_is_put_right_at_once_asks_nobody() {
    let (case, jane) = started(Case::plan().versioned(true), json!({})).await;
    case.sim.clear_requests();
    jane.flagsmith.write_state(&case.production, "checkout", (false, json!("blue"))).await;
    let is_right = async || case.served("checkout").await == Some(Served::on("blue"));
    case.eventually("it is put right", is_right).await;
    case.until(Kind::Flag, "checkout", ("in sync", Object::is_synced)).await;
    assert_eq!(asked(&case), [0, 0]);
    jane.leave().await;
}

#[tokio::test]
async fn what_is_not_told_changes_nothing_else_and_is_asked_once() {
    let (case, jane) = started(Case::plan().versioned(true), with_grace()).await;
    let versions = || Fault::on("GET", "/versions/?is_live=true");
    let users = Fault::on("GET", "/users/").status(403);
    let faults = [
        versions().status(403),
        versions().status(404),
        versions().html(404),
        versions().html(500),
        versions().hang(),
        users,
    ];
    for (number, fault) in faults.into_iter().enumerate() {
        case.sim.clear_requests();
        case.sim.inject(fault);
        let value = format!("red {number}");
        jane.flagsmith.write_state(&case.production, "checkout", (true, json!(value))).await;
        let flag = until_told(&case, &[["value", &value, "nobody"]]).await;
        assert!(flag.tolerates("GracePeriod"), "{number}");
        case.until_documents_read(2).await;
        assert_eq!(asked(&case)[0], 1, "{number}");
        case.sim.clear_faults();
    }
    jane.leave().await;
}

#[tokio::test]
async fn what_is_not_told_is_put_right_in_its_time() {
    let plan = Case::plan().versioned(true).request_timeout("60s");
    let (case, jane) = started(plan, json!({"driftGracePeriod": "8s"})).await;
    case.sim.inject(Fault::on("GET", "/versions/?is_live=true").hang());
    jane.flagsmith.write_state(&case.production, "checkout", (false, json!("blue"))).await;
    let flag = until_told(&case, &[["enabled", "false", "nobody"]]).await;
    let until = flag.at("/status/drift/0/until").as_str().unwrap().parse::<Timestamp>().unwrap();
    let is_right = async || case.served("checkout").await == Some(Served::on("blue"));
    case.eventually("it is put right", is_right).await;
    assert!(Timestamp::now() >= until);
    case.until(Kind::Flag, "checkout", ("in sync", Object::is_synced)).await;
    jane.leave().await;
}

#[tokio::test]
async fn a_turn_that_fails_elsewhere_asks_no_second_time() {
    let case = Case::plan().versioned(true).start().await;
    let jane = case.flagsmith.colleague("jane").await;
    let staging = case.flagsmith.add_environment("staging").await;
    let spec = |enabled: bool| {
        let staging = json!({"name": "staging", "enabled": enabled});
        json!({"driftGracePeriod": "1h", "environments": [in_production(true, "blue"), staging]})
    };
    case.apply_flag("checkout", spec(true)).await;
    case.until(Kind::Flag, "checkout", ("in sync", Object::is_synced)).await;
    case.sim.inject(Fault::on("PATCH", &staging).html(500));
    case.apply_flag("checkout", spec(false)).await;
    let fails = |flag: &Object| flag.holds("Reconciling");
    case.until(Kind::Flag, "checkout", ("failing", fails)).await;
    case.sim.clear_requests();
    jane.flagsmith.write_state(&case.production, "checkout", (false, json!("blue"))).await;
    case.eventually("it is asked", async || asked(&case) == [1, 1]).await;
    let tried = || case.writes().iter().filter(|write| write.contains(&staging)).count();
    let before = tried();
    case.eventually("it fails again", async || tried() >= before + 2).await;
    assert_eq!(asked(&case), [1, 1]);
    case.sim.clear_faults();
    until_told(&case, &[["enabled", "false", &jane.email]]).await;
    assert_eq!(asked(&case), [1, 1]);
    jane.leave().await;
}

#[tokio::test]
async fn it_is_asked_before_an_edit_is_written_over_it() {
    let (mut case, jane) = started(Case::plan().versioned(true), with_grace()).await;
    case.operator.kill();
    jane.flagsmith.write_state(&case.production, "checkout", (false, json!("blue"))).await;
    let edited = json!({"driftGracePeriod": "1h", "environments": [in_production(true, "green")]});
    case.apply_flag("checkout", edited).await;
    case.operator.restart();
    until_told(&case, &[["enabled", "false", &jane.email]]).await;
    assert_eq!(case.served("checkout").await, Some(Served::off("green")));
    jane.leave().await;
}

#[tokio::test]
async fn who_left_the_organisation_is_not_told() {
    let (mut case, jane) = started(Case::plan().versioned(true), with_grace()).await;
    case.operator.kill();
    jane.flagsmith.write_state(&case.production, "checkout", (false, json!("blue"))).await;
    case.flagsmith.dismiss(&jane).await;
    case.sim.clear_requests();
    case.operator.restart();
    until_told(&case, &[["enabled", "false", "nobody"]]).await;
    assert_eq!(asked(&case), [1, 1]);
    jane.leave().await;
}
