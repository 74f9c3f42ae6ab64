//! Spans of traces.

use std::sync::Arc;

use datafusion::arrow::array::{Array as _, ArrayRef, BinaryArray, BooleanArray, Int64Array, RecordBatch, StringArray};
use datafusion::common::ScalarValue;
use datafusion::logical_expr::Expr;
use datafusion::prelude::ident;

use super::StoreError;
use super::appends::Appends;
use super::limits::SCAN_ROWS_MAX;
use super::memtable::Tail;
use super::query::{Order, RowQuery};
use super::row::{Columns, Interned, Row, RowId, bytes_at, time_at};
use super::schema::{ORDINAL, SEQUENCE, TableId};
use crate::base::{Scope, Timestamp};

/// What a span is in X-Ray's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SpanKind {
    /// A service's part of a trace.
    Segment,
    /// A part of a segment, sent inside it.
    Subsegment,
    /// A part of a segment, sent by itself.
    IndependentSubsegment,
}

impl SpanKind {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Segment => "segment",
            Self::Subsegment => "subsegment",
            Self::IndependentSubsegment => "independent_subsegment",
        }
    }

    fn parse(text: &str) -> Result<Self, StoreError> {
        [Self::Segment, Self::Subsegment, Self::IndependentSubsegment]
            .into_iter()
            .find(|kind| kind.as_str() == text)
            .ok_or_else(|| StoreError::Internal(format!("span kind {text:?} is unknown")))
    }
}

/// One span.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpanRow {
    /// Its place in arrival order; the store sets it.
    pub id: RowId,
    /// The trace it belongs to.
    pub trace_id: [u8; 16],
    /// Its own id.
    pub span_id: [u8; 8],
    /// The span that called it.
    pub parent_id: Option<[u8; 8]>,
    /// Its own id for segments and independent subsegments, else that of the segment it was sent in.
    pub segment_id: [u8; 8],
    /// What it is.
    pub kind: SpanKind,
    /// Its name.
    pub name: Arc<str>,
    /// When it began.
    pub start: Timestamp,
    /// When it ended; `None` while in progress.
    pub end: Option<Timestamp>,
    /// Whether the caller was at fault.
    pub error: bool,
    /// Whether the service was at fault.
    pub fault: bool,
    /// Whether it was throttled.
    pub throttle: bool,
    /// When it came.
    pub received_at: Timestamp,
    /// The JSON document of this span alone, without its subsegments.
    pub document: String,
}

/// All spans.
#[derive(Clone, Debug)]
pub struct SpanTable(Appends<SpanRow>);

impl SpanTable {
    pub(crate) fn new(appends: Appends<SpanRow>) -> Self {
        Self(appends)
    }

    /// Appends spans, all or none; they are durable and visible when it returns.
    ///
    /// # Errors
    /// See [`StoreError`]; then nothing was acknowledged.
    pub async fn append(&self, scope: &Scope, rows: Vec<SpanRow>) -> Result<(), StoreError> {
        self.0.append(scope, rows, |_, _| ()).await
    }

    /// The spans of these traces, by start, then arrival.
    pub async fn by_trace(&self, scope: &Scope, trace_ids: &[[u8; 16]]) -> Result<Vec<SpanRow>, StoreError> {
        if trace_ids.is_empty() {
            return Ok(Vec::new());
        }
        self.select(scope, vec![is_in(trace_ids)], None).await
    }

    /// The spans of these traces that began from `since` (inclusive) until `until` (exclusive), by start, then arrival.
    pub async fn by_trace_within(
        &self,
        scope: &Scope,
        trace_ids: &[[u8; 16]],
        since: Timestamp,
        until: Timestamp,
    ) -> Result<Vec<SpanRow>, StoreError> {
        if trace_ids.is_empty() {
            return Ok(Vec::new());
        }
        let mut filters = Appends::<SpanRow>::in_range(since, until);
        filters.push(is_in(trace_ids));
        self.select(scope, filters, None).await
    }

