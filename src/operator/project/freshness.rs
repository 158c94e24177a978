//! What a project's condition `Fresh` says of its mirror. Pure.

use crate::operator::{obstacle::verdict::reason_of, road::condition::Word};
use crate::{
    crd::{ConditionType, Reason},
    mirror::Health,
};

/// How fresh the mirror is.
#[must_use]
pub fn freshness(health: &Health) -> Word {
    let (holds, reason, message) = match &health.error {
        Some(error) => (false, reason_of(error), error.to_string()),
        None if !health.loaded => {
            (false, Reason::Progressing, "the project is being read for the first time".to_owned())
        }
        None if !health.failing.is_empty() => (false, Reason::DocumentFails, failing(health)),
        None if !health.lagging.is_empty() => {
            let lagging: Vec<_> = health.lagging.iter().map(ToString::to_string).collect();
            let message = "the documents of these environments show less than single reads do";
            (false, Reason::DocumentsLag, format!("{message}: {}", lagging.join(", ")))
        }
        None => (true, Reason::Polled, "the project was read whole at the last poll".to_owned()),
    };
    Word { kind: ConditionType::Fresh, holds, reason, message }
}

/// One flag whose weights exceed 100 takes the document from all flags of its environment, and from SDKs too.
fn failing(health: &Health) -> String {
    let environments = health.failing.iter().map(|(environment, broken)| {
        let names: Vec<_> = broken.iter().map(ToString::to_string).collect();
        if names.is_empty() {
            return environment.to_string();
        }
        format!("{environment} (the weights of {} exceed 100: correct them in Flagsmith)", names.join(", "))
    });
    let environments: Vec<_> = environments.collect();
    let message = "the documents of these environments cannot be had, their lists are read instead";
    format!("{message}: {}", environments.join(", "))
}
