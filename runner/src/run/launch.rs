//! One run, from its start to its report.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use siskin_blueprints::Canary;
use siskin_sdk::id::{SpanId, TraceId};
use tokio::runtime::Handle;
use tokio::task::{JoinError, spawn_blocking};
use tokio::time::{Instant, timeout};
use tokio_util::sync::CancellationToken;
use url::Url;
use uuid::Uuid;

use super::browser::BrowserSlot;
use super::{
    ArtifactKind, BrowserSetup, LogLevel, LogLine, Outcome, Record, RunDirectory, RunReport, RunStart, evidence,
};
use crate::browser::TraceContext;
use crate::browser::har::Har;
use crate::clock::Clock;
use crate::config::Secrets;
use crate::publish::Origin;
use crate::report;
use crate::script::{self, Blame, Failure, Host, HostSetting, Redactor};

/// A script's thread looks at the deadline every few operations and every wait: one that is this late is lost.
const SCRIPT_ENDS_WITHIN: Duration = Duration::from_secs(10);
/// Closing a browser is given up after this, by killing it.
const CLOSE_WITHIN: Duration = Duration::from_secs(4);

/// Where runs happen: the same for all of them.
#[derive(Clone, Debug)]
pub struct Setting {
    /// Tells the time.
    pub clock: Clock,
    /// Root of all artifacts.
    pub artifacts: PathBuf,
    /// Whose canaries these are.
    pub origin: Origin,
    /// How runs get a browser.
    pub browser: BrowserSetup,
    /// The backend whose console shows the runs' traces.
    pub console: Option<Url>,
}

/// One run that is to happen.
#[derive(Clone, Debug)]
pub struct Launch {
    /// Of which canary.
    pub canary: Arc<Canary>,
    /// Its names and times.
    pub start: RunStart,
    /// Texts for its script that are never shown.
    pub secrets: Secrets,
}

impl Launch {
    /// A run that was due at `due` and begins `now`.
    pub fn new(canary: Arc<Canary>, due: Timestamp, now: Timestamp) -> Self {
        let epoch_seconds = u32::try_from(now.as_second()).unwrap_or_default();
        let start = RunStart {
            canary: canary.name.clone(),
            kind: canary.subject.kind().to_owned(),
            run_id: Uuid::new_v4(),
            trace_id: TraceId::random(epoch_seconds),
            segment_id: SpanId::random(),
            due,
            started: now,
        };
        Self { canary, start, secrets: Secrets::default() }
    }

    /// The same with secrets for its script.
    #[must_use]
    pub fn with_secrets(self, secrets: Secrets) -> Self {
        Self { secrets, ..self }
    }
}

/// Runs a canary. Whatever happens is in the report; when `stop` is cancelled the run ends early.
pub async fn launch(launch: Launch, setting: &Setting, stop: CancellationToken) -> RunReport {
    let began = Instant::now();
    let Launch { canary, start, secrets } = launch;
    let redactor = Arc::new(Redactor::default());
    let record = Arc::new(Record::new(setting.clock.clone()));
    record.log(LogLevel::Info, format!("run {} of {} ({}) begins", start.run_id, start.canary, start.kind));
    let made = RunDirectory::create(&setting.artifacts, &setting.origin.region, &start.canary, start.started);
    let directory = match made {
        Ok(directory) => directory,
        Err(error) => {
            let reason = format!("artifacts directory {}: {error}", setting.artifacts.display());
            return report_of(&canary, start, &record, began, Outcome::Broken { reason });
        }
    };
    let slot = Arc::new(browser_slot(&canary, &start, setting));
    let stage = Stage { canary: &canary, start: &start, setting, record: &record, directory: &directory, slot: &slot };
    let failure = stage.run_script(stop, secrets.reveal(), Arc::clone(&redactor)).await.err();
    let (mut har, vitals) = evidence::gather(&slot, &record).await;
    let browser = slot.browser_name();
    let outcome = outcome_of(failure, &record);
    if let Some(reason) = outcome.reason() {
        record.log(LogLevel::Error, reason);
    }
    record.log(LogLevel::Info, format!("run {} {}", start.run_id, outcome.word()));
    let entries = record.take_har_entries();
    let mut report = report_of(&canary, start, &record, began, outcome);
    report.browser = browser;
    report.vitals = vitals;
    report.directory = Some(directory.path().to_owned());
    evidence::add_entries(&mut har, entries);
    redactor.clean_report(&mut report);
    redactor.clean_har(&mut har);
    let before = report.artifacts.len();
    let console = setting.console.as_ref();
    // Evidence is written while the reaper kills the browser.
    let (closed, ()) =
        tokio::join!(close_browser(&slot), async { write_reports(&mut report, &har, &directory, console) });
    if let Err(trouble) = closed {
        report.log.push(LogLine { at: setting.clock.now(), level: LogLevel::Warn, text: trouble });
        report.artifacts.truncate(before);
        write_reports(&mut report, &har, &directory, console);
    }
    report
}

