//! The folder of one process, and those of processes that are gone.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use super::super::Format;
use crate::random;

/// The name of the file that is locked as long as the process lives.
const LOCK: &str = "lock";
/// What names of files with documents end with.
const EXTENSION: &str = "spool";
/// Attempts to make a folder: another process may take a new one for an orphan.
const MAKE_TRIES: usize = 10;

/// A locked file; closed, the lock is free.
pub(super) type Lock = File;

/// The folder of this process.
#[derive(Debug)]
pub(super) struct Folder {
    path: PathBuf,
}

impl Folder {
    /// Makes a folder in `root`, and locks it.
    ///
    /// # Errors
    /// When `root` cannot be written to, or its file system has no locks.
    pub(super) fn make(root: &Path, format: Format) -> io::Result<(Self, Lock)> {
        fs::create_dir_all(root)?;
        let mut last = io::Error::from(io::ErrorKind::WouldBlock);
        for _ in 0..MAKE_TRIES {
            let name = format!("{}{}-{:016x}", prefix(format), std::process::id(), random::next_u64());
            let path = root.join(name);
            fs::create_dir(&path)?;
            match lock(OpenOptions::new().create_new(true).write(true), &path.join(LOCK)) {
                Ok(lock) => return Ok((Self { path }, lock)),
                Err(error) => last = error,
            }
        }
        Err(last)
    }

    /// The path of a file with this number.
    pub(super) fn file(&self, number: u64) -> PathBuf {
        self.path.join(format!("{number:08}.{EXTENSION}"))
    }

    /// Moves the files of processes that are gone into this folder, each to the path that `next` names;
    /// the oldest process's first, as far as its folder tells.
    ///
    /// # Errors
    /// When `root` cannot be read. What cannot be moved stays for who comes next.
    pub(super) fn adopt(&self, root: &Path, format: Format, mut next: impl FnMut() -> PathBuf) -> io::Result<()> {
        let mut orphans = Vec::new();
        for entry in fs::read_dir(root)? {
            let entry = entry?;
            let ours = entry.file_name().to_str().is_some_and(|name| name.starts_with(prefix(format)));
            if ours && entry.path() != self.path {
                orphans.push((entry.metadata().and_then(|metadata| metadata.modified()).ok(), entry.path()));
            }
        }
        orphans.sort();
        for (_, orphan) in orphans {
            if let Err(error) = adopt_one(&orphan, &mut next) {
                tracing::debug!(target: "siskin_sdk", folder = %orphan.display(), %error, "spool not adopted");
            }
        }
        Ok(())
    }

    /// Removes the folder if nothing but the lock is in it.
    pub(super) fn remove_if_empty(&self) {
        let only_the_lock = files(&self.path).is_ok_and(|files| files.is_empty());
        if only_the_lock && let Err(error) = remove(&self.path) {
            tracing::debug!(target: "siskin_sdk", folder = %self.path.display(), %error, "spool folder stays");
        }
    }
}

fn prefix(format: Format) -> &'static str {
    match format {
        Format::XRay => "xray-",
        Format::Otlp => "otlp-",
    }
}

fn lock(options: &OpenOptions, path: &Path) -> io::Result<Lock> {
    let file = options.open(path)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(io::ErrorKind::WouldBlock.into()),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

fn adopt_one(orphan: &Path, next: &mut impl FnMut() -> PathBuf) -> io::Result<()> {
    let _lock = match lock(OpenOptions::new().write(true), &orphan.join(LOCK)) {
        Ok(lock) => lock,
        // Its process lives.
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
        // It was made a moment ago, or is being removed.
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    for file in files(orphan)? {
        fs::rename(file, next())?;
    }
    remove(orphan)
}

/// The files with documents in a folder, oldest first.
fn files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let entries: io::Result<Vec<_>> = fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect();
    let mut files = entries?;
    files.retain(|path| path.extension().is_some_and(|extension| extension == EXTENSION));
    files.sort();
    Ok(files)
}

fn remove(folder: &Path) -> io::Result<()> {
    fs::remove_file(folder.join(LOCK))?;
    fs::remove_dir(folder)
}
