//! A service in a process of its own, which says on its standard output where it listens.

use std::process::Command;
use std::time::Duration;

use crate::{Running, until};

/// How long a start may take on a busy machine.
const START_TIME: Duration = Duration::from_mins(1);

/// A service that listens; ended when dropped.
#[derive(Debug)]
pub struct Service {
    _running: Running,
    /// Where it listens, as `host:port`.
    pub address: String,
}

impl Service {
    /// Starts it, and waits for its line `listening on HOST:PORT`.
    ///
    /// # Panics
    /// When it does not say so in time; shows what it printed.
    pub async fn start(command: Command) -> Self {
        let running = Running::spawn(command);
        let address = until("a service to listen", START_TIME, || async {
            let output = running.output();
            output.lines().find_map(|line| line.strip_prefix("listening on ").map(str::to_owned))
        })
        .await;
        Self { _running: running, address }
    }
}
