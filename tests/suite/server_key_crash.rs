//! The operator is killed between every two steps of a rotation: it is resumed, and the Secret never holds a key that is refused.

use std::time::Duration;

use flagsmith_sim::Fault;
use serde_json::json;

use super::server_key::{
    ENTRY, HOUR, KEYS, SECRET, held, live, published, rotated, until_live, until_replaced, until_told,
};
use crate::support::{Case, Consumer, Kind};

/// The steps of a rotation between which the operator may end, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Crash {
    /// The creation was sent and is not carried out.
    BeforeCreation,
    /// The key was made, and its answer is lost.
    AfterCreation,
    /// The key was made, and cannot be published.
    BeforePublication,
    /// The Secret holds the new key; the status may not tell so yet.
    AfterPublication,
    /// The status tells so.
    AfterNote,
    /// The deletion was sent and is not carried out.
    BeforeDeletion,
    /// The former key was deleted, and the answer is lost.
    AfterDeletion,
}

async fn until_sent(case: &Case, method: &str) {
    let is_it = |request: &flagsmith_sim::Request| request.method == method && request.path.contains(KEYS);
    case.eventually(&format!("{method} is sent"), async || case.sim.requests().iter().any(is_it)).await;
}

fn restart(case: &mut Case) {
    case.operator.kill();
    case.sim.clear_faults();
    case.operator.restart();
}

/// Has another key made and published, with a crash in the midst of it, and gives it.
async fn replace_with(crash: Crash, case: &mut Case, first: &str) -> String {
    match crash {
        Crash::BeforeCreation => case.sim.inject(Fault::on("POST", KEYS).hang()),
        Crash::AfterCreation => case.sim.inject(Fault::on("POST", KEYS).drop_after()),
        Crash::BeforePublication => {
            // It cannot be written any more, only deleted.
            case.cluster.edit(Kind::Secret, SECRET, json!({"immutable": true})).await;
        }
        _ => {}
    }
    case.sim.advance(2 * HOUR);
    if matches!(crash, Crash::BeforeCreation | Crash::AfterCreation) {
        until_sent(case, "POST").await;
        restart(case);
    }
    if crash == Crash::BeforePublication {
        case.until_stalled(Kind::Environment, "production", "InvalidSpec").await;
        case.operator.kill();
        case.cluster.delete(Kind::Secret, SECRET).await;
        case.operator.restart();
    }
    let second = until_replaced(case, first).await;
    if crash == Crash::AfterPublication {
        restart(case);
    }
    until_told(case, &second).await;
    if crash == Crash::AfterNote {
        restart(case);
    }
    second
}

/// Has the former key deleted, with a crash in the midst of it.
async fn delete_with(crash: Crash, case: &mut Case) {
    match crash {
        Crash::BeforeDeletion => case.sim.inject(Fault::on("DELETE", KEYS).hang()),
        Crash::AfterDeletion => case.sim.inject(Fault::on("DELETE", KEYS).drop_after()),
        _ => {}
    }
    case.sim.advance(HOUR + Duration::from_secs(5));
    if matches!(crash, Crash::BeforeDeletion | Crash::AfterDeletion) {
        until_sent(case, "DELETE").await;
        restart(case);
    }
    until_live(case, 1).await;
    case.until_ready(Kind::Environment, "production").await;
}

/// Rotates the key once, with a crash in the midst of it.
async fn rotate_with(crash: Crash) {
    let (mut case, first) = published(rotated()).await;
    let consumer = Consumer::start(&case, (SECRET, ENTRY));
    case.sim.clear_requests();
    let second = replace_with(crash, &mut case, &first).await;
    case.until_documents_read(2).await;
    assert_eq!(live(&case).await, [first, second.clone()], "{crash:?}: one was made, and the former lives on");
    case.sim.clear_requests();
    delete_with(crash, &mut case).await;
    assert_eq!((live(&case).await, held(&case).await), (vec![second.clone()], Some(second)), "{crash:?}");
    let (asked, refused) = consumer.figures();
    println!("{crash:?}: {asked} requests, {refused} refused");
    assert!(asked > 5 && refused == 0, "{crash:?}: {asked} requests, {refused} refused");
}

/// A test for each crash.
macro_rules! crashes {
    ($($name:ident = $crash:ident),+ $(,)?) => {$(
        #[tokio::test]
        async fn $name() {
            rotate_with(Crash::$crash).await;
        }
    )+};
}

crashes! {
    a_rotation_is_resumed_that_ended_before_the_key_was_made = BeforeCreation,
    a_rotation_is_resumed_that_ended_before_it_knew_of_the_key = AfterCreation,
    a_rotation_is_resumed_that_ended_before_the_key_was_published = BeforePublication,
    a_rotation_is_resumed_that_ended_when_the_key_was_published = AfterPublication,
    a_rotation_is_resumed_that_ended_within_the_overlap = AfterNote,
    a_rotation_is_resumed_that_ended_before_the_former_key_was_deleted = BeforeDeletion,
    a_rotation_is_resumed_that_ended_before_it_knew_of_the_deletion = AfterDeletion,
}
