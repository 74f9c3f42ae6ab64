//! Opening a data directory: lock it, load the tables, replay the log.

use std::fs;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use datafusion::logical_expr::{Expr, lit};
use datafusion::prelude::ident;
use futures::future::try_join_all;
use object_store::path::Path;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::budget::Budget;
use super::catalog::Embedded;
use super::disk::{Disk, TEMPORARY_PREFIX, create_dirs, replace};
use super::limits::SERIES_LISTED;
use super::lock::DirLock;
use super::metrics::{SERIES_COLUMNS, SeriesIndex};
use super::query::Queries;
use super::schema::TableId;
use super::table::{DeltaHome, DeltaLog, Flush, SyncingStore, Table};
use super::wal::replay::{Replay, count_quarantined};
use super::wal::{TableMarks, Wal, WalOptions, record};
use super::{OpenError, StoreError, StoreOptions};
use crate::base::Clock;

/// Version of the data directory as a whole.
const FORMAT: u32 = 1;

/// What a data directory says about itself.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Format {
    format: u32,
    /// Names this store in the transactions of its tables.
    node: Uuid,
}

/// Where things are in a data directory.
#[derive(Clone, Debug)]
struct Layout {
    dir: PathBuf,
}

impl Layout {
    fn format(&self) -> PathBuf {
        self.dir.join("format.json")
    }

    fn wal(&self) -> PathBuf {
        self.dir.join("wal")
    }

    fn quarantine(&self) -> PathBuf {
        self.dir.join("quarantine")
    }

    fn table(&self, table: TableId) -> PathBuf {
        self.dir.join("tables").join(table.name())
    }

    fn catalog(&self) -> PathBuf {
        self.dir.join("catalog.redb")
    }

    fn spill(&self) -> PathBuf {
        self.dir.join("spill")
    }

    fn not_writable(&self, cause: io::Error) -> OpenError {
        OpenError::NotWritable { dir: self.dir.clone(), cause }
    }
}

/// A data directory, opened and recovered.
#[derive(Debug)]
pub(crate) struct Opened {
    pub(crate) lock: DirLock,
    pub(crate) wal: Wal,
    pub(crate) budget: Arc<Budget>,
    pub(crate) queries: Queries,
    pub(crate) tables: [Arc<Table>; TableId::COUNT],
    pub(crate) flushes: [Flush; TableId::COUNT],
    pub(crate) series: SeriesIndex,
    pub(crate) catalog: Embedded,
    pub(crate) quarantined: u64,
}

/// Opens the directory of `options`, creates it when missing, and recovers what the last process left.
pub(crate) async fn open(disk: Arc<dyn Disk>, options: &StoreOptions, clock: &Clock) -> Result<Opened, OpenError> {
    let (layout, lock, node) = prepare(disk.as_ref(), &options.dir)?;
    let objects =
        SyncingStore::new(Arc::clone(&disk), &layout.dir).map_err(|cause| layout.not_writable(cause.into()))?;
    let objects = Arc::new(objects);
    let budget = Budget::new(options.memory_bytes_max);
    let queries =
        Queries::new(budget.query_bytes_max(), budget.footer_bytes_max(), Arc::clone(&objects) as _, layout.spill())
            .map_err(StoreError::from)?;
    let homes = TableId::ALL.map(|table| DeltaHome {
        table,
        dir: layout.table(table),
        root: Path::from_iter(["tables", table.name()]),
        node,
        disk: Arc::clone(&disk),
        objects: Arc::clone(&objects),
    });
    let (tables, flushes): (Vec<_>, Vec<_>) = try_join_all(homes.map(open_table)).await?.into_iter().unzip();
    let tables: [Arc<Table>; TableId::COUNT] = tables.try_into().expect("one per id");
    let flushes: [Flush; TableId::COUNT] = flushes.try_into().expect("one per id");
    let wal = recover(&disk, &layout, options, (&tables, &flushes), (&budget, clock))?;
    let series = SeriesIndex::default();
    load_series(&series, &tables[TableId::Metrics.index()], &queries, clock).await?;
    let catalog = Embedded::open(&layout.catalog())
        .map_err(|error| OpenError::Corrupt { path: layout.catalog(), cause: error.to_string() })?;
    // redb syncs its file, not the directory that names it.
    disk.sync_dir(&layout.dir).map_err(|cause| layout.not_writable(cause))?;
    let quarantined = count_quarantined(&layout.quarantine()).map_err(|cause| layout.not_writable(cause))?;
    Ok(Opened { lock, wal, budget, queries, tables, flushes, series, catalog, quarantined })
}

