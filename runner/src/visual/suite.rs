//! Many pages: a run for each, a few at a time, and one report of all.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use siskin_blueprints::{Arguments, Blueprint, Canary, Schedule, Subject};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::baseline::page_word;
use super::{
    ComparisonFiles, REPORT_VERSION, VisualComparison, VisualReport, VisualSetting, VisualStatus, read_report,
};
use crate::browser::InstallOptions;
use crate::clock::Clock;
use crate::config::KeepPassed;
use crate::publish::Origin;
use crate::report::{VISUAL_REPORT, VISUAL_REPORTS, is_file_name};
use crate::run::{BrowserSetup, Isolation, Launch, Outcome, RunReport, Scripts, Setting, Threads, launch};

/// The folder of the runs' own reports in that of the suite; only those of pages that could not be opened stay.
const RUNS_FOLDER: &str = "runs";

/// How a suite is run.
#[derive(Clone, Debug)]
pub struct SuiteSetting {
    /// The folder of the report. What an earlier report left in it goes.
    pub folder: PathBuf,
    /// The baselines.
    pub visual: VisualSetting,
    /// Pages that are open at a time.
    pub jobs: usize,
    /// How long one page may take.
    pub timeout: Duration,
    /// Which browser.
    pub browser: InstallOptions,
}

/// What a suite found.
#[derive(Clone, Debug)]
pub struct SuiteResult {
    /// All comparisons, in the order of the pages.
    pub report: VisualReport,
    /// Why pages could not be compared, if some could not.
    pub worst: Option<Blame>,
}

/// Why a page could not be compared.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Blame {
    /// It does not open, or is not as it should be.
    Page,
    /// There is no browser, or no place for files.
    Tooling,
}

/// Compares all pages, by name and arguments of the blueprint `visual`; their pictures are in the folder then, the report is
/// not.
///
/// # Errors
/// The folder is not that of a report and has something in it, another suite writes into it, or it cannot be written.
pub async fn run_suite(
    pages: Vec<(String, Arguments)>,
    setting: &SuiteSetting,
    stop: CancellationToken,
) -> io::Result<SuiteResult> {
    let _held = hold(&setting.folder)?;
    clear(&setting.folder)?;
    let (clock, began) = (Clock::system(), Instant::now());
    let started = clock.now();
    let browser = BrowserSetup::with_isolation(setting.browser.clone(), Isolation::Context);
    let run_setting = Arc::new(Setting {
        clock,
        artifacts: setting.folder.join(RUNS_FOLDER),
        origin: Origin::default(),
        browser: browser.clone(),
        console: None,
        keep_passed: KeepPassed::Folder,
        visual: setting.visual.clone(),
        scripts: Scripts::default(),
        threads: Threads::new(setting.jobs),
    });
    let turns = Arc::new(Semaphore::new(setting.jobs));
    let mut runs = JoinSet::new();
    for (index, (name, arguments)) in pages.into_iter().enumerate() {
        let (turns, run_setting, stop) = (Arc::clone(&turns), Arc::clone(&run_setting), stop.clone());
        let viewports = arguments.get("viewports").and_then(Value::as_array).map_or(1, Vec::len);
        let canary = canary(index, arguments, setting.timeout);
        runs.spawn(async move {
            let _turn = turns.acquire_owned().await;
            let now = run_setting.clock.now();
            let report = launch(Launch::new(canary, now, now), &run_setting, stop).await;
            (index, name, viewports, report)
        });
    }
    let mut ended = Vec::new();
    while let Some(run) = runs.join_next().await {
        ended.push(run.map_err(io::Error::other)?);
    }
    browser.close().await;
    ended.sort_by_key(|(index, ..)| *index);
    let mut result = SuiteResult {
        report: VisualReport {
            version: REPORT_VERSION,
            name: "visual".to_owned(),
            started,
            duration_ms: began.elapsed().as_millis() as u64,
            baselines: setting.visual.baselines.address().to_owned(),
            comparisons: Vec::new(),
        },
        worst: None,
    };
    for (_, name, viewports, run) in ended {
        take_in(&mut result, &name, viewports, run, &setting.folder)?;
    }
    // Empty unless a page failed.
    remove_empty(&setting.folder.join(RUNS_FOLDER));
    Ok(result)
}

fn canary(index: usize, arguments: Arguments, timeout: Duration) -> Arc<Canary> {
    let blueprint = Blueprint::named("visual").expect("the blueprint is one of the table");
    Arc::new(Canary {
        name: format!("page-{}", index + 1).parse().expect("letters, a dash and digits are a name"),
        subject: Subject::Blueprint { blueprint, arguments },
        schedule: Schedule::Once,
        timeout,
        variables: std::collections::BTreeMap::new(),
        hosts: Vec::new(),
        alarm: None,
    })
}

