//! The command line of the all-in-one: the backend's commands beside the runner's.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

/// Tells a team its service is broken before the users do.
///
/// Canaries act as users do, an SDK traces what the service does with them, a backend records both, answers in the
/// AWS wire protocols and raises the alarm.
#[derive(Debug, Parser)]
#[command(name = "siskin", version, arg_required_else_help = true)]
pub(super) struct Cli {
    #[command(subcommand)]
    pub(super) command: Command,
}

#[derive(Debug, Subcommand)]
#[expect(clippy::large_enum_variant, reason = "there is one, for the whole run of the program")]
pub(super) enum Command {
    /// Starts everything: backend, console and canary runner; with --demo also a shop to watch
    #[command(after_help = "Example: siskin up --demo")]
    Up(UpArgs),
    /// Starts the backend and its console alone
    #[command(after_help = "Example: siskin serve --listen 127.0.0.1:4747 --data ./siskin-data")]
    Serve(ServeArgs),
    /// Breaks or mends the demo shop of a running `siskin up --demo`
    #[command(after_help = "Example: siskin demo break")]
    Demo(DemoArgs),
    #[command(flatten)]
    Runner(siskin_runner::cli::Command),
}

#[derive(Debug, Args)]
pub(super) struct UpArgs {
    #[command(flatten)]
    pub(super) serve: ServeArgs,
    /// Starts a small instrumented shop and two canaries that watch it
    #[arg(long)]
    pub(super) demo: bool,
    /// Canaries to run. Without it `canaries.toml` is used where there is one.
    #[arg(long, value_name = "FILE", env = "SISKIN_CONFIG")]
    pub(super) config: Option<PathBuf>,
    /// Where the demo shop listens.
    #[arg(long, value_name = "ADDR:PORT", default_value = "127.0.0.1:4748", requires = "demo")]
    pub(super) demo_listen: SocketAddr,
    /// Set by `serve`, which is `up` without canaries.
    #[arg(skip)]
    pub(super) backend_only: bool,
}

#[derive(Clone, Debug, Args)]
pub(super) struct ServeArgs {
    /// Directory that holds all data.
    #[arg(long, value_name = "DIR", default_value = "siskin-data", env = "SISKIN_DATA")]
    pub(super) data: PathBuf,
    /// AWS APIs, OTLP/HTTP and console. Loopback only: requests are not authenticated yet.
    #[arg(long, value_name = "ADDR:PORT", default_value = "127.0.0.1:4747", env = "SISKIN_LISTEN")]
    pub(super) listen: SocketAddr,
    /// X-Ray daemon protocol, UDP and TCP.
    #[arg(long, value_name = "ADDR:PORT", default_value = "127.0.0.1:2000")]
    pub(super) xray_listen: SocketAddr,
    /// OTLP/HTTP on its standard port.
    #[arg(long, value_name = "ADDR:PORT", default_value = "127.0.0.1:4318")]
    pub(super) otlp_listen: SocketAddr,
}

#[derive(Debug, Args)]
pub(super) struct DemoArgs {
    #[command(subcommand)]
    pub(super) action: DemoAction,
    /// Data directory of the running system.
    #[arg(long, value_name = "DIR", default_value = "siskin-data", env = "SISKIN_DATA", global = true)]
    pub(super) data: PathBuf,
}

#[derive(Debug, Subcommand)]
pub(super) enum DemoAction {
    /// The shop's downstream service starts to fail: pages answer 500.
    Break,
    /// The shop works again.
    Mend,
    /// Says whether the shop is broken.
    Status,
    /// Runs one of the shop's services; ends when its standard input does.
    #[command(hide = true)]
    Service(DemoServiceArgs),
}

#[derive(Debug, Args)]
pub(super) struct DemoServiceArgs {
    #[command(subcommand)]
    pub(super) service: DemoService,
    /// X-Ray daemon address that traces go to.
    #[arg(long)]
    pub(super) daemon: SocketAddr,
    #[arg(long)]
    pub(super) listen: SocketAddr,
}

#[derive(Debug, Subcommand)]
pub(super) enum DemoService {
    /// Pages and JSON API.
    Shop {
        /// Base URL of the inventory.
        #[arg(long)]
        inventory: String,
    },
    /// Knows what is in stock; the shop asks it.
    Inventory,
}
