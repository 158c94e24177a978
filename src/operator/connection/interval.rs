//! How often something is done, as its author wrote it.

use std::time::Duration;

use crate::operator::obstacle::InvalidSpec;

/// A duration and the words for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interval {
    /// As it was written.
    pub text: String,
    /// How long it is.
    pub duration: Duration,
}

impl Interval {
    /// What `spec.pollInterval` says.
    ///
    /// # Errors
    /// [`InvalidSpec::NotADuration`], which the schema refuses; older objects may hold it.
    pub fn of_polls(text: &str) -> Result<Self, InvalidSpec> {
        Self::of(text, "spec.pollInterval")
    }

    /// What `driftGracePeriod` says.
    ///
    /// # Errors
    /// As [`Interval::of_polls`].
    pub fn of_grace(text: &str) -> Result<Self, InvalidSpec> {
        Self::of(text, "driftGracePeriod")
    }

    fn of(text: &str, field: &'static str) -> Result<Self, InvalidSpec> {
        let parsed: Result<kube::core::Duration, _> = text.parse();
        let duration = parsed.map_err(|_| InvalidSpec::NotADuration { field })?.into();
        Ok(Self { text: text.to_owned(), duration })
    }
}
