//! Logs. Nothing that is logged may hold a key or a token.

use std::io::IsTerminal as _;

use tracing_subscriber::EnvFilter;

/// Starts logging to stderr; `RUST_LOG` overrides the level. A second call does nothing.
pub fn install() {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info,kube=warn"));
    // Failing means that somebody else installed a subscriber, as tests do.
    let _ = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr)
        .try_init();
}
