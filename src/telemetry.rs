//! Logs. Nothing that is logged may hold a key or a token.

use std::io::IsTerminal as _;

use clap::{Args, ValueEnum};
use strum::AsRefStr;
use tracing_subscriber::EnvFilter;

/// How to log.
#[derive(Clone, Copy, Debug, Args)]
pub struct Settings {
    /// How log lines are written, to stderr.
    #[arg(long, global = true, env = "FLAGSMITH_OPERATOR_LOG_FORMAT", value_enum, default_value_t = Format::Text)]
    log_format: Format,
    /// How much the operator logs. `RUST_LOG`, where it is set, says it for each part instead.
    #[arg(long, global = true, env = "FLAGSMITH_OPERATOR_LOG_LEVEL", value_enum, default_value_t = Level::Info)]
    log_level: Level,
}

/// How a line is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// How much is logged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, AsRefStr)]
#[strum(serialize_all = "lowercase")]
enum Level {
    Error,
    Warn,
    Info,
    Debug,
    Trace,
}

/// Starts logging to stderr. A second call does nothing.
pub fn install(settings: Settings) {
    let Settings { log_format, log_level } = settings;
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(directives(log_level)));
    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr);
    // Failing means that somebody else installed a subscriber, as tests do.
    let _ = match log_format {
        Format::Text => lines.try_init(),
        Format::Json => lines.json().try_init(),
    };
}

/// The level is the operator's own: what libraries tell below a warning is not ours to vouch for.
fn directives(level: Level) -> String {
    let others = if level == Level::Error { "error" } else { "warn" };
    format!("{others},flagsmith_operator={}", level.as_ref())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_level_is_the_operators_own() {
        assert_eq!(directives(Level::Debug), "warn,flagsmith_operator=debug");
        assert_eq!(directives(Level::Error), "error,flagsmith_operator=error");
    }
}
