//! Faults: what goes wrong, for which requests, how often.

use regex::Regex;
use std::time::Duration;

/// Something that goes wrong for the requests it fits, until it has done so `times` (for ever unless said).
///
/// The newest fault that fits a request is the one it meets.
#[derive(Clone, Debug)]
pub struct Fault {
    method: String,
    path: Target,
    skip: usize,
    left: Option<usize>,
    action: Action,
}

#[derive(Clone, Debug)]
enum Target {
    Part(String),
    Pattern(Regex),
}

#[derive(Clone, Debug)]
pub(crate) enum Action {
    /// An answer of that status, with a JSON detail; nothing is done.
    Status(u16),
    /// An HTML answer of that status, as a proxy gives; nothing is done.
    Html(u16),
    /// The request is worked on only after that long.
    Delay(Duration),
    /// No answer, ever; nothing is done.
    Hang,
    /// The connection is closed; nothing is done.
    DropBefore,
    /// The work is done; the connection is closed instead of an answer.
    DropAfter,
    /// The work is done; half of the answer's body comes, then the connection is closed.
    Truncate,
    /// 429 with a Retry-After; nothing is done.
    RetryAfter(u64),
    /// What is asked for is shown as it is, as if it had been changed; nothing is done.
    Ignore,
}

impl Fault {
    /// For requests of a method (`"*"`: any) whose path, with its query, contains `part`.
    #[must_use]
    pub fn on(method: &str, part: &str) -> Self {
        Self::new(method, Target::Part(part.to_owned()))
    }

    /// For requests of a method (`"*"`: any) whose path, with its query, matches a pattern.
    #[must_use]
    pub fn matching(method: &str, pattern: Regex) -> Self {
        Self::new(method, Target::Pattern(pattern))
    }

    fn new(method: &str, path: Target) -> Self {
        Self { method: method.to_owned(), path, skip: 0, left: None, action: Action::Status(500) }
    }

    /// Only so many times.
    #[must_use]
    pub fn times(mut self, times: usize) -> Self {
        self.left = Some(times);
        self
    }

    /// Not for the first so many that fit.
    #[must_use]
    pub fn skip(mut self, first: usize) -> Self {
        self.skip = first;
        self
    }

    /// Answers a status with a JSON body `{"detail": …}`; nothing is done.
    #[must_use]
    pub fn status(self, status: u16) -> Self {
        self.acting(Action::Status(status))
    }

    /// Answers a status with an HTML body; nothing is done.
    #[must_use]
    pub fn html(self, status: u16) -> Self {
        self.acting(Action::Html(status))
    }

    /// Works on the request, and answers it, only after that long, even if the client has gone by then.
    #[must_use]
    pub fn delay(self, time: Duration) -> Self {
        self.acting(Action::Delay(time))
    }

    /// Never answers; nothing is done.
    #[must_use]
    pub fn hang(self) -> Self {
        self.acting(Action::Hang)
    }

    /// Closes the connection; nothing is done.
    #[must_use]
    pub fn drop_before(self) -> Self {
        self.acting(Action::DropBefore)
    }

    /// Does the work, and closes the connection without an answer.
    #[must_use]
    pub fn drop_after(self) -> Self {
        self.acting(Action::DropAfter)
    }

    /// Does the work, and sends half of the body.
    #[must_use]
    pub fn truncate(self) -> Self {
        self.acting(Action::Truncate)
    }

    /// Answers 429 with a `Retry-After` of so many seconds; nothing is done.
    #[must_use]
    pub fn retry_after(self, seconds: u64) -> Self {
        self.acting(Action::RetryAfter(seconds))
    }

    /// Answers a change of an object with the object as it is, 200: Flagsmith does so where it ignores a field.
    #[must_use]
    pub fn ignore(self) -> Self {
        self.acting(Action::Ignore)
    }

    fn acting(mut self, action: Action) -> Self {
        self.action = action;
        self
    }

    fn fits(&self, method: &str, path: &str) -> bool {
        let spent = self.left == Some(0);
        let method_fits = self.method == "*" || self.method == method;
        let path_fits = match &self.path {
            Target::Part(part) => path.contains(part.as_str()),
            Target::Pattern(pattern) => pattern.is_match(path),
        };
        !spent && method_fits && path_fits
    }
}

/// Those that are waiting for their requests.
#[derive(Debug, Default)]
pub(crate) struct Faults(Vec<Fault>);

impl Faults {
    pub(crate) fn inject(&mut self, fault: Fault) {
        self.0.push(fault);
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    /// What a request meets, if anything.
    pub(crate) fn meet(&mut self, method: &str, path: &str) -> Option<Action> {
        let mut newest = self.0.iter_mut().rev();
        let fault = newest.find(|fault| fault.fits(method, path))?;
        if fault.skip > 0 {
            fault.skip -= 1;
            return None;
        }
        fault.left = fault.left.map(|left| left - 1);
        Some(fault.action.clone())
    }
}
