//! What the forms that make canaries need of the application.

use std::fmt;

use serde_json::{Map, Value};

/// Keeps the canaries' file, and tries scripts out.
///
/// Everything here works on small files: a call takes milliseconds.
pub trait CanaryDesk: fmt::Debug + Send + Sync {
    /// The file that canaries are added to, as people know it.
    fn file(&self) -> String;

    /// Names of the canaries that run a script of their own.
    fn scripts(&self) -> Vec<String>;

    /// The script of a canary.
    ///
    /// # Errors
    /// [`DeskError::Refused`] for a canary without one.
    fn open(&self, canary: &str) -> Result<String, DeskError>;

    /// Whether a script may run, as far as can be known without running it.
    ///
    /// # Errors
    /// [`DeskError::Refused`] with all mistakes.
    fn check(&self, source: &str) -> Result<(), DeskError>;

    /// Adds a canary; what stands in the file stays.
    ///
    /// # Errors
    /// [`DeskError`]; nothing is written then.
    fn add(&self, canary: &NewCanary) -> Result<Added, DeskError>;

    /// Puts another script in the place of a canary's.
    ///
    /// # Errors
    /// [`DeskError`]; nothing is written then.
    fn replace(&self, canary: &str, source: &str) -> Result<(), DeskError>;

    /// Begins to run a script once, without telling anybody of it, and gives the trial's number.
    ///
    /// # Errors
    /// [`DeskError::Refused`] for a script that cannot run, and while other trials are under way.
    fn try_out(&self, subject: &Subject) -> Result<u64, DeskError>;

    /// A trial, while it is remembered.
    fn trial(&self, id: u64) -> Option<Trial>;
}

/// A canary that is to be added.
#[derive(Clone, Debug)]
pub struct NewCanary {
    /// Its name.
    pub name: String,
    /// When it runs.
    pub schedule: String,
    /// How long a run may take; empty for what is usual.
    pub timeout: String,
    /// What it runs.
    pub subject: Subject,
}

/// What a canary runs.
#[derive(Clone, Debug)]
pub enum Subject {
    /// A blueprint with its parameters as they were given.
    Blueprint {
        /// Its name.
        name: &'static str,
        /// By their names.
        parameters: Map<String, Value>,
    },
    /// A script of its own.
    Script(String),
}

/// What was added.
#[derive(Clone, Debug, Default)]
pub struct Added {
    /// Variables of the environment that it needs and that are not there.
    pub missing: Vec<String>,
}

/// A script's run that nobody else is told of.
#[derive(Clone, Debug, Default)]
pub struct Trial {
    /// How it ended; `None` while it runs.
    pub end: Option<TrialEnd>,
}

/// How a trial ended.
#[derive(Clone, Debug, Default)]
pub struct TrialEnd {
    /// Why it failed; `None` when it passed.
    pub reason: Option<String>,
    /// How long it took, in milliseconds.
    pub duration_ms: u64,
    /// Its steps, in order.
    pub steps: Vec<TrialStep>,
    /// Its files below the directory of all artifacts, with their directory.
    pub directory: String,
    /// The report's file name, if there is one.
    pub report: Option<String>,
    /// What it logged.
    pub log: Vec<String>,
}

/// A step of a trial.
#[derive(Clone, Debug, Default)]
pub struct TrialStep {
    /// Its name.
    pub name: String,
    /// Why it failed; `None` when it passed.
    pub reason: Option<String>,
    /// How long it took, in milliseconds.
    pub duration_ms: u64,
    /// File names of its pictures.
    pub pictures: Vec<String>,
}

/// Why nothing was done.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum DeskError {
    /// What was asked for cannot be.
    #[error("{0}")]
    Refused(String),
    /// The machine did not do it.
    #[error("{0}")]
    Failed(String),
}
