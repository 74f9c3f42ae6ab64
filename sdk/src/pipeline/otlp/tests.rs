//! Messages as an exporter gets them.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::time::Duration;

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::trace::v1::Span;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind as Kind;
use proptest::prelude::*;
use prost::Message;
use tracing::dispatcher::with_default;
use tracing::{error, info_span};
use tracing_subscriber::layer::SubscriberExt;

use super::span::{ANNOTATIONS, text};
use crate::export::{ExportError, Exporter, Format};
use crate::sampling::Sampler;
use crate::{Clock, Config, DropReason, FlushReport, SpanExt, annotate, metadata};

const LONG: Duration = Duration::from_secs(30);

/// Takes messages up to a number of bytes, which it may say late.
#[derive(Clone)]
struct Otlp {
    taken: mpsc::Sender<Vec<u8>>,
    told_bytes_max: Arc<AtomicUsize>,
    bytes_max: usize,
}

impl Otlp {
    fn new(bytes_max: usize) -> (Self, mpsc::Receiver<Vec<u8>>) {
        let (taken, received) = mpsc::channel();
        (Self { taken, told_bytes_max: Arc::new(bytes_max.into()), bytes_max }, received)
    }
}

impl Exporter for Otlp {
    fn format(&self) -> Format {
        Format::Otlp
    }

    fn document_bytes_max(&self) -> usize {
        self.told_bytes_max.load(Ordering::Relaxed)
    }

    fn export(&self, document: &[u8]) -> Result<(), ExportError> {
        if document.len() > self.bytes_max {
            self.told_bytes_max.store(self.bytes_max, Ordering::Relaxed);
            return Err(ExportError::TooLarge);
        }
        self.taken.send(document.to_vec()).map_err(|_| ExportError::Full)
    }
}

/// What arrives when `traced` has run: the spans of each message, and what is reported.
fn arrived(
    (exporter, received): (Otlp, mpsc::Receiver<Vec<u8>>),
    clock: Clock,
    traced: impl FnOnce(),
) -> (Vec<Vec<Span>>, FlushReport) {
    let bytes_max = exporter.bytes_max;
    let config = Config::new("shop").sampler(Sampler::always()).clock(clock).exporter(exporter);
    let (layer, guard) = crate::layer(config).unwrap();
    with_default(&tracing_subscriber::registry().with(layer).into(), traced);
    let report = guard.flush(LONG);
    let messages = received.try_iter().map(|bytes| {
        assert!(bytes.len() <= bytes_max, "{} of {bytes_max} bytes", bytes.len());
        let mut request = ExportTraceServiceRequest::decode(bytes.as_slice()).unwrap();
        let resource = request.resource_spans[0].resource.as_ref().unwrap();
        assert_eq!(resource.attributes[0].key, "service.name");
        request.resource_spans.remove(0).scope_spans.remove(0).spans
    });
    (messages.collect(), report)
}

#[test]
fn a_segment_is_one_request_with_all_its_spans() {
    let (clock, hands) = Clock::manual(Duration::from_secs(1_793_000_000));
    let (messages, _) = arrived(Otlp::new(100_000), clock, || {
        let _request = info_span!("GET /", otel.kind = "server", annotation.tenant = "blue", items = 3).entered();
        annotate("late", true);
        info_span!("call", otel.kind = "client", url.full = "http://me:secret@bank/").in_scope(|| {
            hands.advance(Duration::from_millis(5));
            error!(order = 7, "declined");
        });
    });
    let [request, call] = &messages.concat()[..] else { panic!("two spans") };
    assert_eq!(messages.len(), 1);
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
    let Some(Value::ArrayValue(annotations)) = value(request, ANNOTATIONS) else { panic!("annotations are listed") };
    assert_eq!(annotations.values.len(), 2);
    assert_eq!((call.events[0].name.as_str(), call.status.as_ref().unwrap().code), ("exception", 2));
}

/// A span that is recorded: below which earlier one, the lengths of its texts, and of its errors.
type Recorded = (prop::sample::Index, Vec<usize>, Vec<usize>);

fn recorded() -> impl Strategy<Value = Vec<Recorded>> {
    let texts = || prop::collection::vec(prop_oneof![4 => 0..200_usize, 1 => 0..9_000_usize], 0..6);
    prop::collection::vec((any::<prop::sample::Index>(), texts(), texts()), 1..30)
}

