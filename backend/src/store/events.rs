//! Events of the event bus.

use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, Int64Array, RecordBatch, StringArray};
use datafusion::logical_expr::lit;
use datafusion::prelude::ident;

use super::StoreError;
use super::appends::{Appends, is, is_one_of};
use super::limits::SCAN_ROWS_MAX;
use super::memtable::Tail;
use super::query::{Order, RowQuery};
use super::row::{Columns, Interned, Row, time_at};
use super::schema::TableId;
use crate::base::{Scope, Timestamp};

/// One event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventRow {
    /// Its id.
    pub id: Arc<str>,
    /// When it happened.
    pub at: Timestamp,
    /// The bus it was published on.
    pub bus: Arc<str>,
    /// Who published it: `aws.cloudwatch`.
    pub source: Arc<str>,
    /// What it tells: `CloudWatch Alarm State Change`.
    pub detail_type: Arc<str>,
    /// Names (ARNs) of what it concerns.
    pub resources: Vec<String>,
    /// A JSON object.
    pub detail: String,
}

/// Which events are wanted.
#[derive(Clone, Debug)]
pub struct EventScan {
    /// From this time on.
    pub since: Timestamp,
    /// Before this time.
    pub until: Timestamp,
    /// Of this source.
    pub source: Option<Arc<str>>,
    /// Of one of these kinds.
    pub detail_type: Option<Vec<Arc<str>>>,
    /// Concerning this resource.
    pub resource: Option<String>,
    /// By time.
    pub order: Order,
    /// At most so many.
    pub limit: usize,
}

impl EventScan {
    /// Whether `row` is one of those that are wanted.
    pub fn wants(&self, row: &EventRow) -> bool {
        (self.since..self.until).contains(&row.at)
            && self.source.as_ref().is_none_or(|source| *source == row.source)
            && self.detail_type.as_ref().is_none_or(|types| types.contains(&row.detail_type))
            && self.resource.as_ref().is_none_or(|resource| row.resources.contains(resource))
    }
}

/// All events.
#[derive(Clone, Debug)]
pub struct EventTable(Appends<EventRow>);

impl EventTable {
    pub(crate) fn new(appends: Appends<EventRow>) -> Self {
        Self(appends)
    }

    /// Appends events, all or none; they are durable and visible when it returns.
    ///
    /// # Errors
    /// See [`StoreError`]; then nothing was acknowledged.
    pub async fn append(&self, scope: &Scope, rows: Vec<EventRow>) -> Result<(), StoreError> {
        self.0.append(scope, rows, |_, _| ()).await
    }

    /// The matching events by time, those of one time by id.
    pub async fn scan(&self, scope: &Scope, scan: EventScan) -> Result<Vec<EventRow>, StoreError> {
        let mut filters = Appends::<EventRow>::in_range(scan.since, scan.until);
        filters.extend(scan.source.iter().map(|source| is("source", source)));
        if let Some(types) = &scan.detail_type {
            if types.is_empty() {
                return Ok(Vec::new());
            }
            filters.push(is_one_of("detail_type", types.iter().map(AsRef::as_ref)));
        }
        // In a JSON array of texts, a quoted text occurs only as an element: quotes inside one are escaped.
        filters.extend(scan.resource.as_ref().map(|resource| ident("resources").like(lit(containing(resource)))));
        let limit = Some(scan.limit.min(SCAN_ROWS_MAX));
        self.0.scan(scope, RowQuery { filters, sort: &["at", "id"], order: scan.order, limit }).await
    }

    /// Follows what is appended from now on.
    pub fn subscribe(&self) -> Tail<EventRow> {
        self.0.subscribe()
    }
}

/// The `LIKE` pattern of JSON arrays that hold `text`.
fn containing(text: &str) -> String {
    let quoted = serde_json::to_string(text).expect("texts are JSON");
    let mut pattern = String::from("%");
    for letter in quoted.chars() {
        if matches!(letter, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(letter);
    }
    pattern.push('%');
    pattern
}

impl Row for EventRow {
    const TABLE: TableId = TableId::Events;

    fn encode(rows: &[Self]) -> Result<RecordBatch, StoreError> {
        let text = |of: fn(&Self) -> &str| -> ArrayRef { Arc::new(StringArray::from_iter_values(rows.iter().map(of))) };
        let resources = rows.iter().map(|row| serde_json::to_string(&row.resources).expect("texts are JSON"));
        let columns = vec![
            text(|row| &row.id),
            Arc::new(Int64Array::from_iter_values(rows.iter().map(|row| row.at.as_nanos()))),
            text(|row| &row.bus),
            text(|row| &row.source),
            text(|row| &row.detail_type),
            Arc::new(StringArray::from_iter_values(resources)),
            text(|row| &row.detail),
        ];
        Ok(RecordBatch::try_new(Self::TABLE.body_schema(), columns)?)
    }

    fn decode(batch: &RecordBatch) -> Result<Vec<Self>, StoreError> {
        let columns = Columns(batch);
        let (ids, times, buses) = (columns.text("id")?, columns.int64("at")?, columns.text("bus")?);
        let (sources, types) = (columns.text("source")?, columns.text("detail_type")?);
        let (resources, details) = (columns.text("resources")?, columns.text("detail")?);
        let mut texts: [Interned; 3] = Default::default();
        let rows = (0..batch.num_rows()).map(|row| {
            let resources = serde_json::from_str(resources.value(row))
                .map_err(|error| StoreError::Internal(format!("resources of an event: {error}")))?;
            Ok(Self {
                id: ids.value(row).into(),
                at: time_at(times, row),
                bus: texts[0].get(buses.value(row)),
                source: texts[1].get(sources.value(row)),
                detail_type: texts[2].get(types.value(row)),
                resources,
                detail: details.value(row).to_owned(),
            })
        });
        rows.collect()
    }
}
