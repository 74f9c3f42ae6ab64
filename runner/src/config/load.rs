//! From a file to canaries.

use std::cell::RefCell;
use std::fs;
use std::path::{Path, PathBuf};

use std::sync::Arc;
use std::time::Duration;

use siskin_blueprints::Canary;
use toml::de::DeTable;

use super::place::{ArtifactPlace, BaselinePlace, KeepPassed};
use super::raw::RawFile;
use super::resolve::Resolver;
use super::shape::FILE;
use super::{ConfigError, Problem, Secrets, check};
use crate::schedule::Plan;

/// Limits of a configuration file.
pub mod limits {
    /// Most canaries of one runner.
    pub const CANARIES_MAX: usize = 100_000;
    /// Size of the file.
    pub const FILE_BYTES_MAX: u64 = 64 * 1024 * 1024;
    /// Most groups of one canary, as AWS has it.
    pub const GROUPS_MAX: usize = 10;
}

/// The canaries of one file, every rule kept.
#[derive(Clone, Debug, Default)]
pub struct Config {
    /// In the order of the file; names are unique.
    pub entries: Vec<Entry>,
    /// Where artifacts are kept, if the file says so.
    pub artifacts: Option<ArtifactPlace>,
    /// Where approved pictures of pages are kept, if the file says so.
    pub baselines: Option<BaselinePlace>,
    /// How long artifacts are kept.
    pub retention: RetentionLimits,
    /// How runs without a browser that passed are kept.
    pub keep_passed: KeepPassed,
    /// Files that were read beside the file itself: scripts and secrets.
    pub files: Vec<PathBuf>,
}

/// One canary of a file: what it checks, when, and with which secrets.
#[derive(Clone, Debug)]
pub struct Entry {
    /// What it checks.
    pub canary: Arc<Canary>,
    /// When it runs.
    pub plan: Arc<Plan>,
    /// Groups it belongs to.
    pub groups: Vec<String>,
    /// Texts for its script that are never shown.
    pub secrets: Secrets,
}

/// How long artifacts are kept; without a limit, for ever.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct RetentionLimits {
    /// Older runs go.
    pub age: Option<Duration>,
    /// Most runs of one canary.
    pub runs: Option<usize>,
    /// Most bytes of all runs together.
    pub bytes: Option<u64>,
}

impl Config {
    /// Reads `path`; scripts are looked for beside it.
    ///
    /// # Errors
    /// A file that cannot be read, or every problem found in it.
    pub fn load(path: &Path) -> Result<Self, ConfigError> {
        let unreadable = |source| ConfigError::Unreadable { path: path.to_owned(), source };
        let bytes = fs::metadata(path).map_err(unreadable)?.len();
        if bytes > limits::FILE_BYTES_MAX {
            let message = format!("the file has {bytes} bytes: at most {}", limits::FILE_BYTES_MAX);
            return Err(ConfigError::Invalid(vec![Problem::at(&path.display().to_string(), "", None, message)]));
        }
        let text = fs::read_to_string(path).map_err(unreadable)?;
        let beside = path.parent().map_or_else(PathBuf::new, Path::to_owned);
        Self::parse(&text, &path.display().to_string(), &beside)
    }

    /// Reads `text`; messages call it `file`, and scripts are looked for in `directory`.
    ///
    /// # Errors
    /// Every problem found.
    pub fn parse(text: &str, file: &str, directory: &Path) -> Result<Self, ConfigError> {
        Self::parse_with(text, file, directory, &|name| std::env::var(name).ok())
    }

    /// The same with variables from elsewhere than the process's environment.
    ///
    /// # Errors
    /// Every problem found.
    pub fn parse_with(
        text: &str,
        file: &str,
        directory: &Path,
        env: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Self, ConfigError> {
        let unreadable = |error: toml::de::Error| {
            ConfigError::Invalid(vec![Problem::at(file, text, error.span(), error.message().replace('\n', ": "))])
        };
        let mut faults = Vec::new();
        check::table(DeTable::parse(text).map_err(unreadable)?.get_ref(), FILE, "", None, &mut faults);
        if !faults.is_empty() {
            let problems = faults.into_iter().map(|(place, invalid)| Problem::at(file, text, place, invalid));
            return Err(ConfigError::Invalid(problems.collect()));
        }
        let raw: RawFile = toml::from_str(text).map_err(unreadable)?;
        let (config, problems) = Resolver { file, text, directory, env, files: RefCell::default() }.resolve(raw);
        if problems.is_empty() { Ok(config) } else { Err(ConfigError::Invalid(problems)) }
    }

    /// The canary called `name`.
    pub fn canary(&self, name: &str) -> Option<&Canary> {
        self.entry(name).map(|entry| &*entry.canary)
    }

    /// The canary called `name`, with when it runs and its secrets.
    pub fn entry(&self, name: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.canary.name.as_str() == name)
    }
}
