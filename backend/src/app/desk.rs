//! The console's desk inside `siskin up`: adds canaries to the file that the runner watches, and tries scripts out.

use std::collections::VecDeque;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use parking_lot::Mutex;
use siskin_blueprints::workflow::named_in;
use siskin_blueprints::{Arguments, Blueprint, Canary, Schedule, Script, Subject as CanarySubject, limits};
use siskin_runner::authoring::{
    Addition, AuthoringError, Draft, DraftSubject, check_script, create_script, replace_script,
};
use siskin_runner::browser::InstallOptions;
use siskin_runner::clock::Clock;
use siskin_runner::config::{Config, KeepPassed, Secret, Secrets};
use siskin_runner::publish::Origin;
use siskin_runner::run::{ArtifactKind, BrowserSetup, Launch, RunReport, Scripts, Setting, Threads, launch};
use siskin_runner::visual::VisualSetting;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::edge::console::{Added, CanaryDesk, DeskError, NewCanary, Subject, Trial, TrialEnd, TrialStep};

/// Trials that are remembered; the files of older ones are removed.
const TRIALS_MAX: usize = 20;
/// Trials under way: each has a Chrome.
const TRIALS_AT_ONCE: usize = 2;
/// How long a trial may take.
const TRIAL_TIMEOUT: Duration = Duration::from_mins(5);
/// The name that trials run under, and below the directory of all artifacts the folder that they lie in.
const TRIAL: &str = "trial";
const TRIALS_FOLDER: &str = "trials";

/// The desk of one canaries' file.
#[derive(Debug)]
pub(super) struct Desk {
    file: PathBuf,
    artifacts: PathBuf,
    setting: Setting,
    stop: CancellationToken,
    running: TaskTracker,
    next: AtomicU64,
    trials: Arc<Mutex<VecDeque<(u64, Trial)>>>,
    /// One addition at a time: each reads the file that the one before wrote.
    adding: Mutex<()>,
}

impl Desk {
    /// A desk for `file`, which need not be there yet.
    pub(super) fn new(file: PathBuf, artifacts: PathBuf, stop: CancellationToken) -> Self {
        let setting = Setting {
            clock: Clock::system(),
            artifacts: artifacts.join(TRIALS_FOLDER),
            origin: Origin::default(),
            browser: BrowserSetup::new(InstallOptions::default()),
            console: None,
            keep_passed: KeepPassed::Folder,
            // A trial sets none that counts.
            visual: VisualSetting::beside(&artifacts.join(TRIALS_FOLDER)),
            scripts: Scripts::default(),
            threads: Threads::new(TRIALS_AT_ONCE),
        };
        // What trials of an earlier start left is of no use to anybody.
        drop(fs::remove_dir_all(&setting.artifacts));
        let (running, next, trials) = (TaskTracker::new(), AtomicU64::new(1), Arc::default());
        Self { file, artifacts, setting, stop, running, next, trials, adding: Mutex::default() }
    }

    /// Ends the trials under way and their browsers.
    pub(super) async fn close(&self) {
        self.stop.cancel();
        self.running.close();
        self.running.wait().await;
        self.setting.browser.close().await;
    }

    fn config(&self) -> Result<Config, DeskError> {
        if !self.file.exists() {
            return Err(DeskError::Refused(format!("{} is not there yet.", self.file.display())));
        }
        Config::load(&self.file).map_err(|error| DeskError::Refused(error.to_string()))
    }

    /// Where the script of a canary is.
    fn script_path(&self, canary: &str) -> Result<PathBuf, DeskError> {
        let config = self.config()?;
        let known = config.canary(canary);
        let known = known.ok_or_else(|| DeskError::Refused(format!("There is no canary {canary}.")))?;
        match &known.subject {
            CanarySubject::Script(script) => {
                let is_named = |path: &&PathBuf| path.file_name().is_some_and(|name| name == script.name.as_str());
                let mut paths: Vec<_> = config.files.iter().filter(is_named).collect();
                paths.sort();
                paths.dedup();
                // Of two files of one name in different folders nobody knows which is meant.
                match paths.as_slice() {
                    [path] => Ok((*path).clone()),
                    _ => Err(DeskError::Refused(format!(
                        "{} files of this configuration are called {}: open it in an editor.",
                        paths.len(),
                        script.name
                    ))),
                }
            }
            CanarySubject::Blueprint { blueprint, .. } => Err(DeskError::Refused(format!(
                "{canary} runs the blueprint {}, not a script of its own.",
                blueprint.name
            ))),
        }
    }

