//! Who is asking: an account token, an organisation's Api-Key, or nobody.

use crate::answer::Answer;
use crate::store::Store;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Caller {
    Nobody,
    User { id: u64, superuser: bool },
    OrganisationKey { organisation: u64 },
}

impl Caller {
    pub(crate) fn user(self) -> Option<u64> {
        match self {
            Self::User { id, .. } => Some(id),
            Self::Nobody | Self::OrganisationKey { .. } => None,
        }
    }
}

/// Reads an `Authorization` header.
pub(crate) fn authenticate(store: &Store, header: Option<&str>) -> Result<Caller, Answer> {
    let mut words = header.unwrap_or_default().split_whitespace();
    let scheme = words.next().unwrap_or_default();
    if scheme.eq_ignore_ascii_case("token") {
        return token(store, &words.collect::<Vec<_>>());
    }
    match (scheme, words.next()) {
        ("Api-Key", Some(key)) => organisation_key(store, key),
        _ => Err(Answer::unauthenticated("Authentication credentials were not provided.")),
    }
}

fn token(store: &Store, words: &[&str]) -> Result<Caller, Answer> {
    let refusal = match words {
        [] => "Invalid token header. No credentials provided.",
        [token] => match store.users.values().find(|user| user.token == *token) {
            Some(user) => {
                return Ok(Caller::User { id: user.id, superuser: user.superuser });
            }
            None => "Invalid token.",
        },
        _ => "Invalid token header. Token string should not contain spaces.",
    };
    Err(Answer::unauthenticated(refusal))
}

fn organisation_key(store: &Store, key: &str) -> Result<Caller, Answer> {
    let now = jiff::Timestamp::now();
    let mut keys = store.organisation_keys.iter();
    keys.find(|found| found.key == key && !found.expired(now))
        .map(|found| Caller::OrganisationKey { organisation: found.organisation })
        .ok_or_else(|| Answer::unauthenticated("Valid Master API Key not found."))
}
