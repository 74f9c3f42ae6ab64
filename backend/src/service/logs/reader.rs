//! Reading log events a few at a time, so that a page of small events and one of large ones cost alike.

use super::LogsError;
use super::position::Position;
use crate::service::Context;
use crate::store::{LogRow, LogScan};

/// Largest page, in bytes of messages and what each event counts beside.
pub(super) const PAGE_BYTES_MAX: usize = 1_048_576;
/// Most events of one page.
pub(super) const PAGE_EVENTS_MAX: i32 = 10_000;

/// Bytes that one reading aims at.
const CHUNK_BYTES: usize = 2 << 20;
/// Events of the first reading, before their size is known: at their largest, 100 MB.
const FIRST_CHUNK: usize = 100;
/// Most events of one reading.
const CHUNK_EVENTS_MAX: usize = 10_000;

/// Reads the events of a scan in order.
#[derive(Debug)]
pub(super) struct Reader {
    scan: LogScan,
    finished: bool,
}

impl Reader {
    /// The limit of `scan` is not looked at.
    pub(super) fn new(scan: LogScan) -> Self {
        Self { scan: LogScan { limit: FIRST_CHUNK, ..scan }, finished: false }
    }

    /// The next events; `None` when there are no more.
    pub(super) async fn next(&mut self, cx: &Context) -> Result<Option<Vec<LogRow>>, LogsError> {
        if self.finished {
            return Ok(None);
        }
        let rows = cx.store.logs.scan(&cx.scope, self.scan.clone()).await?;
        self.finished = rows.len() < self.scan.limit;
        if let Some(last) = rows.last() {
            self.scan.after = Some(Position::of(last).after());
            let bytes: usize = rows.iter().map(size_of_event).sum();
            self.scan.limit = (CHUNK_BYTES * rows.len() / bytes.max(1)).clamp(FIRST_CHUNK, CHUNK_EVENTS_MAX);
        }
        Ok(Some(rows))
    }
}

/// What an event counts, in bytes.
pub(super) fn size_of_event(row: &LogRow) -> usize {
    row.message.len() + super::put_log_events::EVENT_OVERHEAD_BYTES
}

/// A page that fills up.
#[derive(Debug)]
pub(super) struct Page<T> {
    items: Vec<T>,
    bytes: usize,
    limit: usize,
}

impl<T> Page<T> {
    pub(super) fn new(limit: usize) -> Self {
        Self { items: Vec::new(), bytes: 0, limit }
    }

    /// Whether `bytes` more do not fit; one event always does.
    pub(super) fn is_full_for(&self, bytes: usize) -> bool {
        self.items.len() >= self.limit || (!self.items.is_empty() && self.bytes + bytes > PAGE_BYTES_MAX)
    }

    pub(super) fn push(&mut self, item: T, bytes: usize) {
        self.items.push(item);
        self.bytes += bytes;
    }

    pub(super) fn into_items(self) -> Vec<T> {
        self.items
    }
}
