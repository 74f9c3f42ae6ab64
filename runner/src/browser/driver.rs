//! One ChromeDriver for one session, run by the reaper.

use std::path::Path;

use parking_lot::Mutex;

use super::error::BrowserError;
use super::install::Programs;
use super::reaper::{Reaper, StartedDriver};

/// A running ChromeDriver. Dropping it kills it with its Chrome, and removes their folder.
#[derive(Debug)]
pub(crate) struct Driver {
    reaper: Reaper,
    started: Mutex<Option<StartedDriver>>,
    url: String,
}

impl Driver {
    /// Starts ChromeDriver on a free port, in a folder of its own below `root`.
    pub(crate) async fn start(reaper: &Reaper, programs: &Programs, root: &Path) -> Result<Self, BrowserError> {
        let started = reaper.start_driver(&programs.driver, root).await?;
        Ok(Self {
            reaper: reaper.clone(),
            // ChromeDriver listens on both loopback addresses, but `localhost` may resolve slowly.
            url: format!("http://127.0.0.1:{}", started.port),
            started: Mutex::new(Some(started)),
        })
    }

    /// Where ChromeDriver answers, without a path.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Kills ChromeDriver and Chrome, and waits until nothing of them is left. Does so once.
    pub(crate) async fn kill(&self) -> Result<(), BrowserError> {
        let id = self.started.lock().as_ref().map(|started| started.id);
        if let Some(id) = id {
            self.reaper.stop_driver(id).await?;
        }
        // Only now: a kill that is itself cancelled is repeated by the drop.
        *self.started.lock() = None;
        Ok(())
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        if let Some(started) = self.started.get_mut().take() {
            self.reaper.stop_driver_later(started.id);
        }
    }
}
