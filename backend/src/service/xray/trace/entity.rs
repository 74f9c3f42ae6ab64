//! A segment or subsegment of a compiled trace.

use std::time::Duration;

use serde_json::{Map, Value};
use siskin_sdk::segment::{HttpResponse, Segment};

use crate::base::Timestamp;
use crate::service::xray::document::timestamp;
use crate::store::{RowId, SpanKind, SpanRow};

/// A segment or subsegment with all that is in it.
#[derive(Clone, Debug)]
pub struct Entity {
    /// The document's fields by type, without its subsegments.
    pub segment: Segment,
    /// What it was sent as.
    pub kind: SpanKind,
    /// When it was received.
    pub received_at: Timestamp,
    /// The steps of its work.
    pub subsegments: Vec<Entity>,
    /// The document's fields as they were sent, without `subsegments`.
    fields: Map<String, Value>,
    row: RowId,
}

impl Entity {
    /// Reads a row back; `None`, with a warning, when its document cannot be read.
    pub(super) fn of_row(row: &SpanRow) -> Option<Self> {
        let read = || -> Result<(Segment, Map<String, Value>), serde_json::Error> {
            Ok((serde_json::from_str(&row.document)?, serde_json::from_str(&row.document)?))
        };
        match read() {
            Ok((segment, fields)) => Some(Self {
                segment,
                kind: row.kind,
                received_at: row.received_at,
                subsegments: Vec::new(),
                fields,
                row: row.id,
            }),
            Err(error) => {
                tracing::warn!(row = %row.id, %error, "stored segment document is damaged and left out");
                None
            }
        }
    }

    /// Whether it is a segment, not a subsegment.
    pub fn is_segment(&self) -> bool {
        self.kind == SpanKind::Segment
    }

    /// When the work began.
    pub fn start(&self) -> Timestamp {
        timestamp(self.segment.start_time)
    }

    /// When the work ended; `None` while it goes on.
    pub fn end(&self) -> Option<Timestamp> {
        self.segment.end_time.map(timestamp)
    }

    /// How long the work took; `None` while it goes on.
    pub fn duration(&self) -> Option<Duration> {
        self.end().map(|end| end.since(self.start()))
    }

    /// What the HTTP exchange was answered with.
    pub fn response(&self) -> Option<&HttpResponse> {
        self.segment.http.as_ref()?.response.as_ref()
    }

    /// Whether the caller said that the called service traces itself.
    pub fn is_traced_call(&self) -> bool {
        let request = self.segment.http.as_ref().and_then(|http| http.request.as_ref());
        request.is_some_and(|request| request.traced)
    }

    /// The place in arrival order of the document's row.
    pub(super) fn row(&self) -> RowId {
        self.row
    }

    /// Whether a document with the same id that was received as well stands back behind this one: what is complete
    /// wins over what is in progress, and then the later one wins.
    pub(super) fn supersedes(&self, other: &Self) -> bool {
        let rank = |entity: &Self| (!entity.segment.in_progress, entity.row);
        rank(self) > rank(other)
    }

    /// The whole document again, with subsegments that were sent on their own in their places.
    pub fn to_document(&self) -> Value {
        self.write(&self.fields)
    }

    fn write(&self, fields: &Map<String, Value>) -> Value {
        let mut document = fields.clone();
        if !self.subsegments.is_empty() {
            let subsegments = self.subsegments.iter().map(Self::write_inside).collect();
            document.insert("subsegments".to_owned(), Value::Array(subsegments));
        }
        Value::Object(document)
    }

    /// Inside another document the place says what these fields said.
    fn write_inside(&self) -> Value {
        if self.kind != SpanKind::IndependentSubsegment {
            return self.write(&self.fields);
        }
        let mut fields = self.fields.clone();
        for implied in ["trace_id", "parent_id", "type"] {
            fields.shift_remove(implied);
        }
        self.write(&fields)
    }

    /// This entity and all below it, outermost first.
    pub fn walk(&self) -> impl Iterator<Item = &Self> {
        let mut waiting = vec![self];
        std::iter::from_fn(move || {
            let next = waiting.pop()?;
            waiting.extend(next.subsegments.iter().rev());
            Some(next)
        })
    }

    /// The fields as they were sent.
    pub(super) fn fields(&self) -> &Map<String, Value> {
        &self.fields
    }
}
