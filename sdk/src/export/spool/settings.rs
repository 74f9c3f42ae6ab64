//! Where a spool is, and how large it may get.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::folder::Lock;
use crate::lock::Mutex;

/// Bytes on disk unless told otherwise.
const BYTES_MAX: u64 = 64 * 1024 * 1024;
/// Files unless told otherwise.
const FILES_MAX: usize = 16;

/// Where documents wait while their receiver is away, and how many.
///
/// The limits are those of one process; what it adopts of its predecessors counts in them.
#[derive(Debug, Clone)]
pub struct SpoolSettings {
    pub(super) dir: PathBuf,
    pub(super) bytes_max: u64,
    pub(super) files_max: usize,
    /// The lock of the folder in use: a forked child has to let go of it.
    pub(super) in_use: Arc<Mutex<Option<Lock>>>,
}

impl SpoolSettings {
    /// A spool in the folder `dir`, which is made when it is not there: up to 64 MiB in 16 files.
    pub fn new(dir: impl AsRef<Path>) -> Self {
        Self { dir: dir.as_ref().to_owned(), bytes_max: BYTES_MAX, files_max: FILES_MAX, in_use: Arc::default() }
    }

    /// Most bytes on disk, at least 64 KiB; when they are used up the oldest file goes, and what was
    /// in it is counted.
    #[must_use]
    pub fn bytes_max(self, bytes_max: u64) -> Self {
        Self { bytes_max: bytes_max.max(64 * 1024), ..self }
    }

    /// Most files, at least 2: a full spool drops one of them at a time.
    #[must_use]
    pub fn files_max(self, files_max: usize) -> Self {
        Self { files_max: files_max.max(2), ..self }
    }

    /// When a file is full.
    pub(super) fn file_bytes_max(&self) -> u64 {
        self.bytes_max / self.files_max as u64
    }

    pub(super) fn hold(&self, lock: Lock) {
        *self.in_use.lock() = Some(lock);
    }

    /// Closes the lock of the folder in use. In a forked child that is its parent's, which stays
    /// locked by its parent.
    pub(super) fn let_go(&self) {
        *self.in_use.lock() = None;
    }
}

/// A spool that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("the spool {}: {error}", dir.display())]
pub struct SpoolError {
    pub(super) dir: PathBuf,
    #[source]
    pub(super) error: io::Error,
}

impl From<SpoolError> for io::Error {
    fn from(error: SpoolError) -> Self {
        Self::new(error.error.kind(), error)
    }
}
