//! The spool: publications on disk until the backend has them.
//!
//! A publication is one file. How many of its calls the backend has answered is the length of a second file, so that
//! a killed runner sends again at most the one call whose answer it did not note.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use siskin_blueprints::CanaryName;
use tracing::warn;
use uuid::Uuid;

use super::Publication;

/// Limits of the spool.
pub mod limits {
    /// Most publications that wait; beyond it the oldest are dropped and logged.
    pub const SPOOL_FILES_MAX: usize = 20_000;
    /// Most bytes that wait; beyond it the oldest are dropped and logged.
    pub const SPOOL_BYTES_MAX: u64 = 512 * 1024 * 1024;
}

const WAITING: &str = "json";
const ANSWERED: &str = "answered";

/// A directory of publications, named so that they sort by age.
#[derive(Clone, Debug)]
pub struct Spool(PathBuf);

/// A publication that waits, without its calls.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Waiting {
    /// Its name in the spool; sorts by age.
    pub name: String,
    /// Names it everywhere else.
    pub id: Uuid,
    /// Which canary it tells of.
    pub canary: CanaryName,
    /// Size of its file.
    pub bytes: u64,
}

impl Spool {
    /// Opens the spool in `directory`, made when it is missing.
    ///
    /// # Errors
    /// What the file system says.
    pub fn open(directory: &Path) -> io::Result<Self> {
        fs::create_dir_all(directory)?;
        Ok(Self(directory.to_owned()))
    }

    /// What waits, oldest first; unreadable files are removed and logged.
    ///
    /// # Errors
    /// What the file system says.
    pub fn waiting(&self) -> io::Result<Vec<Waiting>> {
        let mut waiting = Vec::new();
        for entry in fs::read_dir(&self.0)? {
            let path = entry?.path();
            let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
            let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default().to_owned();
            match ending {
                WAITING => match self.load(&stem) {
                    Ok(publication) => {
                        let bytes = fs::metadata(&path)?.len();
                        waiting.push(Waiting { name: stem, id: publication.id, canary: publication.canary, bytes });
                    }
                    Err(error) if error.kind() == io::ErrorKind::InvalidData => {
                        warn!(publication = %stem, %error, "unreadable publication removed");
                        self.remove(&stem)?;
                    }
                    Err(error) => return Err(error),
                },
                // Half-written, or the note of a publication that is gone.
                ANSWERED if self.path(&stem, WAITING).exists() => {}
                _ => fs::remove_file(&path)?,
            }
        }
        waiting.sort_by(|one, two| one.name.cmp(&two.name));
        Ok(waiting)
    }

    /// Adds a publication and forces it to the disk; one with the same id is replaced.
    ///
    /// # Errors
    /// What the file system says; then nothing is left of it.
    pub fn put(&self, publication: &Publication) -> io::Result<Waiting> {
        let text = serde_json::to_vec(publication).map_err(io::Error::other)?;
        let name = format!("{:020}-{}", publication.at.as_nanosecond(), publication.id);
        let half = self.path(&name, "partial");
        let written = File::create(&half)
            .and_then(|mut file| file.write_all(&text).and_then(|()| file.sync_all()))
            .and_then(|()| fs::rename(&half, self.path(&name, WAITING)))
            .and_then(|()| File::open(&self.0)?.sync_all());
        if let Err(error) = written {
            // A full disk is the likely cause: do not leave half a file to make it fuller.
            drop(fs::remove_file(&half));
            return Err(error);
        }
        Ok(Waiting { name, id: publication.id, canary: publication.canary.clone(), bytes: text.len() as u64 })
    }

    /// Reads a publication; calls that are answered are no part of it any more.
    ///
    /// # Errors
    /// What the file system says; `InvalidData` for a file that holds no publication.
    pub fn load(&self, name: &str) -> io::Result<Publication> {
        let text = fs::read(self.path(name, WAITING))?;
        let mut publication: Publication =
            serde_json::from_slice(&text).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
        let answered = match fs::metadata(self.path(name, ANSWERED)) {
            Ok(note) => usize::try_from(note.len()).unwrap_or(usize::MAX),
            Err(error) if error.kind() == io::ErrorKind::NotFound => 0,
            Err(error) => return Err(error),
        };
        publication.calls.drain(..answered.min(publication.calls.len()));
        Ok(publication)
    }

    /// Notes that one more call of a publication is answered.
    ///
    /// # Errors
    /// What the file system says.
    pub fn answered(&self, name: &str) -> io::Result<()> {
        OpenOptions::new().create(true).append(true).open(self.path(name, ANSWERED))?.write_all(b".")
    }

    /// Takes a publication out.
    ///
    /// # Errors
    /// What the file system says.
    pub fn remove(&self, name: &str) -> io::Result<()> {
        for ending in [WAITING, ANSWERED] {
            match fs::remove_file(self.path(name, ending)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                Ok(()) | Err(_) => {}
            }
        }
        Ok(())
    }

    fn path(&self, name: &str, ending: &str) -> PathBuf {
        self.0.join(format!("{name}.{ending}"))
    }
}
