//! How a daemon runs.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use url::Url;

use super::Board;
use crate::browser::InstallOptions;
use crate::clock::Clock;
use crate::config::{ArtifactPlace, ConfigError};
use crate::publish::{Origin, Target};
use crate::run::{BrowserSetup, RunReport};
use crate::schedule::FirstRun;

/// Is told how many canaries a changed file has, or why it is not taken.
pub type OnReload = dyn Fn(Result<usize, &ConfigError>) + Send + Sync;

/// How a daemon runs.
#[derive(Clone)]
pub struct DaemonOptions {
    /// Where runs are told; nowhere with `None`.
    pub target: Option<Target>,
    /// Root of all artifacts, unless `place` or the canaries' file name another one; with an object store, where they are
    /// until they are sent.
    pub artifacts: PathBuf,
    /// Where artifacts are kept, whatever the canaries' file says.
    pub place: Option<ArtifactPlace>,
    /// Where the spool and the journal are; one daemon for each.
    pub data_dir: PathBuf,
    /// The file that is read again when it changes; never with `None`.
    pub config_file: Option<PathBuf>,
    /// Asks for it to be read again at once.
    pub reload: Arc<Notify>,
    /// Only canaries of these groups run; all with an empty list.
    pub groups: Vec<String>,
    /// Whose canaries these are.
    pub origin: Origin,
    /// How runs get a browser.
    pub browser: BrowserSetup,
    /// Most runs with a browser at a time.
    pub browsers_max: usize,
    /// Most runs without a browser at a time.
    pub http_runs_max: usize,
    /// Bytes of memory that must be free before another browser starts.
    pub memory_per_browser: u64,
    /// How long runs under way may take to finish by themselves once the daemon is told to end.
    pub drain: Duration,
    /// Ends that time early.
    pub hurry: CancellationToken,
    /// Whether rates begin at once.
    pub first_run: FirstRun,
    /// Tells the time.
    pub clock: Clock,
    /// Shows what happens.
    pub board: Board,
    /// Called with each attempt of a run as it ends, before it is told to the backend; must not block.
    pub on_run: Arc<dyn Fn(&RunReport) + Send + Sync>,
    /// Called with the number of canaries, or why the changed file is not taken; must not block.
    pub on_reload: Arc<OnReload>,
}

impl DaemonOptions {
    /// Each Chrome wants a core of its own, and 200 to 400 MiB.
    pub const BROWSERS_MAX_DEFAULT: usize = 2;
    /// See [`DaemonOptions::BROWSERS_MAX_DEFAULT`].
    pub const MEMORY_PER_BROWSER_DEFAULT: u64 = 400 << 20;
    /// A run without a browser mostly waits.
    pub const HTTP_RUNS_MAX_DEFAULT: usize = 64;
    /// A person who ends a runner does not want to wait.
    pub const DRAIN_DEFAULT: Duration = Duration::from_secs(2);

    /// A daemon with its files below `data_dir` that tells `endpoint`, unsigned, for the default account and region.
    pub fn new(data_dir: impl Into<PathBuf>, endpoint: Option<Url>) -> Self {
        let data_dir = data_dir.into();
        Self {
            target: endpoint.map(Target::own),
            artifacts: data_dir.join("artifacts"),
            place: None,
            data_dir,
            config_file: None,
            reload: Arc::default(),
            groups: Vec::new(),
            origin: Origin::default(),
            browser: BrowserSetup::new(InstallOptions::default()),
            browsers_max: Self::BROWSERS_MAX_DEFAULT,
            http_runs_max: Self::HTTP_RUNS_MAX_DEFAULT,
            memory_per_browser: Self::MEMORY_PER_BROWSER_DEFAULT,
            drain: Self::DRAIN_DEFAULT,
            hurry: CancellationToken::new(),
            first_run: FirstRun::OnSchedule,
            clock: Clock::system(),
            board: Board::default(),
            on_run: Arc::new(|_| {}),
            on_reload: Arc::new(|_| {}),
        }
    }
}

impl fmt::Debug for DaemonOptions {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("DaemonOptions")
            .field("target", &self.target)
            .field("artifacts", &self.artifacts)
            .field("data_dir", &self.data_dir)
            .field("origin", &self.origin)
            .finish_non_exhaustive()
    }
}
