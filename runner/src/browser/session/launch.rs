//! Opening and closing a session.

use std::sync::OnceLock;

use fantoccini::Client;
use serde_json::{Value, json};
use siskin_sdk::id::SpanId;
use tokio::time::{Instant, timeout_at};

use super::chrome::{Chrome, Devtools};
use super::home::Home;
use super::options::{SessionOptions, Viewport};
use super::pool::{Leased, Pool};
use crate::browser::cdp::{CdpError, ConnectOptions, Connection};
use crate::browser::error::BrowserError;
use crate::browser::install::Installation;
use crate::browser::memory;
use crate::browser::reaper::Reaper;
use crate::browser::trace::Tracer;

/// A running browser with one page. Dropping it kills the browser; `close` also waits until nothing of it is left.
#[derive(Debug)]
pub struct Session {
    pub(super) client: Client,
    pub(super) connection: Connection,
    pub(super) home: Home,
    pub(super) installation: Installation,
    /// Why the session takes no more commands, once it does not.
    pub(super) over: OnceLock<BrowserError>,
}

impl Session {
    /// Starts ChromeDriver and Chrome, and opens an empty page that is observed from its beginning.
    ///
    /// # Errors
    /// `Config` when the browser does not start as set up, `Infrastructure` else, also when it is not
    /// ready in time or there is no memory for it. Nothing of the browser is left then.
    pub async fn launch(reaper: &Reaper, options: &SessionOptions, deadline: Instant) -> Result<Self, BrowserError> {
        memory::preflight(memory::available_mib()).map_err(BrowserError::Infrastructure)?;
        in_time(deadline, async {
            let Chrome { driver, client, target, devtools, installation } = Chrome::start(reaper, options).await?;
            open(Found { client, target, devtools, installation, home: Home::Own(driver) }, options, deadline).await
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
            let Leased { lease, client, target, devtools, installation } = pool.lease(options, deadline).await?;
            open(Found { client, target, devtools, installation, home: Home::Pooled(lease) }, options, deadline).await
        })
        .await
    }

    /// The browser this session runs.
    pub fn installation(&self) -> &Installation {
        &self.installation
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

    /// Ends the browser by force, or this session's part of a pooled one.
    ///
    /// # Errors
    /// `Infrastructure` when something of it is left.
    pub async fn close(self) -> Result<(), BrowserError> {
        let Self { client, connection, home, over, .. } = self;
        let ended = home.end(client, over.get().is_none()).await;
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

/// A page that is there, and is not yet observed.
struct Found {
    client: Client,
    target: String,
    devtools: Devtools,
    installation: Installation,
    home: Home,
}

async fn open(found: Found, options: &SessionOptions, deadline: Instant) -> Result<Session, BrowserError> {
    let Found { client, target, devtools: Devtools { port, path }, installation, home } = found;
    let tracer = options.trace.clone().and_then(Tracer::new);
    let connection = Connection::open(ConnectOptions { port, path: &path, target: &target, tracer }, deadline).await?;
    let refused = connection.refuse_downloads(home.context(), deadline);
    let emulated = emulate_viewport(&connection, options.viewport, deadline);
    tokio::try_join!(refused, emulated)?;
    if let Some(suffix) = &options.user_agent_suffix {
        extend_user_agent(&connection, suffix, deadline).await?;
    }
    Ok(Session { client, connection, home, installation, over: OnceLock::new() })
}

async fn emulate_viewport(connection: &Connection, viewport: Viewport, by: Instant) -> Result<(), CdpError> {
    // `--window-size` counts the window's frame, so the page would get less.
    let Viewport { width, height } = viewport;
    let params = json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": false});
    connection.call("Emulation.setDeviceMetricsOverride", params, by).await.map(|_| ())
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

async fn extend_user_agent(connection: &Connection, suffix: &str, deadline: Instant) -> Result<(), BrowserError> {
    let version = connection.browser_version(deadline).await?;
    let own = version.get("userAgent").and_then(Value::as_str).unwrap_or_default();
    let params = json!({"userAgent": format!("{own} {suffix}").trim()});
    connection.call("Emulation.setUserAgentOverride", params, deadline).await?;
    Ok(())
}
