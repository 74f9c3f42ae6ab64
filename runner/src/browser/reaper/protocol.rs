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
    /// Makes a working folder below `root` and starts Chrome in it, with a profile of these preferences (JSON).
    Start { browser: PathBuf, arguments: Vec<String>, preferences: String, root: PathBuf },
    /// Starts ChromeDriver beside a Chrome, in the same folder. One that runs already is told of again.
    StartDriver { browser: BrowserId, driver: PathBuf },
    /// Kills Chrome with all that belongs to it, and removes their working folder.
    Stop { browser: BrowserId },
}

/// Where the browser's own DevTools endpoint is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Devtools {
    pub(crate) port: u16,
    /// With its leading `/`.
    pub(crate) path: String,
}

/// Names one browser for the life of a reaper; never used twice, unlike a process id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct BrowserId(pub(super) u64);

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Reply {
    pub(super) id: u64,
    pub(super) outcome: Outcome,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Outcome {
    Started {
        browser: BrowserId,
        devtools: Devtools,
    },
    DriverStarted {
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
