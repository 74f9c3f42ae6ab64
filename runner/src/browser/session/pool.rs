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
use tokio::task::JoinHandle;
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
/// Making one takes a tenth of a second.
const SPARE_PATIENCE: Duration = Duration::from_secs(30);

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
    spare: parking_lot::Mutex<Spare>,
}

/// The next run's context.
#[derive(Default)]
enum Spare {
    #[default]
    None,
    Making(JoinHandle<()>),
    Made(Context),
}

/// A browser context with one empty page, as Chrome names them.
struct Context {
    id: String,
    target: String,
}

/// A context that a run has for itself.
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
    /// It was made before, and may have died since.
    pub(super) is_spare: bool,
}

impl Pool {
    /// A pool without a Chrome yet, whose working folder is made below `work_dir`.
    pub fn new(reaper: Reaper, programs: impl Into<Programs>, work_dir: PathBuf) -> Self {
        Self { reaper, programs: programs.into(), work_dir, warm: Mutex::new(None) }
    }

    /// A context, if possible the one that was made for the next run.
    pub(super) async fn lease(&self, deadline: Instant) -> Result<Leased, BrowserError> {
        let warm = self.warm(deadline).await?;
        match warm.take_spare() {
            Some(context) => Ok(warm.leased(context, true)),
            None => warm.lease_new(deadline).await,
        }
    }

    /// A context that is made now.
    pub(super) async fn lease_new(&self, deadline: Instant) -> Result<Leased, BrowserError> {
        self.warm(deadline).await?.lease_new(deadline).await
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
        let (runs, spoiled, spare) = (AtomicUsize::new(1), AtomicBool::new(false), parking_lot::Mutex::default());
        let warm = Arc::new(Warm { process, connection, browser, version, runs, spoiled, spare });
        *place = Some(Arc::clone(&warm));
        Ok(warm)
    }

    /// Ends the Chrome, once no run uses it any more.
    ///
    /// # Errors
    /// `Infrastructure` when something of it is left.
    pub async fn close(&self) -> Result<(), BrowserError> {
        let Some(warm) = self.warm.lock().await.take() else { return Ok(()) };
        warm.spoil();
        warm.give_up_spare().await;
        let Some(warm) = Arc::into_inner(warm) else { return Ok(()) };
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

    async fn lease_new(self: Arc<Self>, deadline: Instant) -> Result<Leased, BrowserError> {
        let context = self.make_context(deadline).await.inspect_err(|_| self.spoil())?;
        Ok(self.leased(context, false))
    }

    fn leased(self: Arc<Self>, context: Context, is_spare: bool) -> Leased {
        let (browser, version) = (self.browser.clone(), self.version.clone());
        let lease = Lease { warm: self, context: context.id, disposed: false };
        Leased { lease, target: context.target, browser, version, is_spare }
    }

    async fn make_context(&self, deadline: Instant) -> Result<Context, BrowserError> {
        let text = |answer: Value, field: &str| {
            let found = answer.get(field).and_then(Value::as_str).map(str::to_owned);
            found.ok_or_else(|| BrowserError::infrastructure(format!("Chrome names no {field}")))
        };
        let ask = async |method, params| self.connection.ask_browser(method, params, deadline).await;
        let made = ask("Target.createBrowserContext", json!({"disposeOnDetach": true})).await?;
        let id = text(made, "browserContextId")?;
        // A context that has no window yet cannot have a tab. Its size is set with the page's.
        let page = json!({"url": "about:blank", "browserContextId": id, "newWindow": true});
        let target = text(ask("Target.createTarget", page).await?, "targetId")?;
        Ok(Context { id, target })
    }

    fn take_spare(&self) -> Option<Context> {
        let mut spare = self.spare.lock();
        match std::mem::take(&mut *spare) {
            Spare::Made(context) => Some(context),
            other => {
                *spare = other;
                None
            }
        }
    }

    /// Has a context made for the next run, unless there is one, or there will be no next run.
    fn make_spare(self: &Arc<Self>) {
        let mut spare = self.spare.lock();
        let last = self.runs.load(Ordering::Relaxed) >= RUNS_MAX || self.spoiled.load(Ordering::Relaxed);
        if last || !matches!(*spare, Spare::None) {
            return;
        }
        let warm = Arc::clone(self);
        *spare = Spare::Making(tokio::spawn(async move {
            let made = warm.make_context(Instant::now() + SPARE_PATIENCE).await;
            // Without one, its Chrome is no good to anybody.
            let spare = made.inspect_err(|_| warm.spoil()).map_or(Spare::None, Spare::Made);
            *warm.spare.lock() = spare;
        }));
    }

    /// Waits until nobody makes a spare context any more.
    async fn give_up_spare(&self) {
        let spare = std::mem::take(&mut *self.spare.lock());
        if let Spare::Making(making) = spare {
            making.abort();
            // It was either aborted or done.
            drop(making.await);
        }
    }
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
        } else {
            self.warm.make_spare();
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
