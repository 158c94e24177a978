//! What the client shows Flagsmith to be let in.

use std::fmt;

use reqwest::header::HeaderValue;
use secrecy::{ExposeSecret, SecretString};

use super::Error;

/// A credential of the admin API (facts.md §1). Blanks around the secret, such as a file's last newline, do not count.
#[derive(Clone)]
pub enum Credential {
    /// A user's token, with all the rights of that user. Cheap to the server.
    AccountToken(SecretString),
    /// An organisation's Api-Key; costs the server some 185 ms of CPU a request.
    OrganisationApiKey(SecretString),
}

impl Credential {
    pub(super) fn secret(&self) -> &str {
        let (Self::AccountToken(secret) | Self::OrganisationApiKey(secret)) = self;
        secret.expose_secret().trim()
    }

    /// The `Authorization` header, marked sensitive so that nothing below prints it.
    pub(super) fn header(&self) -> Result<HeaderValue, Error> {
        let scheme = match self {
            Self::AccountToken(_) => "Token",
            Self::OrganisationApiKey(_) => "Api-Key",
        };
        let mut header = HeaderValue::from_str(&format!("{scheme} {}", self.secret())).map_err(|_| {
            Error::CredentialRefused { message: "the secret holds characters that no HTTP header can carry".to_owned() }
        })?;
        header.set_sensitive(true);
        Ok(header)
    }
}

impl PartialEq for Credential {
    fn eq(&self, other: &Self) -> bool {
        std::mem::discriminant(self) == std::mem::discriminant(other) && self.secret() == other.secret()
    }
}

impl Eq for Credential {}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::AccountToken(_) => "AccountToken([redacted])",
            Self::OrganisationApiKey(_) => "OrganisationApiKey([redacted])",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(secret: &str) -> Credential {
        Credential::AccountToken(SecretString::from(secret))
    }

    #[test]
    fn each_kind_has_its_own_scheme() {
        let key = Credential::OrganisationApiKey(SecretString::from("p.s"));
        assert_eq!(token("abc").header().unwrap().as_bytes(), b"Token abc");
        assert_eq!(key.header().unwrap().as_bytes(), b"Api-Key p.s");
    }

    #[test]
    fn the_last_newline_of_a_secret_does_not_count() {
        assert_eq!(token("abc\n").header().unwrap().as_bytes(), b"Token abc");
        assert_eq!(token("abc\n"), token("abc"));
    }

    #[test]
    fn a_secret_shows_neither_in_debug_nor_in_its_header() {
        let shown = format!("{:?} {:?}", token("abc"), token("abc").header().unwrap());
        assert!(!shown.contains("abc"), "{shown}");
    }

    #[test]
    fn the_kind_is_part_of_equality() {
        assert_ne!(token("abc"), Credential::OrganisationApiKey(SecretString::from("abc")));
        assert_ne!(token("abc"), token("abd"));
    }

    #[test]
    fn a_secret_that_no_header_carries_is_refused_without_being_shown() {
        let error = token("a\nb").header().unwrap_err();
        assert_eq!(
            error.to_string(),
            "Flagsmith refused the credential (the secret holds characters that no HTTP header can carry): put a valid one into its Secret"
        );
    }
}
