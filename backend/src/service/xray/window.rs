//! Every trace of a time range, in order, without holding them all.

use std::collections::BTreeSet;
use std::time::Duration;

use siskin_sdk::id::TraceId;

use super::XRayError;
use super::trace::{Entity, Trace, compile};
use crate::base::Timestamp;
use crate::service::Context;

/// Longest time range of one request.
pub const RANGE_MAX: Duration = Duration::from_hours(6);

/// How far outside a time range the other parts of its traces are looked for.
pub const REACH: Duration = Duration::from_hours(1);

/// Spans that are read at a time.
const SPANS_PER_SLICE: usize = 10_000;
/// Traces whose spans are read at a time.
const TRACES_PER_READ: usize = 500;

/// A time range, start inclusive, end exclusive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// First instant.
    pub since: Timestamp,
    /// First instant behind it.
    pub until: Timestamp,
}

impl Window {
    /// The range of a request.
    ///
    /// # Errors
    /// `InvalidRequestException` when it ends before it begins or is longer than [`RANGE_MAX`].
    pub fn parse(since: Timestamp, until: Timestamp) -> Result<Self, XRayError> {
        if until < since {
            return Err(XRayError::InvalidRequest("StartTime cannot be after EndTime".to_owned()));
        }
        if until.since(since) > RANGE_MAX {
            let hours = RANGE_MAX.as_secs() / 3_600;
            return Err(XRayError::InvalidRequest(format!("Time range cannot be longer than {hours} hours")));
        }
        Ok(Self { since, until })
    }

    /// Whether `at` is in the range.
    pub fn holds(&self, at: Timestamp) -> bool {
        self.since <= at && at < self.until
    }

    /// Whether some of the time from `start` to `end` is in the range.
    pub fn overlaps(&self, start: Timestamp, end: Timestamp) -> bool {
        start < self.until && self.since <= end
    }
}

/// Where a reading stands: behind the trace that was first seen then. Order is by first span, then id.
pub type Position = (Timestamp, Option<TraceId>);

/// Reads the traces that have a span which began in a time range, in the order of their first such span.
#[derive(Debug)]
pub struct Traces {
    window: Window,
    position: Position,
    finished: bool,
}

impl Traces {
    /// From the beginning of `window`, or from where another reading stopped.
    pub fn new(window: Window, from: Option<Position>) -> Self {
        Self { window, position: from.unwrap_or((window.since, None)), finished: false }
    }

    /// The next traces with their positions; `None` when there are no more. May be empty before that.
    ///
    /// # Errors
    /// The store's.
    pub async fn next(&mut self, cx: &Context) -> Result<Option<Vec<(Position, Trace)>>, XRayError> {
        if self.finished {
            return Ok(None);
        }
        let rows = cx.store.spans.scan(&cx.scope, self.position.0, self.window.until, SPANS_PER_SLICE).await?;
        let covered = self.covered(rows.len(), rows.last().map(|row| row.start));
        let ids: BTreeSet<[u8; 16]> = rows.iter().filter(|row| row.start < covered).map(|row| row.trace_id).collect();
        drop(rows);
        let mut found = Vec::new();
        let ids: Vec<[u8; 16]> = ids.into_iter().collect();
        for ids in ids.chunks(TRACES_PER_READ) {
            let (since, until) = (self.window.since.minus(REACH), self.window.until.plus(REACH));
            let rows = cx.store.spans.by_trace_within(&cx.scope, ids, since, until).await?;
            for trace in compile(rows) {
                let first = trace.walk().map(Entity::start).filter(|start| *start >= self.window.since).min();
                let Some(first) = first.filter(|first| *first < covered) else { continue };
                let position = (first, Some(trace.id));
                if position > self.position {
                    found.push((position, trace));
                }
            }
        }
        found.sort_by_key(|(position, _)| *position);
        self.position = (covered, None);
        Ok(Some(found))
    }

    /// Up to when a slice tells all: a full one may lack spans that began at its last instant.
    fn covered(&mut self, rows: usize, last: Option<Timestamp>) -> Timestamp {
        match last.filter(|_| rows >= SPANS_PER_SLICE) {
            None => {
                self.finished = true;
                self.window.until
            }
            Some(last) if last > self.position.0 => last,
            Some(last) => {
                tracing::warn!(%last, limit = SPANS_PER_SLICE, "more spans began in one nanosecond than are read at a time");
                Timestamp::from_nanos(last.as_nanos().saturating_add(1))
            }
        }
    }
}
