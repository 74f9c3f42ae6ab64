//! The folders of a directory of artifacts: `canary/<region>/<name>/<yyyy>/<mm>/<dd>/<hh>/<mm-ss-ms>`.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Levels of folders from a canary's own to an hour's.
pub(super) const HOUR_LEVELS: usize = 4;

/// Folders of the hours of a canary, oldest first.
pub(super) fn hours(canary: &Path) -> io::Result<Vec<PathBuf>> {
    let mut hours = vec![canary.to_owned()];
    for _ in 0..HOUR_LEVELS {
        let mut below = Vec::new();
        for folder in &hours {
            below.extend(folders(folder)?);
        }
        hours = below;
    }
    hours.sort();
    Ok(hours)
}

/// Real folders only: what a link leads to is not ours. None of a folder that is not there.
pub(super) fn folders(of: &Path) -> io::Result<Vec<PathBuf>> {
    let entries = match fs::read_dir(of) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut folders = Vec::new();
    for entry in entries {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            folders.push(entry.path());
        }
    }
    Ok(folders)
}
