//! A folder for one browser: profile, sockets and temporary files, gone with their owner.
//!
//! A lock file inside is held as long as the owner lives. The kernel frees it with the owner's
//! death, so a folder without a held lock is litter of a machine that went down, and the next
//! reaper that works in the same place removes it, and kills what may still run in it.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use super::processes;

const PREFIX: &str = "siskin-browser-";
/// Under this name a folder is made before it is locked; sweeping never touches it.
const PREFIX_UNLOCKED: &str = "siskin-making-";
const LOCK_FILE: &str = "owner.lock";
/// Chrome puts a socket below the folder at `org.chromium.Chromium.XXXXXX/SingletonSocket`, and a
/// socket's path has at most 107 bytes (unix(7)).
const PATH_BYTES_MAX: usize = 56;

#[derive(Debug)]
pub(super) struct WorkDir {
    path: PathBuf,
    /// Held, never read: its lock says that the owner lives.
    _lock: File,
}

impl WorkDir {
    /// Makes a locked folder below `root`, which is made too if it is missing.
    pub(super) fn create(root: &Path) -> io::Result<Self> {
        fs::create_dir_all(root)?;
        let root = fs::canonicalize(root)?;
        let made = tempfile::Builder::new().prefix(PREFIX_UNLOCKED).tempdir_in(&root)?;
        let lock = File::create(made.path().join(LOCK_FILE))?;
        lock.try_lock().map_err(io::Error::from)?;
        let name = made
            .path()
            .file_name()
            .and_then(|name| name.to_str())
            .and_then(|name| name.strip_prefix(PREFIX_UNLOCKED))
            .ok_or_else(|| io::Error::other("temporary folder has no name"))?;
        let path = root.join(format!("{PREFIX}{name}"));
        if path.as_os_str().len() > PATH_BYTES_MAX {
            return Err(io::Error::new(
                io::ErrorKind::InvalidFilename,
                format!("{} is too long for the browser's sockets: at most {PATH_BYTES_MAX} bytes", path.display()),
            ));
        }
        fs::rename(made.path(), &path)?;
        // The rename moved it away from the guard, which has nothing left to remove.
        let _moved: PathBuf = made.keep();
        Ok(Self { path, _lock: lock })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Removes the folder with everything in it.
    pub(super) fn remove(self) -> io::Result<()> {
        remove_tree(&self.path)
    }
}

/// Removes the folders below `root` whose owner is dead, with the browsers that still run in them.
/// Returns how many.
pub(super) fn sweep(root: &Path) -> usize {
    let Ok(entries) = fs::read_dir(root) else {
        return 0;
    };
    entries
        .flatten()
        .filter(|entry| entry.file_name().to_string_lossy().starts_with(PREFIX))
        .filter(|entry| owner_is_dead(&entry.path()))
        .filter(|entry| processes::kill_strays(&entry.path()) == 0 && remove_tree(&entry.path()).is_ok())
        .count()
}

fn owner_is_dead(folder: &Path) -> bool {
    match File::open(folder.join(LOCK_FILE)) {
        Ok(lock) => match lock.try_lock() {
            Ok(()) => true,
            Err(TryLockError::WouldBlock | TryLockError::Error(_)) => false,
        },
        // The lock goes last of all, so a folder without one was left half removed.
        Err(error) => error.kind() == io::ErrorKind::NotFound,
    }
}

/// Removes a tree that a dying process may still write to.
fn remove_tree(path: &Path) -> io::Result<()> {
    const ATTEMPTS_MAX: u32 = 5;
    let mut last = Ok(());
    for _ in 0..ATTEMPTS_MAX {
        match fs::remove_dir_all(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Ok(()) => return Ok(()),
            // A file was added between the listing and the removal.
            Err(error) => last = Err(error),
        }
    }
    last
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sweep_takes_only_what_no_one_holds() {
        let root = tempfile::tempdir().unwrap();
        let held = WorkDir::create(root.path()).unwrap();
        let left = WorkDir::create(root.path()).unwrap();
        let left_path = left.path().to_owned();
        fs::write(left_path.join("profile"), "x").unwrap();
        drop(left);

        assert_eq!(sweep(root.path()), 1);
        assert!(!left_path.exists());
        assert!(held.path().exists());

        held.remove().unwrap();
        assert_eq!(fs::read_dir(root.path()).unwrap().count(), 0);
    }

    #[test]
    fn too_long_a_root_is_refused_and_leaves_nothing() {
        let root = tempfile::tempdir().unwrap();
        let deep = root.path().join("x".repeat(60));
        let refusal = WorkDir::create(&deep).unwrap_err();
        assert_eq!(refusal.kind(), io::ErrorKind::InvalidFilename);
        assert_eq!(fs::read_dir(&deep).unwrap().count(), 0);
    }
}
