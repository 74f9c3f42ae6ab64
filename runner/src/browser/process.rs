//! One Chrome, run by the reaper, and the ChromeDriver beside it.

use std::path::Path;

use parking_lot::Mutex;

use super::error::BrowserError;
use super::reaper::{BrowserId, Devtools, Reaper, StartBrowser, StartedBrowser};

/// A running Chrome. Dropping it kills it, and removes its folder.
#[derive(Debug)]
pub(crate) struct Process {
    reaper: Reaper,
    /// `None` once it was killed.
    id: Mutex<Option<BrowserId>>,
    devtools: Devtools,
}

impl Process {
    /// Starts Chrome on an empty page, in a folder of its own.
    pub(crate) async fn start(reaper: &Reaper, start: StartBrowser<'_>) -> Result<Self, BrowserError> {
        let StartedBrowser { id, devtools } = reaper.start_browser(start).await?;
        Ok(Self { reaper: reaper.clone(), id: Mutex::new(Some(id)), devtools })
    }

    /// Where the browser's DevTools are.
    pub(crate) fn devtools(&self) -> &Devtools {
        &self.devtools
    }

    /// Starts ChromeDriver beside it, unless it runs already, and gives its address without a path.
    pub(crate) async fn start_driver(&self, driver: &Path) -> Result<String, BrowserError> {
        let id = *self.id.lock();
        let id = id.ok_or_else(|| BrowserError::infrastructure("the browser was killed"))?;
        let port = self.reaper.start_driver(id, driver).await?;
        // ChromeDriver listens on both loopback addresses, but `localhost` may resolve slowly.
        Ok(format!("http://127.0.0.1:{port}"))
    }

    /// Kills Chrome and ChromeDriver, and waits until nothing of them is left. Does so once.
    pub(crate) async fn kill(&self) -> Result<(), BrowserError> {
        let id = *self.id.lock();
        if let Some(id) = id {
            self.reaper.stop_browser(id).await?;
        }
        // Only now: a kill that is itself cancelled is repeated by the drop.
        *self.id.lock() = None;
        Ok(())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if let Some(id) = self.id.get_mut().take() {
            self.reaper.stop_browser_later(id);
        }
    }
}
