//! From a file to canaries.

use std::fs;
use std::path::{Path, PathBuf};

use siskin_blueprints::Canary;

use super::raw::RawFile;
use super::resolve::Resolver;
use super::{ConfigError, Problem};

/// Limits of a configuration file.
pub mod limits {
    /// Most canaries of one runner.
    pub const CANARIES_MAX: usize = 1_000;
    /// Size of the file.
    pub const FILE_BYTES_MAX: u64 = 4 * 1024 * 1024;
}

/// The canaries of one file, every rule kept.
#[derive(Clone, Debug, Default)]
pub struct Config {
    /// In the order of the file; names are unique.
    pub canaries: Vec<Canary>,
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
        let raw: RawFile = toml::from_str(text).map_err(|error| {
            ConfigError::Invalid(vec![Problem::at(file, text, error.span(), error.message().replace('\n', ": "))])
        })?;
        let (canaries, problems) = Resolver { file, text, directory }.resolve(raw);
        if problems.is_empty() { Ok(Self { canaries }) } else { Err(ConfigError::Invalid(problems)) }
    }

    /// The canary called `name`.
    pub fn canary(&self, name: &str) -> Option<&Canary> {
        self.canaries.iter().find(|canary| canary.name.as_str() == name)
    }
}
