//! What became of a request and of a turn: the words that metrics have for it.

use strum::IntoStaticStr;

/// What became of a request to Flagsmith.
#[derive(Clone, Copy, Debug, PartialEq, Eq, IntoStaticStr)]
pub enum Status {
    /// It was answered.
    #[strum(serialize = "2xx")]
    Success,
    /// Something else than Flagsmith answered.
    #[strum(serialize = "3xx")]
    Redirect,
    /// The credential is refused.
    #[strum(serialize = "401")]
    Unauthorised,
    /// A right is missing.
    #[strum(serialize = "403")]
    Forbidden,
    /// The object or the route is not there.
    #[strum(serialize = "404")]
    NotFound,
    /// Flagsmith's limit is reached.
    #[strum(serialize = "429")]
    Throttled,
    /// Any other refusal.
    #[strum(serialize = "4xx")]
    Refused,
    /// Flagsmith, or what stands before it, failed.
    #[strum(serialize = "5xx")]
    Failed,
    /// There was no whole answer in time.
    #[strum(serialize = "timeout")]
    TimedOut,
    /// There was no connection, or it broke.
    #[strum(serialize = "unreachable")]
    Unreachable,
    /// Nobody waited for the answer any longer.
    #[strum(serialize = "abandoned")]
    Abandoned,
}

impl From<u16> for Status {
    fn from(code: u16) -> Self {
        match code {
            401 => Self::Unauthorised,
            403 => Self::Forbidden,
            404 => Self::NotFound,
            429 => Self::Throttled,
            0..300 => Self::Success,
            300..400 => Self::Redirect,
            400..500 => Self::Refused,
            500.. => Self::Failed,
        }
    }
}

/// What a turn of an object came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub enum Outcome {
    /// In sync, as last seen.
    Ready,
    /// Another object is waited for.
    Waiting,
    /// Somebody must act.
    Stalled,
    /// It failed or was not finished, and is tried again.
    Failing,
    /// A rate limit or the request budget is waited for.
    RateLimited,
    /// It must be begun anew: it is taken up again at once.
    Again,
    /// The first reading of the project is waited for.
    Loading,
}
