//! Up to when the calendar times of each canary were dealt with, over restarts.

use std::collections::HashSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use siskin_blueprints::CanaryName;
use tracing::warn;

/// A directory with one small file for each canary with calendar times.
#[derive(Clone, Debug)]
pub(super) struct Handled(PathBuf);

impl Handled {
    pub(super) fn open(directory: &Path) -> io::Result<Self> {
        fs::create_dir_all(directory)?;
        Ok(Self(directory.to_owned()))
    }

    /// `None` for a canary that is new here.
    pub(super) fn until(&self, canary: &CanaryName) -> Option<Timestamp> {
        fs::read_to_string(self.0.join(canary.as_str())).ok()?.trim().parse().ok()
    }

    /// Notes that all times up to `at` were dealt with.
    pub(super) fn note(&self, canary: &CanaryName, at: Timestamp) {
        if let Err(error) = fs::write(self.0.join(canary.as_str()), at.to_string()) {
            warn!(%canary, %error, "not noted that a run was due: it may happen again after a restart");
        }
    }

    /// Forgets canaries that are gone: should they come again, nothing of theirs was missed.
    pub(super) fn keep_only(&self, canaries: &HashSet<&str>) -> io::Result<()> {
        for entry in fs::read_dir(&self.0)? {
            let entry = entry?;
            if !entry.file_name().to_str().is_some_and(|name| canaries.contains(name)) {
                fs::remove_file(entry.path())?;
            }
        }
        Ok(())
    }
}
