//! Baselines beside the tests: a file for each.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::picture::{split, with_facts};
use super::{Baseline, BaselineError, BaselineKey};
use crate::visual::BaselineFacts;

/// A folder of PNG files named by their keys.
#[derive(Clone, Debug)]
pub(super) struct Folder(pub(super) PathBuf);

impl Folder {
    pub(super) fn get(&self, key: &BaselineKey) -> Result<Option<Baseline>, BaselineError> {
        read(&self.path(key))
    }

    /// Sets a baseline in place of the one whose SHA-256 is `before`, or of none.
    pub(super) fn set(
        &self,
        key: &BaselineKey,
        png: &[u8],
        facts: &BaselineFacts,
        before: Option<&str>,
    ) -> Result<(), BaselineError> {
        let path = self.path(key);
        let refused = |error: io::Error| BaselineError::Unwritable { at: told(&path), reason: error.to_string() };
        fs::create_dir_all(&self.0).map_err(refused)?;
        // Whoever writes holds the folder, so that it has no file of ours beside the pictures.
        let folder = File::open(&self.0).map_err(refused)?;
        folder.lock().map_err(refused)?;
        match read(&path) {
            Ok(now) => {
                let now = now.map(|now| now.facts.sha256);
                if now.as_deref() == Some(facts.sha256.as_str()) && before != now.as_deref() {
                    return Ok(());
                }
                if now.as_deref() != before {
                    return Err(BaselineError::Conflict { at: told(&path) });
                }
            }
            // It is mended by setting it anew.
            Err(BaselineError::Damaged { .. }) => {}
            Err(error) => return Err(error),
        }
        replace(&path, &with_facts(png, facts)).and_then(|()| folder.sync_all()).map_err(refused)
    }

    pub(super) fn path(&self, key: &BaselineKey) -> PathBuf {
        self.0.join(format!("{key}.png"))
    }
}

fn read(path: &Path) -> Result<Option<Baseline>, BaselineError> {
    let file = match fs::read(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(BaselineError::Unreadable { at: told(path), reason: error.to_string() }),
        Ok(file) => file,
    };
    let (png, facts) = split(&file).map_err(|reason| BaselineError::Damaged { at: told(path), reason })?;
    Ok(Some(Baseline { png, facts }))
}

/// On the disk before it has its name: neither a crash nor a power failure leaves half a picture, or none.
fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".partial");
    let beside = PathBuf::from(beside);
    let written = File::create(&beside)
        .and_then(|mut file| file.write_all(bytes).and_then(|()| file.sync_all()))
        .and_then(|()| fs::rename(&beside, path));
    if written.is_err() {
        drop(fs::remove_file(&beside));
    }
    written
}

fn told(path: &Path) -> String {
    path.display().to_string()
}
