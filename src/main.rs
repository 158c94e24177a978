//! The `flagsmith-operator` binary.

use std::process::ExitCode;

use clap::Parser as _;
use flagsmith_operator::{cli, telemetry};

#[tokio::main]
async fn main() -> ExitCode {
    // Before anything builds a TLS client; it fails only where a provider is installed already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let arguments = cli::Arguments::parse();
    telemetry::install(arguments.logs);
    match cli::dispatch(arguments).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("flagsmith-operator: {error}");
            ExitCode::FAILURE
        }
    }
}
