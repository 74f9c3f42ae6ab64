//! Spans to segment documents.
//!
//! A span of kind server or consumer, without a parent, or whose parent is in another process becomes a segment; any
//! other an independent subsegment, which finds its place when the trace is read. Names, the `http`, `sql` and `aws`
//! blocks and the outcome follow the rules of the OpenTelemetry Collector's X-Ray exporter
//! (<https://github.com/open-telemetry/opentelemetry-collector-contrib/tree/main/exporter/awsxrayexporter>).
//! Attributes named `annotation.KEY` and those that the attribute `aws.xray.annotations` lists become annotations;
//! others that no rule uses become metadata, as do those of the resource (`otel.resource.NAME`, on segments only).

use std::time::Duration;

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::Span;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use serde_json::{Map, Value, json};
use siskin_sdk::id::{SpanId, TraceId};
use siskin_sdk::segment::EpochTime;
use siskin_sdk::segment::limits::{LINKS_MAX, is_annotation_key, sanitize_annotation_key, sanitize_name};

use super::attributes::Attributes;
use super::fault::OtlpFault;
use super::handler::Rejected;
use super::span_blocks::{aws_block, cause_block, http_block, outcome, resource_fields, sql_block};
use crate::base::Timestamp;

/// Most spans of one request.
pub(super) const SPANS_MAX: usize = 10_000;
/// How far in the future spans may be.
const FUTURE_MAX: Duration = Duration::from_hours(2);
/// How old spans may be.
const AGE_MAX: Duration = Duration::from_hours(14 * 24);

/// In `flags`: whether it is known where the parent is, and whether that is another process.
const PARENT_KNOWN: u32 = 0x100;
const PARENT_REMOTE: u32 = 0x200;

/// The documents of a request's spans, and what could not become one.
pub(super) fn documents(
    request: &ExportTraceServiceRequest,
    now: Timestamp,
) -> Result<(Vec<String>, Rejected), OtlpFault> {
    let of_scopes = |resource: &opentelemetry_proto::tonic::trace::v1::ResourceSpans| {
        resource.scope_spans.iter().map(|scope| scope.spans.len()).sum::<usize>()
    };
    let count: usize = request.resource_spans.iter().map(of_scopes).sum();
    if count > SPANS_MAX {
        return Err(OtlpFault::Malformed(format!("{count} spans in one request are more than {SPANS_MAX}")));
    }
    let (mut documents, mut rejected) = (Vec::with_capacity(count), Rejected::default());
    for resource_spans in &request.resource_spans {
        let resource = resource_spans.resource.clone().unwrap_or_default();
        for span in resource_spans.scope_spans.iter().flat_map(|scope| &scope.spans) {
            match document(span, &resource, now) {
                Ok(document) => documents.push(document.to_string()),
                Err(reason) => rejected.add(1, reason),
            }
        }
    }
    Ok((documents, rejected))
}

/// The document of one span.
fn document(span: &Span, resource: &Resource, now: Timestamp) -> Result<Value, String> {
    let trace_id = <[u8; 16]>::try_from(span.trace_id.as_slice())
        .ok()
        .filter(|id| *id != [0; 16])
        .ok_or_else(|| "a trace id is 16 bytes, not all zero".to_owned())?;
    let id = span_id(&span.span_id).ok_or_else(|| "a span id is 8 bytes, not all zero".to_owned())?;
    let parent = span_id(&span.parent_span_id);
    check_times(span, id, now)?;
    let place = Place::of(span, parent);
    let mut attributes = Attributes::new(&span.attributes);
    let resource = Attributes::new(&resource.attributes);
    let mut document = Map::new();
    let mut set = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            document.insert(name.to_owned(), value);
        }
    };
    set("trace_id", Some(TraceId::from_bytes(trace_id).to_string().into()));
    set("id", Some(id.to_string().into()));
    set("parent_id", parent.map(|parent| parent.to_string().into()));
    set("name", Some(sanitize_name(&name(span, &attributes, &resource)).into()));
    set("start_time", Some(seconds(span.start_time_unix_nano)));
    match span.end_time_unix_nano {
        0 => set("in_progress", Some(true.into())),
        end => set("end_time", Some(seconds(end))),
    }
    match place {
        Place::Segment => resource_fields(&resource, set),
        Place::Subsegment => {
            set("type", Some("subsegment".into()));
            set("namespace", namespace(span, &attributes).map(Value::from));
        }
    }
    let mut set = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            document.insert(name.to_owned(), value);
        }
    };
    set("user", attributes.take_text(&["enduser.id", "user.id"]).map(Value::from));
    let http = http_block(&mut attributes, place);
    let outcome = outcome(span, &http);
    set("http", Some(http).filter(|http| !http.is_null()));
    for (flag, holds) in [("error", outcome.error), ("throttle", outcome.throttle), ("fault", outcome.fault)] {
        set(flag, holds.then_some(Value::Bool(true)));
    }
    set("cause", outcome.is_failure().then(|| cause_block(span)).flatten());
    set("sql", sql_block(&mut attributes, &span.name));
    set("aws", aws_block(&mut attributes, &resource, place));
    set("links", links(span));
    set("annotations", annotations(&mut attributes));
    set("metadata", metadata(attributes, &resource, place));
    Ok(Value::Object(document))
}

/// What a span becomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Segment,
    Subsegment,
}

impl Place {
    fn of(span: &Span, parent: Option<SpanId>) -> Self {
        let serves = matches!(span.kind(), SpanKind::Server | SpanKind::Consumer);
        let remote = span.flags & (PARENT_KNOWN | PARENT_REMOTE) == PARENT_KNOWN | PARENT_REMOTE;
        if serves || remote || parent.is_none() { Self::Segment } else { Self::Subsegment }
    }
}

