//! The store as a whole: open, recover, close.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use tokio::sync::Notify;
use uuid::Uuid;

use super::appends::{Appends, Shared};
use super::budget::Budget;
use super::catalog::Embedded;
use super::disk::{Disk, LocalDisk, TEMPORARY_PREFIX, create_dirs, replace};
use super::lock::DirLock;
use super::metrics::SeriesIndex;
use super::query::Queries;
use super::schema::TableId;
use super::table::{FileSet, Table};
use super::wal::replay::{Replay, count_quarantined};
use super::wal::{Wal, WalOptions, record};
use super::{
    Catalog, EventTable, LogTable, MetricTable, OpenError, SpanTable, StoreError, StoreOptions, StoreStatus, SyncMode,
};
use crate::base::Clock;

/// Everything the system remembers. Cheap to clone; all clones are the same store.
#[derive(Clone, Debug)]
pub struct Store {
    /// Datapoints.
    pub metrics: MetricTable,
    /// Log events.
    pub logs: LogTable,
    /// Spans.
    pub spans: SpanTable,
    /// Events.
    pub events: EventTable,
    /// Resources.
    pub catalog: Catalog,
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    shared: Shared,
    tables: [Arc<Table>; TableId::COUNT],
    series: Arc<SeriesIndex>,
    quarantined: u64,
    sync: SyncMode,
    // Last: the directory is free only when nothing writes to it any more.
    _lock: DirLock,
}

/// Where things are in a data directory.
#[derive(Debug)]
struct Layout {
    dir: PathBuf,
}

impl Layout {
    fn wal(&self) -> PathBuf {
        self.dir.join("wal")
    }

    fn quarantine(&self) -> PathBuf {
        self.dir.join("quarantine")
    }

    fn catalog(&self) -> PathBuf {
        self.dir.join("catalog.redb")
    }

    fn format(&self) -> PathBuf {
        self.dir.join("format.json")
    }
}

/// Version of the data directory as a whole.
const FORMAT: u32 = 1;

/// What a data directory says about itself.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Format {
    format: u32,
    /// Names this store in the transactions of its tables.
    node: Uuid,
}

impl Store {
    /// Opens the store in `options.dir`, creates it when missing, and recovers what the last process left.
    ///
    /// # Errors
    /// See [`OpenError`]: each is one sentence that says what to do.
    pub async fn open(options: StoreOptions, clock: Clock) -> Result<Self, OpenError> {
        Self::open_on(Arc::new(LocalDisk), options, clock).await
    }

    pub(crate) async fn open_on(disk: Arc<dyn Disk>, options: StoreOptions, clock: Clock) -> Result<Self, OpenError> {
        let layout = Layout { dir: options.dir.clone() };
        let (lock, _format) = prepare(disk.as_ref(), &layout)?;
        let budget = Budget::new(options.memory_bytes_max);
        let queries = Queries::new(budget.query_bytes_max()).map_err(StoreError::from)?;
        let tables = TableId::ALL.map(|id| Arc::new(Table::new(id, FileSet::default())));
        let series = Arc::new(SeriesIndex::default());
        let io_failed = |cause: io::Error| OpenError::NotWritable { dir: options.dir.clone(), cause };
        let mut replay = Replay::new(disk.as_ref(), &layout.wal(), layout.quarantine()).map_err(io_failed)?;
        let mut closed = Vec::new();
        while let Some(segment) = replay.next_segment_records(|record| {
            let body = record::decode_body(record.table, record.body)?;
            let reservation = budget.reserve_anyway(body.get_array_memory_size());
            if record.table == TableId::Metrics {
                series.record_batch(&record.scope, &body)?;
            }
            tables[record.table.index()].insert(&record.scope, record.sequence, &body, reservation, clock.now())
        })? {
            closed.push(segment);
        }
        let wal = WalOptions {
            disk: Arc::clone(&disk),
            dir: layout.wal(),
            sync: options.sync,
            disk_reserve_bytes: options.disk_reserve_bytes,
            next_sequence: replay.last_sequence() + 1,
            next_segment: replay.next_segment(),
            closed,
        };
        let wal = Arc::new(Wal::start(wal).map_err(io_failed)?);
        let catalog = Embedded::open(&layout.catalog())
            .map_err(|error| OpenError::Corrupt { path: layout.catalog(), cause: error.to_string() })?;
        let shared = Shared {
            wal,
            budget,
            queries,
            clock,
            flush_wanted: Arc::new(Notify::new()),
            flush_bytes: options.flush.bytes,
        };
        let inner = Inner {
            shared,
            tables,
            series,
            quarantined: count_quarantined(&layout.quarantine()).map_err(io_failed)?,
            sync: options.sync,
            _lock: lock,
        };
        Ok(Self::over(Arc::new(inner), Catalog::new(Arc::new(catalog))))
    }

