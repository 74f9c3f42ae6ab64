//! The spans of a segment as OTLP has them: one `ExportTraceServiceRequest`.
//!
//! Fields keep the names they were recorded under. Annotations are attributes that
//! `aws.xray.annotations` lists, which is how the OpenTelemetry Collector tells them from others.
//! Format: <https://opentelemetry.io/docs/specs/otlp/>

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, ArrayValue, InstrumentationScope, KeyValue};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::span::{Event, Link, SpanKind as Kind};
use opentelemetry_proto::tonic::trace::v1::status::StatusCode;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span, Status};
use prost::Message;
use tracing_core::Level;

use super::body::Whole;
use super::decode::{self, Decoded};
use super::draft::{Draft, Fact, event_fields};
use super::meaning::{Meaning, Meanings, Place};
use super::url;
use crate::id::{SpanId, TraceId};
use crate::layer::SpanKind;
use crate::layer::log::{Entry, KeyOf};

/// Lists the attributes that X-Ray is to index.
const ANNOTATIONS: &str = "aws.xray.annotations";
/// `trace_flags` of a sampled span.
const SAMPLED: u32 = 1;

/// Writes the request into `bytes`.
pub(super) fn encode(whole: Whole<'_>, draft: &mut Draft, meanings: &mut Meanings, bytes: &mut Vec<u8>) {
    let numbers = whole.decoded.preorder.iter();
    let spans = numbers.map(|number| span(whole, *number, draft, meanings)).collect();
    let scope = InstrumentationScope {
        name: "siskin-sdk".to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        ..InstrumentationScope::default()
    };
    let identity = whole.identity;
    let mut attributes = vec![attribute("service.name", text(&identity.name))];
    attributes.extend(identity.version.as_deref().map(|version| attribute("service.version", text(version))));
    let request = ExportTraceServiceRequest {
        resource_spans: vec![ResourceSpans {
            resource: Some(Resource { attributes, ..Resource::default() }),
            scope_spans: vec![ScopeSpans { scope: Some(scope), spans, ..ScopeSpans::default() }],
            ..ResourceSpans::default()
        }],
    };
    bytes.clear();
    request.encode(bytes).expect("a vector takes every message");
}

fn span(whole: Whole<'_>, number: u32, draft: &mut Draft, meanings: &mut Meanings) -> Span {
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

fn attribute(key: &str, value: Value) -> KeyValue {
    KeyValue { key: key.to_owned(), value: Some(AnyValue { value: Some(value) }), ..KeyValue::default() }
}

fn text(text: &str) -> Value {
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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tracing::{error, info_span};
    use tracing_subscriber::layer::SubscriberExt;

    use super::*;
    use crate::export::{ExportError, Exporter, Format, MemoryExporter, Settled};
    use crate::sampling::Sampler;
    use crate::{Clock, Config, annotate};

    /// Keeps what it is given in OTLP's form.
    struct Otlp(MemoryExporter, std::sync::mpsc::Sender<Vec<u8>>);

    impl Exporter for Otlp {
        fn format(&self) -> Format {
            Format::Otlp
        }

        fn export(&self, document: &[u8]) -> Result<(), ExportError> {
            self.1.send(document.to_vec()).map_err(|_| ExportError::Full)
        }

        fn settle(&self, taken: u64) -> Settled {
            self.0.settle(taken)
        }
    }

    #[test]
    fn a_segment_is_one_request_with_all_its_spans() {
        let (sender, received) = std::sync::mpsc::channel();
        let (clock, hands) = Clock::manual(Duration::from_secs(1_793_000_000));
        let config = Config::new("shop").sampler(Sampler::always()).clock(clock);
        let (layer, guard) = crate::layer(config.exporter(Otlp(MemoryExporter::default(), sender))).unwrap();
        tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), || {
            let _request = info_span!("GET /", otel.kind = "server", annotation.tenant = "blue", items = 3).entered();
            annotate("late", true);
            info_span!("call", otel.kind = "client", url.full = "http://me:secret@bank/").in_scope(|| {
                hands.advance(Duration::from_millis(5));
                error!(order = 7, "declined");
            });
        });
        guard.flush(Duration::from_secs(30));
        let request = ExportTraceServiceRequest::decode(received.recv().unwrap().as_slice()).unwrap();
        let spans = &request.resource_spans[0].scope_spans[0].spans;
        let [request, call] = &spans[..] else { panic!("two spans") };
        assert_eq!((request.name.as_str(), request.kind), ("GET /", Kind::Server as i32));
        assert_eq!((call.parent_span_id.as_slice(), call.kind), (request.span_id.as_slice(), Kind::Client as i32));
        assert_eq!(call.end_time_unix_nano - call.start_time_unix_nano, 5_000_000);
        let value = |span: &Span, key: &str| {
            let found = span.attributes.iter().find(|attribute| attribute.key == key);
            found.and_then(|attribute| attribute.value.clone()?.value)
        };
        assert_eq!(value(request, "tenant"), Some(text("blue")));
        assert_eq!(value(request, "items"), Some(Value::IntValue(3)));
        assert_eq!(value(call, "url.full"), Some(text("http://bank/")));
        let Some(Value::ArrayValue(annotations)) = value(request, ANNOTATIONS) else {
            panic!("annotations are listed")
        };
        assert_eq!(annotations.values.len(), 2);
        assert_eq!((call.events[0].name.as_str(), call.status.as_ref().unwrap().code), ("exception", 2));
    }
}
