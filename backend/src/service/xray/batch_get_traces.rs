//! `BatchGetTraces`.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use siskin_sdk::id::TraceId;

use super::XRayError;
use super::trace::{Trace, compile};
use crate::service::Context;

/// Most traces of one request.
pub const TRACE_IDS_MAX: usize = 5;

/// Most bytes of documents that are returned of one trace; documents beyond are left out and the trace says so. AWS
/// keeps 500 KB of a trace.
pub const TRACE_BYTES_MAX: usize = 8 << 20;

/// Which traces.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct BatchGetTracesInput {
    /// Their ids.
    pub trace_ids: Vec<String>,
    /// Never handed out: five traces are one page.
    pub next_token: Option<String>,
}

/// Whole traces.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct BatchGetTracesOutput {
    /// The traces that were found, in the order asked for.
    pub traces: Vec<TraceOutput>,
    /// Always empty: what is there can be read.
    pub unprocessed_trace_ids: Vec<String>,
}

/// One trace.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct TraceOutput {
    /// Its id.
    pub id: String,
    /// Seconds from its first start to its last end.
    pub duration: f64,
    /// Whether documents are left out because the trace is too large.
    pub limit_exceeded: bool,
    /// Its documents.
    pub segments: Vec<SegmentOutput>,
}

/// One compiled document.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct SegmentOutput {
    /// Its id.
    pub id: String,
    /// The JSON text.
    pub document: String,
}

/// Returns whole traces: a document per segment, with what was sent on its own in its place, and one for each service
/// that is known by its callers only.
///
/// Source: <https://docs.aws.amazon.com/xray/latest/api/API_BatchGetTraces.html>
///
/// # Errors
/// `InvalidRequestException` for more than [`TRACE_IDS_MAX`] ids or a text that is no trace id.
pub async fn batch_get_traces(cx: &Context, input: BatchGetTracesInput) -> Result<BatchGetTracesOutput, XRayError> {
    if input.next_token.is_some() {
        return Err(XRayError::InvalidRequest("Invalid NextToken".to_owned()));
    }
    let ids = parse_trace_ids(&input.trace_ids)?;
    let mut traces: Vec<Option<Trace>> = traces(cx, &ids).await?.into_iter().map(Some).collect();
    let mut take = |id: &TraceId| traces.iter_mut().find(|trace| trace.as_ref().is_some_and(|t| t.id == *id))?.take();
    let traces = ids.iter().filter_map(&mut take).map(|trace| to_output(&trace)).collect();
    Ok(BatchGetTracesOutput { traces, unprocessed_trace_ids: Vec::new() })
}

/// Reads the ids of a request.
pub(super) fn parse_trace_ids(ids: &[String]) -> Result<Vec<TraceId>, XRayError> {
    if ids.len() > TRACE_IDS_MAX {
        return Err(XRayError::InvalidRequest(format!("Exceeding maximum query size: {TRACE_IDS_MAX}")));
    }
    let parse = |id: &String| id.parse().map_err(|_| XRayError::InvalidRequest(format!("Invalid trace id: {id}")));
    ids.iter().map(parse).collect()
}

/// The compiled traces with these ids, as far as there are any.
///
/// # Errors
/// The store's.
pub async fn traces(cx: &Context, ids: &[TraceId]) -> Result<Vec<Trace>, XRayError> {
    let ids: Vec<[u8; 16]> = ids.iter().map(|id| id.to_bytes()).collect();
    Ok(compile(cx.store.spans.by_trace(&cx.scope, &ids).await?))
}

fn to_output(trace: &Trace) -> TraceOutput {
    let own = trace.documents.iter().map(|document| (document.segment.id, document.to_document()));
    let inferred = trace.inferred().map(|inferred| (inferred.id, inferred.to_document()));
    let (mut segments, mut bytes, mut limit_exceeded) = (Vec::new(), 0, false);
    for (id, document) in own.chain(inferred) {
        let document = Value::to_string(&document);
        bytes += document.len();
        if bytes > TRACE_BYTES_MAX {
            limit_exceeded = true;
            break;
        }
        segments.push(SegmentOutput { id: id.to_string(), document });
    }
    TraceOutput {
        id: trace.id.to_string(),
        duration: trace.end().since(trace.start()).as_secs_f64(),
        limit_exceeded,
        segments,
    }
}
