//! The browser of a run: found once for all runs, started only when a script opens a page.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::Mutex as AsyncMutex;
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::browser::{
    BrowserError, DriverStart, InstallOptions, Pool, Programs, Reaper, Session, SessionOptions, TraceContext,
    browser_root,
};

/// Starting Chrome takes a second or two; a machine that takes longer than this is out of order.
const LAUNCH_WITHIN: Duration = Duration::from_secs(20);

/// How runs get their browser: one pair of programs and one reaper for all of them.
#[derive(Clone, Debug)]
pub struct BrowserSetup(Arc<Shared>);

/// What runs share of a browser.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Isolation {
    /// Nothing: each has a Chrome of its own. For scripts of strangers.
    #[default]
    Process,
    /// One Chrome, in which each has a context of its own: half the time and a fifth of the memory, but a browser that
    /// crashes ends all runs on it. For an operator's own scripts.
    Context,
}

#[derive(Debug)]
struct Shared {
    options: InstallOptions,
    isolation: Isolation,
    /// The program to start as the reaper; `None` for this very program.
    reaper_program: Option<PathBuf>,
    found: AsyncMutex<Option<Found>>,
}

/// What was found and started for all runs.
#[derive(Clone, Debug)]
struct Found {
    programs: Programs,
    reaper: Reaper,
    pool: Option<Arc<Pool>>,
}

impl BrowserSetup {
    /// Browsers found by `options`; nothing is looked for or started before a run needs it.
    pub fn new(options: InstallOptions) -> Self {
        Self::with_isolation(options, Isolation::default())
    }

    /// As [`BrowserSetup::new`], with runs that share as much as `isolation` allows.
    pub fn with_isolation(options: InstallOptions, isolation: Isolation) -> Self {
        Self(Arc::new(Shared { options, isolation, reaper_program: None, found: AsyncMutex::new(None) }))
    }

    /// As [`BrowserSetup::new`], with another program as the reaper: for programs whose `main` does not begin with
    /// [`reaper::run_if_requested`](crate::browser::reaper::run_if_requested), as tests.
    pub fn with_reaper(options: InstallOptions, reaper_program: Option<PathBuf>) -> Self {
        let isolation = Isolation::default();
        Self(Arc::new(Shared { options, isolation, reaper_program, found: AsyncMutex::new(None) }))
    }

    async fn get(&self) -> Result<Found, BrowserError> {
        let mut place = self.0.found.lock().await;
        if let Some(found) = &*place {
            return Ok(found.clone());
        }
        let programs = Programs::locate(&self.0.options).map_err(|error| BrowserError::Config(error.to_string()))?;
        let reaper = match &self.0.reaper_program {
            Some(program) => Reaper::spawn(program)?,
            None => Reaper::spawn_self()?,
        };
        let pool = match self.0.isolation {
            Isolation::Process => None,
            Isolation::Context => Some(Arc::new(Pool::new(reaper.clone(), programs.clone(), browser_root()))),
        };
        let found = Found { programs, reaper, pool };
        *place = Some(found.clone());
        Ok(found)
    }

    /// Ends the reaper, and with it whatever browser is left.
    pub async fn close(&self) {
        let found = self.0.found.lock().await.take();
        let Some(Found { reaper, pool, .. }) = found else { return };
        if let Some(pool) = pool.and_then(Arc::into_inner)
            && let Err(error) = pool.close().await
        {
            tracing::warn!(%error, "shared browser did not end well");
        }
        if let Err(error) = reaper.close().await {
            tracing::warn!(%error, "reaper did not end well");
        }
    }
}

/// The place of one run's browser session.
#[derive(Debug)]
pub(crate) struct BrowserSlot {
    setup: BrowserSetup,
    page_load_timeout: Duration,
    user_agent_suffix: String,
    trace: TraceContext,
    /// Held while a session is started; the reason why one that was started in advance is not there.
    starting: Arc<AsyncMutex<Option<BrowserError>>>,
    /// The task that starts one in advance.
    preparing: Mutex<JoinSet<()>>,
    /// Started, and not yet asked for.
    prepared: Mutex<Option<Arc<Session>>>,
    session: Mutex<Option<Arc<Session>>>,
    dead: AtomicBool,
    launch: Mutex<Duration>,
}

