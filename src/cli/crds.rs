//! `crds`: the definitions, for `kubectl apply -f -`.

use std::io::{self, Write as _};

/// Why the definitions could not be printed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// They are no YAML.
    #[error(transparent)]
    Yaml(#[from] serde_saphyr::ser::Error),
    /// Standard output is closed.
    #[error(transparent)]
    Output(#[from] io::Error),
}

/// The definitions as one YAML stream.
///
/// # Errors
/// [`Error::Yaml`].
pub fn yaml() -> Result<String, Error> {
    let mut stream = String::new();
    for definition in crate::crd::definitions() {
        stream.push_str("---\n");
        stream.push_str(&serde_saphyr::to_string(&definition)?);
    }
    Ok(stream)
}

/// Prints them.
///
/// # Errors
/// Any [`Error`].
pub fn print() -> Result<(), Error> {
    Ok(io::stdout().write_all(yaml()?.as_bytes())?)
}