    fn over(inner: Arc<Inner>, catalog: Catalog) -> Self {
        let table = |id: TableId| Arc::clone(&inner.tables[id.index()]);
        let shared = || inner.shared.clone();
        Self {
            metrics: MetricTable::new(Appends::new(shared(), table(TableId::Metrics)), Arc::clone(&inner.series)),
            logs: LogTable::new(Appends::new(shared(), table(TableId::Logs))),
            spans: SpanTable::new(Appends::new(shared(), table(TableId::Spans))),
            events: EventTable::new(Appends::new(shared(), table(TableId::Events))),
            catalog,
            inner,
        }
    }

    /// Refuses further appends and waits until those under way are answered.
    pub async fn close(&self) -> Result<(), StoreError> {
        let wal = Arc::clone(&self.inner.shared.wal);
        tokio::task::spawn_blocking(move || wal.stop())
            .await
            .map_err(|error| StoreError::Internal(format!("closing the log: {error}")))
    }

    /// What the store is doing.
    pub fn status(&self) -> StoreStatus {
        let Inner { shared, tables, series, quarantined, sync, .. } = self.inner.as_ref();
        StoreStatus {
            sync: *sync,
            wal_bytes: shared.wal.bytes(),
            wal_segments: shared.wal.closed_segments(),
            quarantined: *quarantined,
            memory_bytes: shared.budget.taken(),
            memory_bytes_max: shared.budget.memtable_bytes_max(),
            series: series.len(),
            unlisted_datapoints: series.unlisted(),
            tables: tables.iter().map(|table| (table.id().name(), table.status())).collect(),
        }
    }
}

/// Creates and locks the directory and reads what it says about itself.
fn prepare(disk: &dyn Disk, layout: &Layout) -> Result<(DirLock, Format), OpenError> {
    let not_writable = |cause| OpenError::NotWritable { dir: layout.dir.clone(), cause };
    create_dirs(disk, &layout.dir).map_err(not_writable)?;
    let lock = DirLock::take(&layout.dir)?;
    let format = read_format(disk, &layout.format())?;
    for dir in [layout.wal(), layout.quarantine()] {
        create_dirs(disk, &dir).map_err(not_writable)?;
        remove_temporary(disk, &dir).map_err(not_writable)?;
    }
    remove_temporary(disk, &layout.dir).map_err(not_writable)?;
    Ok((lock, format))
}

fn read_format(disk: &dyn Disk, path: &Path) -> Result<Format, OpenError> {
    match fs::read(path) {
        Ok(bytes) => {
            let format: Format = serde_json::from_slice(&bytes)
                .map_err(|error| OpenError::Corrupt { path: path.to_owned(), cause: error.to_string() })?;
            if format.format == FORMAT {
                return Ok(format);
            }
            let found = format.format.to_string();
            Err(OpenError::Format { path: path.to_owned(), found, known: FORMAT })
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let format = Format { format: FORMAT, node: Uuid::new_v4() };
            let bytes = serde_json::to_vec_pretty(&format).expect("plain fields");
            replace(disk, path, &bytes)
                .map_err(|cause| OpenError::NotWritable { dir: path.parent().unwrap_or(path).to_owned(), cause })?;
            Ok(format)
        }
        Err(cause) => Err(OpenError::Corrupt { path: path.to_owned(), cause: cause.to_string() }),
    }
}

/// Removes what a crash left half written.
fn remove_temporary(disk: &dyn Disk, dir: &Path) -> io::Result<()> {
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with(TEMPORARY_PREFIX) {
            disk.remove(&entry.path())?;
        }
    }
    Ok(())
}
