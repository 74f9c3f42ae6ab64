//! Where baselines are.

use std::fmt;
use std::fs;
use std::panic::resume_unwind;
use std::path::PathBuf;
use std::sync::Arc;

use object_store::local::LocalFileSystem;
use object_store::path::Path as Prefix;
use tokio::task::spawn_blocking;

use super::{BaselineError, BaselineKey, Folder, Objects};
use crate::config::BaselinePlace;
use crate::publish::ArtifactStore;
use crate::visual::BaselineFacts;

/// An approved picture.
#[derive(Clone, Debug)]
pub struct Baseline {
    /// The PNG as the browser gave it.
    pub png: Vec<u8>,
    /// What it was made with.
    pub facts: BaselineFacts,
}

/// A place of baselines: cheap to clone.
#[derive(Clone)]
pub struct Baselines {
    layout: Layout,
    address: String,
}

#[derive(Clone)]
enum Layout {
    Folder(Folder),
    Objects(Objects),
}

impl Baselines {
    /// Prepares the way; nothing is read, and nothing made but the directory of `file://`. Keys and endpoints of object
    /// stores are those of the environment ([`ArtifactStore::connect`]); `region` is S3's without `AWS_REGION`.
    ///
    /// # Errors
    /// [`BaselineError::Place`].
    pub fn open(place: &BaselinePlace, region: &str) -> Result<Self, BaselineError> {
        let address = place.to_string();
        let wrong = |reason: String| BaselineError::Place { place: address.clone(), reason };
        let layout = match place {
            BaselinePlace::Folder(folder) => return Ok(Self::in_folder(folder.clone())),
            BaselinePlace::Directory(directory) => {
                fs::create_dir_all(directory).map_err(|error| wrong(error.to_string()))?;
                let store = LocalFileSystem::new_with_prefix(directory).map_err(|error| wrong(error.to_string()))?;
                Layout::Objects(Objects {
                    store: Arc::new(store),
                    prefix: Prefix::default(),
                    directory: Some(directory.clone()),
                    address: address.clone(),
                })
            }
            BaselinePlace::Store(url) => {
                let store = ArtifactStore::connect(url.clone(), region).map_err(|error| wrong(error.reason))?;
                let (store, prefix) = (Arc::clone(store.objects()), store.path([]));
                Layout::Objects(Objects { store, prefix, directory: None, address: address.clone() })
            }
        };
        Ok(Self { layout, address })
    }

    /// A folder with a file for each baseline; not made yet.
    pub fn in_folder(folder: PathBuf) -> Self {
        Self { address: folder.display().to_string(), layout: Layout::Folder(Folder(folder)) }
    }

    /// Those of one canary, in a place of their own.
    #[must_use]
    pub fn of_canary(&self, canary: &str) -> Self {
        let layout = match &self.layout {
            Layout::Folder(folder) => Layout::Folder(Folder(folder.0.join(canary))),
            Layout::Objects(objects) => {
                let directory = objects.directory.clone();
                let address = format!("{}/{canary}", objects.address);
                let prefix = objects.prefix.clone().join(canary);
                Layout::Objects(Objects { prefix, address, directory, store: Arc::clone(&objects.store) })
            }
        };
        Self { layout, address: format!("{}/{canary}", self.address.trim_end_matches('/')) }
    }

    /// For people, and for [`Baselines::open`].
    pub fn address(&self) -> &str {
        &self.address
    }

    /// The baseline of a key, if there is one.
    ///
    /// # Errors
    /// When there is one that cannot be read, or is damaged.
    pub async fn get(&self, key: &BaselineKey) -> Result<Option<Baseline>, BaselineError> {
        match &self.layout {
            Layout::Folder(folder) => {
                let (folder, key) = (folder.clone(), key.clone());
                blocking(move || folder.get(&key)).await
            }
            Layout::Objects(objects) => objects.get(key).await,
        }
    }

    /// Sets a baseline in place of the one whose SHA-256 is `before`; of none, when `before` is `None`. What is damaged is
    /// replaced.
    ///
    /// # Errors
    /// [`BaselineError::Conflict`] when another one is there by now, and whatever keeps it from being written. The old one
    /// stays then.
    pub async fn set(
        &self,
        key: &BaselineKey,
        png: &[u8],
        facts: &BaselineFacts,
        before: Option<&str>,
    ) -> Result<(), BaselineError> {
        match &self.layout {
            Layout::Folder(folder) => {
                let (folder, key, png, facts) = (folder.clone(), key.clone(), png.to_owned(), facts.clone());
                let before = before.map(str::to_owned);
                blocking(move || folder.set(&key, &png, &facts, before.as_deref())).await
            }
            Layout::Objects(objects) => objects.set(key, png, facts, before).await,
        }
    }
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    match spawn_blocking(work).await {
        Ok(done) => done,
        Err(error) => resume_unwind(error.into_panic()),
    }
}

impl fmt::Debug for Baselines {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Baselines in {}", self.address)
    }
}
