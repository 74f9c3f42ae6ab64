//! The store's limits, with their reasons.

use std::time::Duration;

/// Appends that wait for the committer. Each holds its rows, so this times a request's size bounds what waits; the
/// memory budget bounds it further.
pub const APPEND_QUEUE_MAX: usize = 4_096;
/// One group of appends is synced together up to this many bytes.
pub const GROUP_BYTES_MAX: usize = 8 << 20;
/// Largest record of the write-ahead log, in bytes.
pub const RECORD_BYTES_MAX: usize = 64 << 20;
/// A segment of the write-ahead log is closed when it grows past this.
pub const SEGMENT_BYTES_MAX: u64 = 64 << 20;
/// With [`super::SyncMode::Interval`], bytes that may wait for their sync.
pub const UNSYNCED_BYTES_MAX: usize = 16 << 20;
/// Bodies of the write-ahead log are compressed from this size on: smaller ones do not shrink.
pub const COMPRESS_BYTES_MIN: usize = 8 << 10;
/// Appended batches that a slow subscriber may lag behind before it loses the oldest; losses are counted.
pub const TAIL_QUEUE_MAX: usize = 256;
/// Rows that one typed scan may return.
pub const SCAN_ROWS_MAX: usize = 1_000_000;
/// Metric series that are listed; rows of further ones are stored but not listed, and counted.
pub const SERIES_MAX: usize = 1_000_000;
/// How long a series is listed after its last datapoint. `ListMetrics` shows two weeks.
pub const SERIES_LISTED: Duration = Duration::from_hours(15 * 24);
/// Hours that the memtable keeps apart per table and scope; rows beyond share one slot, which only costs pruning.
pub const SLOTS_MAX: usize = 512;
/// Rows in memory below this size wait longer for their flush.
pub const FILE_BYTES_MIN: usize = 4 << 20;
/// How many times the flush policy's age they wait at most.
pub const SMALL_FILE_AGES: u32 = 12;
/// Files that one scan reads side by side: what a small machine has cores for.
pub const FILE_PARTITIONS_MAX: usize = 2;
/// What each sort sets aside to merge what it spilled, in bytes: little, for most sorts are small.
pub const SORT_RESERVE_BYTES: usize = 1 << 20;
/// What sorts that outgrow their memory may write to disk, in bytes.
pub const SPILL_BYTES_MAX: u64 = 1 << 30;
/// Longest pause between two attempts of a flush that fails.
pub const FLUSH_PAUSE_MAX: Duration = Duration::from_mins(1);
/// Commits between two checkpoints of a table's Delta log.
pub const CHECKPOINT_COMMITS: u32 = 25;
/// How long superseded Delta log entries are kept.
pub const LOG_RETENTION: Duration = Duration::from_hours(2);
/// What an overloaded append is told to wait: about one flush.
pub const RETRY_AFTER: Duration = Duration::from_secs(1);
/// Documents that one catalogue transaction may change.
pub const CATALOG_CHANGES_MAX: usize = 1_000;
