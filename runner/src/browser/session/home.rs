//! Where a session's page lives: in a Chrome of its own, or in a context of a shared one.

use fantoccini::Client;
use tokio::time::timeout;

use super::chrome::CLOSE_PATIENCE;
use super::pool::Lease;
use crate::browser::driver::Driver;
use crate::browser::error::BrowserError;

#[derive(Debug)]
pub(super) enum Home {
    Own(Driver),
    Pooled(Lease),
}

impl Home {
    /// The browser context, when Chrome is shared.
    pub(super) fn context(&self) -> Option<&str> {
        match self {
            Self::Own(_) => None,
            Self::Pooled(lease) => Some(lease.context()),
        }
    }

    /// Ends the Chrome by force, also when it is shared.
    pub(super) async fn kill(&self) -> Result<(), BrowserError> {
        match self {
            Self::Own(driver) => driver.kill().await,
            Self::Pooled(lease) => lease.kill().await,
        }
    }

    /// Ends the session, which still takes commands if it is `alive`.
    pub(super) async fn end(self, client: Client, alive: bool) -> Result<(), BrowserError> {
        match self {
            // By force: its evidence is taken and its folder goes anyway, and being polite takes a tenth of a run.
            Self::Own(driver) => driver.kill().await,
            Self::Pooled(lease) if alive => {
                // Whether it went well or not, the context goes next. The shared Chrome only loses a guest.
                drop(timeout(CLOSE_PATIENCE, client.close()).await);
                lease.end().await
            }
            Self::Pooled(lease) => {
                // Over because its page or its Chrome is: the context may hang with it.
                drop(lease);
                Ok(())
            }
        }
    }
}
