//! A span.
//!
//! Fields keep the names they were recorded under. Annotations are attributes that
//! `aws.xray.annotations` lists, which is how the OpenTelemetry Collector tells them from others.

use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, ArrayValue, KeyValue};
use opentelemetry_proto::tonic::trace::v1::span::{Event, Link, SpanKind as Kind};
use opentelemetry_proto::tonic::trace::v1::status::StatusCode;
use opentelemetry_proto::tonic::trace::v1::{Span, Status};
use tracing_core::Level;

use super::super::body::Whole;
use super::super::decode::{self, Decoded};
use super::super::draft::{Draft, Fact, event_fields};
use super::super::meaning::{Meaning, Meanings, Place};
use super::super::url;
use crate::id::{SpanId, TraceId};
use crate::layer::SpanKind;
use crate::layer::log::{Entry, KeyOf};

/// Lists the attributes that X-Ray is to index.
pub(super) const ANNOTATIONS: &str = "aws.xray.annotations";
/// `trace_flags` of a sampled span.
const SAMPLED: u32 = 1;

/// A span as OTLP has it.
pub(super) fn span(whole: Whole<'_>, number: u32, draft: &mut Draft, meanings: &mut Meanings) -> Span {
    let (decoded, head) = (whole.decoded, whole.head);
    let known = decoded.spans[number as usize];
    draft.fill(decoded, &known, meanings);
    let parent = if number == 0 { head.parent } else { Some(decoded.span_id(head, known.parent)) };
    let metadata = known.metadata;
    let name = draft.text(Place::Name, decoded).map(str::to_owned);
    let end = known.end.unwrap_or(known.start).max(known.start);
    let failed = match draft.status(decoded) {
        Some(status) => status >= 500,
        None => draft.failed,
    };
    let message = draft.text(Place::StatusDescription, decoded).unwrap_or_default().to_owned();
    Span {
        trace_id: head.trace_id.to_bytes().to_vec(),
        span_id: decoded.span_id(head, number).to_bytes().to_vec(),
        parent_span_id: parent.map(|id| id.to_bytes().to_vec()).unwrap_or_default(),
        trace_state: head.tracestate.to_string(),
        flags: SAMPLED,
        name: name.or_else(|| metadata.map(|metadata| metadata.name().to_owned())).unwrap_or_default(),
        kind: kind(draft.kind(decoded)) as i32,
        start_time_unix_nano: whole.epoch_ns(known.start),
        end_time_unix_nano: whole.epoch_ns(end),
        attributes: attributes(decoded, &known, meanings),
        events: events(whole, &known),
        links: draft.links.iter().filter_map(|link| self::link(decoded.text(*link))).collect(),
        status: failed.then_some(Status { code: StatusCode::Error as i32, message }),
        ..Span::default()
    }
}

fn kind(kind: Option<SpanKind>) -> Kind {
    match kind {
        Some(SpanKind::Server) => Kind::Server,
        Some(SpanKind::Client) => Kind::Client,
        Some(SpanKind::Producer) => Kind::Producer,
        Some(SpanKind::Consumer) => Kind::Consumer,
        Some(SpanKind::Internal) | None => Kind::Internal,
    }
}

/// A span's fields, the last value of each.
fn attributes(decoded: &Decoded, span: &decode::Span, meanings: &mut Meanings) -> Vec<KeyValue> {
    let mut list = Vec::new();
    let mut annotations = Vec::new();
    let Some(metadata) = span.metadata else { return list };
    let of_span = meanings.of(metadata);
    for (group, entry) in decoded.groups(span) {
        let (key, is_annotation, fact) = match entry {
            Entry::Key { of, text, .. } => {
                let Some((_, fact)) = decoded.rest(group).first().copied().and_then(Fact::of) else { continue };
                (decoded.text(text).replace('\0', "."), of == KeyOf::Annotation, fact)
            }
            entry => {
                let Some((field, fact)) = Fact::of(entry) else { continue };
                let name = metadata.fields().iter().nth(usize::from(field)).map(|field| field.name());
                let (Some(name), Some(meaning)) = (name, of_span.get(usize::from(field))) else { continue };
                match meaning {
                    Meaning::Annotation(key) => ((*key).to_owned(), true, fact),
                    // These are members of the span itself.
                    Meaning::Place(Place::Kind | Place::Name | Place::StatusCode | Place::StatusDescription) => {
                        continue;
                    }
                    Meaning::Place(_) | Meaning::Error | Meaning::Aws(_) | Meaning::Metadata(_) => {
                        (name.to_owned(), false, fact)
                    }
                }
            }
        };
        if is_annotation && !annotations.contains(&key) {
            annotations.push(key.clone());
        }
        put(&mut list, &key, value(decoded, fact));
    }
    if !annotations.is_empty() {
        let values = annotations.iter().map(|key| AnyValue { value: Some(text(key)) }).collect();
        put(&mut list, ANNOTATIONS, Value::ArrayValue(ArrayValue { values }));
    }
    list
}

