//! One JSON object per line: requests on the reaper's standard input, replies on its output.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// Longest line either side reads, in bytes.
pub(super) const LINE_BYTES_MAX: u64 = 64 * 1024;

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Request {
    pub(super) id: u64,
    pub(super) action: Action,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Action {
    /// Makes a working folder below `root` and starts ChromeDriver in it.
    Start { driver: PathBuf, root: PathBuf },
    /// Kills the driver's processes and removes its working folder.
    Stop { driver: DriverId },
}

/// Names one driver for the life of a reaper; never used twice, unlike a process id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct DriverId(pub(super) u64);

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Reply {
    pub(super) id: u64,
    pub(super) outcome: Outcome,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Outcome {
    Started {
        driver: DriverId,
        port: u16,
    },
    /// `survivors` processes would not die: they are stuck in the kernel.
    Stopped {
        survivors: usize,
    },
    /// The request cannot be met as the machine is set up.
    Misconfigured(String),
    Failed(String),
}
