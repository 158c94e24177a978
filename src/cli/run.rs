//! `run`: the operator itself.

use std::time::Duration;

use clap::Args;

use crate::operator::{self, Settings};

/// How to run.
#[derive(Debug, Args)]
pub struct Arguments {
    /// How long one request to Flagsmith may take.
    #[arg(long, env = "FLAGSMITH_OPERATOR_REQUEST_TIMEOUT", default_value = "60s", value_parser = duration)]
    request_timeout: Duration,
    /// How often an object is looked at though nothing happened.
    #[arg(long, env = "FLAGSMITH_OPERATOR_RESYNC_INTERVAL", default_value = "10m", value_parser = duration)]
    resync_interval: Duration,
    /// The only namespace to watch; all, if absent.
    #[arg(long, env = "FLAGSMITH_OPERATOR_WATCH_NAMESPACE")]
    watch_namespace: Option<String>,
}

/// Runs until SIGTERM or SIGINT.
///
/// # Errors
/// As [`operator::run`].
pub async fn run(arguments: Arguments) -> Result<(), operator::Error> {
    let Arguments { request_timeout, resync_interval, watch_namespace } = arguments;
    operator::run(Settings { request_timeout, resync_interval, watch_namespace }).await
}

fn duration(text: &str) -> Result<Duration, String> {
    let parsed: kube::core::Duration = text.parse().map_err(|_| "a duration is as in 60s or 10m".to_owned())?;
    let parsed = Duration::from(parsed);
    if parsed.is_zero() { Err("it must be more than nothing".to_owned()) } else { Ok(parsed) }
}
