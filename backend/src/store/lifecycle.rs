//! The store as a whole: open, flush, close.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Mutex, Notify};
use tokio_util::sync::CancellationToken;

use super::appends::{Appends, Shared};
use super::disk::{Disk, LocalDisk};
use super::limits::{FILE_BYTES_MIN, FLUSH_PAUSE_MAX, SMALL_FILE_AGES};
use super::metrics::SeriesIndex;
use super::open::{Opened, open};
use super::schema::TableId;
use super::table::{Flush, Table};
use super::wal::TableMarks;
use super::{
    Catalog, EventTable, FlushPolicy, LogTable, MetricTable, OpenError, SpanTable, StoreError, StoreOptions,
    StoreStatus, SyncMode,
};
use crate::base::{Clock, Timestamp};

/// How often the age of the rows in memory is looked at.
const AGE_CHECK: Duration = Duration::from_secs(1);

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
    /// One flush at a time.
    flushes: Mutex<[Flush; TableId::COUNT]>,
    series: Arc<SeriesIndex>,
    quarantined: u64,
    sync: SyncMode,
    policy: FlushPolicy,
}

impl Store {
    /// Opens the store in `options.dir`, creates it when missing, and recovers what the last process left.
    ///
    /// # Errors
    /// See [`OpenError`]: each is one sentence that says what to do.
    pub async fn open(options: StoreOptions, clock: Clock) -> Result<Self, OpenError> {
        Box::pin(Self::open_on(Arc::new(LocalDisk), options, clock)).await
    }

    pub(crate) async fn open_on(disk: Arc<dyn Disk>, options: StoreOptions, clock: Clock) -> Result<Self, OpenError> {
        let Opened { lock, wal, budget, queries, tables, flushes, series, catalog, quarantined } =
            open(disk, &options, &clock).await?;
        // A memtable share below the wanted size must be flushed before it is full.
        let flush_bytes = options.flush.bytes.min(budget.memtable_bytes_max() / 2);
        let shared = Shared {
            wal: Arc::new(wal),
            budget,
            queries,
            clock,
            flush_wanted: Arc::new(Notify::new()),
            flush_bytes,
            _lock: Arc::new(lock),
        };
        let inner = Inner {
            shared,
            tables,
            flushes: Mutex::new(flushes),
            series: Arc::new(series),
            quarantined,
            sync: options.sync,
            policy: options.flush,
        };
        Ok(Self::over(inner, Catalog::new(Arc::new(catalog))))
    }

    fn over(inner: Inner, catalog: Catalog) -> Self {
        let table = |id: TableId| Arc::clone(&inner.tables[id.index()]);
        let shared = || inner.shared.clone();
        Self {
            metrics: MetricTable::new(Appends::new(shared(), table(TableId::Metrics)), Arc::clone(&inner.series)),
            logs: LogTable::new(Appends::new(shared(), table(TableId::Logs))),
            spans: SpanTable::new(Appends::new(shared(), table(TableId::Spans))),
            events: EventTable::new(Appends::new(shared(), table(TableId::Events))),
            catalog,
            inner: Arc::new(inner),
        }
    }

    /// Moves all rows from memory to files and drops the part of the log that held them.
    ///
    /// # Errors
    /// The first failure; the tables that could be flushed are. What could not be stays durable in the log.
    pub async fn flush(&self) -> Result<(), StoreError> {
        let Inner { shared, flushes, series, .. } = self.inner.as_ref();
        let mut flushes = flushes.lock().await;
        let mut outcome = shared.wal.roll().await;
        let mut committed = TableMarks::default();
        for (id, flush) in TableId::ALL.into_iter().zip(flushes.iter_mut()) {
            let flushed = Box::pin(flush.run(&shared.clock)).await;
            committed.raise(id, flush.committed());
            outcome = outcome.and(flushed);
        }
        // Also after a failure: the log may not grow because of one table.
        let removed = shared.wal.remove_covered(&committed);
        series.expire(shared.clock.now());
        outcome.and(removed.map_err(|error| StoreError::Unavailable(format!("the log cannot be cut: {error}"))))
    }

    /// Flushes when memory or age ask for it, until `cancel`. Run it once per store.
    pub async fn run(&self, cancel: CancellationToken) {
        let mut pause = AGE_CHECK;
        let mut cancelled = pin!(cancel.cancelled());
        loop {
            tokio::select! {
                () = &mut cancelled => return,
                () = tokio::time::sleep(pause) => {}
                () = self.inner.shared.flush_wanted.notified(), if pause == AGE_CHECK => {}
            }
            if !self.is_flush_due(self.inner.shared.clock.now()) {
                continue;
            }
            match self.flush().await {
                Ok(()) => pause = AGE_CHECK,
                Err(error) => {
                    pause = (pause * 2).min(FLUSH_PAUSE_MAX);
                    tracing::error!(%error, ?pause, "flush failed, trying again");
                }
            }
        }
    }

    pub(crate) fn is_flush_due(&self, now: Timestamp) -> bool {
        let Inner { shared, tables, policy, .. } = self.inner.as_ref();
        let taken = shared.budget.taken();
        let age = if taken < FILE_BYTES_MIN { policy.age * SMALL_FILE_AGES } else { policy.age };
        let oldest = tables.iter().filter_map(|table| table.opened_at()).min();
        taken >= shared.flush_bytes || oldest.is_some_and(|oldest| now.since(oldest) >= age)
    }

    /// Refuses further appends, waits until those under way are answered, and flushes.
    ///
    /// # Errors
    /// When the flush failed; the rows are in the log and come back with the next opening.
    pub async fn close(&self) -> Result<(), StoreError> {
        let wal = Arc::clone(&self.inner.shared.wal);
        tokio::task::spawn_blocking(move || wal.stop())
            .await
            .map_err(|error| StoreError::Internal(format!("closing the log: {error}")))?;
        self.flush().await
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
