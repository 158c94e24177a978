//! What no schema can refuse, so that it is told in status.

use crate::flagsmith::Percentage;

/// What a schema cannot refuse.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidSpec {
    /// Keys are written to Flagsmith, which is only observed.
    #[error(
        "spec.serverKeys: no key is made where management is Observe: let it be Enforce here, or leave serverKeys out"
    )]
    KeysOfObserved,
    /// Keys are replaced in Flagsmith, which is only observed.
    #[error(
        "the annotation {annotation} asks for another key, and none is given where management is Observe: let it be Enforce \
         here, which carries the request out, or remove the annotation"
    )]
    RotationOfObserved {
        /// The request.
        annotation: &'static str,
    },
    /// Too long once it is text.
    #[error("{field} is {length} characters of JSON: Flagsmith keeps at most 20000")]
    JsonTooLong {
        /// Where.
        field: String,
        /// How long it is.
        length: usize,
    },
    /// Not exactly one member; the schema refuses it, older objects may hold it.
    #[error("{field} is not exactly one of string, integer, boolean, json and none")]
    NotOneValue {
        /// Where.
        field: String,
    },
    /// Out of range; likewise.
    #[error("{field} is not an integer from -2147483648 to 2147483647")]
    IntegerOutOfRange {
        /// Where.
        field: String,
    },
    /// No percentage; likewise.
    #[error("{field} is not a percentage from 0 to 100 with at most 6 decimals, such as 30 or \"12.5\"")]
    NotAPercentage {
        /// Where.
        field: String,
    },
    /// More than a whole, which would break the environment for everyone.
    #[error("{field} come to {sum}: Flagsmith serves at most 100 in all, lower some")]
    Overweight {
        /// Where.
        field: String,
        /// What they come to.
        sum: Percentage,
    },
    /// Two say what is served to one; a rule that compares a list with itself is more than the apiserver computes.
    #[error("{field} is there twice: leave one")]
    Twice {
        /// Where.
        field: String,
    },
    /// Too long once it is one text.
    #[error("{field} is {length} characters once they are one text: Flagsmith keeps at most 1000")]
    ListTooLong {
        /// Where.
        field: String,
        /// How long it is.
        length: usize,
    },
    /// No regular expression in any dialect.
    #[error("{field} is no regular expression ({fault}), and would fail whoever evaluates it: correct it")]
    NotARegex {
        /// Where.
        field: String,
        /// What is wrong.
        fault: &'static str,
    },
    /// Not what the operator takes; the schema refuses it, older objects may hold it.
    #[error(
        "{field} does not hold what its operator takes: value, values for IN, percentage for PERCENTAGE_SPLIT, nothing for IS_SET and IS_NOT_SET"
    )]
    NotForOperator {
        /// Where.
        field: String,
    },
    /// Flagsmith would drop them; likewise.
    #[error("{field} starts or ends with a blank, which Flagsmith drops: leave it out")]
    Blanks {
        /// Where.
        field: String,
    },
    /// No duration; likewise.
    #[error("{field} is not a duration such as 30s")]
    NotADuration {
        /// Where.
        field: &'static str,
    },
    /// No credential; likewise.
    #[error("spec.auth has neither accountToken nor organisationAPIKey")]
    NoCredential,
}