/// Creates and locks the directory, removes what a crash left half written, and reads the node's name.
fn prepare(disk: &dyn Disk, dir: &std::path::Path) -> Result<(Layout, DirLock, Uuid), OpenError> {
    let not_writable = |cause| OpenError::NotWritable { dir: dir.to_owned(), cause };
    create_dirs(disk, dir).map_err(not_writable)?;
    let lock = DirLock::take(dir)?;
    // Object store paths are absolute.
    let layout = Layout { dir: dir.canonicalize().map_err(not_writable)? };
    let format = read_format(disk, &layout)?;
    let mut dirs = vec![layout.wal(), layout.quarantine(), layout.spill()];
    dirs.extend(TableId::ALL.map(|table| layout.table(table)));
    for dir in &dirs {
        create_dirs(disk, dir).map_err(not_writable)?;
    }
    // Spilled sorts live in directories that the query engine removes itself, unless it was killed.
    fs::remove_dir_all(layout.spill()).and_then(|()| fs::create_dir(layout.spill())).map_err(not_writable)?;
    remove_temporary(disk, &layout.dir).map_err(not_writable)?;
    Ok((layout, lock, format.node))
}

fn read_format(disk: &dyn Disk, layout: &Layout) -> Result<Format, OpenError> {
    let path = layout.format();
    let corrupt = |cause: String| OpenError::Corrupt { path: path.clone(), cause };
    match fs::read(&path) {
        Ok(bytes) => {
            let format: Format = serde_json::from_slice(&bytes).map_err(|error| corrupt(error.to_string()))?;
            if format.format == FORMAT {
                Ok(format)
            } else {
                Err(OpenError::Format { found: format.format.to_string(), known: FORMAT, path })
            }
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let format = Format { format: FORMAT, node: Uuid::new_v4() };
            let bytes = serde_json::to_vec_pretty(&format).expect("plain fields");
            replace(disk, &path, &bytes).map_err(|cause| layout.not_writable(cause))?;
            Ok(format)
        }
        Err(error) => Err(corrupt(error.to_string())),
    }
}

fn remove_temporary(disk: &dyn Disk, dir: &std::path::Path) -> io::Result<()> {
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            remove_temporary(disk, &entry.path())?;
        } else if entry.file_name().to_string_lossy().starts_with(TEMPORARY_PREFIX) {
            disk.remove(&entry.path())?;
        }
    }
    Ok(())
}

async fn open_table(home: DeltaHome) -> Result<(Arc<Table>, Flush), OpenError> {
    let (id, dir) = (home.table, home.dir.clone());
    let corrupt = |error: StoreError| match error {
        StoreError::Internal(cause) => OpenError::Corrupt { path: dir.clone(), cause },
        error => OpenError::Recover(error),
    };
    let log = Box::pin(DeltaLog::open(home)).await.map_err(corrupt)?;
    let orphans = log.remove_orphans().await.map_err(corrupt)?;
    if orphans > 0 {
        tracing::info!(table = id.name(), orphans, "removed files of an unfinished flush");
    }
    let table = Arc::new(Table::new(id, log.files().map_err(corrupt)?));
    Ok((Arc::clone(&table), Flush::new(table, log)))
}

/// Brings the rows that are only in the log back to memory, and starts the log anew behind them.
fn recover(
    disk: &Arc<dyn Disk>,
    layout: &Layout,
    options: &StoreOptions,
    (tables, flushes): (&[Arc<Table>; TableId::COUNT], &[Flush; TableId::COUNT]),
    (budget, clock): (&Arc<Budget>, &Clock),
) -> Result<Wal, OpenError> {
    let mut committed = TableMarks::default();
    for (table, flush) in tables.iter().zip(flushes) {
        committed.raise(table.id(), flush.committed());
    }
    let failed = |cause: io::Error| layout.not_writable(cause);
    let mut replay = Replay::new(disk.as_ref(), &layout.wal(), layout.quarantine()).map_err(failed)?;
    let mut closed = Vec::new();
    while let Some(segment) = replay.next_segment_records(|record| {
        if record.sequence <= committed.get(record.table) {
            return Ok(());
        }
        let body = record::decode_body(record.table, record.body)?;
        let reservation = budget.reserve_anyway(body.get_array_memory_size());
        tables[record.table.index()].insert(&record.scope, record.sequence, &body, reservation, clock.now())
    })? {
        closed.push(segment);
    }
    let wal = WalOptions {
        dir: layout.wal(),
        sync: options.sync,
        disk_reserve_bytes: options.disk_reserve_bytes,
        next_sequence: replay.last_sequence().max(committed.max()) + 1,
        next_segment: replay.next_segment(),
        closed,
        disk: Arc::clone(disk),
    };
    let wal = Wal::start(wal).map_err(failed)?;
    wal.remove_covered(&committed).map_err(failed)?;
    Ok(wal)
}

/// Reads the series of the last days back from their rows.
async fn load_series(
    series: &SeriesIndex,
    table: &Arc<Table>,
    queries: &Queries,
    clock: &Clock,
) -> Result<(), StoreError> {
    let since = clock.now().minus(SERIES_LISTED);
    let recent: Expr = ident(TableId::Metrics.time_column()).gt_eq(lit(since.as_nanos()));
    for scope in table.scopes() {
        let filters = std::slice::from_ref(&recent);
        queries
            .for_each_batch(table, &scope, filters, &SERIES_COLUMNS, |batch| series.record_batch(&scope, batch))
            .await?;
    }
    series.expire(clock.now());
    Ok(())
}
