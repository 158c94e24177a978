//! Whether a segment is one that we created. Pure.

use k8s_openapi::jiff::Timestamp;

use crate::{
    crd::{Origin, SegmentStatus},
    flagsmith::Segment,
    world::{World, segment::DesiredSegment},
};

/// The status of an object whose segment was seen.
#[must_use]
pub fn seen(held: &SegmentStatus, live: &Segment, wanted: (&DesiredSegment, &World)) -> SegmentStatus {
    SegmentStatus {
        name: Some(live.name.to_string()),
        id: Some(live.id.0),
        uuid: Some(live.uuid.to_string()),
        origin: Some(origin(held, live, wanted)),
        name_free_at: None,
        ..held.clone()
    }
}

/// Created once the recorded intent is borne out by what was found: not made before the name was seen free, and as we sent it.
#[must_use]
pub fn origin(held: &SegmentStatus, live: &Segment, (desired, known): (&DesiredSegment, &World)) -> Origin {
    let Some(recorded) = held.origin else { return Origin::Adopted };
    if let Some(uuid) = &held.uuid {
        // Another segment of that name, made by somebody else after ours was deleted, is not ours.
        return if uuid == live.uuid.as_str() { recorded } else { Origin::Adopted };
    }
    let free_at: Option<Timestamp> = held.name_free_at.as_deref().and_then(|time| time.parse().ok());
    let is_newer = free_at.zip(live.created_at).is_some_and(|(free_at, created_at)| created_at >= free_at);
    if is_newer && desired.made(live, known) { Origin::Created } else { Origin::Adopted }
}
