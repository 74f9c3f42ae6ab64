//! One run, from its start to its report.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use jiff::Timestamp;
use siskin_blueprints::Canary;
use siskin_sdk::id::{SpanId, TraceId};
use tokio::runtime::Handle;
use tokio::task::spawn_blocking;
use tokio::time::{Instant, timeout};
use tokio_util::sync::CancellationToken;
use url::Url;
use uuid::Uuid;

use super::browser::BrowserSlot;
use super::finish::{Finishing, Seen};
use super::har_entry::without_browser;
use super::scripts::Scripts;
use super::threads::Threads;
use super::{BrowserSetup, LogLevel, Outcome, Record, RunDirectory, RunReport, RunStart, evidence};
use crate::browser::TraceContext;
use crate::clock::Clock;
use crate::config::{KeepPassed, Secrets};
use crate::publish::Origin;
use crate::script::{Blame, Failure, Host, HostSetting, Program};
use crate::visual::VisualSetting;

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
    /// How runs without a browser that passed are kept.
    pub keep_passed: KeepPassed,
    /// Where pictures of pages are compared.
    pub visual: VisualSetting,
    /// Scripts that are compiled already.
    pub scripts: Scripts,
    /// What scripts run on.
    pub threads: Threads,
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
    let record = Arc::new(Record::new(setting.clock.clone()));
    record.log(LogLevel::Info, format!("run {} of {} ({}) begins", start.run_id, start.canary, start.kind));
    let directory = RunDirectory::new(&setting.artifacts, &setting.origin.region, &start.canary, start.started);
    let finishing = Arc::new(Finishing {
        prepared: setting.scripts.of(&canary),
        start,
        began,
        setting: setting.clone(),
        record,
        redactor: Arc::default(),
        directory,
    });
    if let Err(error) = finishing.make_folder() {
        let reason = format!("artifacts directory {}: {error}", setting.artifacts.display());
        return finishing.report(Outcome::Broken { reason });
    }
    let deadline = Instant::now() + canary.timeout;
    let slot = Arc::new(browser_slot(&finishing));
    if let Some(driver) = finishing.prepared.program().ok().and_then(Program::browser) {
        // It starts while everything else gets ready.
        slot.prepare(driver, deadline);
    }
    let failure = match run_script(&canary, &finishing, &slot, stop, deadline, secrets.reveal()).await {
        Ended::Whole(report) => return *report,
        Ended::Script(failure) => failure,
    };
    let (har, vitals) = evidence::gather(&slot, &finishing.record).await;
    let seen = Seen { har, vitals, browser: slot.browser_name() };
    let whole = Arc::clone(&finishing);
    // Evidence is written while the reaper kills the browser.
    let (closed, written) =
        tokio::join!(close_browser(&slot), spawn_blocking(move || whole.finish_with_har(failure, seen)));
    let (mut report, har) = match written {
        Ok(written) => written,
        Err(panic) => {
            let reason = format!("the run's reports were not written: {panic}");
            return finishing.report(Outcome::Broken { reason });
        }
    };
    if let Err(trouble) = closed {
        finishing.add_trouble(&mut report, &har, trouble);
    }
    report
}

/// How far a script's thread has brought its run.
enum Ended {
    /// There was no browser, and all is done.
    Whole(Box<RunReport>),
    /// The browser has to be asked and closed.
    Script(Option<Failure>),
}

async fn run_script(
    canary: &Canary,
    finishing: &Arc<Finishing>,
    slot: &Arc<BrowserSlot>,
    stop: CancellationToken,
    deadline: Instant,
    secrets: BTreeMap<String, String>,
) -> Ended {
    let host = Host::new(HostSetting {
        runtime: Handle::current(),
        deadline,
        timeout: canary.timeout,
        stop,
        record: Arc::clone(&finishing.record),
        directory: finishing.directory.clone(),
        browser: Arc::clone(slot),
        hosts: finishing.prepared.hosts().to_vec(),
        variables: canary.variables.clone(),
        secrets,
        redactor: Arc::clone(&finishing.redactor),
        trace_id: finishing.start.trace_id,
        user_agent: user_agent(&finishing.start, &finishing.setting),
        visual: finishing.setting.visual.of_canary(finishing.start.canary.as_str()),
        clock: finishing.setting.clock.clone(),
    });
    let (whole, slot) = (Arc::clone(finishing), Arc::clone(slot));
    // A thread that comes too late must not write what was written without it.
    let awaited = Arc::new(AtomicBool::new(true));
    let still_awaited = Arc::clone(&awaited);
    let mut thread = Box::pin(finishing.setting.threads.run(move || {
        let failure = whole.prepared.program().and_then(|program| program.execute(host)).err();
        if slot.is_taken() || !still_awaited.swap(false, Ordering::AcqRel) {
            return Ended::Script(failure);
        }
        let seen = Seen { har: without_browser(), vitals: Vec::new(), browser: slot.browser_name() };
        Ended::Whole(Box::new(whole.finish(failure, seen)))
    }));
    let ended = match timeout(canary.timeout + SCRIPT_ENDS_WITHIN, &mut thread).await {
        Ok(ended) => ended,
        // It is past its script and writes: that ends.
        Err(_) if !awaited.swap(false, Ordering::AcqRel) => thread.await,
        Err(_) => {
            finishing.setting.threads.give_up_one();
            let lost = "the script did not end when its time was over";
            return Ended::Script(Some(Failure::new(Blame::Infrastructure, lost)));
        }
    };
    ended.unwrap_or_else(|error| Ended::Script(Some(Failure::new(Blame::Infrastructure, error.to_string()))))
}

fn browser_slot(finishing: &Finishing) -> BrowserSlot {
    let Finishing { prepared, start, setting, .. } = finishing;
    let hosts = prepared.traced_hosts().to_vec();
    let trace = TraceContext { trace_id: start.trace_id, parent: start.segment_id, sampled: true, hosts };
    BrowserSlot::new(setting.browser.clone(), prepared.canary().timeout, user_agent(start, setting), trace)
}

/// What tells a service that a canary calls, as AWS's canaries do.
fn user_agent(start: &RunStart, setting: &Setting) -> String {
    format!("CloudWatchSynthetics/{}", setting.origin.canary_arn(&start.canary))
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
