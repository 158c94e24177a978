//! The command line: parses and dispatches, and decides nothing.

mod crds;
mod run;

use clap::{Parser, Subcommand};

use crate::telemetry;

/// Makes Flagsmith projects, environments and feature flags Kubernetes resources.
#[derive(Debug, Parser)]
#[command(name = "flagsmith-operator", version)]
pub struct Arguments {
    /// How to log.
    #[command(flatten)]
    pub logs: telemetry::Settings,
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

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn every_flag_of_run_has_its_variable() {
        let mut program = Arguments::command();
        program.build();
        let run = program.find_subcommand("run").unwrap();
        for flag in run.get_opts() {
            let variable = format!("FLAGSMITH_OPERATOR_{}", flag.get_long().unwrap().to_uppercase().replace('-', "_"));
            assert_eq!(flag.get_env().and_then(|name| name.to_str()), Some(variable.as_str()));
        }
    }

    #[test]
    fn election_is_on_and_may_be_switched_off_and_nothing_may_be_served() {
        let parsed = |flags: &[&str]| Arguments::try_parse_from(["flagsmith-operator", "run"].iter().chain(flags));
        for flags in [&["--leader-elect=false"][..], &["--leader-elect"], &["--listen="], &["--listen=[::]:8080"]] {
            parsed(flags).unwrap();
        }
        for flags in [&["--leader-elect=no"][..], &["--listen=8080"], &["--lease-duration=0s"], &["--log-format=xml"]] {
            parsed(flags).unwrap_err();
        }
    }
}
