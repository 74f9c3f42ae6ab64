//! From the command line to the command, and from its outcome to the exit code.

use std::process::ExitCode;

use clap::Parser;
use tracing_subscriber::EnvFilter;

use super::cli::{Cli, Command, DemoAction, ServeArgs, UpArgs};
use super::{demo, say, up};

/// Wrong usage or configuration, and everything that keeps the system from starting.
const EXIT_USAGE: u8 = 2;

/// The whole program.
///
/// Exit codes: 0 fine, 1 the watched thing failed, 2 wrong usage or configuration, 3 visual difference, 4 our own
/// tooling (browser, network) failed.
pub fn main() -> ExitCode {
    // Before any thread starts: the browser's guardian is this same program, started again.
    if let Some(code) = siskin_runner::browser::reaper::run_if_requested() {
        return code;
    }
    let cli = Cli::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(cause) => {
            say::complain(&format!("cannot start worker threads: {cause}"));
            return ExitCode::from(EXIT_USAGE);
        }
    };
    let code = runtime.block_on(run(cli.command));
    // A script that hangs in its own thread must not hold up the end.
    runtime.shutdown_timeout(std::time::Duration::from_secs(1));
    code
}

async fn run(command: Command) -> ExitCode {
    match command {
        Command::Up(args) => start(args).await,
        Command::Serve(serve) => start(UpArgs::backend_only(serve)).await,
        Command::Demo(args) => match args.action {
            // The demo's own services set up tracing as any Rust service does: with the SDK's layer.
            DemoAction::Service(service) => demo::service::run(service).await,
            action => demo::command(action, &args.data).await,
        },
        Command::Runner(command) => {
            log_to_stderr();
            siskin_runner::cli::execute(command).await
        }
    }
}

async fn start(args: UpArgs) -> ExitCode {
    log_to_stderr();
    match up::up(args).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say::complain(&error.to_string());
            ExitCode::from(error.exit_code())
        }
    }
}

/// `SISKIN_LOG` takes the directives of `tracing_subscriber`'s `EnvFilter`: `info`, `siskin_backend=debug`.
fn log_to_stderr() {
    let filter = EnvFilter::try_from_env("SISKIN_LOG").unwrap_or_else(|_| EnvFilter::new("warn"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
}

impl UpArgs {
    fn backend_only(serve: ServeArgs) -> Self {
        let demo_listen = std::net::SocketAddr::from(([127, 0, 0, 1], 0));
        Self { serve, demo: false, config: None, demo_listen, backend_only: true }
    }

    /// Whether canaries run in this process.
    pub(super) fn runs_canaries(&self) -> bool {
        !self.backend_only
    }
}
