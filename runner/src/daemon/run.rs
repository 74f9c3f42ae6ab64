//! The daemon's loop.

use std::collections::HashMap;
use std::future::pending;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use parking_lot::Mutex;
use tokio::sync::mpsc;
use tokio::task::{Id, JoinError, JoinSet, spawn_blocking};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tracing::{debug, error, info, warn};

use super::attempts::Scheduled;
use super::courier::Courier;
use super::handled::Handled;
use super::lock::DirectoryLock;
use super::retention::{self, Role, Sweeper};
use super::roster::Roster;
use super::slots::Slots;
use super::telling::Telling;
use super::{DaemonError, DaemonOptions, reload};
use crate::config::{ArtifactPlace, BaselinePlace, Config, ConfigError, Entry, RetentionLimits};
use crate::publish::{ArtifactStore, Publication};
use crate::run::{Journal, Launch, Outcome, RunReport, RunStart, Scripts, Setting, Threads};
use crate::schedule::{Action, Due, Skipped};
use crate::visual::VisualSetting;

/// Runs that are stopped need time to close a browser and write reports.
const STOP_WITHIN: Duration = Duration::from_secs(6);
/// Between looks at what artifacts are to go.
const SWEEP_EVERY: Duration = Duration::from_mins(5);
/// The same on an object store, which has its list paid for.
const SWEEP_STORE_EVERY: Duration = Duration::from_hours(1);

/// Runs the canaries of `config` until `cancel`, then lets runs end and returns.
///
/// # Errors
/// See [`DaemonError`]: only what keeps it from starting.
pub async fn run(config: Config, options: DaemonOptions, cancel: CancellationToken) -> Result<(), DaemonError> {
    let _lock = DirectoryLock::acquire(&options.data_dir)?;
    let mut daemon = Daemon::new(&config, options)?;
    daemon.recover();
    let files = config.files.clone();
    daemon.take_in(config);
    daemon.telling.begin();
    daemon.send_artifacts();
    daemon.serve(&cancel, files).await;
    daemon.end().await;
    Ok(())
}

struct Daemon {
    roster: Roster,
    retention: RetentionLimits,
    sweeper: Arc<Mutex<Sweeper>>,
    setting: Arc<Setting>,
    options: DaemonOptions,
    journal: Journal,
    telling: Telling,
    courier: Option<Courier>,
    sending: JoinSet<()>,
    /// What the file said at the start.
    place: Option<ArtifactPlace>,
    baselines: Option<BaselinePlace>,
    slots: Slots,
    runs: JoinSet<Vec<RunReport>>,
    under_way: HashMap<Id, UnderWay>,
    tasks: JoinSet<()>,
    /// No run begins any more.
    closing: CancellationToken,
    /// Runs under way end.
    stop_runs: CancellationToken,
    stop_sending: CancellationToken,
}

/// A scheduled run that has not ended.
struct UnderWay {
    index: usize,
    entry: Arc<Entry>,
    start: RunStart,
    stop: CancellationToken,
    replaced_by: Option<Timestamp>,
}

impl Daemon {
    fn new(config: &Config, options: DaemonOptions) -> Result<Self, DaemonError> {
        let trouble = |source| DaemonError::Directory { path: options.data_dir.clone(), source };
        let journal = Journal::open(&options.data_dir.join("runs")).map_err(trouble)?;
        let handled = Handled::open(&options.data_dir.join("schedule")).map_err(trouble)?;
        let telling = Telling::new(&options, journal.clone())?;
        let place = options.place.clone().or_else(|| config.artifacts.clone());
        let artifacts = match &place {
            Some(ArtifactPlace::Directory(directory)) => directory,
            Some(ArtifactPlace::Store(_)) | None => &options.artifacts,
        };
        // The backend and its console look for the artifacts from another directory.
        let artifacts = std::path::absolute(artifacts).map_err(trouble)?;
        let courier = match place {
            Some(ArtifactPlace::Store(address)) => {
                let store = ArtifactStore::connect(address, &options.origin.region)?;
                Some(Courier::new(&artifacts, store, &options)?)
            }
            Some(ArtifactPlace::Directory(_)) | None => None,
        };
        let setting = Setting {
            clock: options.clock.clone(),
            artifacts,
            origin: options.origin.clone(),
            browser: options.browser.clone(),
            console: options.target.as_ref().and_then(|target| target.endpoint().cloned()),
            keep_passed: config.keep_passed,
            visual: visual(config, &options)?,
            scripts: Scripts::default(),
            threads: Threads::new(options.http_runs_max + options.browsers_max),
        };
        Ok(Self {
            roster: Roster::new(options.first_run, handled, options.groups.clone(), options.board.clone()),
            retention: config.retention,
            sweeper: Arc::default(),
            setting: Arc::new(setting),
            slots: Slots::new(options.browsers_max, options.http_runs_max, options.memory_per_browser),
            options,
            journal,
            telling,
            courier,
            sending: JoinSet::new(),
            place: config.artifacts.clone(),
            baselines: config.baselines.clone(),
            runs: JoinSet::new(),
            under_way: HashMap::new(),
            tasks: JoinSet::new(),
            closing: CancellationToken::new(),
            stop_runs: CancellationToken::new(),
            stop_sending: CancellationToken::new(),
        })
    }

