//! An object store on a local directory whose writes survive a power cut.
//!
//! delta-rs never syncs, and object stores promise durability: so every put here is a temporary file, a sync, a
//! rename (or a link, where the name must be new) and a sync of the directory.

use std::fmt;
use std::io;
use std::sync::Arc;

use async_trait::async_trait;
use futures::stream::{self, BoxStream};
use futures::{FutureExt as _, StreamExt as _, TryStreamExt as _};
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{
    CopyMode, CopyOptions, Error, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore,
    ObjectStoreExt as _, PutMode, PutMultipartOptions, PutOptions, PutPayload, PutResult, Result, UploadPart,
};

use tokio::sync::RwLock;

use crate::store::disk::{Disk, create_dirs, create_whole, replace};

/// What delta-rs and the query engine call the root of a [`SyncingStore`]. Not a `file` URL: they would look for its
/// path on disk.
pub(crate) const STORE_URL: &str = "siskin://store/";

/// A directory as [`LocalFileSystem`] reads it.
#[derive(Clone, Debug)]
pub(crate) struct SyncingStore {
    reads: Arc<LocalFileSystem>,
    disk: Arc<dyn Disk>,
    /// Each write holds a share while it runs on its blocking thread, which no dropped future stops.
    under_way: Arc<RwLock<()>>,
}

impl SyncingStore {
    /// The objects below `dir`. Their paths are relative to it, so that none of its own name's letters, which other
    /// layers escape in different ways, is ever part of one.
    pub(crate) fn new(disk: Arc<dyn Disk>, dir: &std::path::Path) -> Result<Self> {
        let reads = Arc::new(LocalFileSystem::new_with_prefix(dir)?);
        Ok(Self { reads, disk, under_way: Arc::default() })
    }

    /// Waits until every write that was begun has ended, also those whose caller gave up.
    pub(crate) async fn settle(&self) {
        drop(self.under_way.write().await);
    }

    async fn put_synced(&self, location: &Path, payload: PutPayload, mode: PutMode) -> Result<PutResult> {
        let path = self.reads.path_to_filesystem(location)?;
        let disk = Arc::clone(&self.disk);
        let under_way = Arc::clone(&self.under_way).read_owned().await;
        let written = tokio::task::spawn_blocking(move || {
            let written = write(disk.as_ref(), &path, &payload, &mode);
            drop(under_way);
            written
        });
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
        Ok(Box::new(Upload { store: self.clone(), location: location.clone(), parts: Vec::new() }))
    }

    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        self.reads.get_opts(location, options).await
    }

    fn delete_stream(&self, locations: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        // Unsynced: a deleted file that a power cut brings back is an orphan, which opening removes.
        self.reads.delete_stream(locations)
    }

    /// In order of the paths, as object stores list and delta-rs expects; a directory tells its entries in any order.
    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        let listed = self.reads.list(prefix);
        let sorted = async move {
            let mut objects: Vec<ObjectMeta> = listed.try_collect().await?;
            objects.sort_unstable_by(|left, right| left.location.cmp(&right.location));
            Ok::<_, Error>(stream::iter(objects.into_iter().map(Ok)))
        };
        stream::once(sorted).try_flatten().boxed()
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
    parts: Vec<PutPayload>,
}

#[async_trait]
impl MultipartUpload for Upload {
    fn put_part(&mut self, part: PutPayload) -> UploadPart {
        self.parts.push(part);
        futures::future::ready(Ok(())).boxed()
    }

    async fn complete(&mut self) -> Result<PutResult> {
        let parts = std::mem::take(&mut self.parts);
        let payload = parts.into_iter().flatten().collect();
        self.store.put_synced(&self.location, payload, PutMode::Overwrite).await
    }

    async fn abort(&mut self) -> Result<()> {
        self.parts.clear();
        Ok(())
    }
}
