//! `visual approve`: pictures of a report become baselines.

use std::path::{Path, PathBuf};

use super::ApproveArgs;
use super::baselines::open;
use crate::cli::output::{Stop, complain, exit, say};
use crate::clock::Clock;
use crate::report::rewrite_visual_reports;
use crate::visual::baseline::Baselines;
use crate::visual::{ApproveError, VisualReport, approve, approved, read_report, select};

pub(in crate::cli) async fn run(arguments: ApproveArgs) -> Result<u8, Stop> {
    let mut report = read_report(&arguments.report).map_err(stop)?;
    let keys: Vec<String> =
        select(&report, &arguments.names).map_err(stop)?.into_iter().map(|one| one.key.clone()).collect();
    if keys.is_empty() {
        say("There is nothing to approve.");
        return Ok(exit::FINE);
    }
    let baselines = open(arguments.baselines.as_ref(), &report, &arguments.region)?;
    let folder = folder_of(&arguments.report);
    let (done, error) = set_all(&mut report, &keys, &folder, &baselines).await;
    for key in &done {
        say(format_args!("approved  {key}"));
    }
    match error {
        None => Ok(exit::FINE),
        Some(error) => Err(stop(error)),
    }
}

/// Sets one baseline after the other until one cannot be, and has the report say so.
pub(super) async fn set_all(
    report: &mut VisualReport,
    keys: &[String],
    folder: &Path,
    baselines: &Baselines,
) -> (Vec<String>, Option<ApproveError>) {
    let clock = Clock::system();
    let (mut done, mut failed) = (Vec::new(), None);
    for key in keys {
        let Some(comparison) = report.comparisons.iter_mut().find(|one| one.key == *key) else { continue };
        match approve(comparison, folder, baselines, clock.now()).await {
            Ok(()) => {
                approved(comparison);
                done.push(key.clone());
            }
            Err(error) => {
                failed = Some(error);
                break;
            }
        }
    }
    if !done.is_empty()
        && let Err(error) = rewrite_visual_reports(folder, report)
    {
        complain(format_args!("the report does not say what was approved: {error}"));
    }
    (done, failed)
}

/// The folder that the report's pictures are in.
pub(super) fn folder_of(report: &Path) -> PathBuf {
    if report.is_dir() { report.to_owned() } else { report.parent().unwrap_or(Path::new("")).to_owned() }
}

pub(super) fn stop(error: ApproveError) -> Stop {
    match error {
        ApproveError::Report { .. } | ApproveError::Refused(_) => Stop::usage(error),
        ApproveError::Picture { .. } | ApproveError::Baseline(_) => Stop::tooling(error),
    }
}
