//! One warm Chrome for many runs, each in a browser context of its own.
//!
//! A context shares nothing with another - cookies, storage, cache - and starts in half the time of a Chrome. But a
//! browser that crashes takes all its contexts along, and whoever escapes a page's sandbox meets the others': so this is
//! for an operator's own scripts, and a Chrome is replaced after [`RUNS_MAX`] runs and after any trouble with it.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::Mutex;
use tokio::time::Instant;

use super::launch;
use super::options::SessionOptions;
use crate::browser::cdp::Connection;
use crate::browser::error::BrowserError;
use crate::browser::install::{Programs, RunningBrowser};
use crate::browser::process::Process;
use crate::browser::reaper::Reaper;

/// Runs of one Chrome: its memory grows a little with each.
const RUNS_MAX: usize = 100;
/// Disposing of a context takes milliseconds.
const DISPOSE_PATIENCE: Duration = Duration::from_secs(2);

/// A Chrome that is kept between runs, started when the first one asks.
pub struct Pool {
    reaper: Reaper,
    programs: Programs,
    work_dir: PathBuf,
    warm: Mutex<Option<Arc<Warm>>>,
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool").field("programs", &self.programs).finish_non_exhaustive()
    }
}

/// A Chrome in use by any number of runs; the last one that lets go of it ends it.
struct Warm {
    process: Process,
    /// For commands to the browser itself.
    connection: Connection,
    browser: RunningBrowser,
    /// What it says of itself.
    version: Value,
    runs: AtomicUsize,
    /// Something went wrong with it: no further run gets it.
    spoiled: AtomicBool,
}

/// A browser context with one page.
pub(super) struct Lease {
    warm: Arc<Warm>,
    context: String,
    disposed: bool,
}

impl fmt::Debug for Lease {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lease").field("context", &self.context).finish_non_exhaustive()
    }
}

/// What a session needs of its lease.
pub(super) struct Leased {
    pub(super) lease: Lease,
    pub(super) target: String,
    pub(super) browser: RunningBrowser,
    /// What it says of itself.
    pub(super) version: Value,
}

impl Pool {
    /// A pool without a Chrome yet, whose working folder is made below `work_dir`.
    pub fn new(reaper: Reaper, programs: impl Into<Programs>, work_dir: PathBuf) -> Self {
        Self { reaper, programs: programs.into(), work_dir, warm: Mutex::new(None) }
    }

    pub(super) async fn lease(&self, options: &SessionOptions, deadline: Instant) -> Result<Leased, BrowserError> {
        let warm = self.warm(deadline).await?;
        let leased = lease(Arc::clone(&warm), options, deadline).await;
        if leased.is_err() {
            warm.spoil();
        }
        leased
    }

    /// The Chrome for one more run. Whoever comes while it starts waits for it.
    async fn warm(&self, deadline: Instant) -> Result<Arc<Warm>, BrowserError> {
        let mut place = self.warm.lock().await;
        if let Some(warm) = &*place
            && warm.takes_another()
        {
            return Ok(Arc::clone(warm));
        }
        let options = SessionOptions { work_dir: self.work_dir.clone(), ..SessionOptions::new(self.programs.clone()) };
        let process = launch::start(&self.reaper, &options).await?;
        let connection = Connection::open(process.devtools(), None, deadline).await?;
        let version = connection.browser_version(deadline).await?;
        let browser = launch::running(&self.programs, &version)?;
        let (runs, spoiled) = (AtomicUsize::new(1), AtomicBool::new(false));
        let warm = Arc::new(Warm { process, connection, browser, version, runs, spoiled });
        *place = Some(Arc::clone(&warm));
        Ok(warm)
    }

    /// Ends the Chrome, once no run uses it any more.
    ///
    /// # Errors
    /// `Infrastructure` when something of it is left.
    pub async fn close(&self) -> Result<(), BrowserError> {
        let warm = self.warm.lock().await.take();
        let Some(warm) = warm.and_then(Arc::into_inner) else { return Ok(()) };
        warm.process.kill().await
    }
}

impl Warm {
    fn takes_another(&self) -> bool {
        !self.spoiled.load(Ordering::Relaxed)
            && self.connection.with(|recording| recording.closed.is_none())
            && self.runs.fetch_add(1, Ordering::Relaxed) < RUNS_MAX
    }

    fn spoil(&self) {
        self.spoiled.store(true, Ordering::Relaxed);
    }
}

async fn lease(warm: Arc<Warm>, options: &SessionOptions, deadline: Instant) -> Result<Leased, BrowserError> {
    let text = |answer: Value, field: &str| {
        let found = answer.get(field).and_then(Value::as_str).map(str::to_owned);
        found.ok_or_else(|| BrowserError::infrastructure(format!("Chrome names no {field}")))
    };
    let ask = Connection::ask_browser;
    let made = ask(&warm.connection, "Target.createBrowserContext", json!({"disposeOnDetach": true}), deadline).await?;
    let context = text(made, "browserContextId")?;
    let lease = Lease { warm: Arc::clone(&warm), context, disposed: false };
    let page = json!({
        "url": "about:blank",
        "browserContextId": lease.context,
        "width": options.viewport.width,
        "height": options.viewport.height,
        // A context that has no window yet cannot have a tab.
        "newWindow": true,
    });
    let target = text(ask(&warm.connection, "Target.createTarget", page, deadline).await?, "targetId")?;
    Ok(Leased { lease, target, browser: warm.browser.clone(), version: warm.version.clone() })
}

impl Lease {
    pub(super) fn process(&self) -> &Process {
        &self.warm.process
    }

    pub(super) fn context(&self) -> &str {
        &self.context
    }

    /// Gives the context up, and has no further run get its Chrome.
    pub(super) fn spoil(self) {
        self.warm.spoil();
    }

    /// Kills the Chrome, for a page that nothing else frees: with it go the other runs on it.
    pub(super) async fn kill(&self) -> Result<(), BrowserError> {
        self.warm.spoil();
        self.warm.process.kill().await
    }

    /// Closes the context with all that is in it.
    pub(super) async fn end(mut self) -> Result<(), BrowserError> {
        self.disposed = true;
        let params = json!({"browserContextId": self.context});
        let by = Instant::now() + DISPOSE_PATIENCE;
        let ended = self.warm.connection.ask_browser("Target.disposeBrowserContext", params, by).await;
        if ended.is_err() {
            // It goes with its Chrome.
            self.warm.spoil();
        }
        ended.map(|_| ()).map_err(BrowserError::from)
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        if !self.disposed {
            let params = json!({"browserContextId": self.context});
            if !self.warm.connection.tell_browser("Target.disposeBrowserContext", params) {
                self.warm.spoil();
            }
        }
    }
}