/// Adds the comparisons of a page's run, and moves their pictures into the suite's folder.
fn take_in(result: &mut SuiteResult, page: &str, viewports: usize, run: RunReport, folder: &Path) -> io::Result<()> {
    let directory = run.directory.clone().unwrap_or_default();
    let is_whole = run.comparisons.len() == viewports && run.comparisons.iter().any(|one| !one.status.is_fine());
    let failure = run.outcome.reason().filter(|_| !is_whole).map(|reason| why(&run, reason).to_owned());
    let blame = match run.outcome {
        Outcome::Passed => None,
        Outcome::Failed { .. } => Some(Blame::Page),
        Outcome::Broken { .. } | Outcome::Stopped { .. } => Some(Blame::Tooling),
    };
    for mut comparison in run.comparisons {
        let files = &mut comparison.files;
        let is_matched = comparison.status == VisualStatus::Matched;
        let places = [(&mut files.actual, "png"), (&mut files.baseline, "baseline.png"), (&mut files.diff, "diff.png")];
        for (file, ending) in places {
            // A picture that matches is its baseline.
            let Some(name) = file.take().filter(|_| !is_matched) else { continue };
            let new = format!("{}.{ending}", comparison.key);
            fs::rename(directory.join(name), folder.join(&new))?;
            *file = Some(new);
        }
        if comparison.status == VisualStatus::Failed {
            result.worst = result.worst.max(Some(Blame::Tooling));
        }
        result.report.comparisons.push(comparison);
    }
    if let Some(reason) = failure {
        result.worst = result.worst.max(blame);
        result.report.comparisons.push(failed(page, &reason, &directory));
    } else {
        drop(fs::remove_dir_all(&directory));
    }
    Ok(())
}

/// What went wrong besides pictures that do not match.
fn why<'a>(run: &'a RunReport, reason: &'a str) -> &'a str {
    let mut reasons = run.steps.iter().filter_map(|step| step.outcome.reason());
    reasons.find(|reason| !reason.starts_with("picture \"")).unwrap_or(reason)
}

/// A page that could not be compared.
fn failed(page: &str, reason: &str, directory: &Path) -> VisualComparison {
    let first = reason.lines().next().unwrap_or_default();
    VisualComparison {
        key: format!("{}.failed", page_word(page)),
        page: page.to_owned(),
        url: None,
        status: VisualStatus::Failed,
        reason: format!("{first} (see {})", directory.join("report.html").display()),
        // Nobody looked.
        is_stable: true,
        pixels: None,
        size_change: None,
        regions: Vec::new(),
        baseline: None,
        environment: None,
        sha256: None,
        files: ComparisonFiles::default(),
    }
}

/// Keeps the folder from other suites as long as the file is open.
fn hold(folder: &Path) -> io::Result<File> {
    fs::create_dir_all(folder)?;
    let held = File::open(folder)?;
    match held.try_lock() {
        Ok(()) => Ok(held),
        Err(TryLockError::WouldBlock) => {
            let why = "another test is writing its report there: name another folder";
            Err(io::Error::new(io::ErrorKind::ResourceBusy, why))
        }
        Err(TryLockError::Error(error)) => Err(error),
    }
}

/// Takes what an earlier report left out of its folder, and nothing else.
fn clear(folder: &Path) -> io::Result<()> {
    if fs::read_dir(folder)?.next().is_none() {
        return Ok(());
    }
    if !folder.join(VISUAL_REPORT).is_file() && !folder.join(RUNS_FOLDER).is_dir() {
        let why = "is not the folder of an earlier report, and has something in it: name an empty one";
        return Err(io::Error::new(io::ErrorKind::DirectoryNotEmpty, why));
    }
    let earlier = read_report(folder).map(|report| report.comparisons).unwrap_or_default();
    let files = earlier.into_iter().flat_map(|one| [one.files.actual, one.files.baseline, one.files.diff]).flatten();
    let own = VISUAL_REPORTS.map(str::to_owned);
    for file in files.filter(|file| is_file_name(file)).chain(own) {
        match fs::remove_file(folder.join(file)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    match fs::remove_dir_all(folder.join(RUNS_FOLDER)) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Removes folders that have nothing but empty folders in them.
fn remove_empty(folder: &Path) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten().filter(|entry| entry.path().is_dir()) {
        remove_empty(&entry.path());
    }
    // One with a run in it stays.
    drop(fs::remove_dir(folder));
}
