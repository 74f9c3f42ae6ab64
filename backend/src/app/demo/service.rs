//! Runs one of the shop's two services as a process of its own, as in a real deployment.

use std::net::SocketAddr;
use std::process::ExitCode;
use std::time::Duration;

use axum::Router;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use super::{inventory, shop};
use crate::app::cli::{DemoService, DemoServiceArgs};

/// How long the last traces may take to leave.
const FLUSH_TIME: Duration = Duration::from_secs(1);

/// Serves until standard input ends: the parent holds the other end, so the service cannot outlive it.
pub(in crate::app) async fn run(args: DemoServiceArgs) -> ExitCode {
    let (name, router) = match args.service {
        DemoService::Shop { inventory } => ("shop", shop::router(inventory)),
        DemoService::Inventory => ("inventory", inventory::router()),
    };
    match serve(name, router, args.listen, args.daemon).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(cause) => {
            tracing::error!(service = name, %cause, "demo service ended");
            ExitCode::from(2)
        }
    }
}

async fn serve(name: &'static str, router: Router, listen: SocketAddr, daemon: SocketAddr) -> std::io::Result<()> {
    // What a Rust service adds; the rest of this file is an ordinary axum service.
    let config = siskin_sdk::Config::new(name).daemon_address(daemon.to_string());
    let (layer, guard) = siskin_sdk::layer(config)?;
    tracing_subscriber::registry().with(layer).init();

    let listener = tokio::net::TcpListener::bind(listen).await?;
    let ready = format!("{}\n", listener.local_addr()?);
    tokio::io::stdout().write_all(ready.as_bytes()).await?;
    tokio::io::stdout().flush().await?;
    axum::serve(listener, router).with_graceful_shutdown(end_of_input()).await?;
    tokio::task::block_in_place(|| guard.flush(FLUSH_TIME));
    Ok(())
}

async fn end_of_input() {
    let mut byte = [0; 64];
    let mut input = tokio::io::stdin();
    while matches!(input.read(&mut byte).await, Ok(read) if read > 0) {}
}
