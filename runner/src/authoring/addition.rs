//! Adds an entry to the canaries file: what stands there stays as it is, and nothing is written that would not be read.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use super::AuthoringError;
use crate::config::{Config, ConfigError};

/// A canaries file with one more entry, not yet written.
#[derive(Debug)]
pub struct Addition {
    file: PathBuf,
    text: String,
    is_new: bool,
}

impl Addition {
    /// Puts the entry behind what the file has.
    ///
    /// # Errors
    /// A file that cannot be read, that has problems already, or that has a canary of the name.
    pub fn prepare(file: &Path, name: &str, entry: &str) -> Result<Self, AuthoringError> {
        // A link stays one: what it leads to is written.
        let file = fs::canonicalize(file).unwrap_or_else(|_| file.to_owned());
        let before = match fs::read_to_string(&file) {
            Ok(text) => Some(text),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(AuthoringError::refused(format_args!("{}: {error}", file.display()))),
        };
        let Some(before) = before else {
            return Ok(Self { file, text: entry.to_owned(), is_new: true });
        };
        let config = parse(&before, &file).map_err(|error| {
            AuthoringError::refused(format_args!("the file has problems already, nothing was written:\n{error}"))
        })?;
        if config.canary(name).is_some() {
            return Err(AuthoringError::refused(format_args!(
                "name {name}: a canary of {} has this name already, nothing was written",
                file.display()
            )));
        }
        let gap = match () {
            () if before.trim().is_empty() || before.ends_with("\n\n") => "",
            () if before.ends_with('\n') => "\n",
            () => "\n\n",
        };
        Ok(Self { file, text: format!("{before}{gap}{entry}"), is_new: false })
    }

    /// Writes the file, if all of it is as it should be; a script that it names must be there by now.
    ///
    /// # Errors
    /// What would not be read, or what the file system says; then the file is as it was.
    pub fn write(&self) -> Result<(), AuthoringError> {
        parse(&self.text, &self.file).map_err(|error| {
            AuthoringError::refused(format_args!("nothing was written, since it would not be read:\n{error}"))
        })?;
        self.replace().map_err(|error| AuthoringError::failed(format_args!("{}: {error}", self.file.display())))
    }

    /// The whole file or nothing of it is new, also when the machine stops meanwhile.
    fn replace(&self) -> io::Result<()> {
        let folder = self.file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        if self.is_new {
            let mut file = fs::OpenOptions::new().write(true).create_new(true).open(&self.file)?;
            return file.write_all(self.text.as_bytes());
        }
        let mut file = NamedTempFile::new_in(folder)?;
        file.write_all(self.text.as_bytes())?;
        file.as_file().set_permissions(fs::metadata(&self.file)?.permissions())?;
        file.as_file().sync_all()?;
        file.persist(&self.file).map_err(|error| error.error)?;
        Ok(())
    }
}

/// Whether an entry alone would be read.
///
/// # Errors
/// What is wrong with it.
pub fn check_entry(entry: &str) -> Result<(), AuthoringError> {
    parse(entry, Path::new("canaries.toml")).map(drop).map_err(AuthoringError::refused)
}

/// Reads the text as a file of canaries; secrets and variables that the environment has not yet are none of its problems.
fn parse(text: &str, file: &Path) -> Result<Config, ConfigError> {
    let folder = file.parent().map_or_else(PathBuf::new, Path::to_owned);
    let environment = |name: &str| Some(std::env::var(name).unwrap_or_else(|_| "later".to_owned()));
    Config::parse_with(text, &file.display().to_string(), &folder, &environment)
}