    fn folder(&self) -> &Path {
        self.file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
    }
}

/// The canary of a trial: it calls the hosts that its script names.
fn trial_canary(subject: &Subject) -> Result<(Canary, Secrets), DeskError> {
    let (subject, hosts, needs) = match subject {
        Subject::Blueprint { name, parameters } => {
            let blueprint = blueprint(name)?;
            let arguments = Arguments::parse(blueprint, parameters.clone());
            let arguments = arguments.map_err(|invalid| DeskError::Refused(invalid.to_string()))?;
            let needs = arguments.needs(blueprint);
            (CanarySubject::Blueprint { blueprint, arguments }, Vec::new(), needs)
        }
        Subject::Script(source) => {
            let named = named_in(source).map_err(|error| DeskError::Refused(error.to_string()))?;
            let script = Script { name: format!("{TRIAL}.rhai"), source: source.clone() };
            (CanarySubject::Script(script), named.hosts, named.needs)
        }
    };
    check_script(&subject.script())?;
    let of_environment = |name: &String| {
        let variable = format!("{TRIAL}_{name}").to_uppercase();
        std::env::var(&variable).map(|value| (name.clone(), value)).map_err(|_| {
            DeskError::Refused(format!(
                "The script asks for \"{name}\": start siskin with {variable} in its environment to try it out."
            ))
        })
    };
    let secrets: Result<Secrets, DeskError> =
        needs.secrets.iter().map(|name| of_environment(name).map(|(name, value)| (name, Secret::new(value)))).collect();
    let canary = Canary {
        name: TRIAL.parse().map_err(|_| DeskError::Failed("trials have no name".to_owned()))?,
        subject,
        schedule: Schedule::Once,
        timeout: TRIAL_TIMEOUT.min(limits::TIMEOUT_MAX),
        variables: needs.variables.iter().map(of_environment).collect::<Result<_, _>>()?,
        hosts,
        alarm: None,
    };
    canary.check().map_err(|invalid| DeskError::Refused(invalid.to_string()))?;
    Ok((canary, secrets?))
}

fn blueprint(name: &str) -> Result<&'static Blueprint, DeskError> {
    Blueprint::named(name).ok_or_else(|| DeskError::Refused(format!("There is no blueprint {name}.")))
}

impl CanaryDesk for Desk {
    fn file(&self) -> String {
        self.file.display().to_string()
    }

    fn scripts(&self) -> Vec<String> {
        let Ok(config) = self.config() else { return Vec::new() };
        let own = config.entries.iter().filter(|entry| matches!(entry.canary.subject, CanarySubject::Script(_)));
        own.map(|entry| entry.canary.name.to_string()).collect()
    }

    fn open(&self, canary: &str) -> Result<String, DeskError> {
        let path = self.script_path(canary)?;
        fs::read_to_string(&path).map_err(|error| DeskError::Failed(format!("{}: {error}", path.display())))
    }

    fn check(&self, source: &str) -> Result<(), DeskError> {
        Ok(check_script(&Script { name: "script".to_owned(), source: source.to_owned() })?)
    }

