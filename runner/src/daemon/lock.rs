//! One runner for one data directory.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::Path;

use super::DaemonError;

/// Holds the directory until it is dropped; the kernel lets go of it when the process dies.
#[derive(Debug)]
pub(super) struct DirectoryLock(#[expect(dead_code, reason = "the open file is the lock")] File);

impl DirectoryLock {
    pub(super) fn acquire(directory: &Path) -> Result<Self, DaemonError> {
        let trouble = |source: io::Error| DaemonError::Directory { path: directory.to_owned(), source };
        fs::create_dir_all(directory).map_err(trouble)?;
        let file = File::create(directory.join("runner.lock")).map_err(trouble)?;
        match file.try_lock() {
            Ok(()) => Ok(Self(file)),
            Err(TryLockError::WouldBlock) => Err(DaemonError::InUse(directory.to_owned())),
            Err(TryLockError::Error(source)) => Err(trouble(source)),
        }
    }
}
