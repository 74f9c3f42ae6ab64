//! A segment document, from its text to the rows of the span table.
//!
//! Each segment and subsegment becomes one row that holds its own part of the document; [`super::trace`] puts them
//! together again. Rows of one document stay together, outermost first: that order is how a later reading tells which
//! subsegments came with which version of a document.

use std::sync::Arc;

use serde_json::{Map, Value};
use siskin_sdk::id::SpanId;
use siskin_sdk::segment::{Invalid, Segment};

use crate::base::Timestamp;
use crate::store::{RowId, SpanKind, SpanRow};

/// The rows of one document, ready to be appended.
///
/// # Errors
/// [`Invalid`] with the code and the id that `UnprocessedTraceSegments` shows.
pub fn rows_of(text: &str, received_at: Timestamp) -> Result<Vec<SpanRow>, Invalid> {
    let segment = Segment::parse(text)?;
    let trace_id = segment.trace_id.ok_or_else(|| invalid(&segment, "InvalidTraceId", "trace_id is missing"))?;
    let fields: Map<String, Value> =
        serde_json::from_str(text).map_err(|error| invalid(&segment, "ParseError", &error.to_string()))?;
    let kind = if segment.is_subsegment() { SpanKind::IndependentSubsegment } else { SpanKind::Segment };
    let mut flatten = Flatten {
        trace_id: trace_id.to_bytes(),
        segment_id: segment.id.to_bytes(),
        received_at,
        rows: Vec::with_capacity(1 + segment.subsegments.len()),
    };
    flatten.add(&segment, fields, kind, segment.parent_id.map(SpanId::to_bytes));
    Ok(flatten.rows)
}

fn invalid(segment: &Segment, code: &'static str, reason: &str) -> Invalid {
    let message = format!("Invalid segment. ErrorCode: {code}, Cause: {reason}");
    Invalid { id: Some(segment.id.to_string()), code, message }
}

/// The time of a document as it is stored; what lies after the year 2262 becomes its end.
pub(super) fn timestamp(time: siskin_sdk::segment::EpochTime) -> Timestamp {
    i64::try_from(time.as_nanos()).map_or(Timestamp::MAX, Timestamp::from_nanos)
}

struct Flatten {
    trace_id: [u8; 16],
    segment_id: [u8; 8],
    received_at: Timestamp,
    rows: Vec<SpanRow>,
}

impl Flatten {
    /// Adds `segment` and then, each after its parent, what is in it. The depth is bounded by the JSON parser's.
    fn add(&mut self, segment: &Segment, mut fields: Map<String, Value>, kind: SpanKind, parent_id: Option<[u8; 8]>) {
        // The typed and the untyped reading of one text have the same subsegments in the same order.
        let inner = match fields.shift_remove("subsegments") {
            Some(Value::Array(inner)) => inner,
            _ => Vec::new(),
        };
        self.rows.push(SpanRow {
            trace_id: self.trace_id,
            span_id: segment.id.to_bytes(),
            parent_id,
            segment_id: self.segment_id,
            kind,
            name: Arc::from(segment.name.as_str()),
            start: timestamp(segment.start_time),
            end: segment.end_time.map(timestamp),
            error: segment.error,
            fault: segment.fault,
            throttle: segment.throttle,
            received_at: self.received_at,
            document: Value::Object(fields).to_string(),
            id: RowId::default(),
        });
        for (subsegment, value) in segment.subsegments.iter().zip(inner) {
            if let Value::Object(fields) = value {
                self.add(subsegment, fields, SpanKind::Subsegment, Some(segment.id.to_bytes()));
            }
        }
    }
}
