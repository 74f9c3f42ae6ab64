//! Opening and closing a session.

use std::io;
use std::path::Path;
use std::sync::OnceLock;
use std::time::Duration;

use fantoccini::error::CmdError;
use fantoccini::{Client, ClientBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use siskin_sdk::id::SpanId;
use tokio::time::{Instant, timeout, timeout_at};

use super::options::{SessionOptions, Viewport};
use crate::browser::cdp::{CdpError, ConnectOptions, Connection};
use crate::browser::driver::Driver;
use crate::browser::error::BrowserError;
use crate::browser::install::Installation;
use crate::browser::memory;
use crate::browser::reaper::Reaper;
use crate::browser::trace::Tracer;

/// How long Chrome may take to close by itself; then it is killed.
const CLOSE_PATIENCE: Duration = Duration::from_secs(2);

/// A running browser with one page. Dropping it kills the browser; `close` lets it end first.
#[derive(Debug)]
pub struct Session {
    pub(super) client: Client,
    pub(super) connection: Connection,
    pub(super) driver: Driver,
    pub(super) installation: Installation,
    /// Why the session takes no more commands, once it does not.
    pub(super) over: OnceLock<BrowserError>,
}

impl Session {
    /// Starts ChromeDriver and Chrome, and opens an empty page that is observed from its beginning.
    ///
    /// # Errors
    /// `Config` when the browser does not start as set up, `Infrastructure` else, also when it is not
    /// ready in time. Nothing of the browser is left then.
    pub async fn launch(reaper: &Reaper, options: &SessionOptions, deadline: Instant) -> Result<Self, BrowserError> {
        let began = Instant::now();
        memory::preflight(memory::available_mib()).map_err(BrowserError::Infrastructure)?;
        // The futures of client and socket are large, and this one is held by every run.
        let opening = Box::pin(open(reaper, options, deadline));
        timeout_at(deadline, opening).await.map_err(|_| {
            BrowserError::Infrastructure(format!("the browser did not start within {} ms", began.elapsed().as_millis()))
        })?
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

    /// Ends the browser: politely for at most 2 s, then by force. Removes its folder.
    ///
    /// # Errors
    /// `Infrastructure` when something of it is left.
    pub async fn close(self) -> Result<(), BrowserError> {
        let Self { client, connection, driver, over, .. } = self;
        if over.get().is_none() {
            // Whether it went well or not, what is left is killed next.
            drop(timeout(CLOSE_PATIENCE, client.close()).await);
        }
        drop(connection);
        driver.kill().await
    }
}

async fn open(reaper: &Reaper, options: &SessionOptions, deadline: Instant) -> Result<Session, BrowserError> {
    let driver = Driver::start(reaper, &options.installation, &options.work_dir).await?;
    let client = ClientBuilder::new(HttpConnector::new())
        .capabilities(options.capabilities())
        .connect(driver.url())
        .await
        .map_err(|error| BrowserError::from_new_session(&error))?;
    let began = Instant::now();
    let window = client
        .window()
        .await
        .map_err(|error: CmdError| BrowserError::from_command("window", began.elapsed(), &error))?;
    let target = String::from(window);
    let (port, path) = devtools_endpoint(&client).await?;
    let tracer = options.trace.clone().and_then(Tracer::new);
    let connection = Connection::open(ConnectOptions { port, path: &path, target: &target, tracer }, deadline).await?;
    connection.refuse_downloads(deadline).await?;
    emulate_viewport(&connection, options.viewport, deadline).await?;
    if let Some(suffix) = &options.user_agent_suffix {
        extend_user_agent(&connection, suffix, deadline).await?;
    }
    Ok(Session { client, connection, driver, installation: options.installation.clone(), over: OnceLock::new() })
}

/// Port and path of the browser's own DevTools endpoint, from the file Chrome writes them to.
async fn devtools_endpoint(client: &Client) -> Result<(u16, String), BrowserError> {
    let folder = client
        .capabilities()
        .and_then(|capabilities| capabilities.get("chrome"))
        .and_then(|chrome| chrome.get("userDataDir"))
        .and_then(Value::as_str)
        .ok_or_else(|| BrowserError::infrastructure("ChromeDriver names no profile folder"))?;
    let file = Path::new(folder).join("DevToolsActivePort");
    let text = tokio::fs::read_to_string(&file)
        .await
        .map_err(|error: io::Error| BrowserError::infrastructure(format!("{}: {error}", file.display())))?;
    let mut lines = text.lines();
    let port = lines.next().and_then(|line| line.trim().parse().ok());
    match (port, lines.next()) {
        (Some(port), Some(path)) if path.starts_with('/') => Ok((port, path.to_owned())),
        _ => Err(BrowserError::infrastructure(format!("{} holds no DevTools address", file.display()))),
    }
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