fn write_reports(report: &mut RunReport, har: &Har, directory: &RunDirectory, console: Option<&Url>) {
    if let Err(error) = report::write_all(report, har, directory, console) {
        tracing::error!(canary = %report.start.canary, %error, "artifacts not written");
        // A failed check stays one; a run that passed without its evidence did not.
        if report.outcome.is_passed() {
            report.outcome = Outcome::Broken { reason: format!("artifacts not written: {error}") };
        }
    }
}

/// All that a run's script needs.
struct Stage<'a> {
    canary: &'a Canary,
    start: &'a RunStart,
    setting: &'a Setting,
    record: &'a Arc<Record>,
    directory: &'a RunDirectory,
    slot: &'a Arc<BrowserSlot>,
}

impl Stage<'_> {
    async fn run_script(
        &self,
        stop: CancellationToken,
        secrets: BTreeMap<String, String>,
        redactor: Arc<Redactor>,
    ) -> Result<(), Failure> {
        let canary = self.canary;
        let deadline = Instant::now() + canary.timeout;
        let script = canary.subject.script();
        let source = script.clone();
        let compiled =
            spawn_blocking(move || script::compile(&source)).await.map_err(|panic| thread_ended(&panic))??;
        if let Some(driver) = compiled.browser() {
            // It starts while everything else gets ready.
            self.slot.prepare(driver, deadline);
        }
        let written = self.directory.write(&script.name, ArtifactKind::Script, script.source.as_bytes());
        let written =
            written.map_err(|error| Failure::new(Blame::Infrastructure, format!("artifacts not written: {error}")))?;
        self.record.add_artifact(written);
        let host = Host::new(HostSetting {
            runtime: Handle::current(),
            deadline,
            timeout: canary.timeout,
            stop,
            record: Arc::clone(self.record),
            directory: self.directory.clone(),
            browser: Arc::clone(self.slot),
            hosts: canary.allowed_hosts(),
            variables: canary.variables.clone(),
            secrets,
            redactor,
            trace_id: self.start.trace_id,
            user_agent: user_agent(self.start, self.setting),
        });
        let thread = spawn_blocking(move || script::execute(&compiled, &host));
        match timeout(canary.timeout + SCRIPT_ENDS_WITHIN, thread).await {
            Ok(Ok(result)) => result,
            Ok(Err(panic)) => Err(thread_ended(&panic)),
            Err(_) => Err(Failure::new(Blame::Infrastructure, "the script did not end when its time was over")),
        }
    }
}

fn thread_ended(panic: &JoinError) -> Failure {
    Failure::new(Blame::Infrastructure, format!("the script's thread ended: {panic}"))
}

fn browser_slot(canary: &Canary, start: &RunStart, setting: &Setting) -> BrowserSlot {
    let hosts = canary.allowed_hosts().iter().filter_map(|host| host.to_string().parse().ok()).collect();
    let trace = TraceContext { trace_id: start.trace_id, parent: start.segment_id, sampled: true, hosts };
    BrowserSlot::new(setting.browser.clone(), canary.timeout, user_agent(start, setting), trace)
}

/// What tells a service that a canary calls, as AWS's canaries do.
fn user_agent(start: &RunStart, setting: &Setting) -> String {
    format!("CloudWatchSynthetics/{}", setting.origin.canary_arn(&start.canary))
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
        record.end_step(super::StepOutcome::Failed { reason: failure.message.clone() }, None);
    }
    let reason = failure.reason();
    match failure.blame {
        Blame::Check | Blame::Script | Blame::Deadline => Outcome::Failed { reason },
        Blame::Infrastructure => Outcome::Broken { reason },
        Blame::Stopped => Outcome::Stopped { reason },
    }
}

/// Ends the browser, if there was one, without waiting until it is gone; the error is a line for the run's log.
async fn close_browser(slot: &BrowserSlot) -> Result<(), String> {
    let Some(session) = slot.take().await else { return Ok(()) };
    // The script's thread is over, so nobody else holds the session, unless that thread was lost.
    let session = Arc::into_inner(session).ok_or("the browser is still in use and is left to the reaper")?;
    match timeout(CLOSE_WITHIN, session.leave()).await {
        Ok(closed) => closed.map_err(|error| format!("the browser did not close well: {error}")),
        Err(_) => Err("the browser did not close in time".to_owned()),
    }
}

fn report_of(canary: &Canary, start: RunStart, record: &Record, began: Instant, outcome: Outcome) -> RunReport {
    let parts = record.take();
    let mut requests = parts.requests;
    requests.sort_by_key(|request| request.started);
    RunReport {
        start,
        duration: began.elapsed(),
        launch: parts.launch,
        timeout: canary.timeout,
        outcome,
        steps: parts.steps,
        requests,
        requests_dropped: parts.requests_dropped,
        vitals: Vec::new(),
        metrics: parts.metrics,
        log: parts.log,
        log_dropped: parts.log_dropped,
        browser: None,
        artifacts: parts.artifacts,
        directory: None,
    }
}
