//! The second look, in a Chrome that is started for it.

use std::time::Duration;

use tokio::time::Instant;

use super::LinksArgs;
use super::arguments::BrowserUse;
use crate::browser::{BrowserError, Programs, Reaper, Session, SessionOptions};
use crate::check::link::{LinkReport, LookOptions, Notice, doubts, look};
use crate::cli::once::install_options;

/// Starting Chrome takes a second or two; a machine that takes longer than this is out of order.
const LAUNCH_WITHIN: Duration = Duration::from_secs(20);

/// Has Chrome look at what HTTP cannot tell. Without Chrome the verdicts of HTTP stay, and the report says so.
pub(super) async fn look_again(report: &mut LinkReport, arguments: &LinksArgs) {
    let given = &arguments.browser;
    let folder = arguments.reports.artifacts.clone().filter(|_| given.pictures > 0 && report.counts.broken > 0);
    let pages = doubts(report).pages();
    if given.browser == BrowserUse::Never || (pages == 0 && folder.is_none()) {
        return;
    }
    let options =
        LookOptions { pages_max: given.browser_pages, pictures: folder.map(|folder| (given.pictures, folder)) };
    let looked = if arguments.requests.header.is_empty() && arguments.requests.basic_auth.is_none() {
        Box::pin(looked(report, arguments, &options)).await
    } else {
        Err(BrowserError::Config("headers and passwords are for HTTP alone".to_owned()))
    };
    if let Err(error) = looked {
        let text =
            format!("pages that need a browser ({pages}) were judged without, and no picture was taken: {error}");
        report.notices.push(Notice { about: String::new(), text });
    }
}

async fn looked(report: &mut LinkReport, arguments: &LinksArgs, options: &LookOptions) -> Result<(), BrowserError> {
    let programs = Programs::locate(&install_options(&arguments.browser.binaries));
    let programs = programs.map_err(|error| BrowserError::Config(error.to_string()))?;
    let reaper = Reaper::spawn_self()?;
    let setup = SessionOptions::new(programs);
    let looked = match Box::pin(Session::launch(&reaper, &setup, Instant::now() + LAUNCH_WITHIN)).await {
        Ok(session) => {
            let looked = Box::pin(look(report, &session, options)).await;
            let closed = Box::pin(session.close()).await;
            looked.and(closed)
        }
        Err(error) => Err(error),
    };
    let closed = reaper.close().await;
    looked.and(closed)
}
