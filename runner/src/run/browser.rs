//! The browser of a run: found once for all runs, started only when a script opens a page.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::Mutex as AsyncMutex;
use tokio::time::Instant;

use crate::browser::{BrowserError, InstallOptions, Installation, Reaper, Session, SessionOptions, TraceContext};

/// Starting Chrome takes a second or two; a machine that takes longer than this is out of order.
const LAUNCH_WITHIN: Duration = Duration::from_secs(20);

/// How runs get their browser: one installation and one reaper for all of them.
#[derive(Clone, Debug)]
pub struct BrowserSetup(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    options: InstallOptions,
    /// The program to start as the reaper; `None` for this very program.
    reaper_program: Option<PathBuf>,
    found: AsyncMutex<Option<(Installation, Reaper)>>,
}

impl BrowserSetup {
    /// Browsers found by `options`; nothing is looked for or started before a run needs it.
    pub fn new(options: InstallOptions) -> Self {
        Self::with_reaper(options, None)
    }

    /// As [`BrowserSetup::new`], with another program as the reaper: for programs whose `main` does not begin with
    /// [`reaper::run_if_requested`](crate::browser::reaper::run_if_requested), as tests.
    pub fn with_reaper(options: InstallOptions, reaper_program: Option<PathBuf>) -> Self {
        Self(Arc::new(Shared { options, reaper_program, found: AsyncMutex::new(None) }))
    }

    /// The installation and the reaper.
    async fn get(&self) -> Result<(Installation, Reaper), BrowserError> {
        let mut found = self.0.found.lock().await;
        if let Some((installation, reaper)) = &*found {
            return Ok((installation.clone(), reaper.clone()));
        }
        let installation =
            Installation::find(&self.0.options).await.map_err(|error| BrowserError::Config(error.to_string()))?;
        let reaper = match &self.0.reaper_program {
            Some(program) => Reaper::spawn(program)?,
            None => Reaper::spawn_self()?,
        };
        *found = Some((installation.clone(), reaper.clone()));
        Ok((installation, reaper))
    }

    /// Ends the reaper, and with it whatever browser is left.
    pub async fn close(&self) {
        let found = self.0.found.lock().await.take();
        if let Some((_, reaper)) = found
            && let Err(error) = reaper.close().await
        {
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
            session: Mutex::new(None),
            dead: AtomicBool::new(false),
            launch: Mutex::new(Duration::ZERO),
        }
    }

    /// The session, started when there is none yet. A script has one thread, so nobody else starts one meanwhile.
    pub(crate) async fn open(&self, deadline: Instant) -> Result<Arc<Session>, BrowserError> {
        if let Some(session) = self.current() {
            return Ok(session);
        }
        let began = Instant::now();
        let (installation, reaper) = self.setup.get().await?;
        let options = SessionOptions {
            page_load_timeout: self.page_load_timeout,
            user_agent_suffix: Some(self.user_agent_suffix.clone()),
            trace: Some(self.trace.clone()),
            ..SessionOptions::new(installation)
        };
        let by = deadline.min(Instant::now() + LAUNCH_WITHIN);
        let session = Arc::new(Box::pin(Session::launch(&reaper, &options, by)).await?);
        *self.launch.lock() = began.elapsed();
        *self.session.lock() = Some(Arc::clone(&session));
        Ok(session)
    }

    /// How long the start took; zero before it.
    pub(crate) fn launch_duration(&self) -> Duration {
        *self.launch.lock()
    }

    /// The session, if one was started, dead or alive.
    pub(crate) fn current(&self) -> Option<Arc<Session>> {
        self.session.lock().clone()
    }

    /// Name and version of the browser, if one was started.
    pub(crate) fn browser_name(&self) -> Option<String> {
        let session = self.current()?;
        let installation = session.installation();
        Some(format!("{} {}", installation.kind.as_str(), installation.browser_version))
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

    /// Takes the session out, to be closed.
    pub(crate) fn take(&self) -> Option<Arc<Session>> {
        self.session.lock().take()
    }
}
