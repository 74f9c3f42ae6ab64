//! From the artifacts directory to an object store, over the disk.

use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use parking_lot::Mutex;
use siskin_blueprints::CanaryName;
use tokio::task::{JoinSet, spawn_blocking};
use tokio_util::sync::CancellationToken;
use tracing::{error, warn};

use super::tree::{HOUR_LEVELS, folders, hours};
use super::{DaemonError, DaemonOptions};
use crate::clock::Clock;
use crate::publish::objects::{Parcel, Uploader, is_sent};
use crate::publish::{ArtifactStore, Outbox, Settled, Spool};
use crate::report::PACK;
use crate::run::{ArtifactKind, RunReport};

/// The last file of a run's folder.
const LAST_FILE: &str = "report.html";
/// What the store takes within this time need not wait for the next start.
const FLUSH_WITHIN: Duration = Duration::from_secs(2);

/// Sends what runs leave to an object store; clones are the same courier.
#[derive(Clone, Debug)]
pub(super) struct Courier {
    root: PathBuf,
    region: String,
    clock: Clock,
    store: ArtifactStore,
    outbox: Arc<Outbox>,
    /// The hour in which each canary's last packed run was.
    hours: Arc<Mutex<HashMap<CanaryName, PathBuf>>>,
}

/// Which packs are sent: they grow until their hour is over.
#[derive(Clone, Debug, Eq, PartialEq)]
enum Packs {
    All,
    /// But not of this hour.
    But(PathBuf),
}

impl Courier {
    pub(super) fn new(root: &Path, store: ArtifactStore, options: &DaemonOptions) -> Result<Self, DaemonError> {
        let trouble = |source| DaemonError::Directory { path: options.data_dir.clone(), source };
        let spool = Spool::open(&options.data_dir.join("uploads")).map_err(trouble)?;
        let uploader = Arc::new(Uploader::new(root.to_owned(), store.clone()));
        let outbox = Arc::new(Outbox::new(uploader, spool, Settled::new(|_| {})).map_err(trouble)?);
        let (region, clock) = (options.origin.region.clone(), options.clock.clone());
        Ok(Self { root: root.to_owned(), region, clock, store, outbox, hours: Arc::default() })
    }

    /// Sends what an earlier process left, and goes on to send until `stop`.
    pub(super) fn begin(&self, sending: &mut JoinSet<()>, stop: CancellationToken) {
        let this = self.clone();
        sending.spawn(async move {
            let hour = PathBuf::from(this.clock.now().strftime("%Y/%m/%d/%H").to_string());
            this.take_all(Packs::But(hour)).await;
            this.outbox.run(stop).await;
        });
    }

    /// Takes over what a run left, and puts the store's address in the place of the directory.
    pub(super) async fn take(&self, report: &mut RunReport) {
        let Some(directory) = report.directory.clone() else { return };
        let Ok(below) = directory.strip_prefix(&self.root).map(Path::to_owned) else { return };
        let is_packed = report.artifacts.iter().any(|artifact| artifact.kind == ArtifactKind::Pack);
        report.directory = Some(self.store.address_of(&below.to_string_lossy()).into());
        if is_packed && !self.is_new_hour(&report.start.canary, &below) {
            return;
        }
        let hour = if is_packed { below.as_path() } else { below.parent().unwrap_or(&below) };
        let Some(canary) = hour.ancestors().nth(HOUR_LEVELS).map(|canary| self.root.join(canary)) else { return };
        // The pack of the hour has the last good run, which a failed one is compared with.
        let packs = if report.outcome.is_passed() { Packs::But(self.root.join(hour)) } else { Packs::All };
        self.take_of(vec![(report.start.canary.clone(), canary)], packs).await;
    }

    /// Whether the pack before is full.
    fn is_new_hour(&self, canary: &CanaryName, hour: &Path) -> bool {
        let mut hours = self.hours.lock();
        match hours.get_mut(canary) {
            Some(known) if known == hour => false,
            Some(known) => {
                hour.clone_into(known);
                true
            }
            None => {
                hours.insert(canary.clone(), hour.to_owned());
                true
            }
        }
    }

    /// The store, for its retention.
    pub(super) fn store(&self) -> &ArtifactStore {
        &self.store
    }

    /// Sends what can be sent within a short time; the rest waits for the next start.
    pub(super) async fn end(&self) {
        // A pack that is on its way may have grown since.
        self.outbox.flush(FLUSH_WITHIN).await;
        self.take_all(Packs::All).await;
        self.outbox.flush(FLUSH_WITHIN).await;
    }

    async fn take_all(&self, packs: Packs) {
        let region = self.root.join("canary").join(&self.region);
        let canaries = match folders(&region) {
            Ok(canaries) => canaries,
            Err(error) => {
                error!(%error, path = %region.display(), "artifacts not readable, and not sent");
                return;
            }
        };
        let named = canaries.into_iter().filter_map(|path| Some((path.file_name()?.to_str()?.parse().ok()?, path)));
        self.take_of(named.collect(), packs).await;
    }

    async fn take_of(&self, canaries: Vec<(CanaryName, PathBuf)>, packs: Packs) {
        let (root, now) = (self.root.clone(), self.clock.now());
        let found = spawn_blocking(move || {
            let mut parcels = Vec::new();
            for (name, path) in canaries {
                match unsent(&path, &packs) {
                    Ok(paths) => parcels.extend(paths.into_iter().filter_map(|path| {
                        let path = path.strip_prefix(&root).ok()?.to_owned();
                        Some(Parcel { canary: name.clone(), path })
                    })),
                    Err(error) => warn!(canary = %name, %error, "artifacts not readable, and not sent"),
                }
            }
            parcels
        });
        match found.await {
            Ok(parcels) => self.put(parcels, now).await,
            Err(error) => error!(%error, "artifacts not looked at"),
        }
    }

    async fn put(&self, parcels: Vec<Parcel>, now: Timestamp) {
        for parcel in parcels {
            if !self.outbox.has(parcel.id()) {
                self.outbox.put(parcel.publication(now)).await;
            }
        }
    }
}

/// Whole folders and packs of a canary that are not on the store as they are, oldest first.
fn unsent(canary: &Path, packs: &Packs) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for hour in hours(canary)? {
        let mut runs = folders(&hour)?;
        runs.sort();
        found.extend(runs.into_iter().filter(|run| run.join(LAST_FILE).is_file() && !is_sent(run)));
        let pack = hour.join(PACK);
        let grows = matches!(packs, Packs::But(current) if hour.ends_with(current));
        if !grows && pack.is_file() && !is_sent(&pack) {
            found.push(pack);
        }
    }
    Ok(found)
}
