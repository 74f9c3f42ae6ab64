//! Folders and packs of runs, from the disk to the store.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use futures::FutureExt;
use futures::future::BoxFuture;
use object_store::buffered::BufWriter;
use object_store::{Attribute, Attributes, ObjectStoreExt};
use serde_json::json;
use sha2::{Digest, Sha256};
use siskin_blueprints::CanaryName;
use tokio::fs::File;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::task::spawn_blocking;
use uuid::Uuid;

use super::ArtifactStore;
use crate::publish::{Call, Publication, PublishError, Publisher, Service};
use crate::report::PACK;

/// In a folder that is on the store, and beside a pack with the number of bytes that are.
const SENT: &str = ".sent";
const OPERATION: &str = "PutObject";
const READ_BYTES: usize = 64 * 1024;

/// A folder or a pack that is to be sent, by its path below the root of all artifacts.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Parcel {
    pub(crate) canary: CanaryName,
    pub(crate) path: PathBuf,
}

/// Sends parcels to a store; what is there is marked on the disk.
#[derive(Debug)]
pub(crate) struct Uploader {
    root: PathBuf,
    store: ArtifactStore,
}

impl Parcel {
    /// Names it, however often it is sent.
    pub(crate) fn id(&self) -> Uuid {
        let hash = Sha256::digest(format!("artifacts {}", self.path.display()));
        hash.first_chunk().map_or_else(Uuid::nil, |bytes| Uuid::from_bytes(*bytes))
    }

    /// As what waits on disk until it is sent.
    pub(crate) fn publication(&self, now: jiff::Timestamp) -> Publication {
        let call = Call::new(Service::Artifacts, OPERATION, json!({"path": self.path}));
        Publication { id: self.id(), canary: self.canary.clone(), at: now, calls: vec![call] }
    }
}

/// Whether a folder or a pack is on the store as it is.
pub(crate) fn is_sent(path: &Path) -> bool {
    let Ok(metadata) = fs::metadata(path) else { return false };
    let noted = fs::read_to_string(mark_of(path, metadata.is_dir()));
    noted.is_ok_and(|noted| metadata.is_dir() || noted.trim().parse() == Ok(metadata.len()))
}

/// How many runs a pack on a store has, by its name: `passed-60.jsonl`.
pub(crate) fn pack_runs(name: &str) -> Option<usize> {
    name.strip_prefix("passed-")?.strip_suffix(".jsonl")?.parse().ok()
}

/// The file that marks a folder or a pack as sent.
pub(crate) fn mark_of(path: &Path, is_folder: bool) -> PathBuf {
    if is_folder { path.join(SENT) } else { path.with_extension("jsonl.sent") }
}

impl Uploader {
    pub(crate) fn new(root: PathBuf, store: ArtifactStore) -> Self {
        Self { root, store }
    }

    async fn send_parcel(&self, call: &Call) -> Result<(), PublishError> {
        let refused = |message: String| PublishError::Refused {
            operation: call.operation.clone(),
            code: "InvalidArtifacts".to_owned(),
            message,
        };
        let below = call.input["path"].as_str().unwrap_or_default().to_owned();
        let path = self.root.join(&below);
        let metadata = match fs::metadata(&path) {
            Ok(metadata) => metadata,
            // It was over the limits of the retention before the store came back.
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(refused(format!("{}: {error}", path.display()))),
        };
        let sent = if metadata.is_dir() {
            self.send_folder(&below, &path).await
        } else {
            self.send_pack(&below, &path, metadata.len()).await
        };
        match sent {
            Ok(()) => {}
            Err(Trouble::Disk(error)) => return Err(refused(format!("{}: {error}", path.display()))),
            // Whatever a store says may be put right: a bucket that is not there yet, a key that has ended.
            Err(Trouble::Store(error)) => {
                return Err(PublishError::Unavailable { operation: call.operation.clone(), reason: error.to_string() });
            }
        }
        let note = if metadata.is_dir() { String::new() } else { metadata.len().to_string() };
        fs::write(mark_of(&path, metadata.is_dir()), note)
            .map_err(|error| refused(format!("{}: {error}", path.display())))
    }

    /// The report comes last: who finds one on the store finds all of the run.
    async fn send_folder(&self, below: &str, folder: &Path) -> Result<(), Trouble> {
        let of = folder.to_owned();
        let mut files = spawn_blocking(move || files_in(&of)).await.map_err(io::Error::other)??;
        files.sort_by_key(|name| name.starts_with("SyntheticsReport-"));
        for name in files {
            let file = File::open(folder.join(&name)).await?;
            self.put(&format!("{below}/{name}"), &name, file, u64::MAX).await?;
        }
        Ok(())
    }

    async fn send_pack(&self, below: &str, path: &Path, bytes: u64) -> Result<(), Trouble> {
        let runs = lines_in(&mut File::open(path).await?.take(bytes)).await?;
        let hour = below.strip_suffix(PACK).unwrap_or_default();
        let name = format!("passed-{runs}.jsonl");
        self.put(&format!("{hour}{name}"), &name, File::open(path).await?, bytes).await?;
        // The same pack, when it had fewer runs.
        let listed = self.store.objects().list_with_delimiter(Some(&self.store.path(parts(hour)))).await?;
        for object in listed.objects {
            let earlier = object.location.filename().and_then(pack_runs);
            if earlier.is_some_and(|earlier| earlier != runs) {
                self.store.objects().delete(&object.location).await?;
            }
        }
        Ok(())
    }

