//! A rules file that is read again when it changes.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use super::local::{self, LocalRulesError};
use super::rule_set::RuleSet;
use super::sampler::LocalRules;
use super::status::count;
use super::text_file::{self, Unread};
use super::thread::Signal;

/// How often the file is looked at.
const CHECK_INTERVAL: Duration = Duration::from_secs(1);

/// Why a file of rules cannot be followed.
#[derive(Debug, thiserror::Error)]
pub enum RulesFileError {
    /// The file cannot be read.
    #[error("sampling rules file {path:?}: {error}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
    /// The file has more than 1 MiB.
    #[error("sampling rules file {0:?}: has more than 1048576 bytes, the largest size that is read")]
    TooLarge(PathBuf),
    /// What it holds is no set of rules.
    #[error("sampling rules file {path:?}: {error}")]
    Refused {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        error: LocalRulesError,
    },
    /// The system gives no thread to watch the file.
    #[error("sampling rules file {path:?}: no thread to watch it: {error}")]
    NoThread {
        /// The file.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
}

/// What tells a changed file without reading it.
type Stamp = (Option<SystemTime>, u64);

/// A file and what was last found in it.
#[derive(Debug, Clone)]
pub(super) struct RulesFile {
    path: PathBuf,
    stamp: Option<Stamp>,
    /// Whether the stamp was new at the last look: a second change may hide behind the same stamp, as
    /// file systems count time in steps of some milliseconds.
    fresh: bool,
    /// The text last read, whether it was refused or not; `None` while the file is unreadable.
    text: Option<String>,
}

impl RulesFile {
    /// Reads the file for the first time.
    pub(super) fn open(path: &Path) -> Result<(Self, RuleSet), RulesFileError> {
        let mut file = Self { path: path.to_owned(), stamp: stamp(path).ok(), fresh: true, text: None };
        let text = file.read()?;
        let rules = file.parse(&text)?;
        file.text = Some(text);
        Ok((file, rules))
    }

    /// The rules, if the file holds others than at the last look.
    ///
    /// # Errors
    /// Once for each change that cannot be followed.
    fn look(&mut self) -> Result<Option<RuleSet>, RulesFileError> {
        let stamp = stamp(&self.path).ok();
        let changed = stamp != self.stamp || stamp.is_none();
        let unread = self.fresh;
        (self.stamp, self.fresh) = (stamp, changed);
        if !changed && !unread {
            return Ok(None);
        }
        let known = self.text.take();
        let text = match self.read() {
            Ok(text) => text,
            // It was said before.
            Err(_) if known.is_none() => return Ok(None),
            Err(error) => return Err(error),
        };
        let is_known = known.as_ref() == Some(&text);
        let text = self.text.insert(text).clone();
        if is_known { Ok(None) } else { self.parse(&text).map(Some) }
    }

    fn read(&self) -> Result<String, RulesFileError> {
        text_file::read(&self.path).map_err(|unread| match unread {
            Unread::Unreadable(error) => RulesFileError::Unreadable { path: self.path.clone(), error },
            Unread::TooLarge => RulesFileError::TooLarge(self.path.clone()),
        })
    }

    fn parse(&self, text: &str) -> Result<RuleSet, RulesFileError> {
        let refused = |error| RulesFileError::Refused { path: self.path.clone(), error };
        let (rules, fallback) = local::parse(text).map_err(refused)?;
        Ok(RuleSet::new(rules, fallback))
    }

    /// Follows the file until told to stop. A change that cannot be followed leaves the rules as they
    /// are, is logged and counted.
    pub(super) fn follow(mut self, rules: &Arc<LocalRules>, signal: &Signal) {
        while signal.pause(CHECK_INTERVAL) {
            self.follow_once(rules);
        }
    }

    fn follow_once(&mut self, rules: &LocalRules) {
        match self.look() {
            Ok(None) => {}
            Ok(Some(set)) => {
                rules.replace(set);
                tracing::info!(target: "siskin_sdk", path = %self.path.display(), "sampling rules were read again");
            }
            Err(error) => {
                count(&rules.counters.files_refused);
                tracing::warn!(target: "siskin_sdk", %error, "sampling rules stay as they were");
            }
        }
    }
}

fn stamp(path: &Path) -> io::Result<Stamp> {
    let metadata = fs::metadata(path)?;
    Ok((metadata.modified().ok(), metadata.len()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sampling::{Request, SamplerStatus};

    fn rules(rate: &str) -> String {
        format!(r#"{{"version":2,"default":{{"fixed_target":0,"rate":{rate}}}}}"#)
    }

    #[test]
    fn changes_are_followed_and_bad_ones_refused_once() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("rules.json");
        fs::write(&path, rules("0.25")).unwrap();
        let (mut file, set) = RulesFile::open(&path).unwrap();
        let in_force = LocalRules::new(set);
        let mut look = |rate: f64, replaced, refused| {
            // Twice: what is said once is not said again.
            file.follow_once(&in_force);
            file.follow_once(&in_force);
            assert_eq!(in_force.set.load().find(&Request::default()).rule.fixed_rate.to_bits(), rate.to_bits());
            let status = SamplerStatus { rules_replaced: replaced, files_refused: refused, ..SamplerStatus::default() };
            assert_eq!(in_force.counters.status(), status);
        };
        look(0.25, 0, 0);
        fs::write(&path, rules("0.75")).unwrap();
        look(0.75, 1, 0);
        fs::write(&path, rules("2")).unwrap();
        look(0.75, 1, 1);
        fs::remove_file(&path).unwrap();
        look(0.75, 1, 2);
        fs::write(&path, "x".repeat(1024 * 1024 + 1)).unwrap();
        look(0.75, 1, 2);
        fs::write(&path, rules("0.50")).unwrap();
        look(0.5, 2, 2);
    }

    #[test]
    fn a_first_file_that_cannot_be_followed_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("rules.json");
        let refusal = || RulesFile::open(&path).unwrap_err().to_string().replace(&format!("{path:?}"), "FILE");
        insta::assert_snapshot!(refusal(), @"sampling rules file FILE: No such file or directory (os error 2)");
        fs::write(&path, rules("2")).unwrap();
        insta::assert_snapshot!(refusal(), @"sampling rules file FILE: local sampling rules: default: rate is a number from 0 to 1");
        fs::write(&path, "x".repeat(1024 * 1024 + 1)).unwrap();
        insta::assert_snapshot!(refusal(), @"sampling rules file FILE: has more than 1048576 bytes, the largest size that is read");
    }
}
