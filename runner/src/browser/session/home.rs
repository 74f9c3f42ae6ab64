//! Where a session's page lives: in a Chrome of its own, or in a context of a shared one.

use super::pool::Lease;
use super::webdriver::WebDriver;
use crate::browser::error::BrowserError;
use crate::browser::process::Process;

#[derive(Debug)]
pub(super) enum Home {
    Own(Process),
    Pooled(Lease),
}

impl Home {
    /// The Chrome, shared or not.
    pub(super) fn process(&self) -> &Process {
        match self {
            Self::Own(process) => process,
            Self::Pooled(lease) => lease.process(),
        }
    }

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
            Self::Own(process) => process.kill().await,
            Self::Pooled(lease) => lease.kill().await,
        }
    }

    /// Ends the session, which still takes commands if it is `alive`.
    pub(super) async fn end(self, webdriver: WebDriver, alive: bool) -> Result<(), BrowserError> {
        match self {
            // By force: its evidence is taken and its folder goes anyway, and being polite takes a tenth of a run.
            Self::Own(process) => process.kill().await,
            Self::Pooled(lease) if alive => {
                webdriver.close().await;
                lease.end().await
            }
            Self::Pooled(lease) => {
                // Over because its page or its Chrome is: the context may hang with it, and nobody shall get that Chrome.
                lease.spoil();
                Ok(())
            }
        }
    }
}
