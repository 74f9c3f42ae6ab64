//! The canary runner inside `siskin up`. It speaks to the backend over HTTP, as a runner elsewhere would.

use std::path::Path;
use std::sync::Arc;

use jiff::tz::TimeZone;
use siskin_blueprints::{Engine, Subject};
use siskin_runner::config::Config;
use siskin_runner::daemon::{self, DaemonOptions};
use siskin_runner::report;
use siskin_runner::schedule::FirstRun;
use tracing::error;

use super::say::say;
use super::system::System;

/// Whether any of the canaries opens pages.
pub(super) fn needs_browser(config: &Config) -> bool {
    config.entries.iter().any(|entry| match &entry.canary.subject {
        Subject::Blueprint { blueprint, .. } => blueprint.engine == Engine::Browser,
        Subject::Script { .. } => true,
    })
}

/// Starts the canaries and prints each run as it ends. They drain when the system shuts down.
///
/// They follow what is changed in `file`.
pub(super) fn start(config: Config, file: &Path, system: &mut System) {
    let shown = file.display().to_string();
    let url = system.endpoints().api_url().parse().expect("an address makes a URL");
    let options = DaemonOptions {
        artifacts: system.artifacts_dir(),
        // Who starts a system wants to see it work, not wait for a phase.
        first_run: FirstRun::AtOnce,
        on_run: Arc::new(|run| say(&report::line(run, &TimeZone::system()))),
        config_file: Some(file.to_owned()),
        on_reload: Arc::new(move |loaded| match loaded {
            Ok(count) => say(&format!("{shown}: read again, {count} canaries")),
            Err(problems) => say(&format!("{shown}: changed and refused, what was read before goes on\n{problems}")),
        }),
        ..DaemonOptions::new(system.runner_dir(), Some(url))
    };
    let cancel = system.tasks().cancellation();
    system.tasks().spawn("canaries", async move {
        if let Err(error) = daemon::run(config, options, cancel).await {
            error!(%error, "the canary runner ended");
        }
    });
}
