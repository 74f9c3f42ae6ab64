//! A Chrome with a window, for a person who uses it while it is watched.

use std::path::Path;

use serde_json::json;
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::cdp::{Wire, WireEvent};
use super::error::BrowserError;
use super::install::locate_visible;
use super::os;
use super::process::Process;
use super::reaper::{Reaper, StartBrowser};
use super::session::Viewport;

/// What a window's frame takes from the page, about, in CSS pixels.
const FRAME_HEIGHT: u32 = 90;

/// A running Chrome with a window, in a profile of its own. Dropping it kills it.
#[derive(Debug)]
pub(crate) struct VisibleBrowser {
    process: Process,
    pub(crate) wire: Wire,
}

impl VisibleBrowser {
    /// Starts Chrome on an empty page, and tells of those events whose method is `wanted`.
    ///
    /// # Errors
    /// `Config` when there is no Chrome, or it does not start, as without a display; `Infrastructure` else.
    pub(crate) async fn open(
        reaper: &Reaper,
        binary: Option<&Path>,
        page: Viewport,
        wanted: &'static [&'static str],
        deadline: Instant,
    ) -> Result<(Self, mpsc::Receiver<WireEvent>), BrowserError> {
        let browser = locate_visible(binary).map_err(|error| BrowserError::Config(error.to_string()))?;
        let root = os::browser_root();
        let preferences = json!({
            "autofill": {"enabled": false, "profile_enabled": false, "credit_card_enabled": false},
            "browser": {"check_default_browser": false},
            "credentials_enable_service": false,
            "distribution": {"skip_first_run_ui": true},
            "profile": {"password_manager_enabled": false},
            "translate": {"enabled": false},
        });
        let start = StartBrowser {
            browser: &browser,
            arguments: arguments(page),
            preferences: preferences.to_string(),
            root: &root,
        };
        let process = Process::start(reaper, start).await?;
        let (wire, events) = Wire::open(process.devtools(), wanted, deadline).await?;
        Ok((Self { process, wire }, events))
    }

    /// Ends it by force, and waits until nothing of it is left.
    pub(crate) async fn close(self) -> Result<(), BrowserError> {
        drop(self.wire);
        self.process.kill().await
    }
}

fn arguments(page: Viewport) -> Vec<String> {
    let mut arguments: Vec<String> = [
        "--no-first-run",
        "--no-default-browser-check",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--disable-search-engine-choice-screen",
        "--password-store=basic",
        "--use-mock-keychain",
        // Wayland where there is no X.
        "--ozone-platform-hint=auto",
        // As in runs: a page may open windows, and scripts name elements by role.
        "--disable-popup-blocking",
        "--enable-blink-features=ComputedAccessibilityInfo",
    ]
    .map(str::to_owned)
    .into();
    arguments.push(format!("--window-size={},{}", page.width, page.height + FRAME_HEIGHT));
    if os::is_root() {
        // Chrome's sandbox refuses to run as root; the second flag spares the warning about the first.
        arguments.extend(["--no-sandbox".to_owned(), "--test-type".to_owned()]);
    }
    arguments
}