/// Records the spans; returns their ids in hexadecimal digits, with the numbers of texts and errors.
fn record(spans: &[Recorded]) -> BTreeMap<String, (usize, usize)> {
    let mut opened: Vec<tracing::Span> = Vec::new();
    let mut known = BTreeMap::new();
    for (parent, texts, errors) in spans {
        let span = if opened.is_empty() {
            info_span!(parent: None, "span")
        } else {
            info_span!(parent: &opened[parent.index(opened.len())], "span")
        };
        span.in_scope(|| {
            for (at, bytes) in texts.iter().enumerate() {
                metadata("default", &format!("text{at}"), &"x".repeat(*bytes));
            }
            for bytes in errors {
                error!(text = "y".repeat(*bytes));
            }
        });
        let id = span.trace_context().unwrap().parent.unwrap().to_string();
        known.insert(id, (texts.len(), errors.len()));
        opened.push(span);
    }
    known
}

fn id(span: &Span) -> String {
    span.span_id.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_span_arrives_once_in_messages_that_fit(
        spans in recorded(), bytes_max in 500..40_000_usize, tells_late: bool
    ) {
        let mut known = BTreeMap::new();
        let otlp = Otlp::new(bytes_max);
        if tells_late {
            otlp.0.told_bytes_max.store(100_000, Ordering::Relaxed);
        }
        let (messages, report) = arrived(otlp, Clock::system(), || known = record(&spans));
        let mut cut = 0;
        for span in messages.iter().flatten() {
            let (texts, errors) = known.remove(&id(span)).expect("a span arrives once");
            let dropped = (span.dropped_attributes_count as usize, span.dropped_events_count as usize);
            prop_assert_eq!(dropped, (texts - span.attributes.len(), errors - span.events.len()));
            cut += (dropped.0 + dropped.1) as u64;
        }
        prop_assert!(known.is_empty(), "{} did not arrive", known.len());
        prop_assert_eq!(report.sent, messages.len() as u64);
        let expected = [(DropReason::SpanCut, cut)].into_iter().filter(|(_, count)| *count > 0).collect::<Vec<_>>();
        let lost = DropReason::ALL.into_iter().map(|reason| (reason, report.dropped.count(reason)));
        prop_assert_eq!(lost.filter(|(_, count)| *count > 0).collect::<Vec<_>>(), expected);
        // No two neighbours would have fitted into one, unless one was cut to fit where it is.
        for pair in messages.windows(2) {
            let bytes = |spans: &[Span]| spans.iter().map(|span| span.encoded_len() + 6).sum::<usize>();
            let next = &pair[1][0];
            let is_cut = next.dropped_attributes_count + next.dropped_events_count > 0;
            prop_assert!(is_cut || bytes(&pair[0]) + bytes(std::slice::from_ref(next)) + 150 > bytes_max);
        }
    }
}

#[test]
fn the_largest_goes_first_and_only_as_much_as_has_to() {
    let (messages, report) = arrived(Otlp::new(1_500), Clock::system(), || {
        let _span = info_span!("span").entered();
        for (key, bytes) in [("small", 10), ("large", 3_000), ("middle", 800), ("other", 700)] {
            metadata("default", key, &"x".repeat(bytes));
        }
        error!(text = "y".repeat(2_000));
        error!("declined");
    });
    let span = &messages.concat()[0];
    let keys: Vec<_> = span.attributes.iter().map(|attribute| attribute.key.as_str()).collect();
    assert_eq!((keys, span.events.len()), (vec!["default.small", "default.other"], 1));
    assert_eq!((span.dropped_attributes_count, span.dropped_events_count), (2, 1));
    assert_eq!((report.sent, report.dropped.count(DropReason::SpanCut), report.dropped.total()), (1, 3, 3));
}

#[test]
fn a_span_that_cannot_be_made_to_fit_is_counted() {
    let (messages, report) = arrived(Otlp::new(100), Clock::system(), || info_span!("span").in_scope(|| {}));
    assert!(messages.is_empty());
    assert_eq!((report.sent, report.dropped.count(DropReason::TooLarge), report.dropped.total()), (0, 1, 1));
}
