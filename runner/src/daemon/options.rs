//! How a daemon runs.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use url::Url;

use crate::browser::InstallOptions;
use crate::clock::Clock;
use crate::publish::Origin;
use crate::run::{BrowserSetup, RunReport};
use crate::schedule::FirstRun;

/// How a daemon runs.
#[derive(Clone)]
pub struct DaemonOptions {
    /// Where runs are told; nowhere with `None`.
    pub endpoint: Option<Url>,
    /// Root of all artifacts.
    pub artifacts: PathBuf,
    /// Where the spool and the journal are; one daemon for each.
    pub data_dir: PathBuf,
    /// Whose canaries these are.
    pub origin: Origin,
    /// How runs get a browser.
    pub browser: BrowserSetup,
    /// Most runs with a browser at a time.
    pub browsers_max: usize,
    /// Most runs without a browser at a time.
    pub http_runs_max: usize,
    /// Whether rates begin at once.
    pub first_run: FirstRun,
    /// Tells the time.
    pub clock: Clock,
    /// Called with each run as it ends, before it is told to the backend; must not block.
    pub on_run: Arc<dyn Fn(&RunReport) + Send + Sync>,
}

impl DaemonOptions {
    /// Each Chrome wants a core of its own, and 200 to 400 MiB.
    pub const BROWSERS_MAX_DEFAULT: usize = 2;
    /// A run without a browser mostly waits.
    pub const HTTP_RUNS_MAX_DEFAULT: usize = 32;

    /// A daemon with its files below `data_dir` that tells `endpoint`, for the default account and region.
    pub fn new(data_dir: impl Into<PathBuf>, endpoint: Option<Url>) -> Self {
        let data_dir = data_dir.into();
        Self {
            endpoint,
            artifacts: data_dir.join("artifacts"),
            data_dir,
            origin: Origin::default(),
            browser: BrowserSetup::new(InstallOptions::default()),
            browsers_max: Self::BROWSERS_MAX_DEFAULT,
            http_runs_max: Self::HTTP_RUNS_MAX_DEFAULT,
            first_run: FirstRun::OnSchedule,
            clock: Clock::system(),
            on_run: Arc::new(|_| {}),
        }
    }
}

impl fmt::Debug for DaemonOptions {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("DaemonOptions")
            .field("endpoint", &self.endpoint)
            .field("artifacts", &self.artifacts)
            .field("data_dir", &self.data_dir)
            .field("origin", &self.origin)
            .finish_non_exhaustive()
    }
}
