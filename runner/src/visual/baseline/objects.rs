//! Baselines by content: an index entry for each key, and each picture once.
//!
//! ```text
//! index/KEY.json          facts of the picture
//! objects/SHA-256.png     the picture as the browser gave it
//! ```

use std::fs::File;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use object_store::path::Path;
use object_store::{Error, ObjectStore, ObjectStoreExt, PutMode, PutOptions, PutPayload, UpdateVersion};

use tokio::task::spawn_blocking;

use super::picture::sha256;
use super::{Baseline, BaselineError, BaselineKey};
use crate::visual::BaselineFacts;

#[derive(Clone)]
pub(super) struct Objects {
    pub(super) store: Arc<dyn ObjectStore>,
    pub(super) prefix: Path,
    /// The directory, if it is one: those have no conditional writes, so whoever writes holds it.
    pub(super) directory: Option<PathBuf>,
    /// For people.
    pub(super) address: String,
}

impl Objects {
    pub(super) async fn get(&self, key: &BaselineKey) -> Result<Option<Baseline>, BaselineError> {
        let Some((facts, _)) = self.entry(key).await? else { return Ok(None) };
        let path = self.object(&facts.sha256);
        let png = match self.store.get(&path).await {
            Ok(found) => found.bytes().await.map_err(|error| self.unreadable(&path, &error))?,
            Err(Error::NotFound { .. }) => {
                return Err(self.damaged(&path, "is missing, and is in the index".to_owned()));
            }
            Err(error) => return Err(self.unreadable(&path, &error)),
        };
        if sha256(&png) != facts.sha256 {
            return Err(self.damaged(&path, "is not what its name says: its SHA-256 is another".to_owned()));
        }
        Ok(Some(Baseline { png: png.to_vec(), facts }))
    }

    /// As [`super::Folder::set`]. The picture is there before the index tells of it.
    pub(super) async fn set(
        &self,
        key: &BaselineKey,
        png: &[u8],
        facts: &BaselineFacts,
        before: Option<&str>,
    ) -> Result<(), BaselineError> {
        let (path, entry) = (self.object(&facts.sha256), self.index(key));
        // Held until the end.
        let _held = self.hold(&entry).await?;
        let found = match self.get(key).await {
            Ok(_) => Some(self.entry(key).await?),
            // It is mended by setting it anew.
            Err(BaselineError::Damaged { .. }) => None,
            Err(error) => return Err(error),
        };
        let is_damaged = found.is_none();
        let (now, version) =
            found.flatten().map_or((None, None), |(facts, version)| (Some(facts.sha256), Some(version)));
        if !is_damaged && now.as_deref() == Some(facts.sha256.as_str()) && before != now.as_deref() {
            return Ok(());
        }
        if !is_damaged && now.as_deref() != before {
            return Err(BaselineError::Conflict { at: self.told(&entry) });
        }
        let mode = if is_damaged { PutMode::Overwrite } else { PutMode::Create };
        match self.store.put_opts(&path, PutPayload::from(png.to_vec()), mode.into()).await {
            Ok(_) | Err(Error::AlreadyExists { .. }) => self.settle(&path)?,
            Err(error) => return Err(self.unwritable(&path, &error)),
        }
        let mode = match version {
            _ if is_damaged || self.directory.is_some() => PutMode::Overwrite,
            None => PutMode::Create,
            Some(version) => PutMode::Update(version),
        };
        let text = serde_json::to_vec_pretty(facts).expect("texts and numbers are written in memory");
        match self.store.put_opts(&entry, PutPayload::from(text), PutOptions::from(mode)).await {
            Ok(_) => self.settle(&entry),
            Err(Error::AlreadyExists { .. } | Error::Precondition { .. }) => {
                Err(BaselineError::Conflict { at: self.told(&entry) })
            }
            Err(error) => Err(self.unwritable(&entry, &error)),
        }
    }

    async fn entry(&self, key: &BaselineKey) -> Result<Option<(BaselineFacts, UpdateVersion)>, BaselineError> {
        let path = self.index(key);
        let found = match self.store.get(&path).await {
            Ok(found) => found,
            Err(Error::NotFound { .. }) => return Ok(None),
            Err(error) => return Err(self.unreadable(&path, &error)),
        };
        let version = UpdateVersion { e_tag: found.meta.e_tag.clone(), version: found.meta.version.clone() };
        let text = found.bytes().await.map_err(|error| self.unreadable(&path, &error))?;
        let facts: BaselineFacts =
            serde_json::from_slice(&text).map_err(|error| self.damaged(&path, format!("makes no sense: {error}")))?;
        if facts.sha256.len() != 64 || !facts.sha256.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(self.damaged(&path, format!("sha256 \"{}\" is no SHA-256", facts.sha256)));
        }
        Ok(Some((facts, version)))
    }

    async fn hold(&self, entry: &Path) -> Result<Option<File>, BaselineError> {
        let Some(directory) = self.directory.clone() else { return Ok(None) };
        // Whoever holds it needs threads of the runtime to come to an end.
        let hold = move || File::open(directory).and_then(|held| held.lock().map(|()| held));
        let held = spawn_blocking(hold).await.map_err(io::Error::other).flatten();
        held.map(Some).map_err(|error| BaselineError::Unwritable { at: self.told(entry), reason: error.to_string() })
    }

    /// Waits until a directory has what was written to it; an object store has it when it answers.
    fn settle(&self, path: &Path) -> Result<(), BaselineError> {
        let Some(directory) = &self.directory else { return Ok(()) };
        let file = directory.join(path.as_ref());
        let folder = file.parent().unwrap_or(directory);
        let settled = File::open(&file).and_then(|file| file.sync_all()).and_then(|()| File::open(folder)?.sync_all());
        settled.map_err(|error| BaselineError::Unwritable { at: self.told(path), reason: error.to_string() })
    }

    fn index(&self, key: &BaselineKey) -> Path {
        self.prefix.clone().join("index").join(format!("{key}.json"))
    }

    fn object(&self, sha256: &str) -> Path {
        self.prefix.clone().join("objects").join(format!("{sha256}.png"))
    }

    fn told(&self, path: &Path) -> String {
        let below = path.as_ref().strip_prefix(self.prefix.as_ref()).unwrap_or(path.as_ref());
        format!("{}/{}", self.address, below.trim_start_matches('/'))
    }

    fn damaged(&self, path: &Path, reason: String) -> BaselineError {
        BaselineError::Damaged { at: self.told(path), reason }
    }

    fn unreadable(&self, path: &Path, error: &Error) -> BaselineError {
        BaselineError::Unreadable { at: self.told(path), reason: error.to_string() }
    }

    fn unwritable(&self, path: &Path, error: &Error) -> BaselineError {
        BaselineError::Unwritable { at: self.told(path), reason: error.to_string() }
    }
}
