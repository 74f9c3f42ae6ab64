//! Starts the shop's two processes and takes them along when the system ends.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

use super::Control;
use crate::app::StartError;

/// How long a service may take from start to its first line.
const START_TIME: Duration = Duration::from_secs(20);
/// How long a service may take to end by itself.
const STOP_TIME: Duration = Duration::from_secs(2);

const CANARIES: &str = include_str!("canaries.toml");

/// The running shop.
#[derive(Debug)]
pub(in crate::app) struct Demo {
    shop: Service,
    inventory: Service,
}

#[derive(Debug)]
struct Service {
    address: SocketAddr,
    child: Child,
}

impl Demo {
    /// Starts inventory and shop; both send their traces to `daemon`.
    pub(in crate::app) async fn start(listen: SocketAddr, daemon: SocketAddr) -> Result<Self, StartError> {
        let anywhere = SocketAddr::from(([127, 0, 0, 1], 0));
        let inventory = Service::start(anywhere, daemon, &["inventory"]).await?;
        let inventory_url = format!("http://{}", inventory.address);
        let shop = Service::start(listen, daemon, &["shop", "--inventory", &inventory_url]).await?;
        Ok(Self { shop, inventory })
    }

    /// Where the shop listens.
    pub(in crate::app) fn address(&self) -> SocketAddr {
        self.shop.address
    }

    /// The switch.
    pub(in crate::app) fn control(&self) -> Control {
        Control::of(self.shop.address)
    }

    /// Ends both services.
    pub(in crate::app) async fn stop(self) {
        tokio::join!(self.shop.stop(), self.inventory.stop());
    }
}

impl Service {
    async fn start(listen: SocketAddr, daemon: SocketAddr, service: &[&str]) -> Result<Self, StartError> {
        let name = service[0];
        let failed = |cause: String| StartError::Demo(format!("{name}: {cause}"));
        let exe = std::env::current_exe().map_err(|cause| failed(cause.to_string()))?;
        let mut child = Command::new(exe)
            .args(["demo", "service", "--daemon", &daemon.to_string(), "--listen", &listen.to_string()])
            .args(service)
            // Holding the pipe keeps the service alive; the kernel closes it however we end.
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(|cause| failed(cause.to_string()))?;
        let stdout = child.stdout.take().expect("stdout was asked to be a pipe");
        let mut line = String::new();
        let read = tokio::time::timeout(START_TIME, BufReader::new(stdout).read_line(&mut line)).await;
        match (read, line.trim().parse()) {
            (Ok(Ok(_)), Ok(address)) => Ok(Self { address, child }),
            _ => Err(failed(format!("did not listen on {listen} (is the port in use? see --demo-listen)"))),
        }
    }

    async fn stop(mut self) {
        drop(self.child.stdin.take());
        if tokio::time::timeout(STOP_TIME, self.child.wait()).await.is_err()
            && let Err(cause) = self.child.kill().await
        {
            tracing::warn!(%cause, "demo service could not be killed");
        }
    }
}

/// Writes the demo's `canaries.toml` into the data directory, where people can read it, and returns its path.
pub(in crate::app) fn canaries(data: &Path, shop: SocketAddr, inbox: &str) -> Result<std::path::PathBuf, StartError> {
    let path = data.join("demo-canaries.toml");
    let text = CANARIES.replace("@SHOP@", &format!("http://{shop}")).replace("@INBOX@", inbox);
    std::fs::write(&path, text).map_err(|cause| StartError::Write { path: path.clone(), cause })?;
    Ok(path)
}
