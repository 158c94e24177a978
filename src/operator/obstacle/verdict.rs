//! What an error of Flagsmith's, or of the way to it, means for whoever met it. Pure.

use super::Remedy;
use crate::{crd::Reason, flagsmith};

/// Who must act where Flagsmith, or the way to it, fails.
#[must_use]
pub fn remedy_of(error: &flagsmith::Error) -> Remedy {
    use flagsmith::Error as Api;
    match error {
        Api::Throttled { retry_after: wait } | Api::BudgetSpent { wait } => Remedy::TimeOf(*wait),
        // The process is about to end, and has nothing more to say; or it is told when the connection is tried out.
        Api::NotLeading(_) | Api::Withdrawn => Remedy::Mirror,
        Api::Server { .. } | Api::Timeout { .. } | Api::Unreachable { .. } => Remedy::Time,
        Api::CredentialRefused { .. }
        | Api::Forbidden { .. }
        | Api::NotFound
        | Api::RouteMissing
        | Api::ChangeRequests
        | Api::Refused { .. }
        | Api::NotFlagsmith { .. }
        | Api::Shape { .. } => Remedy::Author,
    }
}

/// The reason that conditions give for an error of Flagsmith's.
#[must_use]
pub fn reason_of(error: &flagsmith::Error) -> Reason {
    use flagsmith::Error as Api;
    match error {
        Api::CredentialRefused { .. } => Reason::CredentialRefused,
        Api::Forbidden { .. } | Api::NotFound => Reason::Forbidden,
        Api::RouteMissing => Reason::Unsupported,
        Api::ChangeRequests => Reason::ChangeRequestsRequired,
        Api::Refused { .. } => Reason::Refused,
        Api::Throttled { .. } | Api::BudgetSpent { .. } => Reason::RateLimited,
        Api::Server { .. } => Reason::ServerError,
        Api::Timeout { .. } => Reason::TimedOut,
        Api::Unreachable { .. } => Reason::Unreachable,
        Api::NotFlagsmith { .. } | Api::Shape { .. } => Reason::NotFlagsmith,
        Api::NotLeading(_) | Api::Withdrawn => Reason::Progressing,
    }
}
