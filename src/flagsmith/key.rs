//! The environment key: part of most URLs, and a credential for whoever holds it.

use std::fmt;

use rand::distr::{Alphanumeric, SampleString};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Deserializer};

const RANDOM_LENGTH: usize = 32;

/// An environment's `api_key` (the client-side key). It shows itself only through [`expose`](Self::expose).
#[derive(Clone)]
pub struct EnvironmentKey(SecretString);

impl EnvironmentKey {
    /// A new key: 32 letters and digits from a cryptographic generator. With a dot or a slash in its key an environment
    /// could not be reached (facts.md §3).
    #[must_use]
    pub fn random() -> Self {
        Self::from(Alphanumeric.sample_string(&mut rand::rng(), RANDOM_LENGTH))
    }

    /// The key itself, for a Secret or a request.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl From<String> for EnvironmentKey {
    fn from(key: String) -> Self {
        Self(SecretString::from(key))
    }
}

impl From<&str> for EnvironmentKey {
    fn from(key: &str) -> Self {
        Self(SecretString::from(key))
    }
}

impl PartialEq for EnvironmentKey {
    fn eq(&self, other: &Self) -> bool {
        self.expose() == other.expose()
    }
}

impl Eq for EnvironmentKey {}

impl fmt::Debug for EnvironmentKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EnvironmentKey([redacted])")
    }
}

impl<'de> Deserialize<'de> for EnvironmentKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_random_key_is_32_letters_and_digits_and_never_the_same() {
        let (one, other) = (EnvironmentKey::random(), EnvironmentKey::random());
        assert_eq!(one.expose().len(), 32);
        assert!(one.expose().chars().all(|c| c.is_ascii_alphanumeric()));
        assert_ne!(one, other);
    }

    #[test]
    fn a_key_does_not_show_in_debug() {
        assert_eq!(format!("{:?}", EnvironmentKey::from("abc")), "EnvironmentKey([redacted])");
    }

    #[test]
    fn two_keys_are_equal_when_their_text_is() {
        assert_eq!(serde_json::from_str::<EnvironmentKey>("\"abc\"").unwrap(), EnvironmentKey::from("abc"));
    }
}
