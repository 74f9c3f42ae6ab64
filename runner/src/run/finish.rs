//! The end of a run: its report, and what is kept of it.

use std::fs;
use std::io;
use std::sync::Arc;

use tokio::time::Instant;

use super::scripts::Prepared;
use super::{
    Artifact, ArtifactKind, LogLevel, LogLine, Outcome, Record, RunDirectory, RunReport, RunStart, ScriptMetric,
    Setting, StepOutcome, evidence,
};
use crate::browser::Vitals;
use crate::browser::har::Har;
use crate::config::KeepPassed;
use crate::report::{self, VISUAL_REPORT, pack};
use crate::script::{Blame, Failure, Program, Redactor};

/// A run from its first moment to its report.
#[derive(Debug)]
pub(super) struct Finishing {
    pub(super) prepared: Arc<Prepared>,
    pub(super) start: RunStart,
    pub(super) began: Instant,
    pub(super) setting: Setting,
    pub(super) record: Arc<Record>,
    pub(super) redactor: Arc<Redactor>,
    pub(super) directory: RunDirectory,
}

/// What the browser has to say about a run, if there was one.
#[derive(Debug)]
pub(super) struct Seen {
    pub(super) har: Har,
    pub(super) vitals: Vec<Vitals>,
    pub(super) browser: Option<String>,
}

impl Finishing {
    /// Makes the folder that the run will need, so that a run that cannot be kept does not even begin.
    pub(super) fn make_folder(&self) -> io::Result<()> {
        let hour = self.directory.hour();
        match self.may_be_packed() {
            true if self.prepared.is_packed_in(hour) => Ok(()),
            true => fs::create_dir_all(hour),
            false => fs::create_dir_all(self.directory.path()),
        }
    }

    fn may_be_packed(&self) -> bool {
        self.setting.keep_passed == KeepPassed::Packed && self.prepared.last_passed()
    }

    /// Writes what is kept of the run, on a thread that may block.
    pub(super) fn finish(&self, failure: Option<Failure>, seen: Seen) -> RunReport {
        self.finish_with_har(failure, seen).0
    }

    /// The same; returns the HAR that was written, too.
    pub(super) fn finish_with_har(&self, failure: Option<Failure>, mut seen: Seen) -> (RunReport, Har) {
        let outcome = outcome_of(failure, &self.record);
        if let Some(reason) = outcome.reason() {
            self.record.log(LogLevel::Error, reason);
        }
        self.record.log(LogLevel::Info, format!("run {} {}", self.start.run_id, outcome.word()));
        let entries = self.record.take_har_entries();
        let mut report = self.report(outcome);
        report.browser = seen.browser.take();
        report.vitals = std::mem::take(&mut seen.vitals);
        evidence::add_entries(&mut seen.har, entries);
        self.redactor.clean_report(&mut report);
        self.redactor.clean_har(&mut seen.har);
        self.keep_or_tell(&mut report, &seen.har);
        self.prepared.note_passed(report.outcome.is_passed());
        (report, seen.har)
    }

    /// Writes once more what is kept of a run, of which there is something to add.
    pub(super) fn add_trouble(&self, report: &mut RunReport, har: &Har, trouble: String) {
        report.log.push(LogLine { at: self.setting.clock.now(), level: LogLevel::Warn, text: trouble });
        // What the run wrote itself stays; the rest is written again.
        let is_of_run = |artifact: &Artifact| {
            let is_kept =
                matches!(artifact.kind, ArtifactKind::Screenshot | ArtifactKind::LinkReport | ArtifactKind::Visual);
            is_kept && artifact.file_name != VISUAL_REPORT
        };
        report.artifacts.retain(is_of_run);
        self.keep_or_tell(report, har);
    }

    fn keep_or_tell(&self, report: &mut RunReport, har: &Har) {
        if let Err(error) = self.keep(report, har) {
            tracing::error!(canary = %report.start.canary, %error, "artifacts not written");
            // A failed check stays one; a run that passed without its evidence did not.
            if report.outcome.is_passed() {
                report.outcome = Outcome::Broken { reason: format!("artifacts not written: {error}") };
            }
        }
    }

    fn keep(&self, report: &mut RunReport, har: &Har) -> io::Result<()> {
        let script = self.prepared.program().ok().map(Program::script);
        let is_plain = report.outcome.is_passed() && report.browser.is_none() && report.artifacts.is_empty();
        if !(is_plain && self.may_be_packed()) {
            report.directory = Some(self.directory.path().to_owned());
            return report::write_all(report, har, script, &self.directory, self.setting.console.as_ref());
        }
        let hour = self.directory.hour();
        report.directory = Some(hour.to_owned());
        let artifact = pack::add(hour, report, har, script, !self.prepared.is_packed_in(hour))?;
        self.prepared.note_packed_in(hour);
        report.artifacts.push(artifact);
        Ok(())
    }

    fn baselines(&self) -> String {
        self.setting.visual.baselines_of(self.start.canary.as_str()).address().to_owned()
    }

    /// The report as the record stands.
    pub(super) fn report(&self, outcome: Outcome) -> RunReport {
        let mut parts = self.record.take();
        if let Some(warnings) = &parts.warnings {
            let value = warnings.len() as f64;
            parts.metrics.push(ScriptMetric { name: "Warnings".to_owned(), value, unit: "Count".to_owned() });
        }
        let mut requests = parts.requests;
        requests.sort_by_key(|request| request.started);
        RunReport {
            duration: self.began.elapsed(),
            launch: parts.launch,
            timeout: self.prepared.canary().timeout,
            steps: parts.steps,
            requests,
            requests_dropped: parts.requests_dropped,
            baselines: if parts.comparisons.is_empty() { String::new() } else { self.baselines() },
            comparisons: parts.comparisons,
            metrics: parts.metrics,
            warnings: parts.warnings.unwrap_or_default(),
            log: parts.log,
            log_dropped: parts.log_dropped,
            artifacts: parts.artifacts,
            ..RunReport::without_run(self.start.clone(), outcome)
        }
    }
}

fn outcome_of(failure: Option<Failure>, record: &Record) -> Outcome {
    let Some(failure) = failure else {
        return match record.lost_artifact() {
            None => Outcome::Passed,
            Some(lost) => Outcome::Broken { reason: format!("artifacts not written: {lost}") },
        };
    };
    // Only a script whose thread was lost leaves steps open.
    for _ in 0..super::limits::STEPS_WITHIN_MAX {
        record.end_step(StepOutcome::Failed { reason: failure.message.clone() }, None);
    }
    let reason = failure.reason();
    match failure.blame {
        Blame::Check | Blame::Script | Blame::Deadline => Outcome::Failed { reason },
        Blame::Infrastructure => Outcome::Broken { reason },
        Blame::Stopped => Outcome::Stopped { reason },
    }
}
