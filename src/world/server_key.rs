//! A server-side key and those that it replaces: what is to be done next. Pure.
//!
//! Three places hold what is known: Flagsmith lists the keys, the Secret publishes one, and the status says since when. Each step
//! writes one of them, so that a crash between any two leaves a state from which the next step follows. A key is deleted only
//! after another was published for the whole of the overlap, so that whoever read the Secret meanwhile is never refused.

use k8s_openapi::jiff::{SignedDuration, Timestamp};

use crate::flagsmith::ServerKeyId;

/// For how long the former key stays live where nothing else is said.
pub const DEFAULT_OVERLAP: SignedDuration = SignedDuration::from_hours(24);

/// When a key is replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rotation {
    /// How old it grows; without it a key is replaced only when that is asked for.
    pub every: Option<SignedDuration>,
    /// For how long the former one stays live once another is published.
    pub overlap: SignedDuration,
}

/// A key of ours as Flagsmith lists it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kept {
    /// Its number in Flagsmith.
    pub id: ServerKeyId,
    /// Which of those it is that were made one after the other.
    pub number: u64,
    /// When Flagsmith made it.
    pub created_at: Timestamp,
}

/// What is known besides the keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// The key that the Secret holds, if Flagsmith lists it.
    pub published: Option<ServerKeyId>,
    /// Since when which key is known to be published.
    pub since: Option<(ServerKeyId, Timestamp)>,
    /// Whether somebody asks for another key, whatever the age of this one.
    pub is_asked: bool,
    /// Flagsmith's clock.
    pub now: Timestamp,
}

/// What is to be done next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Another key is made.
    Create {
        /// Which of those it is that were made one after the other.
        number: u64,
    },
    /// The Secret is to hold this one.
    Publish(ServerKeyId),
    /// The status is to say that this one is published from now on.
    Note(ServerKeyId),
    /// This one was replaced, and nobody needs it any longer.
    Delete(ServerKeyId),
    /// Nothing, before that time.
    Rest {
        /// When something is to be done; never, where there is none.
        until: Option<Timestamp>,
    },
}

/// The next step for one key, among `kept`, all that are or were it.
#[must_use]
pub fn plan(rotation: Rotation, kept: &[Kept], standing: Standing) -> Step {
    let Standing { published, since, is_asked, now } = standing;
    let published = kept.iter().find(|one| Some(one.id) == published);
    // Of twins, which a lost answer may leave, the first.
    let newest = kept.iter().max_by_key(|one| (one.number, std::cmp::Reverse(one.id)));
    let Some(newest) = newest else { return Step::Create { number: 1 } };
    let Some(held) = published.filter(|held| held.number >= newest.number) else { return Step::Publish(newest.id) };
    let another = Step::Create { number: held.number.saturating_add(1) };
    if is_asked {
        return another;
    }
    let Some((_, since)) = since.filter(|(id, _)| *id == held.id) else { return Step::Note(held.id) };
    let over = after(since, rotation.overlap);
    let due = rotation.every.map(|every| after(held.created_at, every));
    // One after the other: by its age none is replaced while its predecessor is live, so that there never are more than two.
    match (kept.iter().find(|one| one.id != held.id), due) {
        (Some(former), _) if over <= now => Step::Delete(former.id),
        (Some(_), _) => Step::Rest { until: Some(over) },
        (None, Some(due)) if due <= now => another,
        (None, due) => Step::Rest { until: due },
    }
}

/// A time that much later; the last there is, where that is beyond.
fn after(time: Timestamp, duration: SignedDuration) -> Timestamp {
    time.checked_add(duration).unwrap_or(Timestamp::MAX)
}
