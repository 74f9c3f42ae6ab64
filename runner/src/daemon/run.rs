//! The daemon's loop.

use std::collections::HashMap;
use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use siskin_blueprints::{Canary, Engine, Subject};
use tokio::sync::Semaphore;
use tokio::task::{Id, JoinError, JoinSet};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tracing::{debug, error, info, warn};

use super::lock::DirectoryLock;
use super::{DaemonError, DaemonOptions};
use crate::config::Config;
use crate::publish::{AwsEndpoint, Delivery, Outbox, Publication, Spool};
use crate::run::{Journal, Launch, Outcome, RunReport, RunStart, Setting, launch};
use crate::schedule::{Agenda, Skipped};

/// After the word to stop, runs under way may finish by themselves for this long.
const DRAIN: Duration = Duration::from_secs(2);
/// Then they are stopped, which takes the time to close a browser and write reports.
const STOP_WITHIN: Duration = Duration::from_secs(6);
/// Deliveries under way at a time; beyond them publications go to the spool at once.
const DELIVERIES_MAX: usize = 32;

/// Runs the canaries of `config` until `cancel`, then lets runs end and returns.
///
/// # Errors
/// See [`DaemonError`]: only what keeps it from starting.
pub async fn run(config: Config, options: DaemonOptions, cancel: CancellationToken) -> Result<(), DaemonError> {
    let _lock = DirectoryLock::acquire(&options.data_dir)?;
    let mut daemon = Daemon::new(config, options)?;
    daemon.recover().await;
    daemon.announce_alarms();
    daemon.serve(&cancel).await;
    daemon.end().await;
    Ok(())
}

struct Daemon {
    canaries: Vec<Arc<Canary>>,
    agenda: Agenda,
    setting: Arc<Setting>,
    options: DaemonOptions,
    journal: Journal,
    outbox: Option<Arc<Outbox>>,
    browser_slots: Arc<Semaphore>,
    http_slots: Arc<Semaphore>,
    runs: JoinSet<RunReport>,
    under_way: HashMap<Id, (usize, RunStart)>,
    deliveries: JoinSet<()>,
    drain: JoinSet<()>,
    stop_runs: CancellationToken,
    stop_drain: CancellationToken,
}

impl Daemon {
    fn new(config: Config, options: DaemonOptions) -> Result<Self, DaemonError> {
        let trouble = |source| DaemonError::Directory { path: options.data_dir.clone(), source };
        let journal = Journal::open(&options.data_dir.join("runs")).map_err(trouble)?;
        let outbox = match &options.endpoint {
            None => None,
            Some(endpoint) => {
                let spool = Spool::open(&options.data_dir.join("spool")).map_err(trouble)?;
                Some(Arc::new(Outbox::new(Arc::new(AwsEndpoint::new(endpoint.clone())?), Some(spool))))
            }
        };
        let now = options.clock.now();
        let named = config.canaries.iter().map(|canary| (&canary.name, &canary.schedule));
        let agenda = Agenda::new(named, options.first_run, now);
        let setting = Setting {
            clock: options.clock.clone(),
            // The backend and its console look for the artifacts from another directory.
            artifacts: std::path::absolute(&options.artifacts).map_err(trouble)?,
            origin: options.origin.clone(),
            browser: options.browser.clone(),
            console: options.endpoint.clone(),
        };
        let stop_drain = CancellationToken::new();
        let mut drain = JoinSet::new();
        if let Some(outbox) = outbox.clone() {
            let stop = stop_drain.clone();
            drain.spawn(async move { outbox.drain(stop).await });
        }
        Ok(Self {
            canaries: config.canaries.into_iter().map(Arc::new).collect(),
            agenda,
            setting: Arc::new(setting),
            browser_slots: Arc::new(Semaphore::new(options.browsers_max.max(1))),
            http_slots: Arc::new(Semaphore::new(options.http_runs_max.max(1))),
            options,
            journal,
            outbox,
            runs: JoinSet::new(),
            under_way: HashMap::new(),
            deliveries: JoinSet::new(),
            drain,
            stop_runs: CancellationToken::new(),
            stop_drain,
        })
    }

    /// Runs that an earlier process was killed in still get their datapoint.
    async fn recover(&mut self) {
        let orphans = match self.journal.orphans() {
            Ok(orphans) => orphans,
            Err(error) => {
                error!(%error, "journal not readable");
                return;
            }
        };
        for start in orphans {
            warn!(canary = %start.canary, run = %start.run_id, "run was cut off by the end of its runner");
            let reason = "the runner was killed during this run".to_owned();
            self.report(RunReport::without_run(start, Outcome::Broken { reason }));
        }
        tokio::task::yield_now().await;
    }

    fn announce_alarms(&mut self) {
        let now = self.options.clock.now();
        let alarms: Vec<_> = self.canaries.iter().filter_map(|canary| Publication::alarm_of(canary, now)).collect();
        for alarm in alarms {
            self.deliver(alarm, None);
        }
    }

