//! `siskin-runner`: canaries without the backend.

use std::io;
use std::process::ExitCode;

use clap::Parser;
use siskin_runner::browser::reaper;
use siskin_runner::cli::{self, Command};
use tracing_subscriber::EnvFilter;

/// Runs canaries: Rhai scripts against a headless Chrome and HTTP
#[derive(Debug, Parser)]
#[command(name = "siskin-runner", version, propagate_version = true)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

fn main() -> ExitCode {
    // The helper process is this program again: it must not get a runtime or a log.
    if let Some(code) = reaper::run_if_requested() {
        return code;
    }
    let arguments = Arguments::parse();
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("warn"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr).init();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(error) => {
            tracing::error!(%error, "no runtime");
            return ExitCode::from(cli::exit::TOOLING);
        }
    };
    runtime.block_on(cli::execute(arguments.command))
}
