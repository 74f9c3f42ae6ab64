//! Why a document is refused.

use serde_json::Value;

use super::{Segment, limits};
use crate::id::{SpanId, TraceId};

/// A document X-Ray would not take, in the terms of `UnprocessedTraceSegments`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Invalid {
    /// The document's id, where it has one.
    pub id: Option<String>,
    /// `ParseError`, `MissingId`, `InvalidId`, `InvalidName`, `InvalidTraceId`, `MissingParentId` or
    /// `InvalidSegment`.
    pub code: &'static str,
    /// What is wrong, for people.
    pub message: String,
}

impl Invalid {
    /// A document of more than [`limits::DOCUMENT_BYTES_MAX`] bytes.
    pub(super) fn oversized(bytes: usize) -> Self {
        let limit = limits::DOCUMENT_BYTES_MAX;
        let reason = format!("{bytes} bytes, the limit is {limit}");
        Self::new(None, "segment", "InvalidSegment", &reason)
    }

    fn new(id: Option<String>, noun: &str, code: &'static str, reason: &str) -> Self {
        Self { id, code, message: format!("Invalid {noun}. ErrorCode: {code}, Cause: {reason}") }
    }

    fn of(segment: &Segment, place: Place, code: &'static str, reason: &str) -> Self {
        let noun = match place {
            Place::Embedded => "subsegment",
            Place::Top if segment.is_subsegment() => "subsegment",
            Place::Top => "segment",
        };
        Self::new(Some(segment.id.to_string()), noun, code, reason)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Top,
    Embedded,
}

/// Checks a whole document, children last. Nesting is bounded by the JSON parser's depth.
pub(super) fn validate(segment: &Segment) -> Result<(), Invalid> {
    if segment.trace_id.is_none() {
        return Err(Invalid::of(segment, Place::Top, "InvalidTraceId", "trace_id is missing"));
    }
    if segment.is_subsegment() && segment.parent_id.is_none() {
        let reason = "an independent subsegment names its parent_id";
        return Err(Invalid::of(segment, Place::Top, "MissingParentId", reason));
    }
    validate_node(segment, Place::Top)
}

fn validate_node(segment: &Segment, place: Place) -> Result<(), Invalid> {
    if !limits::is_name(&segment.name) {
        let reason =
            format!("a name is 1-{} letters, digits, spaces and _ . : / % & # = + - @ \\", limits::NAME_CHARS_MAX);
        return Err(Invalid::of(segment, place, "InvalidName", &reason));
    }
    // A subsegment of a segment in progress may say neither; a document of its own may not.
    let open = segment.end_time.is_none();
    if place == Place::Top && open != segment.in_progress {
        let reason = "exactly one of end_time and in_progress: true is given";
        return Err(Invalid::of(segment, place, "InvalidSegment", reason));
    }
    segment.subsegments.iter().try_for_each(|child| validate_node(child, Place::Embedded))
}

/// Finds the reason why a text did not become a [`Segment`]; the slow path, so it may read it twice.
pub(super) fn diagnose(text: &str, error: &serde_json::Error) -> Invalid {
    let Ok(Value::Object(members)) = serde_json::from_str::<Value>(text) else {
        return Invalid::new(None, "segment", "ParseError", &error.to_string());
    };
    let member = |name: &str| members.get(name).and_then(Value::as_str);
    let noun = if member("type") == Some("subsegment") { "subsegment" } else { "segment" };
    let Some(id) = member("id") else {
        return Invalid::new(None, noun, "MissingId", "id is missing");
    };
    let invalid = |code, reason: &str| {
        let id = id.chars().take(limits::TEXT_CHARS_MAX).collect();
        Invalid::new(Some(id), noun, code, reason)
    };
    if let Err(reason) = id.parse::<SpanId>() {
        return invalid("InvalidId", &reason.to_string());
    }
    let trace_id = members.get("trace_id").map(|value| value.as_str().map(str::parse::<TraceId>));
    match trace_id {
        Some(Some(Ok(_))) => {}
        Some(Some(Err(reason))) => return invalid("InvalidTraceId", &reason.to_string()),
        Some(None) | None => return invalid("InvalidTraceId", "trace_id is missing"),
    }
    if member("name").is_none_or(|name| !limits::is_name(name)) {
        return invalid("InvalidName", "name is missing or malformed");
    }
    invalid("InvalidSegment", &error.to_string())
}