    fn add(&self, canary: &NewCanary) -> Result<Added, DeskError> {
        let _one = self.adding.lock();
        let refused = |why: &dyn std::fmt::Display| DeskError::Refused(why.to_string());
        let name = canary.name.parse().map_err(|invalid: siskin_blueprints::Invalid| refused(&invalid))?;
        let script = format!("{}.rhai", canary.name);
        let subject = match &canary.subject {
            Subject::Blueprint { name, parameters } => {
                let blueprint = blueprint(name)?;
                let arguments = Arguments::parse(blueprint, parameters.clone()).map_err(|invalid| refused(&invalid))?;
                DraftSubject::Blueprint { blueprint, parameters: parameters.clone(), arguments }
            }
            Subject::Script(source) => {
                check_script(&Script { name: script.clone(), source: source.clone() })?;
                let named = named_in(source).map_err(|error| refused(&error))?;
                DraftSubject::Script { file_name: script.clone(), hosts: named.hosts, needs: named.needs }
            }
        };
        let timeout = Some(canary.timeout.trim().to_owned()).filter(|timeout| !timeout.is_empty());
        let draft = Draft { name, subject, schedule: canary.schedule.trim().to_owned(), timeout };
        let addition = Addition::prepare(&self.file, draft.name.as_str(), &draft.entry()?)?;
        if let Subject::Script(source) = &canary.subject {
            let path = self.folder().join(&script);
            create_script(&path, source)?;
            if let Err(error) = addition.write() {
                // It was made a moment ago and belongs to nothing.
                drop(fs::remove_file(&path));
                return Err(error.into());
            }
        } else {
            addition.write()?;
        }
        let missing = draft.environment().into_iter().filter(|name| std::env::var_os(name).is_none()).collect();
        Ok(Added { missing })
    }

    fn replace(&self, canary: &str, source: &str) -> Result<(), DeskError> {
        let _one = self.adding.lock();
        let path = self.script_path(canary)?;
        let name = path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
        check_script(&Script { name, source: source.to_owned() })?;
        Ok(replace_script(&path, source)?)
    }

    fn try_out(&self, subject: &Subject) -> Result<u64, DeskError> {
        let (canary, secrets) = trial_canary(subject)?;
        let id = {
            let mut trials = self.trials.lock();
            if trials.iter().filter(|(_, trial)| trial.end.is_none()).count() >= TRIALS_AT_ONCE {
                return Err(DeskError::Refused(format!(
                    "{TRIALS_AT_ONCE} trials are under way: wait for one of them."
                )));
            }
            let id = self.next.fetch_add(1, Ordering::Relaxed);
            trials.push_back((id, Trial::default()));
            while trials.len() > TRIALS_MAX {
                let Some((_, old)) = trials.pop_front() else { break };
                if let Some(end) = old.end.filter(|end| !end.directory.is_empty()) {
                    // Files that are left are cleared away by the next start.
                    drop(fs::remove_dir_all(self.artifacts.join(end.directory)));
                }
            }
            id
        };
        let (setting, stop, trials) = (self.setting.clone(), self.stop.child_token(), Arc::clone(&self.trials));
        let artifacts = self.artifacts.clone();
        self.running.spawn(async move {
            let now = setting.clock.now();
            let run = Launch::new(Arc::new(canary), now, now).with_secrets(secrets);
            let report = Box::pin(launch(run, &setting, stop)).await;
            let end = ended(&report, &artifacts);
            if let Some((_, trial)) = trials.lock().iter_mut().find(|(known, _)| *known == id) {
                trial.end = Some(end);
            }
        });
        Ok(id)
    }

    fn trial(&self, id: u64) -> Option<Trial> {
        self.trials.lock().iter().find(|(known, _)| *known == id).map(|(_, trial)| trial.clone())
    }
}

fn ended(report: &RunReport, artifacts: &Path) -> TrialEnd {
    let below = report.directory.as_deref().and_then(|directory| directory.strip_prefix(artifacts).ok());
    let html = report.artifacts.iter().find(|artifact| artifact.kind == ArtifactKind::Html);
    TrialEnd {
        reason: report.outcome.reason().map(str::to_owned),
        duration_ms: millis(report.duration),
        steps: report
            .steps
            .iter()
            .map(|step| TrialStep {
                name: step.name.clone(),
                reason: step.outcome.reason().map(str::to_owned),
                duration_ms: millis(step.duration),
                pictures: step.screenshots.clone(),
            })
            .collect(),
        directory: below.map_or_else(String::new, |below| below.to_string_lossy().into_owned()),
        report: html.map(|artifact| artifact.file_name.clone()),
        log: report.log.iter().map(|line| line.text.clone()).collect(),
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

impl From<AuthoringError> for DeskError {
    fn from(error: AuthoringError) -> Self {
        match error {
            AuthoringError::Refused(why) => Self::Refused(why),
            AuthoringError::Failed(why) => Self::Failed(why),
        }
    }
}
