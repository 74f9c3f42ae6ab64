//! What the store is doing, for the console and the readiness check.

use super::{SyncMode, TableStatus};

/// A moment of the store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoreStatus {
    /// When written rows are synced.
    pub sync: SyncMode,
    /// Size of the write-ahead log.
    pub wal_bytes: u64,
    /// Closed segments of the log that wait for a flush.
    pub wal_segments: usize,
    /// Unreadable ranges of the log that were put into quarantine, ever.
    pub quarantined: u64,
    /// What rows in memory take, those on their way to disk included.
    pub memory_bytes: usize,
    /// What they may take.
    pub memory_bytes_max: usize,
    /// Listed metric series.
    pub series: usize,
    /// Datapoints of series beyond the limit: stored, but not listed.
    pub unlisted_datapoints: u64,
    /// Each table by its name.
    pub tables: Vec<(&'static str, TableStatus)>,
}
