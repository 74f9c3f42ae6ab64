//! From a command to its exit code.

use std::process::ExitCode;

use super::output::{Stop, complain, exit, say};
use super::{Command, blueprints, browser, check, import, links, new, once, record, rerun, unpack, visual, watch};
use crate::config::{self, Config, ConfigError};

/// Carries a command out.
///
/// The program's `main` must have called [`reaper::run_if_requested`](crate::browser::reaper::run_if_requested) before
/// it started the runtime.
pub async fn execute(command: Command) -> ExitCode {
    let done = match command {
        Command::Run(arguments) if arguments.watch => Box::pin(rerun::run(arguments)).await,
        Command::Run(arguments) => Box::pin(once::run(arguments)).await,
        Command::Runner(arguments) => Box::pin(watch::run(arguments)).await,
        Command::Check { files } => Ok(check::run(&files)),
        Command::Schema => {
            say(format_args!("{:#}", config::schema()));
            Ok(exit::FINE)
        }
        Command::Blueprints { output } => {
            blueprints::run(output);
            Ok(exit::FINE)
        }
        Command::New(arguments) => new::run(&arguments),
        Command::Links(arguments) => Box::pin(links::run(*arguments)).await,
        Command::Visual(command) => Box::pin(visual::run(command)).await,
        Command::Record(arguments) => Box::pin(record::run(arguments)).await,
        Command::Import(arguments) => import::run(&arguments),
        Command::Unpack { file, run } => unpack::run(&file, run),
        Command::Browser(command) => Box::pin(browser::run(command)).await,
    };
    ExitCode::from(done.unwrap_or_else(|stop| {
        complain(&stop.message);
        stop.code
    }))
}

pub(super) fn load(file: &std::path::Path) -> Result<Config, Stop> {
    Config::load(file).map_err(|error: ConfigError| Stop::usage(error))
}
