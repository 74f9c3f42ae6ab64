//! Log events.

use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, BinaryArray, Int64Array, RecordBatch, StringArray};
use datafusion::logical_expr::{Expr, lit};
use datafusion::prelude::ident;

use super::StoreError;
use super::appends::{Appends, is, is_one_of};
use super::limits::SCAN_ROWS_MAX;
use super::memtable::Tail;
use super::query::{Order, RowQuery};
use super::row::{Columns, Interned, Row, RowId, bytes_at, time_at};
use super::schema::{ORDINAL, SEQUENCE, TableId};
use crate::base::{Scope, Timestamp};

/// One log event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogRow {
    /// Its place in arrival order; the store sets it.
    pub id: RowId,
    /// The log group.
    pub group: Arc<str>,
    /// The log stream.
    pub stream: Arc<str>,
    /// When it happened, as its sender says.
    pub at: Timestamp,
    /// When it came.
    pub ingested_at: Timestamp,
    /// The text.
    pub message: String,
    /// The trace it belongs to, when its sender says so.
    pub trace_id: Option<[u8; 16]>,
}

/// Which log events are wanted.
#[derive(Clone, Debug)]
pub struct LogScan {
    /// Of this group.
    pub group: Arc<str>,
    /// Of these streams; `None` is every stream.
    pub streams: Option<Vec<Arc<str>>>,
    /// From this time on.
    pub since: Timestamp,
    /// Before this time.
    pub until: Timestamp,
    /// By time, then arrival.
    pub order: Order,
    /// Only events behind this one, in the order of the scan.
    pub after: Option<(Timestamp, RowId)>,
    /// At most so many.
    pub limit: usize,
}

/// All log events.
#[derive(Clone, Debug)]
pub struct LogTable(Appends<LogRow>);

impl LogTable {
    pub(crate) fn new(appends: Appends<LogRow>) -> Self {
        Self(appends)
    }

    /// Appends events, all or none; they are durable and visible when it returns.
    ///
    /// # Errors
    /// See [`StoreError`]; then nothing was acknowledged.
    pub async fn append(&self, scope: &Scope, rows: Vec<LogRow>) -> Result<(), StoreError> {
        self.0.append(scope, rows, |_, _| ()).await
    }

    /// The matching events, by time, then arrival.
    pub async fn scan(&self, scope: &Scope, scan: LogScan) -> Result<Vec<LogRow>, StoreError> {
        let mut filters = Appends::<LogRow>::in_range(scan.since, scan.until);
        filters.push(is("group", &scan.group));
        if let Some(streams) = &scan.streams {
            if streams.is_empty() {
                return Ok(Vec::new());
            }
            filters.push(is_one_of("stream", streams.iter().map(AsRef::as_ref)));
        }
        filters.extend(scan.after.map(|(at, id)| behind(at, id, scan.order)));
        let sort = &["at", SEQUENCE, ORDINAL];
        let limit = Some(scan.limit.min(SCAN_ROWS_MAX));
        self.0.scan(scope, RowQuery { filters, sort, order: scan.order, limit }).await
    }

    /// Follows what is appended from now on.
    pub fn subscribe(&self) -> Tail<LogRow> {
        self.0.subscribe()
    }
}

/// Events that come after the one at `at` with `id`.
fn behind(at: Timestamp, id: RowId, order: Order) -> Expr {
    let further = |column: &str, value: Expr| match order {
        Order::OldestFirst => ident(column).gt(value),
        Order::NewestFirst => ident(column).lt(value),
    };
    let (at, sequence) = (lit(at.as_nanos()), lit(id.sequence().cast_signed()));
    let ordinal = lit(id.ordinal().cast_signed());
    let same_record = ident(SEQUENCE).eq(sequence.clone()).and(further(ORDINAL, ordinal));
    let same_time = ident("at").eq(at.clone()).and(further(SEQUENCE, sequence).or(same_record));
    further("at", at).or(same_time)
}

impl Row for LogRow {
    const TABLE: TableId = TableId::Logs;

    fn encode(rows: &[Self]) -> Result<RecordBatch, StoreError> {
        let text = |of: fn(&Self) -> &str| -> ArrayRef { Arc::new(StringArray::from_iter_values(rows.iter().map(of))) };
        let time = |of: fn(&Self) -> Timestamp| -> ArrayRef {
            Arc::new(Int64Array::from_iter_values(rows.iter().map(|row| of(row).as_nanos())))
        };
        let columns = vec![
            text(|row| &row.group),
            text(|row| &row.stream),
            time(|row| row.at),
            time(|row| row.ingested_at),
            text(|row| &row.message),
            Arc::new(rows.iter().map(|row| row.trace_id).collect::<BinaryArray>()),
        ];
        Ok(RecordBatch::try_new(Self::TABLE.body_schema(), columns)?)
    }

    fn decode(batch: &RecordBatch) -> Result<Vec<Self>, StoreError> {
        use datafusion::arrow::array::Array as _;
        let columns = Columns(batch);
        let (groups, streams) = (columns.text("group")?, columns.text("stream")?);
        let (times, ingested) = (columns.int64("at")?, columns.int64("ingested_at")?);
        let (messages, traces) = (columns.text("message")?, columns.binary("trace_id")?);
        let (mut group, mut stream) = (Interned::default(), Interned::default());
        let rows = columns.ids()?.enumerate().map(|(row, id)| {
            Ok(Self {
                id,
                group: group.get(groups.value(row)),
                stream: stream.get(streams.value(row)),
                at: time_at(times, row),
                ingested_at: time_at(ingested, row),
                message: messages.value(row).to_owned(),
                trace_id: traces.is_valid(row).then(|| bytes_at(traces, row)).transpose()?,
            })
        });
        rows.collect()
    }

    fn set_id(&mut self, id: RowId) {
        self.id = id;
    }
}
