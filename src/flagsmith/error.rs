//! What a call may fail with. Each variant says who must act.

use std::time::Duration;

use super::Right;
use crate::lease::NotLeading;

/// Why a call to Flagsmith gave no answer, or another than was asked for.
///
/// The text is stable (no times, no ids of requests), so that it may stand in a condition, and holds neither key nor token.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// 401: the credential is wrong, expired, or of a kind that may not do this (facts.md §1).
    #[error("Flagsmith refused the credential ({message}): put a valid one into its Secret")]
    CredentialRefused {
        /// Flagsmith's words.
        message: String,
    },
    /// 403: the credential's owner may not do this. Some routes also say so of what does not exist (facts.md §1).
    #[error("Flagsmith forbids it: {message}{}", needed(*right))]
    Forbidden {
        /// Flagsmith's words.
        message: String,
        /// What the request needs.
        right: Option<Right>,
    },
    /// 404 as JSON: no such object; some routes also say so of what is forbidden (facts.md §1).
    #[error("Flagsmith knows no such object, or hides it from this credential")]
    NotFound,
    /// 404 that is not JSON: this server has no such route (facts.md §16).
    #[error("this server has no such route: its Flagsmith is too old, or the API URL does not lead to one")]
    RouteMissing,
    /// 409 with the code `change_requests_enabled` (facts.md §6): people must approve what is written there.
    #[error("the environment takes changes through change requests only")]
    ChangeRequests,
    /// Any other 4xx: what was sent breaks a rule of Flagsmith's.
    #[error("Flagsmith refused the request ({status}): {message}")]
    Refused {
        /// The HTTP status.
        status: u16,
        /// Flagsmith's words, made one line of at most 500 characters.
        message: String,
    },
    /// 429: Flagsmith's own limit is reached (facts.md §14).
    #[error("Flagsmith's rate limit is reached")]
    Throttled {
        /// How long Flagsmith asks to wait; 60 s where it does not say, an hour at most.
        retry_after: Duration,
    },
    /// The budget of this credential is spent. Nothing was sent.
    #[error("the credential's request budget is spent for the moment")]
    BudgetSpent {
        /// When to ask again, from now.
        wait: Duration,
    },
    /// Another replica leads, or may by now. Nothing was sent.
    #[error(transparent)]
    NotLeading(#[from] NotLeading),
    /// Whoever said where Flagsmith is, and as whom to speak to it, says something else by now. Nothing was sent.
    #[error("the connection has other terms by now: nothing was sent")]
    Withdrawn,
    /// 5xx. Some are Flagsmith's way to refuse (facts.md §16: a lost race, an integer out of range).
    #[error("Flagsmith failed ({status})")]
    Server {
        /// The HTTP status.
        status: u16,
    },
    /// No whole answer in time.
    #[error("no answer from Flagsmith within {after:?}")]
    Timeout {
        /// The client's timeout.
        after: Duration,
    },
    /// No connection (address, DNS, TLS), or one that broke before the answer was whole.
    #[error("Flagsmith cannot be reached: {reason}")]
    Unreachable {
        /// The innermost cause in words.
        reason: String,
        /// Whether there was a connection: the request may then have arrived.
        connected: bool,
    },
    /// Something else answers there: a redirect, or no JSON where JSON is due.
    #[error("what answers at apiURL is not Flagsmith ({reason}): correct it, or what stands in front of Flagsmith")]
    NotFlagsmith {
        /// The HTTP status.
        status: u16,
        /// What was answered.
        reason: String,
    },
    /// JSON of another shape than this client knows.
    #[error("Flagsmith's answer to {what} is not understood: {message}")]
    Shape {
        /// The route, as a template without values.
        what: &'static str,
        /// The field and what is wrong with it.
        message: String,
    },
}

impl Error {
    /// Whether a write that failed so may still have happened. False means that it certainly did not: Flagsmith refused it, or
    /// never saw it.
    #[must_use]
    pub fn ambiguous(&self) -> bool {
        match self {
            Self::Server { .. } | Self::Timeout { .. } | Self::Shape { .. } => true,
            Self::Unreachable { connected, .. } => *connected,
            Self::NotFlagsmith { status, .. } => (200..300).contains(status),
            Self::CredentialRefused { .. }
            | Self::Forbidden { .. }
            | Self::NotFound
            | Self::RouteMissing
            | Self::ChangeRequests
            | Self::Refused { .. }
            | Self::Throttled { .. }
            | Self::BudgetSpent { .. }
            | Self::NotLeading(NotLeading)
            | Self::Withdrawn => false,
        }
    }

    /// What reqwest failed with, without the URL that it holds (an environment key is in most paths).
    pub(super) fn transport(error: reqwest::Error, timeout: Duration) -> Self {
        let connected = !(error.is_connect() || error.is_builder());
        if connected && error.is_timeout() {
            return Self::Timeout { after: timeout };
        }
        let error = error.without_url();
        let mut cause: &dyn std::error::Error = &error;
        while let Some(source) = cause.source() {
            cause = source;
        }
        let reason = cause.to_string();
        // rustls tells the time at which it found a certificate too old or too young; a condition's message must not change.
        let reason = reason.split(": verification time").next().unwrap_or_default();
        Self::Unreachable { reason: one_line(reason), connected }
    }
}

fn needed(right: Option<Right>) -> String {
    right.map(|right| format!("; the credential's owner needs {right}")).unwrap_or_default()
}

/// The bound of a message that others wrote, in characters.
const LONGEST: usize = 500;

/// A foreign text as one line of bounded length.
pub(super) fn one_line(text: &str) -> String {
    let line = text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty());
    let line = line.collect::<Vec<_>>().join(" ");
    if line.chars().count() <= LONGEST {
        return line;
    }
    line.chars().take(LONGEST - 1).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_foreign_text_becomes_one_bounded_line() {
        assert_eq!(one_line(" a\r\n b\t\u{7}c "), "a b c");
        assert_eq!(one_line(&"é".repeat(500)).chars().count(), 500);
        let cut = one_line(&"é".repeat(501));
        assert_eq!((cut.chars().count(), cut.ends_with('…')), (500, true));
    }

    #[test]
    fn a_write_may_have_happened_only_where_flagsmith_may_have_seen_it() {
        let broken = |connected| Error::Unreachable { reason: "x".to_owned(), connected };
        let odd = |status| Error::NotFlagsmith { status, reason: "x".to_owned() };
        let (after, message) = (Duration::from_secs(1), "x".to_owned());
        for error in [
            Error::Server { status: 500 },
            Error::Timeout { after },
            broken(true),
            odd(200),
            Error::Shape { what: "x", message: message.clone() },
        ] {
            assert!(error.ambiguous(), "{error:?}");
        }
        for error in [
            Error::CredentialRefused { message: message.clone() },
            Error::Forbidden { message: message.clone(), right: None },
            Error::NotFound,
            Error::RouteMissing,
            Error::ChangeRequests,
            Error::Refused { status: 400, message },
            Error::Throttled { retry_after: after },
            Error::BudgetSpent { wait: after },
            Error::NotLeading(NotLeading),
            broken(false),
            odd(301),
            odd(401),
        ] {
            assert!(!error.ambiguous(), "{error:?}");
        }
    }
}