    async fn put(&self, below: &str, name: &str, file: File, bytes: u64) -> Result<(), Trouble> {
        let path = self.store.path(parts(below));
        let attributes = Attributes::from_iter([(Attribute::ContentType, content_type(name))]);
        let store = std::sync::Arc::clone(self.store.objects());
        let mut writer = BufWriter::new(store, path).with_max_concurrency(1).with_attributes(attributes);
        let mut part = vec![0; READ_BYTES];
        let mut file = file.take(bytes);
        loop {
            let read = file.read(&mut part).await?;
            if read == 0 {
                break;
            }
            if let Err(error) = writer.write_all(part.get(..read).unwrap_or_default()).await {
                // The store counts what was sent of a large file until it is told that no more will come.
                drop(writer.abort().await);
                return Err(of_store(error));
            }
        }
        writer.shutdown().await.map_err(of_store)
    }
}

impl Publisher for Uploader {
    fn send<'a>(&'a self, call: &'a Call) -> BoxFuture<'a, Result<(), PublishError>> {
        self.send_parcel(call).boxed()
    }
}

enum Trouble {
    Disk(io::Error),
    Store(object_store::Error),
}

impl From<io::Error> for Trouble {
    fn from(error: io::Error) -> Self {
        Self::Disk(error)
    }
}

impl From<object_store::Error> for Trouble {
    fn from(error: object_store::Error) -> Self {
        Self::Store(error)
    }
}

/// What a writer to the store says comes from the store.
fn of_store(error: io::Error) -> Trouble {
    Trouble::Store(match error.into_inner() {
        Some(inner) => match inner.downcast() {
            Ok(error) => *error,
            Err(source) => object_store::Error::Generic { store: "artifacts", source },
        },
        None => object_store::Error::Generic { store: "artifacts", source: "the connection was cut off".into() },
    })
}

fn parts(below: &str) -> impl Iterator<Item = &str> {
    below.split('/').filter(|part| !part.is_empty())
}

/// Names of all files below a folder, without marks and what is half written; sorted.
fn files_in(folder: &Path) -> io::Result<Vec<String>> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(one) = folders.pop() {
        for entry in fs::read_dir(&one)? {
            let entry = entry?;
            let path = entry.path();
            let kind = entry.file_type()?;
            if kind.is_dir() {
                folders.push(path);
            } else if kind.is_file()
                && let Some(name) = path.strip_prefix(folder).ok().and_then(Path::to_str)
                && !name.ends_with(".partial")
                && name != SENT
            {
                files.push(name.to_owned());
            }
        }
    }
    files.sort();
    Ok(files)
}

async fn lines_in(file: &mut (impl AsyncReadExt + Unpin)) -> io::Result<usize> {
    let mut part = vec![0; READ_BYTES];
    let mut lines = 0;
    loop {
        let read = file.read(&mut part).await?;
        if read == 0 {
            return Ok(lines);
        }
        lines += part.iter().take(read).filter(|byte| **byte == b'\n').count();
    }
}

fn content_type(name: &str) -> &'static str {
    match name.rsplit('.').next().unwrap_or_default() {
        "html" => "text/html; charset=utf-8",
        "json" | "har" => "application/json",
        "jsonl" => "application/jsonl",
        "png" => "image/png",
        "xml" => "application/xml",
        "md" => "text/markdown; charset=utf-8",
        "txt" | "rhai" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use futures::TryStreamExt;
    use object_store::memory::InMemory;

    use super::*;

    async fn names(store: &ArtifactStore) -> Vec<String> {
        let listed: Vec<_> = store.objects().list(None).try_collect().await.unwrap();
        let mut names: Vec<_> = listed.into_iter().map(|object| object.location.to_string()).collect();
        names.sort();
        names
    }

    #[tokio::test]
    async fn a_folder_goes_with_all_its_files_and_a_pack_by_the_number_of_its_runs() {
        let root = tempfile::tempdir().unwrap();
        let hour = "canary/us-east-1/shop/2026/11/23/08";
        let write = |name: &str, text: &str| {
            let path = root.path().join(hour).join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        write("00-00-000/SyntheticsReport-PASSED.json", "{}");
        write("00-00-000/log.txt", "");
        write("00-00-000/half.png.partial", "x");
        write("00-00-000/downloads/list.pdf", &"x".repeat(100_000));
        write(PACK, "{}\n{}\n");
        let store = ArtifactStore::of(InMemory::new(), "s3://runs/prod");
        let uploader = Uploader::new(root.path().to_owned(), store.clone());
        let send = async |name: &str| {
            let parcel = Parcel { canary: "shop".parse().unwrap(), path: Path::new(hour).join(name) };
            uploader.send(&parcel.publication(jiff::Timestamp::UNIX_EPOCH).calls[0]).await.unwrap();
            is_sent(&root.path().join(hour).join(name))
        };
        assert!(send("00-00-000").await);
        assert!(send(PACK).await);
        let folder = ["SyntheticsReport-PASSED.json", "downloads/list.pdf", "log.txt"];
        let mut expected: Vec<_> = folder.iter().map(|name| format!("prod/{hour}/00-00-000/{name}")).collect();
        expected.push(format!("prod/{hour}/passed-2.jsonl"));
        assert_eq!(names(&store).await, expected);
        write(PACK, "{}\n{}\n{}\n");
        assert!(!is_sent(&root.path().join(hour).join(PACK)), "it grew");
        assert!(send(PACK).await);
        *expected.last_mut().unwrap() = format!("prod/{hour}/passed-3.jsonl");
        assert_eq!(names(&store).await, expected, "in the place of what it was before");
        assert!(!send("01-00-000").await, "what is gone is done with");
    }
}
