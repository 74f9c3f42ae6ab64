//! Opening and closing a session.

use std::sync::OnceLock;

use serde_json::{Value, json};
use siskin_sdk::id::SpanId;
use tokio::time::{Instant, timeout_at};

use super::home::Home;
use super::options::{DriverStart, SessionOptions, Viewport};
use super::pool::{Leased, Pool};
use super::webdriver::WebDriver;
use crate::browser::cdp::{CdpError, Connection};
use crate::browser::error::BrowserError;
use crate::browser::install::{Programs, RunningBrowser, Version};
use crate::browser::memory;
use crate::browser::process::Process;
use crate::browser::reaper::{Reaper, StartBrowser};
use crate::browser::trace::Tracer;

/// A running browser with one page. Dropping it kills the browser; `close` also waits until nothing of it is left.
#[derive(Debug)]
pub struct Session {
    pub(super) webdriver: WebDriver,
    pub(super) connection: Connection,
    pub(super) home: Home,
    pub(super) browser: RunningBrowser,
    pub(super) limits: Limits,
    /// Why the session takes no more commands, once it does not.
    pub(super) over: OnceLock<BrowserError>,
}

/// What commands may take however long their callers would wait.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    pub(super) page_load: std::time::Duration,
    pub(super) script: std::time::Duration,
}

impl Session {
    /// Starts Chrome, and has its empty page observed from its beginning.
    ///
    /// # Errors
    /// `Config` when the browser does not start as set up, `Infrastructure` else, also when it is not
    /// ready in time or there is no memory for it. Nothing of the browser is left then.
    pub async fn launch(reaper: &Reaper, options: &SessionOptions, deadline: Instant) -> Result<Self, BrowserError> {
        memory::preflight(memory::available_mib()).map_err(BrowserError::Infrastructure)?;
        in_time(deadline, async {
            let process = start(reaper, options).await?;
            let tracer = options.trace.clone().and_then(Tracer::new);
            let connection = Connection::open(process.devtools(), tracer, deadline).await?;
            let (version, target) =
                tokio::try_join!(connection.browser_version(deadline), connection.first_page(deadline))?;
            let browser = running(&options.programs, &version)?;
            open(Found { connection, target, browser, home: Home::Own(process) }, &version, options, deadline).await
        })
        .await
    }

    /// Opens an empty page in a context of its own in the pool's Chrome, which is started if there is none. The browser
    /// and the working folder are the pool's.
    ///
    /// # Errors
    /// As [`Session::launch`].
    pub async fn lease(pool: &Pool, options: &SessionOptions, deadline: Instant) -> Result<Self, BrowserError> {
        memory::preflight(memory::available_mib()).map_err(BrowserError::Infrastructure)?;
        in_time(deadline, async {
            let leased = pool.lease(deadline).await?;
            let is_spare = leased.is_spare;
            match Box::pin(open_leased(leased, options, deadline)).await {
                // As when memory was short since it was made.
                Err(_) if is_spare => Box::pin(open_leased(pool.lease_new(deadline).await?, options, deadline)).await,
                opened => opened,
            }
        })
        .await
    }

    /// The browser this session runs.
    pub fn browser(&self) -> &RunningBrowser {
        &self.browser
    }

    /// Sets the size of the page's visible part.
    ///
    /// # Errors
    /// `Deadline` or `Infrastructure`.
    pub async fn set_viewport(&self, viewport: Viewport, deadline: Instant) -> Result<(), BrowserError> {
        self.guard_call("set_viewport", deadline, async |by| {
            self.connection.await_picture(by).await?;
            emulate_viewport(&self.connection, viewport, by).await?;
            await_layout(&self.connection, viewport, by).await
        })
        .await
    }

    /// Requests from now on hang below `parent` in the trace, as when the next step begins.
    pub fn set_trace_parent(&self, parent: SpanId) {
        self.connection.with(|recording| {
            if let Some(tracer) = &mut recording.tracer {
                tracer.set_parent(parent);
            }
        });
    }

    /// As [`Session::close`], but does not wait until a browser of its own is gone: the reaper sees to that.
    ///
    /// # Errors
    /// As [`Session::close`], for a pooled one.
    pub async fn leave(self) -> Result<(), BrowserError> {
        match &self.home {
            // Dropped, it is killed.
            Home::Own(_) => Ok(()),
            Home::Pooled(_) => self.close().await,
        }
    }

    /// Ends the browser by force, or this session's part of a pooled one.
    ///
    /// # Errors
    /// `Infrastructure` when something of it is left.
    pub async fn close(self) -> Result<(), BrowserError> {
        let Self { webdriver, connection, home, over, .. } = self;
        let ended = home.end(webdriver, over.get().is_none()).await;
        drop(connection);
        ended
    }
}