    /// Runs that an earlier process was killed in still get their datapoint.
    fn recover(&mut self) {
        for report in self.telling.killed() {
            (self.options.on_run)(&report);
            self.tell(&report, &[], &[]);
        }
    }

    fn take_in(&mut self, config: Config) {
        let now = self.options.clock.now();
        self.retention = config.retention;
        if self.setting.keep_passed != config.keep_passed {
            self.setting = Arc::new(Setting { keep_passed: config.keep_passed, ..Setting::clone(&self.setting) });
        }
        if self.baselines != config.baselines {
            match visual(&config, &self.options) {
                Ok(visual) => self.setting = Arc::new(Setting { visual, ..Setting::clone(&self.setting) }),
                Err(error) => error!(%error, "pictures are compared with the baselines of before"),
            }
            self.baselines.clone_from(&config.baselines);
        }
        for entry in self.roster.load(config, now) {
            self.telling.announce(&entry.canary, now);
        }
    }

    fn send_artifacts(&mut self) {
        if let Some(courier) = &self.courier {
            courier.begin(&mut self.sending, self.stop_sending.clone());
        }
    }

    async fn serve(&mut self, cancel: &CancellationToken, files: Vec<std::path::PathBuf>) {
        let (changes, mut changed) = mpsc::channel(1);
        if let Some(file) = self.options.config_file.clone() {
            let (asked, closing) = (Arc::clone(&self.options.reload), self.closing.clone());
            self.tasks.spawn(reload::watch(file, files, asked, changes, closing));
        }
        let mut sweep = tokio::time::interval(SWEEP_EVERY);
        let mut sweep_store = tokio::time::interval(SWEEP_STORE_EVERY);
        loop {
            let clock = self.options.clock.clone();
            let next = self.roster.next();
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
                true = self.telling.stored() => {}
                Some(loaded) = changed.recv() => self.reload(loaded),
                _ = sweep.tick() => self.sweep(),
                _ = sweep_store.tick() => self.sweep_store(),
                Some(ended) = self.tasks.join_next() => note_end(ended),
            }
            let waiting = self.telling.waiting();
            self.options.board.change(|state| state.waiting = waiting);
        }
    }

    fn reload(&mut self, loaded: Result<Config, ConfigError>) {
        let notice = match loaded {
            Ok(config) => {
                let moves = self.options.place.is_none() && config.artifacts != self.place;
                self.take_in(config);
                let count = self.roster.len();
                info!(canaries = count, "configuration read again");
                (self.options.on_reload)(Ok(count));
                moves.then(|| {
                    warn!("artifacts go where they went until the next start");
                    "artifacts changed: they go where they went until the next start".to_owned()
                })
            }
            Err(error) => {
                error!(%error, "changed configuration refused, the old one goes on");
                (self.options.on_reload)(Err(&error));
                Some(format!("changed configuration refused: {error}"))
            }
        };
        self.options.board.change(|state| state.notice = notice);
    }

    fn sweep(&mut self) {
        let (artifacts, limits, now) = (self.setting.artifacts.clone(), self.retention, self.options.clock.now());
        let sweeper = Arc::clone(&self.sweeper);
        let role = if self.courier.is_some() { Role::Sends } else { Role::Keeps };
        self.tasks.spawn(async move {
            match spawn_blocking(move || sweeper.lock().sweep(&artifacts, role, limits, now)).await {
                Ok(Ok(swept)) if swept.runs > 0 => info!(runs = swept.runs, bytes = swept.bytes, "artifacts removed"),
                Ok(Ok(_)) => {}
                Ok(Err(error)) => error!(%error, "artifacts not readable"),
                Err(error) => error!(%error, "artifacts not looked at"),
            }
        });
    }

    fn sweep_store(&mut self) {
        let Some(store) = self.courier.as_ref().map(|courier| courier.store().clone()) else { return };
        let (limits, now) = (self.retention, self.options.clock.now());
        self.tasks.spawn(async move {
            match retention::sweep_store(&store, limits, now).await {
                Ok(swept) if swept.runs > 0 => info!(runs = swept.runs, bytes = swept.bytes, "artifacts removed"),
                Ok(_) => {}
                Err(error) => warn!(%error, "artifacts on the store not looked at"),
            }
        });
    }

    fn launch_due(&mut self) {
        for due in self.roster.take_due(self.options.clock.now()) {
            self.act(due);
        }
    }

    fn act(&mut self, due: Due) {
        let Some(entry) = self.roster.entry(due.index) else { return };
        let name = &entry.canary.name;
        match due.action {
            Action::Skip(Skipped::Overlap) => {
                warn!(canary = %name, due = %due.at, "run skipped, the last one is still under way");
            }
            Action::Skip(Skipped::Misfire) => warn!(canary = %name, due = %due.at, "missed runs skipped"),
            Action::Skip(Skipped::Maintenance) => info!(canary = %name, due = %due.at, "run skipped, maintenance"),
            Action::Queue => debug!(canary = %name, due = %due.at, "run waits for the last one"),
            Action::Replace => {
                let others = self.under_way.values_mut().filter(|other| other.index == due.index);
                for other in others.filter(|other| other.replaced_by.is_none()) {
                    other.replaced_by = Some(due.at);
                    other.stop.cancel();
                }
                self.launch(due, entry);
            }
            Action::Run => self.launch(due, entry),
        }
    }

    fn launch(&mut self, due: Due, entry: Arc<Entry>) {
        let first = Launch::new(Arc::clone(&entry.canary), due.at, self.options.clock.now());
        let start = first.start.clone();
        let stop = self.stop_runs.child_token();
        let board = self.options.board.clone();
        board.row(start.canary.as_str(), |row| row.runs += 1);
        let scheduled = Scheduled {
            with_browser: self.setting.scripts.may_open_browser(&entry.canary),
            entry: Arc::clone(&entry),
            first,
            setting: Arc::clone(&self.setting),
            courier: self.courier.clone(),
            slots: self.slots.clone(),
            journal: self.journal.clone(),
            closing: self.closing.clone(),
            stop: stop.clone(),
            board,
            on_attempt: Arc::clone(&self.options.on_run),
        };
        let task = self.runs.spawn(scheduled.run());
        self.under_way.insert(task.id(), UnderWay { index: due.index, entry, start, stop, replaced_by: None });
    }

    fn run_ended(&mut self, ended: Result<(Id, Vec<RunReport>), JoinError>) {
        let id = match &ended {
            Ok((id, _)) => *id,
            Err(error) => error.id(),
        };
        let over = self.under_way.remove(&id).expect("every run is noted when it is spawned");
        let mut reports = match ended {
            Ok((_, reports)) => reports,
            Err(error) => {
                error!(canary = %over.start.canary, %error, "run ended in a panic");
                let reason = format!("the runner has a bug: {error}");
                let report = RunReport::without_run(over.start.clone(), Outcome::Broken { reason });
                (self.options.on_run)(&report);
                vec![report]
            }
        };
        if let (Some(by), Some(last)) = (over.replaced_by, reports.last_mut())
            && matches!(last.outcome, Outcome::Stopped { .. })
        {
            last.outcome = Outcome::Stopped { reason: format!("replaced by the run that was due at {by}") };
        }
        self.options.board.row(over.start.canary.as_str(), |row| {
            row.runs = row.runs.saturating_sub(1);
            row.began = row.began.filter(|_| row.runs > 0);
            row.tried_again = None;
            if let Some(last) = reports.last() {
                row.ended(&last.outcome, last.duration);
            }
        });
        if let Some((first, further)) = reports.split_first() {
            self.tell(first, further, &over.entry.groups);
        } else {
            debug!(canary = %over.start.canary, "run did not begin");
        }
        if let Some(due) = self.roster.finished(over.index, self.options.clock.now())
            && !self.closing.is_cancelled()
        {
            self.act(due);
        }
    }

    fn tell(&mut self, first: &RunReport, further: &[RunReport], groups: &[String]) {
        debug!(canary = %first.start.canary, outcome = first.outcome.word(), attempts = 1 + further.len(), "run ended");
        let origin = &self.options.origin;
        self.telling.tell(first.start.run_id, || Publication::of_attempts(first, further, groups, origin));
    }

    /// No run begins; those under way may finish, then must stop. What they leave is stored and, if possible, told.
    async fn end(mut self) {
        info!(runs = self.under_way.len(), "ending");
        self.closing.cancel();
        self.options.board.change(|state| state.closing = true);
        let hurry = self.options.hurry.clone();
        tokio::select! {
            () = self.collect_runs(self.options.drain) => {}
            () = hurry.cancelled() => {}
        }
        self.stop_runs.cancel();
        self.collect_runs(STOP_WITHIN).await;
        if !self.runs.is_empty() {
            // Their journal entries stay, so that the next start tells of them.
            warn!(runs = self.runs.len(), "runs did not stop in time");
            self.runs.shutdown().await;
        }
        self.telling.end().await;
        if let Some(courier) = &self.courier {
            courier.end().await;
        }
        self.stop_sending.cancel();
        while let Some(ended) = self.sending.join_next().await {
            note_end(ended);
        }
        while let Some(ended) = self.tasks.join_next().await {
            note_end(ended);
        }
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

/// Where pictures are compared: as the file says, else in a folder beside it.
fn visual(config: &Config, options: &DaemonOptions) -> Result<VisualSetting, DaemonError> {
    let beside = options.config_file.as_deref().and_then(Path::parent).unwrap_or(&options.data_dir);
    Ok(VisualSetting::of_canaries(config.baselines.as_ref(), beside, &options.origin.region)?)
}

fn note_end(ended: Result<(), JoinError>) {
    if let Err(error) = ended {
        error!(%error, "a task of the runner ended badly");
    }
}
