//! Log records to log events.
//!
//! The group is what the header `x-aws-log-group` says, else the resource's first `aws.log.group.names`, else its
//! `service.name`, else `otlp`; the stream what the header `x-aws-log-stream` says, else the resource's
//! `service.instance.id`, else `default`. Both are made when they are not there. A record becomes one JSON text with
//! its resource, scope, times, severity, body, attributes and ids.

use std::collections::BTreeMap;

use http::HeaderMap;
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::common::v1::InstrumentationScope;
use opentelemetry_proto::tonic::logs::v1::LogRecord;
use serde_json::{Map, Value, json};

use super::attributes::{Attributes, to_json};
use super::fault::OtlpFault;
use super::handler::Rejected;
use crate::base::Timestamp;
use crate::service::logs::put_log_events::EVENT_BYTES_MAX;
use crate::service::logs::{Event, LogGroupName, LogStreamName};

/// Events of one stream.
#[derive(Debug)]
pub(super) struct Batch {
    pub(super) group: LogGroupName,
    pub(super) stream: LogStreamName,
    pub(super) events: Vec<Event>,
}

/// The events of a request by stream, and what could not become one.
pub(super) fn batches(
    request: &ExportLogsServiceRequest,
    headers: &HeaderMap,
    now: Timestamp,
) -> Result<(Vec<Batch>, Rejected), OtlpFault> {
    let (group, stream) = (header_group(headers)?, header_stream(headers)?);
    let mut by_stream: BTreeMap<(LogGroupName, LogStreamName), Vec<Event>> = BTreeMap::new();
    let mut rejected = Rejected::default();
    for resource_logs in &request.resource_logs {
        let resource = resource_logs.resource.clone().unwrap_or_default();
        let resource = Attributes::new(&resource.attributes);
        let key = (
            group.clone().unwrap_or_else(|| group_of(&resource)),
            stream.clone().unwrap_or_else(|| stream_of(&resource)),
        );
        let resource = Value::Object(resource.into_map());
        let events = by_stream.entry(key).or_default();
        for scope_logs in &resource_logs.scope_logs {
            for record in &scope_logs.log_records {
                match event(record, &resource, scope_logs.scope.as_ref(), now) {
                    Ok(event) => events.push(event),
                    Err(reason) => rejected.add(1, reason),
                }
            }
        }
    }
    let batch = |((group, stream), events)| Batch { group, stream, events };
    Ok((by_stream.into_iter().map(batch).collect(), rejected))
}

fn header_group(headers: &HeaderMap) -> Result<Option<LogGroupName>, OtlpFault> {
    let Some(value) = headers.get("x-aws-log-group") else { return Ok(None) };
    let parsed = value.to_str().map_err(|_| "it is not printable").and_then(LogGroupName::parse);
    parsed.map(Some).map_err(|reason| OtlpFault::Malformed(format!("header x-aws-log-group: {reason}")))
}

fn header_stream(headers: &HeaderMap) -> Result<Option<LogStreamName>, OtlpFault> {
    let Some(value) = headers.get("x-aws-log-stream") else { return Ok(None) };
    let parsed = value.to_str().map_err(|_| "it is not printable").and_then(LogStreamName::parse);
    parsed.map(Some).map_err(|reason| OtlpFault::Malformed(format!("header x-aws-log-stream: {reason}")))
}

/// Characters that names of groups do not have become `_`.
fn group_of(resource: &Attributes) -> LogGroupName {
    let first = match resource.get("aws.log.group.names") {
        Some(Value::Array(names)) => names.first().and_then(Value::as_str),
        Some(Value::String(names)) => names.split('&').next(),
        _ => None,
    };
    let text = first.filter(|name| !name.is_empty()).or_else(|| resource.text("service.name")).unwrap_or("otlp");
    let allowed = |letter: char| if letter.is_ascii_alphanumeric() || ".-_/#".contains(letter) { letter } else { '_' };
    let name: String = text.chars().take(512).map(allowed).collect();
    LogGroupName::parse(&name).expect("1 to 512 characters, each allowed")
}

fn stream_of(resource: &Attributes) -> LogStreamName {
    let text = resource.text("service.instance.id").unwrap_or("default");
    let name: String = text.chars().take(512).map(|letter| if ":*".contains(letter) { '_' } else { letter }).collect();
    LogStreamName::parse(&name).expect("1 to 512 characters, each allowed")
}

fn event(
    record: &LogRecord,
    resource: &Value,
    scope: Option<&InstrumentationScope>,
    now: Timestamp,
) -> Result<Event, String> {
    let nanos = [record.time_unix_nano, record.observed_time_unix_nano].into_iter().find(|nanos| *nanos != 0);
    let at = nanos.map_or(now, |nanos| i64::try_from(nanos).map_or(Timestamp::MAX, Timestamp::from_nanos));
    let message = message(record, resource, scope);
    if message.len() > EVENT_BYTES_MAX {
        return Err(format!("a log record of {} bytes is more than {EVENT_BYTES_MAX}", message.len()));
    }
    let trace_id = <[u8; 16]>::try_from(record.trace_id.as_slice()).ok().filter(|id| *id != [0; 16]);
    Ok(Event { at, message, trace_id })
}

/// The record as JSON, by the names of OTLP; what is not given is left out.
fn message(record: &LogRecord, resource: &Value, scope: Option<&InstrumentationScope>) -> String {
    let attributes = Attributes::new(&record.attributes).into_map();
    let mut members = Map::new();
    let mut set = |name: &str, value: Value| {
        let empty = match &value {
            Value::Null => true,
            Value::String(text) => text.is_empty(),
            Value::Object(members) => members.is_empty(),
            Value::Number(number) => number.as_u64() == Some(0),
            Value::Bool(_) | Value::Array(_) => false,
        };
        if !empty {
            members.insert(name.to_owned(), value);
        }
    };
    let has_resource = resource.as_object().is_some_and(|attributes| !attributes.is_empty());
    set("resource", if has_resource { json!({"attributes": resource}) } else { Value::Null });
    let scope = scope.filter(|scope| !scope.name.is_empty());
    set("scope", scope.map_or(Value::Null, |scope| json!({"name": scope.name, "version": scope.version})));
    set("timeUnixNano", record.time_unix_nano.into());
    set("observedTimeUnixNano", record.observed_time_unix_nano.into());
    set("severityNumber", record.severity_number.into());
    set("severityText", record.severity_text.clone().into());
    set("eventName", record.event_name.clone().into());
    set("body", record.body.as_ref().map_or(Value::Null, to_json));
    set("attributes", Value::Object(attributes));
    set("traceId", hex(&record.trace_id).into());
    set("spanId", hex(&record.span_id).into());
    Value::Object(members).to_string()
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        write!(text, "{byte:02x}").expect("texts take what is written");
    }
    text
}
