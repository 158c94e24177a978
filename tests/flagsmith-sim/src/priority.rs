//! The priorities of a flag's overrides, where a write moves others out of its way.

use crate::flag::Flag;
use crate::state::{FlagState, Holder};

impl Flag {
    /// The weakest priority there is, and one more.
    pub(crate) fn next_priority(&self) -> u64 {
        let taken = self.states.iter().filter_map(FlagState::priority);
        taken.max().map_or(0, |weakest| weakest + 1)
    }

    /// Moves a segment's override to a priority; those in between make room by one.
    pub(crate) fn move_override(&mut self, segment: u64, priority: u64) {
        let own = self.states.iter().find(|state| state.segment() == Some(segment));
        let Some(from) = own.and_then(FlagState::priority) else {
            return;
        };
        for (other, place) in self.places() {
            if other == segment {
                *place = priority;
            } else if (priority..from).contains(place) {
                *place += 1;
            } else if (from + 1..=priority).contains(place) {
                *place -= 1;
            }
        }
    }

    /// Gives a segment's override a priority; only the override that has it, if one has, makes room.
    pub(crate) fn place_override(&mut self, segment: u64, priority: u64) {
        let other = self.places().find(|(other, place)| *other != segment && **place == priority);
        if let Some(other) = other.map(|(other, _)| other) {
            self.move_override(other, priority + 1);
        }
        let own = self.places().find(|(each, _)| *each == segment);
        if let Some((_, place)) = own {
            *place = priority;
        }
    }

    /// Closes the gap that an override leaves.
    pub(crate) fn close_gap(&mut self, priority: u64) {
        self.places().filter(|(_, place)| **place > priority).for_each(|(_, place)| *place -= 1);
    }

    /// Each override's segment, and its priority.
    fn places(&mut self) -> impl Iterator<Item = (u64, &mut u64)> {
        self.states.iter_mut().filter_map(|state| match &mut state.holder {
            Holder::Segment { segment, priority, .. } => Some((*segment, priority)),
            Holder::Environment | Holder::Identity(_) => None,
        })
    }
}
