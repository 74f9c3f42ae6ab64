//! An object store on a local directory whose writes survive a power cut.
//!
//! delta-rs never syncs, and object stores promise durability: so every put here is a temporary file, a sync, a
//! rename (or a link, where the name must be new) and a sync of the directory.

use std::fmt;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use futures::FutureExt as _;
use futures::stream::BoxStream;
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{
    CopyMode, CopyOptions, Error, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore,
    ObjectStoreExt as _, PutMode, PutMultipartOptions, PutOptions, PutPayload, PutResult, Result, UploadPart,
};

use crate::store::disk::{Disk, create_dirs, create_whole, replace};

/// The file system from its root, as [`LocalFileSystem`] reads it.
#[derive(Clone, Debug)]
pub(crate) struct SyncingStore {
    reads: Arc<LocalFileSystem>,
    disk: Arc<dyn Disk>,
}

impl SyncingStore {
    pub(crate) fn new(disk: Arc<dyn Disk>) -> Self {
        Self { reads: Arc::new(LocalFileSystem::new()), disk }
    }

    async fn put_synced(&self, location: &Path, payload: PutPayload, mode: PutMode) -> Result<PutResult> {
        let path = self.reads.path_to_filesystem(location)?;
        let disk = Arc::clone(&self.disk);
        let written = tokio::task::spawn_blocking(move || write(disk.as_ref(), &path, &payload, &mode));
        written.await?.map_err(|error| named(error, location))?;
        Ok(PutResult { e_tag: None, version: None })
    }
}

fn write(disk: &dyn Disk, path: &std::path::Path, payload: &PutPayload, mode: &PutMode) -> io::Result<()> {
    let bytes: Vec<u8> = payload.iter().flatten().copied().collect();
    create_dirs(disk, path.parent().expect("an object has a name in a directory"))?;
    match mode {
        PutMode::Overwrite => replace(disk, path, &bytes),
        PutMode::Create => create_whole(disk, path, &bytes),
        PutMode::Update(_) => Err(io::Error::from(io::ErrorKind::Unsupported)),
    }
}

fn named(error: io::Error, location: &Path) -> Error {
    let path = location.to_string();
    match error.kind() {
        io::ErrorKind::AlreadyExists => Error::AlreadyExists { path, source: error.into() },
        io::ErrorKind::NotFound => Error::NotFound { path, source: error.into() },
        _ => Error::Generic { store: "local directory", source: error.into() },
    }
}

impl fmt::Display for SyncingStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "syncing {}", self.reads)
    }
}

#[async_trait]
impl ObjectStore for SyncingStore {
    async fn put_opts(&self, location: &Path, payload: PutPayload, opts: PutOptions) -> Result<PutResult> {
        self.put_synced(location, payload, opts.mode).await
    }

    async fn put_multipart_opts(
        &self,
        location: &Path,
        _opts: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        Ok(Box::new(Upload { store: self.clone(), location: location.clone(), parts: Arc::default() }))
    }

    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        self.reads.get_opts(location, options).await
    }

    fn delete_stream(&self, locations: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        // Unsynced: a deleted file that a power cut brings back is an orphan, which opening removes.
        self.reads.delete_stream(locations)
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        self.reads.list(prefix)
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.reads.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        let bytes = self.reads.get(from).await?.bytes().await?;
        let mode = match options.mode {
            CopyMode::Overwrite => PutMode::Overwrite,
            CopyMode::Create => PutMode::Create,
        };
        self.put_synced(to, bytes.into(), mode).await.map(drop)
    }
}

/// An upload in parts, held in memory until it is complete. Only checkpoints come this way; they are small, and half
/// of one must never be seen.
#[derive(Debug)]
struct Upload {
    store: SyncingStore,
    location: Path,
    parts: Arc<Mutex<Vec<PutPayload>>>,
}

#[async_trait]
impl MultipartUpload for Upload {
    fn put_part(&mut self, part: PutPayload) -> UploadPart {
        self.parts.lock().unwrap_or_else(PoisonError::into_inner).push(part);
        futures::future::ready(Ok(())).boxed()
    }

    async fn complete(&mut self) -> Result<PutResult> {
        let parts = std::mem::take(&mut *self.parts.lock().unwrap_or_else(PoisonError::into_inner));
        let payload = parts.into_iter().flatten().collect();
        self.store.put_synced(&self.location, payload, PutMode::Overwrite).await
    }

    async fn abort(&mut self) -> Result<()> {
        self.parts.lock().unwrap_or_else(PoisonError::into_inner).clear();
        Ok(())
    }
}