    async fn serve(&mut self, cancel: &CancellationToken) {
        loop {
            let clock = self.options.clock.clone();
            let next = self.agenda.next();
            let due = async {
                match next {
                    Some(next) => clock.sleep_until(next).await,
                    None => pending().await,
                }
            };
            tokio::select! {
                () = cancel.cancelled() => return,
                () = due => self.launch_due(),
                Some(ended) = self.runs.join_next_with_id() => self.run_ended(ended),
                Some(_) = self.deliveries.join_next() => {}
            }
        }
    }

    fn launch_due(&mut self) {
        let now = self.options.clock.now();
        for due in self.agenda.take_due(now) {
            let canary = Arc::clone(&self.canaries[due.index]);
            match due.skipped {
                Some(Skipped::Overlap) => {
                    warn!(canary = %canary.name, due = %due.at, "run skipped, the last one is still under way");
                    continue;
                }
                Some(Skipped::Misfire) => {
                    warn!(canary = %canary.name, due = %due.at, "missed runs skipped");
                    continue;
                }
                None => {}
            }
            let slots = if needs_browser(&canary) { &self.browser_slots } else { &self.http_slots };
            let (slots, setting, journal) = (Arc::clone(slots), Arc::clone(&self.setting), self.journal.clone());
            let stop = self.stop_runs.clone();
            let planned = Launch::new(canary, due.at, now);
            let start = planned.start.clone();
            let task = self.runs.spawn(async move {
                // Waiting for a slot is no part of the run: it begins when it has one.
                let _slot = slots.acquire_owned().await.expect("the semaphore is never closed");
                let planned = Launch { start: RunStart { started: setting.clock.now(), ..planned.start }, ..planned };
                if let Err(error) = journal.begin(&planned.start) {
                    warn!(canary = %planned.start.canary, %error, "journal not written");
                }
                launch(planned, &setting, stop).await
            });
            self.under_way.insert(task.id(), (due.index, start));
        }
    }

    fn run_ended(&mut self, ended: Result<(Id, RunReport), JoinError>) {
        let id = match &ended {
            Ok((id, _)) => *id,
            Err(error) => error.id(),
        };
        let (index, start) = self.under_way.remove(&id).expect("every run is noted when it is spawned");
        self.agenda.finished(index);
        let report = match ended {
            Ok((_, report)) => report,
            Err(error) => {
                error!(canary = %start.canary, %error, "run ended in a panic");
                let reason = format!("the runner has a bug: {error}");
                RunReport::without_run(start, Outcome::Broken { reason })
            }
        };
        self.report(report);
    }

    fn report(&mut self, report: RunReport) {
        debug!(canary = %report.start.canary, outcome = report.outcome.word(), "run ended");
        (self.options.on_run)(&report);
        let publication = Publication::of(&report, &self.options.origin);
        self.deliver(publication, Some(report.start));
    }

    /// Delivers in the background; the journal forgets the run when it is delivered or safe in the spool.
    fn deliver(&mut self, publication: Publication, start: Option<RunStart>) {
        let journal = self.journal.clone();
        let Some(outbox) = self.outbox.clone() else {
            settle(&journal, start.as_ref(), Delivery::Delivered);
            return;
        };
        if self.deliveries.len() >= DELIVERIES_MAX {
            settle(&journal, start.as_ref(), outbox.keep(&publication));
            return;
        }
        self.deliveries.spawn(async move {
            let delivery = outbox.deliver(publication).await;
            settle(&journal, start.as_ref(), delivery);
        });
    }

    /// Runs may finish, then must stop; what they leave is delivered or spooled.
    async fn end(mut self) {
        info!(runs = self.under_way.len(), "ending");
        self.collect_runs(DRAIN).await;
        self.stop_runs.cancel();
        self.collect_runs(STOP_WITHIN).await;
        if !self.runs.is_empty() {
            // Their journal entries stay, so that the next start tells of them.
            warn!(runs = self.runs.len(), "runs did not stop in time");
            self.runs.shutdown().await;
        }
        let delivered = async { while self.deliveries.join_next().await.is_some() {} };
        if timeout(STOP_WITHIN, delivered).await.is_err() {
            warn!("deliveries did not end in time");
            self.deliveries.shutdown().await;
        }
        self.stop_drain.cancel();
        while self.drain.join_next().await.is_some() {}
        self.options.browser.close().await;
    }

    async fn collect_runs(&mut self, within: Duration) {
        let collected = async {
            while let Some(ended) = self.runs.join_next_with_id().await {
                self.run_ended(ended);
            }
        };
        if timeout(within, collected).await.is_err() {
            debug!(runs = self.runs.len(), "runs still under way");
        }
    }
}

fn settle(journal: &Journal, start: Option<&RunStart>, delivery: Delivery) {
    let Some(start) = start else { return };
    if delivery == Delivery::Lost {
        return;
    }
    match journal.finish(start) {
        Ok(()) => {}
        // It was never begun on disk, which was told then.
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        Err(error) => warn!(canary = %start.canary, %error, "journal not written"),
    }
}

/// Scripts of the user's own may open a page at any time.
fn needs_browser(canary: &Canary) -> bool {
    match &canary.subject {
        Subject::Blueprint { blueprint, .. } => blueprint.engine == Engine::Browser,
        Subject::Script(_) => true,
    }
}
