//! The command line: parses and dispatches, and decides nothing.

mod crds;
mod run;

use clap::{Parser, Subcommand};

/// Makes Flagsmith projects, environments and feature flags Kubernetes resources.
#[derive(Debug, Parser)]
#[command(name = "flagsmith-operator", version)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Runs the operator until it is told to stop.
    Run(run::Arguments),
    /// Prints the custom resource definitions as YAML.
    Crds,
}

/// What a command failed with.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The operator could not run.
    #[error(transparent)]
    Run(#[from] crate::operator::Error),
    /// The definitions could not be printed.
    #[error("cannot print the definitions: {0}")]
    Crds(#[from] crds::Error),
}

/// Does what the command line says.
///
/// # Errors
/// As the command.
pub async fn dispatch(arguments: Arguments) -> Result<(), Error> {
    match arguments.command {
        Command::Run(arguments) => run::run(arguments).await?,
        Command::Crds => crds::print()?,
    }
    Ok(())
}
