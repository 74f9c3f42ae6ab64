//! From a command to its exit code.

use std::process::ExitCode;

use serde_json::json;
use siskin_blueprints::all;

use super::output::{Stop, complain, exit, say};
use super::{Command, OutputFormat, browser, check, import, links, once, record, rerun, unpack, watch};
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
            blueprints(output);
            Ok(exit::FINE)
        }
        Command::Links(arguments) => Box::pin(links::run(*arguments)).await,
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

fn blueprints(output: OutputFormat) {
    match output {
        OutputFormat::Json => {
            let list = all().iter().map(|blueprint| {
                let parameters = blueprint.parameters.iter();
                json!({
                    "name": blueprint.name,
                    "summary": blueprint.summary,
                    "parameters": parameters.map(|one| json!({"name": one.name, "summary": one.summary})).collect::<Vec<_>>(),
                })
            });
            say(json!(list.collect::<Vec<_>>()));
        }
        OutputFormat::Text => {
            for blueprint in all() {
                say(format_args!("{}\n  {}", blueprint.name, blueprint.summary));
                for parameter in blueprint.parameters {
                    say(format_args!("    {:<12} {}", parameter.name, parameter.summary));
                }
            }
        }
    }
}
