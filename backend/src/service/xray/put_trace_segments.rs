//! `PutTraceSegments`.

use serde::{Deserialize, Serialize};

use super::XRayError;
use super::ingest::{UnprocessedTraceSegment, record_documents};
use crate::service::Context;

/// Documents to store.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct PutTraceSegmentsInput {
    /// JSON texts: segments, segments in progress, independent subsegments.
    pub trace_segment_documents: Vec<String>,
}

/// What was not stored.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct PutTraceSegmentsOutput {
    /// Each document that was refused, with its reason.
    pub unprocessed_trace_segments: Vec<UnprocessedTraceSegment>,
}

/// Stores segment documents; refuses those that are not valid one by one.
///
/// Source: <https://docs.aws.amazon.com/xray/latest/api/API_PutTraceSegments.html>
///
/// # Errors
/// Only the store's: a refused document is part of the answer.
pub async fn put_trace_segments(
    cx: &Context,
    input: PutTraceSegmentsInput,
) -> Result<PutTraceSegmentsOutput, XRayError> {
    let unprocessed = record_documents(cx, &input.trace_segment_documents).await?;
    Ok(PutTraceSegmentsOutput { unprocessed_trace_segments: unprocessed })
}