async fn in_time(
    deadline: Instant,
    opening: impl Future<Output = Result<Session, BrowserError>>,
) -> Result<Session, BrowserError> {
    let began = Instant::now();
    // The futures of client and socket are large, and this one is held by every run.
    timeout_at(deadline, Box::pin(opening)).await.map_err(|_| {
        BrowserError::Infrastructure(format!("the browser did not start within {} ms", began.elapsed().as_millis()))
    })?
}

/// Starts a Chrome as the options say.
pub(super) async fn start(reaper: &Reaper, options: &SessionOptions) -> Result<Process, BrowserError> {
    let (arguments, preferences) = (options.all_arguments(), options.preferences().to_string());
    let (browser, root) = (options.programs.browser.as_path(), options.work_dir.as_path());
    Process::start(reaper, StartBrowser { browser, arguments, preferences, root }).await
}

/// What Chrome says of itself when it is asked for its version.
pub(super) fn running(programs: &Programs, told: &Value) -> Result<RunningBrowser, BrowserError> {
    // `HeadlessChrome/156.0.7300.2`
    let product = told.get("product").and_then(Value::as_str).unwrap_or_default();
    let version = product.split_once('/').and_then(|(_, version)| Version::parse(version));
    let version = version.ok_or_else(|| BrowserError::infrastructure("Chrome tells no version"))?;
    Ok(RunningBrowser { programs: programs.clone(), version })
}

/// A page that is there, and is not yet observed.
struct Found {
    connection: Connection,
    target: String,
    browser: RunningBrowser,
    home: Home,
}

async fn open_leased(leased: Leased, options: &SessionOptions, deadline: Instant) -> Result<Session, BrowserError> {
    let tracer = options.trace.clone().and_then(Tracer::new);
    let connection = Connection::open(leased.lease.process().devtools(), tracer, deadline).await?;
    let (home, target, browser) = (Home::Pooled(leased.lease), leased.target, leased.browser);
    open(Found { connection, target, browser, home }, &leased.version, options, deadline).await
}

async fn open(
    found: Found,
    version: &Value,
    options: &SessionOptions,
    deadline: Instant,
) -> Result<Session, BrowserError> {
    let Found { connection, target, browser, home } = found;
    let webdriver = WebDriver::new(options, home.process());
    let mut setup = vec![("Emulation.setDeviceMetricsOverride", metrics(options.viewport))];
    if let Some(suffix) = &options.user_agent_suffix {
        let own = version.get("userAgent").and_then(Value::as_str).unwrap_or_default();
        setup.push(("Emulation.setUserAgentOverride", json!({"userAgent": format!("{own} {suffix}").trim()})));
    }
    if options.accept_insecure_certs {
        setup.push(("Security.setIgnoreCertificateErrors", json!({"ignore": true})));
    }
    let observed = async {
        let refused = connection.refuse_downloads(home.context(), deadline);
        tokio::try_join!(refused, connection.attach_with(&target, setup, deadline))?;
        Ok(())
    };
    let driven = async {
        match options.driver {
            DriverStart::AtOnce => webdriver.client(home.process(), &browser, &target).await.map(drop),
            DriverStart::WhenNeeded => Ok(()),
        }
    };
    tokio::try_join!(observed, driven)?;
    let limits = Limits { page_load: options.page_load_timeout, script: options.script_timeout };
    Ok(Session { webdriver, connection, home, browser, limits, over: OnceLock::new() })
}

fn metrics(viewport: Viewport) -> Value {
    // `--window-size` counts the window's frame, so the page would get less.
    let Viewport { width, height } = viewport;
    json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": false})
}

async fn emulate_viewport(connection: &Connection, viewport: Viewport, by: Instant) -> Result<(), CdpError> {
    connection.call("Emulation.setDeviceMetricsOverride", metrics(viewport), by).await.map(|_| ())
}

/// Waits until the page has its new size: Chrome answers before it is laid out anew.
async fn await_layout(connection: &Connection, viewport: Viewport, by: Instant) -> Result<(), CdpError> {
    let Viewport { width, height } = viewport;
    // A page that is never laid out shall not hold us up.
    let laid_out = format!(
        "new Promise((done) => {{
           const look = () => innerWidth === {width} && innerHeight === {height} ? done() : requestAnimationFrame(look);
           look();
           setTimeout(done, 1000);
         }})"
    );
    let params = json!({"expression": laid_out, "awaitPromise": true});
    match connection.call("Runtime.evaluate", params, by).await {
        // Another document came meanwhile, and was laid out at its new size from the start.
        Ok(_) | Err(CdpError::Refused { .. }) => Ok(()),
        Err(error) => Err(error),
    }
}