impl BrowserSlot {
    pub(crate) fn new(
        setup: BrowserSetup,
        page_load_timeout: Duration,
        user_agent_suffix: String,
        trace: TraceContext,
    ) -> Self {
        Self {
            setup,
            page_load_timeout,
            user_agent_suffix,
            trace,
            starting: Arc::default(),
            preparing: Mutex::default(),
            prepared: Mutex::new(None),
            session: Mutex::new(None),
            dead: AtomicBool::new(false),
            launch: Mutex::new(Duration::ZERO),
        }
    }

    /// Starts a session for a script that will ask for one; it is nobody's until then.
    pub(crate) fn prepare(self: &Arc<Self>, driver: DriverStart, deadline: Instant) {
        // Held from now on: whoever asks meanwhile waits for this one.
        let Ok(mut failed) = Arc::clone(&self.starting).try_lock_owned() else { return };
        let slot = Arc::clone(self);
        self.preparing.lock().spawn(async move {
            match slot.start(driver, deadline).await {
                Ok(session) => *slot.prepared.lock() = Some(session),
                Err(error) => *failed = Some(error),
            }
        });
    }

    /// The session, started when there is none yet.
    pub(crate) async fn open(&self, deadline: Instant) -> Result<Arc<Session>, BrowserError> {
        if let Some(session) = self.current() {
            return Ok(session);
        }
        let mut failed = self.starting.lock().await;
        if let Some(error) = failed.take() {
            return Err(error);
        }
        let prepared = self.prepared.lock().take();
        let session = match prepared {
            Some(session) => session,
            None => self.start(DriverStart::WhenNeeded, deadline).await?,
        };
        *self.session.lock() = Some(Arc::clone(&session));
        Ok(session)
    }

    async fn start(&self, driver: DriverStart, deadline: Instant) -> Result<Arc<Session>, BrowserError> {
        let began = Instant::now();
        let Found { programs, reaper, pool } = self.setup.get().await?;
        let options = SessionOptions {
            page_load_timeout: self.page_load_timeout,
            user_agent_suffix: Some(self.user_agent_suffix.clone()),
            trace: Some(self.trace.clone()),
            driver,
            ..SessionOptions::new(programs)
        };
        let by = deadline.min(Instant::now() + LAUNCH_WITHIN);
        let session = match &pool {
            None => Box::pin(Session::launch(&reaper, &options, by)).await?,
            Some(pool) => Box::pin(Session::lease(pool, &options, by)).await?,
        };
        *self.launch.lock() = began.elapsed();
        Ok(Arc::new(session))
    }

    /// How long the start took; zero before it.
    pub(crate) fn launch_duration(&self) -> Duration {
        *self.launch.lock()
    }

    /// The session, if one was started, dead or alive.
    pub(crate) fn current(&self) -> Option<Arc<Session>> {
        self.session.lock().clone()
    }

    /// Whether a session was started, or is.
    pub(crate) fn is_taken(&self) -> bool {
        self.current().is_some() || !self.preparing.lock().is_empty()
    }

    /// Name and version of the browser, if one was started.
    pub(crate) fn browser_name(&self) -> Option<String> {
        let session = self.current()?;
        let browser = session.browser();
        Some(format!("{} {}", browser.programs.kind.as_str(), browser.version))
    }

    /// The session, if one was started and still takes commands.
    pub(crate) fn usable(&self) -> Option<Arc<Session>> {
        if self.dead.load(Ordering::Relaxed) { None } else { self.current() }
    }

    /// Notes what a command said: some errors end the session.
    pub(crate) fn note(&self, error: &BrowserError) {
        if !error.session_survives() {
            self.dead.store(true, Ordering::Relaxed);
        }
    }

    /// Takes the session out, to be closed; one that is still being started is given up.
    pub(crate) async fn take(&self) -> Option<Arc<Session>> {
        let mut preparing = std::mem::take(&mut *self.preparing.lock());
        preparing.shutdown().await;
        let session = self.session.lock().take();
        session.or_else(|| self.prepared.lock().take())
    }
}
