//! `runner`: the daemon, until it is interrupted.

use std::sync::Arc;

use jiff::tz::TimeZone;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use super::WatchArgs;
use super::execute::load;
use super::once::{browser_setup, origin};
use super::output::{Stop, complain, exit, say};
use crate::daemon::{self, DaemonOptions};
use crate::report;
use crate::schedule::FirstRun;

pub(super) async fn run(arguments: WatchArgs) -> Result<u8, Stop> {
    let config = load(&arguments.config)?;
    let defaults = DaemonOptions::new(&arguments.data, arguments.place.endpoint_url.clone());
    let zone = TimeZone::system();
    let options = DaemonOptions {
        artifacts: arguments.place.artifacts.clone().unwrap_or(defaults.artifacts),
        origin: origin(&arguments.place)?,
        browser: browser_setup(&arguments.place),
        browsers_max: arguments.browsers,
        first_run: if arguments.run_at_start { FirstRun::AtOnce } else { FirstRun::OnSchedule },
        on_run: Arc::new(move |run| say(report::line(run, &zone))),
        ..defaults
    };
    complain(format_args!("{} canaries of {}; Ctrl-C ends", config.canaries.len(), arguments.config.display()));
    let cancel = CancellationToken::new();
    let mut terminate = signal(SignalKind::terminate()).map_err(Stop::tooling)?;
    let running = daemon::run(config, options, cancel.clone());
    let mut running = std::pin::pin!(running);
    let ended = tokio::select! {
        ended = &mut running => ended,
        _ = tokio::signal::ctrl_c() => {
            cancel.cancel();
            running.await
        }
        _ = terminate.recv() => {
            cancel.cancel();
            running.await
        }
    };
    ended.map_err(Stop::usage)?;
    Ok(exit::FINE)
}
