//! The run as a trace: a segment for the run, a subsegment for each step and each request.
//!
//! Every subsegment is a document of its own, so that no document outgrows X-Ray's 64 kB, however long the run. The
//! request's subsegment has the id that went out in the request's headers: what the service records hangs below it.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};
use siskin_sdk::segment::{
    Annotations, Cause, CauseDetail, EpochTime, Exception, Http, HttpRequest, HttpResponse, Kind, Segment, limits,
};
use url::Url;

use super::{Call, Origin, Service};
use crate::run::{RequestReport, RunReport, StepReport};

/// Documents in one `PutTraceSegments`, as every AWS client has it.
const DOCUMENTS_PER_CALL_MAX: usize = 50;
/// Longest text of a cause.
const REASON_CHARS_MAX: usize = 1_000;

pub(super) fn calls(report: &RunReport, origin: &Origin) -> Vec<Call> {
    let mut documents = vec![run_segment(report, origin)];
    documents.extend(report.steps.iter().map(|step| step_segment(report, step)));
    documents.extend(report.requests.iter().map(|request| request_segment(report, request)));
    documents
        .chunks(DOCUMENTS_PER_CALL_MAX)
        .map(|chunk| {
            let texts: Vec<_> = chunk.iter().map(Segment::to_json).collect();
            Call::new(Service::Traces, "PutTraceSegments", json!({"TraceSegmentDocuments": texts}))
        })
        .collect()
}

fn run_segment(report: &RunReport, origin: &Origin) -> Segment {
    let start = &report.start;
    let annotations = Annotations::from([
        ("canary_name".to_owned(), text(start.canary.as_str())),
        ("canary_arn".to_owned(), text(&origin.canary_arn(&start.canary))),
        ("canary_run_id".to_owned(), text(&start.run_id.to_string())),
        ("status".to_owned(), text(report.outcome.word())),
    ]);
    let mut metadata = serde_json::Map::new();
    let run = json!({"blueprint": start.kind, "browser": report.browser, "artifacts": report.directory});
    metadata.insert("run".to_owned(), run);
    Segment {
        name: limits::sanitize_name(start.canary.as_str()),
        id: start.segment_id,
        trace_id: Some(start.trace_id),
        origin: Some("AWS::Synthetics::Canary".to_owned()),
        fault: !report.outcome.is_passed(),
        cause: report.outcome.reason().map(cause).map(Box::new),
        annotations,
        metadata,
        ..timed(start.started, report.duration)
    }
}

fn step_segment(report: &RunReport, step: &StepReport) -> Segment {
    Segment {
        name: limits::sanitize_name(&step.name),
        id: step.span_id,
        trace_id: Some(report.start.trace_id),
        parent_id: Some(report.start.segment_id),
        kind: Some(Kind::Subsegment),
        fault: step.outcome.reason().is_some(),
        cause: step.outcome.reason().map(cause).map(Box::new),
        annotations: Annotations::from([("step_number".to_owned(), i64::from(step.number).into())]),
        ..timed(step.started, step.duration)
    }
}

fn request_segment(report: &RunReport, request: &RequestReport) -> Segment {
    let step = report.steps.iter().find(|step| step.spans(request.started));
    let host = Url::parse(&request.url).ok().and_then(|url| url.host_str().map(str::to_owned));
    let status = request.status;
    Segment {
        name: limits::sanitize_name(host.as_deref().unwrap_or(&request.url)),
        id: request.span_id,
        trace_id: Some(report.start.trace_id),
        parent_id: Some(step.map_or(report.start.segment_id, |step| step.span_id)),
        kind: Some(Kind::Subsegment),
        namespace: Some("remote".to_owned()),
        http: Some(Box::new(Http {
            request: Some(HttpRequest {
                method: Some(request.method.clone()),
                url: Some(request.url.clone()),
                traced: request.traced,
                ..HttpRequest::default()
            }),
            response: status.map(|status| HttpResponse { status: Some(i64::from(status)), ..HttpResponse::default() }),
        })),
        error: status.is_some_and(|status| (400..500).contains(&status)),
        throttle: status == Some(429),
        fault: status.is_none_or(|status| status >= 500),
        cause: request.failed.as_deref().map(cause).map(Box::new),
        ..timed(request.started, request.duration)
    }
}

fn timed(started: Timestamp, duration: Duration) -> Segment {
    let nanos = |at: Timestamp| EpochTime::from_nanos(u64::try_from(at.as_nanosecond()).unwrap_or_default());
    let ended = started.checked_add(duration).unwrap_or(started);
    Segment { start_time: nanos(started), end_time: Some(nanos(ended)), ..Segment::default() }
}

fn text(value: &str) -> siskin_sdk::segment::AnnotationValue {
    siskin_sdk::segment::AnnotationValue::Text(value.to_owned())
}

fn cause(reason: &str) -> Cause {
    let message = reason.chars().take(REASON_CHARS_MAX).collect();
    let exception = Exception {
        id: Some(siskin_sdk::id::SpanId::random().to_string()),
        message: Some(message),
        kind: Some("CanaryFailure".to_owned()),
        ..Exception::default()
    };
    Cause::Detail(CauseDetail { exceptions: vec![exception], ..CauseDetail::default() })
}

/// What a backend did not take of a `PutTraceSegments` that it answered with 200.
pub(super) fn unprocessed(answer: &Value) -> &[Value] {
    answer.get("UnprocessedTraceSegments").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}