fn span_id(bytes: &[u8]) -> Option<SpanId> {
    <[u8; 8]>::try_from(bytes).ok().filter(|id| *id != [0; 8]).map(SpanId::from_bytes)
}

fn check_times(span: &Span, id: SpanId, now: Timestamp) -> Result<(), String> {
    let at = |nanos: u64| i64::try_from(nanos).map_or(Timestamp::MAX, Timestamp::from_nanos);
    let (start, end) = (at(span.start_time_unix_nano), at(span.end_time_unix_nano));
    if start < now.minus(AGE_MAX) {
        return Err(format!("span {id} is more than 14 days old"));
    }
    if start.max(end) > now.plus(FUTURE_MAX) {
        return Err(format!("span {id} is more than two hours in the future"));
    }
    Ok(())
}

fn seconds(nanos: u64) -> Value {
    json!(EpochTime::from_nanos(nanos).as_secs_f64())
}

/// The name of the service, for a segment; of what was called, for a call; else of the span.
fn name(span: &Span, attributes: &Attributes, resource: &Attributes) -> String {
    let text = |name: &str| attributes.text(name).map(str::to_owned);
    let kind = span.kind();
    let serves = kind == SpanKind::Server;
    let calls = matches!(kind, SpanKind::Client | SpanKind::Producer | SpanKind::Consumer);
    let is_local_root = attributes.text("aws.span.kind") == Some("LOCAL_ROOT");
    let bare = |name: String| name.replace("AWS.SDK.", "").replace("AWS::", "");
    let database = || {
        let database = text("db.namespace").or_else(|| text("db.name"))?;
        let host = text("server.address").or_else(|| text("net.peer.name"));
        Some(host.map_or_else(|| database.clone(), |host| format!("{database}@{host}")))
    };
    let local = || text("aws.local.service").filter(|_| serves || is_local_root && kind == SpanKind::Internal);
    let remote = || text("aws.remote.service").filter(|_| calls).map(bare);
    let service = || resource.text("service.name").filter(|_| serves || kind == SpanKind::Consumer).map(str::to_owned);
    let host = || text("http.host").or_else(|| text("server.address")).or_else(|| text("net.peer.name"));
    let root = || resource.text("service.name").filter(|_| span.parent_span_id.is_empty()).map(str::to_owned);
    local()
        .or_else(remote)
        .or_else(|| text("peer.service"))
        .or_else(|| text("aws.service"))
        .or_else(|| text("rpc.service").filter(|_| attributes.text("rpc.system") == Some("aws-api")))
        .or_else(database)
        .or_else(service)
        .or_else(root)
        .or_else(|| text("rpc.service"))
        .or_else(|| host().filter(|_| calls))
        .unwrap_or_else(|| span.name.clone())
}

fn namespace(span: &Span, attributes: &Attributes) -> Option<&'static str> {
    let is_aws = attributes.text("rpc.system") == Some("aws-api") || attributes.text("aws.service").is_some();
    match span.kind() {
        _ if is_aws => Some("aws"),
        SpanKind::Client | SpanKind::Producer => Some("remote"),
        SpanKind::Unspecified | SpanKind::Internal | SpanKind::Server | SpanKind::Consumer => None,
    }
}

fn links(span: &Span) -> Option<Value> {
    let link = |link: &opentelemetry_proto::tonic::trace::v1::span::Link| {
        let trace_id = TraceId::from_bytes(<[u8; 16]>::try_from(link.trace_id.as_slice()).ok()?);
        let id = span_id(&link.span_id)?;
        let attributes = Attributes::new(&link.attributes).into_map();
        Some(json!({"trace_id": trace_id.to_string(), "id": id.to_string(), "attributes": attributes}))
    };
    let links: Vec<Value> = span.links.iter().filter_map(link).take(LINKS_MAX).collect();
    (!links.is_empty()).then(|| Value::Array(links))
}

/// Texts, numbers and flags that are to be indexed.
fn annotations(attributes: &mut Attributes) -> Option<Value> {
    let mut found = attributes.take_prefixed("annotation.");
    if let Some(Value::Array(names)) = attributes.take(&["aws.xray.annotations"]) {
        for name in names.iter().filter_map(Value::as_str) {
            found.extend(attributes.take(&[name]).map(|value| (name.to_owned(), value)));
        }
    }
    let indexed = |(key, value): (String, Value)| {
        let key = if is_annotation_key(&key) { key } else { sanitize_annotation_key(&key) };
        (key, if value.is_array() || value.is_object() { Value::String(value.to_string()) } else { value })
    };
    let annotations: Map<String, Value> =
        found.into_iter().map(indexed).filter(|(_, value)| !value.is_null()).collect();
    (!annotations.is_empty()).then(|| Value::Object(annotations))
}

/// What no rule has used.
fn metadata(mut attributes: Attributes, resource: &Attributes, place: Place) -> Option<Value> {
    let mut metadata = Map::new();
    for (namespace, value) in attributes.take_prefixed("aws.xray.metadata.") {
        let parsed = value.as_str().and_then(|text| serde_json::from_str::<Value>(text).ok());
        metadata.insert(namespace, parsed.unwrap_or(value));
    }
    let mut default = attributes.into_map();
    if place == Place::Segment {
        default.extend(resource.iter().map(|(name, value)| (format!("otel.resource.{name}"), value.clone())));
    }
    if !default.is_empty() {
        metadata.insert("default".to_owned(), Value::Object(default));
    }
    (!metadata.is_empty()).then(|| Value::Object(metadata))
}
