//! The spool: publications that wait on disk for the backend to come back.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use tracing::warn;

use super::Publication;
use crate::run::write_whole;

/// Limits of the spool.
pub mod limits {
    /// Most publications that wait; beyond it the oldest are dropped and logged.
    pub const SPOOL_FILES_MAX: usize = 2_000;
}

/// A directory of publications, named so that they sort by age.
#[derive(Clone, Debug)]
pub struct Spool(PathBuf);

impl Spool {
    /// Opens the spool in `directory`, made when it is missing.
    ///
    /// # Errors
    /// What the file system says.
    pub fn open(directory: &Path) -> io::Result<Self> {
        fs::create_dir_all(directory)?;
        Ok(Self(directory.to_owned()))
    }

    /// Adds a publication; at the limit the oldest one makes room.
    ///
    /// # Errors
    /// What the file system says.
    pub fn put(&self, publication: &Publication) -> io::Result<()> {
        let mut names = self.names()?;
        while names.len() >= limits::SPOOL_FILES_MAX {
            let oldest = names.remove(0);
            warn!(publication = %oldest, limit = limits::SPOOL_FILES_MAX, "spool full, oldest publication dropped");
            self.remove(&oldest)?;
        }
        let name = format!("{:020}-{}.json", publication.at.as_nanosecond(), uuid::Uuid::new_v4());
        self.replace(&name, publication)
    }

    /// The oldest publication and its name; unreadable files are removed and logged.
    ///
    /// # Errors
    /// What the file system says.
    pub fn oldest(&self) -> io::Result<Option<(String, Publication)>> {
        for name in self.names()? {
            match serde_json::from_slice(&fs::read(self.0.join(&name))?) {
                Ok(publication) => return Ok(Some((name, publication))),
                Err(error) => {
                    warn!(publication = %name, %error, "unreadable publication removed");
                    self.remove(&name)?;
                }
            }
        }
        Ok(None)
    }

    /// Writes a publication under the name it has.
    ///
    /// # Errors
    /// What the file system says.
    pub fn replace(&self, name: &str, publication: &Publication) -> io::Result<()> {
        let text = serde_json::to_vec(publication).map_err(io::Error::other)?;
        write_whole(&self.0.join(name), &text)
    }

    /// Takes a publication out.
    ///
    /// # Errors
    /// What the file system says.
    pub fn remove(&self, name: &str) -> io::Result<()> {
        fs::remove_file(self.0.join(name))
    }

    /// How many wait.
    ///
    /// # Errors
    /// What the file system says.
    pub fn len(&self) -> io::Result<usize> {
        self.names().map(|names| names.len())
    }

    /// Whether none waits.
    ///
    /// # Errors
    /// What the file system says.
    pub fn is_empty(&self) -> io::Result<bool> {
        self.names().map(|names| names.is_empty())
    }

    fn names(&self) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in fs::read_dir(&self.0)? {
            let name = entry?.file_name();
            // Half-written files have another ending.
            if Path::new(&name).extension().is_some_and(|ending| ending == "json")
                && let Some(name) = name.to_str()
            {
                names.push(name.to_owned());
            }
        }
        names.sort();
        Ok(names)
    }
}