    /// The spans that began from `since` (inclusive) until `until` (exclusive), oldest first, at most `limit`.
    pub async fn scan(
        &self,
        scope: &Scope,
        since: Timestamp,
        until: Timestamp,
        limit: usize,
    ) -> Result<Vec<SpanRow>, StoreError> {
        self.select(scope, Appends::<SpanRow>::in_range(since, until), Some(limit.min(SCAN_ROWS_MAX))).await
    }

    /// Follows what is appended from now on.
    pub fn subscribe(&self) -> Tail<SpanRow> {
        self.0.subscribe()
    }

    async fn select(
        &self,
        scope: &Scope,
        filters: Vec<Expr>,
        limit: Option<usize>,
    ) -> Result<Vec<SpanRow>, StoreError> {
        let sort = &["start", SEQUENCE, ORDINAL];
        self.0.scan(scope, RowQuery { filters, sort, order: Order::OldestFirst, limit }).await
    }
}

fn is_in(trace_ids: &[[u8; 16]]) -> Expr {
    let ids = trace_ids.iter().map(|id| Expr::Literal(ScalarValue::Binary(Some(id.to_vec())), None)).collect();
    ident("trace_id").in_list(ids, false)
}

impl Row for SpanRow {
    const TABLE: TableId = TableId::Spans;

    fn encode(rows: &[Self]) -> Result<RecordBatch, StoreError> {
        let text = |of: fn(&Self) -> &str| -> ArrayRef { Arc::new(StringArray::from_iter_values(rows.iter().map(of))) };
        let id = |of: fn(&Self) -> &[u8]| -> ArrayRef { Arc::new(BinaryArray::from_iter_values(rows.iter().map(of))) };
        let time = |of: fn(&Self) -> Option<Timestamp>| -> ArrayRef {
            Arc::new(rows.iter().map(|row| of(row).map(Timestamp::as_nanos)).collect::<Int64Array>())
        };
        let flag = |of: fn(&Self) -> bool| -> ArrayRef {
            Arc::new(rows.iter().map(|row| Some(of(row))).collect::<BooleanArray>())
        };
        let columns = vec![
            id(|row| &row.trace_id),
            id(|row| &row.span_id),
            Arc::new(rows.iter().map(|row| row.parent_id).collect::<BinaryArray>()),
            id(|row| &row.segment_id),
            text(|row| row.kind.as_str()),
            text(|row| &row.name),
            time(|row| Some(row.start)),
            time(|row| row.end),
            flag(|row| row.error),
            flag(|row| row.fault),
            flag(|row| row.throttle),
            time(|row| Some(row.received_at)),
            text(|row| &row.document),
        ];
        Ok(RecordBatch::try_new(Self::TABLE.body_schema(), columns)?)
    }

    fn decode(batch: &RecordBatch) -> Result<Vec<Self>, StoreError> {
        let columns = Columns(batch);
        let (traces, spans) = (columns.binary("trace_id")?, columns.binary("span_id")?);
        let (parents, segments) = (columns.binary("parent_id")?, columns.binary("segment_id")?);
        let (kinds, names, documents) = (columns.text("kind")?, columns.text("name")?, columns.text("document")?);
        let (starts, ends, received) = (columns.int64("start")?, columns.int64("end")?, columns.int64("received_at")?);
        let (errors, faults) = (columns.boolean("error")?, columns.boolean("fault")?);
        let throttles = columns.boolean("throttle")?;
        let mut name = Interned::default();
        let rows = columns.ids()?.enumerate().map(|(row, id)| {
            Ok(Self {
                id,
                trace_id: bytes_at(traces, row)?,
                span_id: bytes_at(spans, row)?,
                parent_id: parents.is_valid(row).then(|| bytes_at(parents, row)).transpose()?,
                segment_id: bytes_at(segments, row)?,
                kind: SpanKind::parse(kinds.value(row))?,
                name: name.get(names.value(row)),
                start: time_at(starts, row),
                end: ends.is_valid(row).then(|| time_at(ends, row)),
                error: errors.value(row),
                fault: faults.value(row),
                throttle: throttles.value(row),
                received_at: time_at(received, row),
                document: documents.value(row).to_owned(),
            })
        });
        rows.collect()
    }

    fn set_id(&mut self, id: RowId) {
        self.id = id;
    }
}
