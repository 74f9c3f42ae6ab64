//! `runner`: the daemon, until it is interrupted.

use std::io::IsTerminal;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use jiff::tz::TimeZone;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use super::WatchArgs;
use super::execute::load;
use super::once::{browser_setup, origin, target};
use super::output::{Stop, complain, exit, say};
use super::screen::Screen;
use crate::config::{ArtifactPlace, parse_duration};
use crate::daemon::{self, DaemonOptions};
use crate::report;
use crate::schedule::FirstRun;

/// A person who presses Ctrl-C waits this long for runs to finish.
const PERSON_WAITS: Duration = Duration::from_secs(2);

pub(super) async fn run(arguments: WatchArgs) -> Result<u8, Stop> {
    // From the first moment on: reading the file may take a while.
    let signal_of = |kind| signal(kind).map_err(Stop::tooling);
    let (mut terminate, mut interrupt) = (signal_of(SignalKind::terminate())?, signal_of(SignalKind::interrupt())?);
    let mut hangup = signal_of(SignalKind::hangup())?;
    let config = load(&arguments.config)?;
    let unknown = |group: &&String| !config.entries.iter().any(|entry| entry.groups.contains(*group));
    if let Some(group) = arguments.group.iter().find(unknown) {
        return Err(Stop::usage(format_args!("--group {group}: no canary of {} is in it", arguments.config.display())));
    }
    let options = options(&arguments)?;
    let count = config.entries.len();
    let screen = std::io::stdout().is_terminal().then(|| Screen::new(options.board.clone(), options.clock.clone()));
    if screen.is_none() {
        complain(format_args!("{count} canaries of {}; Ctrl-C ends", arguments.config.display()));
    }
    let cancel = CancellationToken::new();
    let (hurry, reload) = (options.hurry.clone(), Arc::clone(&options.reload));
    let mut running = Box::pin(daemon::run(config, options, cancel.clone()));
    let shown = async {
        match &screen {
            Some(screen) => screen.show().await,
            None => std::future::pending().await,
        }
    };
    let mut shown = std::pin::pin!(shown);
    let ended = loop {
        tokio::select! {
            ended = &mut running => break ended,
            () = &mut shown => {}
            _ = interrupt.recv() => {
                let again = cancel.is_cancelled();
                cancel.cancel();
                let hurry = hurry.clone();
                if again {
                    hurry.cancel();
                } else {
                    tokio::spawn(async move {
                        tokio::time::sleep(PERSON_WAITS).await;
                        hurry.cancel();
                    });
                }
            }
            _ = terminate.recv() => cancel.cancel(),
            _ = hangup.recv() => reload.notify_one(),
        }
    };
    ended.map_err(Stop::usage)?;
    Ok(exit::FINE)
}

fn options(arguments: &WatchArgs) -> Result<DaemonOptions, Stop> {
    let defaults = DaemonOptions::new(&arguments.data, None);
    let zone = TimeZone::system();
    let drain = parse_duration("drain", &arguments.drain);
    let file = arguments.config.clone();
    let on_terminal = std::io::stdout().is_terminal();
    Ok(DaemonOptions {
        target: target(&arguments.place)?,
        place: place(arguments.place.artifacts.as_deref())?,
        config_file: Some(arguments.config.clone()),
        groups: arguments.group.clone(),
        origin: origin(&arguments.place)?,
        browser: browser_setup(&arguments.place),
        browsers_max: arguments.browsers,
        http_runs_max: arguments.http_runs,
        memory_per_browser: arguments.memory_per_browser.saturating_mul(1 << 20),
        drain: drain.map_err(|invalid| Stop::usage(format_args!("--{invalid}")))?,
        first_run: if arguments.run_at_start { FirstRun::AtOnce } else { FirstRun::OnSchedule },
        // A terminal has the table.
        on_run: Arc::new(move |run| {
            if !on_terminal {
                say(report::line(run, &zone));
            }
        }),
        on_reload: Arc::new(move |loaded| {
            if !on_terminal {
                complain(reload_line(&file, loaded.map_err(ToString::to_string)));
            }
        }),
        ..defaults
    })
}

fn place(artifacts: Option<&Path>) -> Result<Option<ArtifactPlace>, Stop> {
    let parse = |path: &Path| match path.to_str() {
        Some(text) => ArtifactPlace::parse("--artifacts", text, Path::new("")),
        None => Ok(ArtifactPlace::Directory(path.to_owned())),
    };
    artifacts.map(parse).transpose().map_err(Stop::usage)
}

fn reload_line(file: &Path, loaded: Result<usize, String>) -> String {
    match loaded {
        Ok(count) => format!("{}: read again, {count} canaries", file.display()),
        Err(problems) => format!("{}: changed and refused, what was read before goes on\n{problems}", file.display()),
    }
}
