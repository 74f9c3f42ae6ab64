//! How a store is opened.

use std::path::PathBuf;
use std::time::Duration;

/// When a written row is synced to disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SyncMode {
    /// Before the append returns: what was acknowledged survives a power cut.
    Sync,
    /// At the latest this long after the append returned: a power cut loses up to this much, a killed process nothing.
    Interval(Duration),
}

/// When the memtable is written to files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FlushPolicy {
    /// At this many bytes in memory.
    pub bytes: usize,
    /// When the oldest row in memory is this old, if there is enough for a file worth having
    /// ([`super::limits::FILE_BYTES_MIN`]); at [`super::limits::SMALL_FILE_AGES`] times this age in any case.
    ///
    /// Rows in memory are as durable as rows in files and quicker to read, and each small file slows every scan.
    pub age: Duration,
}

impl Default for FlushPolicy {
    fn default() -> Self {
        Self { bytes: 64 << 20, age: Duration::from_mins(5) }
    }
}

/// Where a store lives and what it may use.
#[derive(Clone, Debug)]
pub struct StoreOptions {
    /// The data directory; created when missing.
    pub dir: PathBuf,
    /// When rows are synced.
    pub sync: SyncMode,
    /// When rows go from memory to files.
    pub flush: FlushPolicy,
    /// One number for all of the store's memory: half for the memtable, the rest for queries and caches.
    pub memory_bytes_max: usize,
    /// Appends are refused while less than this is free on the disk, so that flushes can still finish.
    pub disk_reserve_bytes: u64,
}

impl StoreOptions {
    /// The defaults, in `dir`.
    pub fn new(dir: impl Into<PathBuf>) -> Self {
        Self {
            dir: dir.into(),
            sync: SyncMode::Sync,
            flush: FlushPolicy::default(),
            memory_bytes_max: 512 << 20,
            disk_reserve_bytes: 256 << 20,
        }
    }
}
