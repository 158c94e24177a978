//! `run`: the operator itself.

use std::{net::SocketAddr, time::Duration};

use clap::{ArgAction, Args, builder::NonEmptyStringValueParser};

use crate::{
    lease::{self, Term},
    operator::{self, Settings},
};

/// How to run.
#[derive(Debug, Args)]
pub struct Arguments {
    /// How long one request to Flagsmith may take.
    #[arg(long, env = "FLAGSMITH_OPERATOR_REQUEST_TIMEOUT", default_value = "60s", value_parser = duration)]
    request_timeout: Duration,
    /// How often an object is looked at though nothing happened.
    #[arg(long, env = "FLAGSMITH_OPERATOR_RESYNC_INTERVAL", default_value = "10m", value_parser = duration)]
    resync_interval: Duration,
    /// The namespaces to watch, if not all: given several times, or separated by commas.
    #[arg(long = "watch-namespace", env = "FLAGSMITH_OPERATOR_WATCH_NAMESPACE", value_name = "NAMESPACE")]
    #[arg(value_delimiter = ',', value_parser = NonEmptyStringValueParser::new())]
    watch_namespaces: Vec<String>,
    /// Whether one of several replicas is elected to write. Without it, run only one.
    #[arg(long, env = "FLAGSMITH_OPERATOR_LEADER_ELECT", default_value_t = true, action = ArgAction::Set)]
    #[arg(num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    leader_elect: bool,
    /// The namespace of the Lease flagsmith-operator; the pod's own if absent, outside of a pod `default`.
    #[arg(long, env = "FLAGSMITH_OPERATOR_LEADER_ELECT_NAMESPACE")]
    leader_elect_namespace: Option<String>,
    /// How long the others wait for a leader that is not heard of, in whole seconds. It renews its lease each 2/15 of that,
    /// and stops at 2/3.
    #[arg(long, env = "FLAGSMITH_OPERATOR_LEASE_DURATION", default_value = "15s", value_parser = duration)]
    lease_duration: Duration,
    /// Where /livez, /readyz and /metrics are served; nowhere, if empty.
    #[arg(long, env = "FLAGSMITH_OPERATOR_LISTEN", default_value = "0.0.0.0:8080", value_parser = listen)]
    listen: Listen,
}

/// An address, or none. (clap takes an Option for an argument that may be left out.)
#[derive(Clone, Copy, Debug)]
struct Listen(Option<SocketAddr>);

/// Runs until SIGTERM or SIGINT.
///
/// # Errors
/// As [`operator::run`].
pub async fn run(arguments: Arguments) -> Result<(), operator::Error> {
    let Arguments {
        request_timeout,
        resync_interval,
        watch_namespaces,
        leader_elect,
        leader_elect_namespace,
        lease_duration,
        listen,
    } = arguments;
    let election = lease::Settings { namespace: leader_elect_namespace, term: Term::new(lease_duration) };
    let election = leader_elect.then_some(election);
    let watch_namespaces = watch_namespaces.into_iter().collect();
    operator::run(Settings { request_timeout, resync_interval, watch_namespaces, election, listen: listen.0 }).await
}

fn duration(text: &str) -> Result<Duration, String> {
    let parsed: kube::core::Duration = text.parse().map_err(|_| "a duration is as in 60s or 10m".to_owned())?;
    let parsed = Duration::from(parsed);
    if parsed.is_zero() { Err("it must be more than nothing".to_owned()) } else { Ok(parsed) }
}

fn listen(text: &str) -> Result<Listen, String> {
    if text.is_empty() {
        return Ok(Listen(None));
    }
    let address = text.parse().map_err(|_| "an address is as in 0.0.0.0:8080 or [::]:8080".to_owned())?;
    Ok(Listen(Some(address)))
}
