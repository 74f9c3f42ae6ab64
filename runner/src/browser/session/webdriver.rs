//! ChromeDriver beside a Chrome that runs already: attached when the first command needs it, as finding and clicking do.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use fantoccini::wd::WindowHandle;
use fantoccini::{Client, ClientBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Map, Value};
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout};

use super::options::SessionOptions;
use crate::browser::error::{BrowserError, PageError};
use crate::browser::install::{Installation, RunningBrowser, Version};
use crate::browser::process::Process;

/// How long ChromeDriver may take to let go of a Chrome that lives on.
const CLOSE_PATIENCE: Duration = Duration::from_secs(2);

/// The session's WebDriver session, if it has one yet.
#[derive(Debug)]
pub(super) struct WebDriver {
    capabilities: Map<String, Value>,
    attached: Mutex<Option<Attached>>,
    /// How many frames deep its commands work.
    frames: AtomicUsize,
}

#[derive(Debug)]
struct Attached {
    client: Client,
    /// The tab that its commands work with, at its top; `None` when that is to be told it anew.
    window: Option<String>,
}

impl WebDriver {
    pub(super) fn new(options: &SessionOptions, process: &Process) -> Self {
        Self {
            capabilities: options.capabilities_at(process.devtools().port),
            attached: Mutex::new(None),
            frames: AtomicUsize::new(0),
        }
    }

    /// The client, at work with `tab`; attached first when it is not yet.
    pub(super) async fn client(
        &self,
        process: &Process,
        browser: &RunningBrowser,
        tab: &str,
    ) -> Result<Client, BrowserError> {
        let mut place = self.attached.lock().await;
        if place.is_none() {
            // The futures of a client are large, and this happens once.
            let client = Box::pin(attach(&self.capabilities, process, browser)).await?;
            *place = Some(Attached { client, window: None });
        }
        let Some(attached) = &mut *place else { return Err(BrowserError::infrastructure("there is no WebDriver")) };
        if attached.window.as_deref() != Some(tab) {
            let began = Instant::now();
            let window = window(tab)?;
            let switched = attached.client.switch_to_window(window).await;
            switched.map_err(|error| BrowserError::from_command("switch_to_window", began.elapsed(), &error))?;
            attached.window = Some(tab.to_owned());
            self.frames.store(0, Ordering::Relaxed);
        }
        Ok(attached.client.clone())
    }

    /// Whether its commands work within a frame, where those of DevTools do not.
    pub(super) fn is_in_frame(&self) -> bool {
        self.frames.load(Ordering::Relaxed) > 0
    }

    pub(super) fn entered_frame(&self) {
        self.frames.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn left_frame(&self) {
        let depth = self.frames.load(Ordering::Relaxed);
        self.frames.store(depth.saturating_sub(1), Ordering::Relaxed);
    }

    /// The next command works with the whole page again.
    pub(super) async fn leave_frames(&self) {
        if self.is_in_frame() {
            self.frames.store(0, Ordering::Relaxed);
            if let Some(attached) = &mut *self.attached.lock().await {
                attached.window = None;
            }
        }
    }

    /// Lets go of Chrome, which lives on.
    pub(super) async fn close(&self) {
        if let Some(Attached { client, .. }) = self.attached.lock().await.take() {
            // Whether it went well or not, its page goes next.
            drop(timeout(CLOSE_PATIENCE, client.close()).await);
        }
    }
}

fn window(handle: &str) -> Result<WindowHandle, BrowserError> {
    WindowHandle::try_from(handle.to_owned()).map_err(|error| BrowserError::Page(PageError::Refused(error.to_string())))
}

async fn attach(
    capabilities: &Map<String, Value>,
    process: &Process,
    browser: &RunningBrowser,
) -> Result<Client, BrowserError> {
    let url = process.start_driver(&browser.programs.driver).await?;
    let client = ClientBuilder::new(HttpConnector::new())
        .capabilities(capabilities.clone())
        .connect(&url)
        .await
        .map_err(|error| BrowserError::from_new_session(&error))?;
    let told =
        |client: &Client| Version::parse(client.capabilities()?.get("chrome")?.get("chromedriverVersion")?.as_str()?);
    let driver = told(&client).ok_or_else(|| BrowserError::infrastructure("ChromeDriver tells no version"))?;
    Installation::pair(browser.programs.clone(), browser.version.clone(), driver)
        .map_err(|error| BrowserError::Config(error.to_string()))?;
    Ok(client)
}
