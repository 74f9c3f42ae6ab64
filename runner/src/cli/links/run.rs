//! The check, its progress and its reports.

use std::fs;
use std::io::{self, BufWriter, IsTerminal, Write};

use tokio_util::sync::CancellationToken;

use super::LinksArgs;
use super::browser::look_again;
use super::options::options;
use crate::check::link::{self, LinkCheckError, LinkReport, Progress, Stopped};
use crate::cli::OutputFormat;
use crate::cli::output::{Stop, complain, exit};
use crate::clock::Clock;
use crate::report::{self, LinkDetail, LinkSelection};

/// Names the file to which GitHub's jobs append what their summary shows.
const GITHUB_SUMMARY: &str = "GITHUB_STEP_SUMMARY";

pub(in crate::cli) async fn run(arguments: LinksArgs) -> Result<u8, Stop> {
    let options = options(&arguments)?;
    let cancel = CancellationToken::new();
    let clock = Clock::system();
    let mut checking = Box::pin(link::check(options, &clock, &cancel, progress()));
    let checked = tokio::select! {
        checked = &mut checking => checked,
        _ = tokio::signal::ctrl_c() => {
            // What is known by now is worth telling.
            cancel.cancel();
            checking.await
        }
    };
    if io::stderr().is_terminal() {
        drop(write!(io::stderr().lock(), "\r\x1b[K"));
    }
    let mut report = checked.map_err(|error| match error {
        LinkCheckError::Options(_) => Stop::usage(error),
        LinkCheckError::Client(_) | LinkCheckError::Cache { .. } => Stop::tooling(error),
    })?;
    Box::pin(look_again(&mut report, &arguments)).await;
    tell(&report, &arguments).map_err(Stop::tooling)?;
    Ok(code(&report, arguments.judging.strict))
}

/// Draws how far the check is, where somebody watches.
fn progress() -> impl FnMut(Progress) + Send {
    let is_watched = io::stderr().is_terminal();
    move |progress| {
        if is_watched {
            let Progress { pages, links, requests, under_way } = progress;
            let line = format!("\r\x1b[K{pages} pages, {links} links, {requests} requests, {under_way} under way");
            // A terminal that is gone reads nothing.
            drop(io::stderr().lock().write_all(line.as_bytes()));
        }
    }
}

fn tell(report: &LinkReport, arguments: &LinksArgs) -> io::Result<()> {
    let is_verbose = arguments.reports.verbose;
    let mut out = BufWriter::new(io::stdout().lock());
    let written = match arguments.reports.output {
        OutputFormat::Text => {
            let detail = if is_verbose { LinkDetail::Redirects } else { LinkDetail::Problems };
            report::links_text(report, detail, &mut out)
        }
        OutputFormat::Json => {
            let scope = if is_verbose { LinkSelection::All } else { LinkSelection::Problems };
            report::links_json(report, scope, &mut out)
        }
    };
    match written.and_then(|()| out.flush()) {
        Ok(()) => {}
        // The reader has seen enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {}
        Err(error) => return Err(error),
    }
    if let Some(folder) = &arguments.reports.artifacts {
        report::write_link_reports(report, folder)?;
    }
    let Some(summary) = std::env::var_os(GITHUB_SUMMARY).filter(|path| !path.is_empty()) else { return Ok(()) };
    let mut file = fs::OpenOptions::new().create(true).append(true).open(&summary)?;
    file.write_all(format!("{}\n", report::links_markdown(report)).as_bytes())
}

fn code(report: &LinkReport, is_strict: bool) -> u8 {
    let is_bad = report.counts.broken > 0 || (is_strict && report.counts.unverifiable > 0);
    if report.stopped == Some(Stopped::Cancelled) {
        complain("interrupted: the report is not complete");
    }
    match (is_bad, report.stopped) {
        (true, _) => exit::FAILED,
        (false, None) => exit::FINE,
        // Nobody knows about the rest.
        (false, Some(_)) => exit::TOOLING,
    }
}