fn put(list: &mut Vec<KeyValue>, key: &str, value: Value) {
    let value = match (key, value) {
        ("url.full" | "http.url" | "db.connection_string", Value::StringValue(url)) => text(&url::redact(&url)),
        (_, value) => value,
    };
    match list.iter_mut().find(|other| other.key == key) {
        Some(other) => other.value = Some(AnyValue { value: Some(value) }),
        None => list.push(attribute(key, value)),
    }
}

pub(super) fn attribute(key: &str, value: Value) -> KeyValue {
    KeyValue { key: key.to_owned(), value: Some(AnyValue { value: Some(value) }), ..KeyValue::default() }
}

pub(super) fn text(text: &str) -> Value {
    Value::StringValue(text.to_owned())
}

fn value(decoded: &Decoded, fact: Fact) -> Value {
    match fact {
        Fact::Bool(flag) => Value::BoolValue(flag),
        Fact::Signed(number) => Value::IntValue(number),
        // OTLP has no unsigned numbers; what is beyond the signed ones is a text, not another number.
        Fact::Unsigned(number) => i64::try_from(number).map_or_else(|_| text(&number.to_string()), Value::IntValue),
        Fact::Float(number) => Value::DoubleValue(number),
        Fact::Text(value) | Fact::Json(value) => text(decoded.text(value)),
    }
}

/// A span's events; errors are exceptions as the conventions have them.
fn events(whole: Whole<'_>, span: &decode::Span) -> Vec<Event> {
    let decoded = whole.decoded;
    let described = decoded.groups(span).filter_map(|(group, entry)| {
        let Entry::Event { metadata, .. } = entry else { return None };
        let is_error = *metadata.level() == Level::ERROR;
        let mut attributes = Vec::new();
        let mut name = metadata.name().to_owned();
        for entry in event_fields(decoded, group) {
            let is_error_value = matches!(entry, Entry::Error { .. });
            let Some((field, fact)) = Fact::of(entry) else { continue };
            let field = metadata.fields().iter().nth(usize::from(field)).map(|field| field.name());
            let key = match field {
                Some("message") if is_error => "exception.message",
                Some("message") => {
                    if let Fact::Text(message) = fact {
                        decoded.text(message).clone_into(&mut name);
                    }
                    continue;
                }
                Some(_) if is_error && is_error_value => "exception.message",
                Some(field) => field,
                None => continue,
            };
            put(&mut attributes, key, value(decoded, fact));
        }
        let end = decoded.rest(group).iter().find_map(|entry| match entry {
            Entry::EventEnd { at, .. } => Some(*at),
            _ => None,
        });
        Some(Event {
            time_unix_nano: whole.epoch_ns(end.unwrap_or(span.start)),
            name: if is_error { "exception".to_owned() } else { name },
            attributes,
            ..Event::default()
        })
    });
    described.collect()
}

fn link(link: &str) -> Option<Link> {
    let (trace_id, span_id) = link.split_once(' ')?;
    let (trace_id, span_id) = (trace_id.parse::<TraceId>().ok()?, span_id.parse::<SpanId>().ok()?);
    Some(Link { trace_id: trace_id.to_bytes().to_vec(), span_id: span_id.to_bytes().to_vec(), ..Link::default() })
}
