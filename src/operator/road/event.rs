//! What is told beside an object as Kubernetes Events: each thing once, when it happens.
//!
//! Nothing waits for an Event, and none that is lost is told again: what is so is in the object's status.

use k8s_openapi::api::core::v1::ObjectReference;
use kube::{
    Client, Resource,
    runtime::events::{Event as Note, EventType, Recorder, Reporter},
};
use strum::AsRefStr;
use tokio::sync::mpsc::{Receiver, Sender, channel};

use crate::{
    crd::{FIELD_MANAGER, Origin},
    world::Change,
};

/// How many Events may wait to be sent; what comes on top is lost, and said in the log.
const ROOM: usize = 1000;
/// What the apiserver takes of a note, in bytes (`noteLengthLimit` of events.k8s.io/v1).
const LONGEST_NOTE: usize = 1024;

/// Something worth telling of an object. Where nothing else is said the name is the Event's reason.
#[derive(Clone, Debug, PartialEq, AsRefStr)]
pub enum Happening<'a> {
    /// The thing in Flagsmith was made for the object.
    Created,
    /// The thing was there before the object.
    Adopted,
    /// Something was written to Flagsmith. Its reason is the change's name.
    Wrote(&'a Change),
    /// What was changed in Flagsmith was put right.
    DriftCorrected(&'a str),
    /// What was changed in Flagsmith is left alone, for now or for good.
    DriftTolerated(&'a str),
    /// The object goes and its thing in Flagsmith stays, though the policy says otherwise.
    Released(&'a str),
    /// Somebody must act. Its reason is the condition's.
    Stalled(&'a str, &'a str),
}

impl From<Origin> for Happening<'_> {
    fn from(origin: Origin) -> Self {
        match origin {
            Origin::Created => Self::Created,
            Origin::Adopted => Self::Adopted,
        }
    }
}

impl Happening<'_> {
    fn note(&self) -> Note {
        let name = self.as_ref().to_owned();
        let (type_, reason, action, text) = match self {
            Self::Created => (EventType::Normal, name.clone(), name, "made in Flagsmith".to_owned()),
            Self::Adopted => (EventType::Normal, name.clone(), name, "found in Flagsmith, and adopted".to_owned()),
            Self::Wrote(change) => {
                let name = change.as_ref().to_owned();
                (EventType::Normal, name.clone(), name, change.to_string())
            }
            Self::DriftCorrected(text) | Self::DriftTolerated(text) => {
                (EventType::Normal, name.clone(), name, (*text).to_owned())
            }
            Self::Released(why) => {
                (EventType::Warning, name.clone(), name, format!("its thing in Flagsmith stays: {why}"))
            }
            Self::Stalled(reason, message) => {
                (EventType::Warning, (*reason).to_owned(), "Reconcile".to_owned(), (*message).to_owned())
            }
        };
        Note { type_, reason, note: Some(cut(text)), action, secondary: None }
    }
}

/// As much of a text as the apiserver takes.
fn cut(mut text: String) -> String {
    if text.len() > LONGEST_NOTE {
        let mut end = LONGEST_NOTE - '…'.len_utf8();
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        text.truncate(end);
        text.push('…');
    }
    text
}

/// Where Events are handed in.
#[derive(Clone, Debug)]
pub struct Events(Sender<(ObjectReference, Note)>);

/// Events that wait to be sent.
pub struct Waiting(Receiver<(ObjectReference, Note)>);

impl Events {
    /// A place to hand Events in, and the queue in which they wait.
    #[must_use]
    pub fn new() -> (Self, Waiting) {
        let (sender, receiver) = channel(ROOM);
        (Self(sender), Waiting(receiver))
    }

    /// Tells of an object, without waiting.
    pub fn tell<K: Resource<DynamicType = ()>>(&self, object: &K, happening: &Happening<'_>) {
        if self.0.try_send((object.object_ref(&()), happening.note())).is_err() {
            tracing::warn!(reason = happening.as_ref(), "an Event is lost: too many wait to be sent");
        }
    }
}

impl Waiting {
    /// Sends Events in the order in which they came, for as long as any may come.
    pub async fn send(mut self, client: Client) {
        while let Some((object, note)) = self.0.recv().await {
            // A recorder of its own for each: one that remembers would count the second of two Events with other words to the first.
            let recorder = Recorder::new(client.clone(), Reporter::from(FIELD_MANAGER));
            if let Err(error) = recorder.publish(&note, &object).await {
                // A namespace that is going takes none.
                tracing::debug!(%error, reason = note.reason, "an Event could not be sent");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flagsmith::NewTag;

    #[test]
    fn a_change_is_told_under_its_own_name() {
        let change = Change::CreateTag(NewTag::labelled("checkout"));
        let note = Happening::Wrote(&change).note();
        assert_eq!((note.reason.as_str(), note.action.as_str()), ("CreateTag", "CreateTag"));
        assert_eq!(note.note.as_deref(), Some("create tag checkout"));
    }

    #[test]
    fn a_note_is_no_longer_than_the_apiserver_takes() {
        let text = "ä".repeat(LONGEST_NOTE);
        let note = Happening::Stalled("InvalidSpec", &text).note().note.unwrap();
        assert!(note.len() <= LONGEST_NOTE && note.len() > LONGEST_NOTE - 4 && note.ends_with('…'));
        let short = Happening::Stalled("InvalidSpec", "short").note();
        assert_eq!((short.reason.as_str(), short.note.as_deref()), ("InvalidSpec", Some("short")));
    }
}
