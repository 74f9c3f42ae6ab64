//! One trace for `tracing` and OpenTelemetry, seen by the exporters of both.

use std::collections::HashMap;

use opentelemetry::propagation::TextMapPropagator;
use opentelemetry::trace::{Span as _, SpanContext, TraceContextExt, Tracer, TracerProvider};
use opentelemetry::{Context, trace};
use opentelemetry_sdk::trace::{InMemorySpanExporter, SdkTracerProvider, SpanData};
use proptest::prelude::*;
use tracing::{Instrument, Span, info_span};
use tracing_core::dispatcher::{self, Dispatch};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry;

use super::*;
use crate::export::MemoryExporter;
use crate::propagation::{Sampling, TraceHeader, xray};
use crate::sampling::Sampler;
use crate::segment::Segment;
use crate::{Config, Guard, SpanExt, current_context, with_remote_parent};

const ROOT: &str = "Root=1-64f0c1aa-0123456789abcdef01234567";
const XRAY: &str =
    "Root=1-64f0c1aa-0123456789abcdef01234567;Parent=00f067aa0ba902b7;Sampled=1;Lineage=25:a87bd80c:1|c:2;k=V";
const W3C: &str = "00-64f0c1aa0123456789abcdef01234567-00f067aa0ba902b7-01";

/// A service that uses both.
struct Service {
    dispatch: Dispatch,
    guard: Guard,
    segments: MemoryExporter,
    provider: SdkTracerProvider,
    spans: InMemorySpanExporter,
}

impl Service {
    fn start() -> Self {
        let (segments, spans) = (MemoryExporter::default(), InMemorySpanExporter::default());
        let config = Config::new("shop").sampler(Sampler::always()).exporter(segments.clone());
        let (layer, guard) = crate::layer(config).unwrap();
        let dispatch = registry().with(layer).with(ContextLayer::new()).into();
        let provider = SdkTracerProvider::builder().with_simple_exporter(spans.clone()).build();
        Self { dispatch, guard, segments, provider, spans }
    }

    fn run<R>(&self, traced: impl FnOnce(&dyn Fn(&'static str) -> Context) -> R) -> R {
        let tracer = self.provider.tracer("test");
        let begin = |name| Context::current_with_span(tracer.start(name));
        dispatcher::with_default(&self.dispatch, || traced(&begin))
    }

    fn segments(&self) -> Vec<Segment> {
        assert_eq!(self.guard.flush(std::time::Duration::from_secs(30)).pending, 0);
        self.segments.take().iter().map(|text| Segment::parse(text).unwrap()).collect()
    }

    fn span(&self, name: &str) -> SpanData {
        self.spans.get_finished_spans().unwrap().into_iter().find(|span| span.name == name).unwrap()
    }
}

fn span_id(header: &TraceHeader) -> trace::SpanId {
    trace::SpanId::from_bytes(header.parent.unwrap().to_bytes())
}

fn active() -> SpanContext {
    Context::current().span().span_context().clone()
}

#[test]
fn spans_of_opentelemetry_are_children_of_ours() {
    let service = Service::start();
    let (request, work) = service.run(|begin| {
        let span = info_span!("request");
        let request = span.trace_context().unwrap();
        let work = span.in_scope(|| {
            begin("in request").span().end();
            info_span!("work").in_scope(|| {
                begin("in work").span().end();
                current_context().unwrap()
            })
        });
        begin("outside").span().end();
        (request, work)
    });
    let (in_request, in_work) = (service.span("in request"), service.span("in work"));
    assert_eq!(in_request.span_context.trace_id().to_bytes(), request.root.unwrap().to_bytes());
    assert_eq!(in_request.parent_span_id, span_id(&request));
    assert!(!in_request.parent_span_is_remote || in_request.span_context.is_sampled());
    assert_eq!(in_work.parent_span_id, span_id(&work));
    assert_ne!(span_id(&request), span_id(&work));
    assert_eq!(service.span("outside").parent_span_id, trace::SpanId::INVALID);
}

#[test]
fn segments_are_children_of_opentelemetrys_spans() {
    let service = Service::start();
    let open = |name: &'static str| with_remote_parent(current_remote_parent(), || info_span!("segment", name));
    service.run(|begin| {
        let context = begin("outer");
        let _attached = context.clone().attach();
        // And once more the other way about, in between.
        open("a").in_scope(|| {
            assert_eq!(current_remote_parent(), None, "our own span is no remote parent");
            let inner = begin("inner");
            let _attached = inner.clone().attach();
            open("b").in_scope(|| {});
            inner.span().end();
        });
        context.span().end();
    });
    let (outer, inner) = (service.span("outer"), service.span("inner"));
    let segments = service.segments();
    let parents: Vec<_> = segments.iter().map(|it| it.parent_id.unwrap().to_bytes()).collect();
    let expected = [inner.span_context.span_id().to_bytes(), outer.span_context.span_id().to_bytes()];
    assert_eq!(parents, expected, "the inner segment ends first");
    let trace_id = outer.span_context.trace_id();
    assert_eq!(inner.span_context.trace_id(), trace_id);
    assert!(segments.iter().all(|it| it.trace_id.unwrap().to_bytes() == trace_id.to_bytes()));
    assert_eq!(inner.parent_span_id.to_bytes(), segments[1].id.to_bytes());
}

#[test]
fn spans_inside_of_opentelemetrys_are_of_its_trace_where_that_was_asked_for() {
    for asked in [true, false] {
        let segments = MemoryExporter::default();
        let config = Config::new("shop").sampler(Sampler::always()).exporter(segments.clone()).opentelemetry(asked);
        let (layer, guard) = crate::layer(config).unwrap();
        let provider = SdkTracerProvider::builder().build();
        let outer = Context::current_with_span(provider.tracer("test").start("outer"));
        let _attached = outer.clone().attach();
        tracing::subscriber::with_default(registry().with(layer), || {
            info_span!("contextual").in_scope(|| info_span!("inner").in_scope(|| {}));
            info_span!(parent: None, "root").in_scope(|| {});
        });
        assert_eq!(guard.flush(std::time::Duration::from_secs(30)).pending, 0);
        let segments: Vec<_> = segments.take().iter().map(|text| Segment::parse(text).unwrap()).collect();
        let [contextual, root] = &segments[..] else { panic!("two segments") };
        let caller = outer.span().span_context().clone();
        assert_eq!(contextual.parent_id.map(crate::id::SpanId::to_bytes), asked.then(|| caller.span_id().to_bytes()));
        assert_eq!(contextual.trace_id.unwrap().to_bytes() == caller.trace_id().to_bytes(), asked);
        assert_eq!(root.parent_id, None, "a span may say that it has no parent");
    }
}

#[test]
fn a_decision_goes_both_ways() {
    let service = Service::start();
    let unsampled = TraceHeader { sampling: Sampling::NotSampled, ..xray::parse(XRAY).unwrap() };
    service.run(|begin| {
        with_remote_parent(Some(unsampled.clone()), || info_span!("request")).in_scope(|| {
            let context = begin("unsampled");
            assert_eq!(context.span().span_context().trace_id().to_bytes(), unsampled.root.unwrap().to_bytes());
            let _attached = context.clone().attach();
            let parent = current_remote_parent().unwrap();
            assert_eq!(parent.sampling, Sampling::NotSampled);
            drop(with_remote_parent(Some(parent), || info_span!("segment")));
        });
    });
    assert!(service.spans.get_finished_spans().unwrap().is_empty());
    assert!(service.segments().is_empty());
}

#[test]
fn a_context_can_be_taken_along() {
    let service = Service::start();
    let context = service.run(|_| {
        let span = info_span!("request");
        let context = span.otel_context();
        assert_eq!(context.span().span_context().span_id(), span_id(&span.trace_context().unwrap()));
        assert!(!active().is_valid(), "asking changes nothing");
        context
    });
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let tracer = service.provider.tracer("test");
            tracer.start_with_context("elsewhere", &context).end();
        });
    });
    assert_eq!(service.span("elsewhere").parent_span_id, context.span().span_context().span_id());
    assert!(!Span::none().otel_context().span().span_context().is_valid());
}

#[test]
fn each_poll_of_a_future_has_its_own_context() {
    let service = Service::start();
    let step = |name: &'static str| {
        let span = info_span!("task", name);
        let expected = span_id(&span.trace_context().unwrap());
        async move {
            for _ in 0..3 {
                assert_eq!(active().span_id(), expected);
                tokio::task::yield_now().await;
            }
        }
        .instrument(span)
    };
    service.run(|_| {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async { futures::future::join3(step("a"), step("b"), step("c")).await });
        assert!(!active().is_valid());
    });
}

#[test]
fn a_thread_may_end_inside_of_a_span() {
    let service = Service::start();
    for touched_before in [false, true] {
        std::thread::scope(|scope| {
            let thread = scope.spawn(|| {
                if touched_before {
                    drop(Context::current());
                }
                dispatcher::with_default(&service.dispatch, || {
                    std::mem::forget(info_span!("request").entered());
                    assert!(active().is_valid());
                });
            });
            thread.join().unwrap();
        });
    }
}

#[test]
fn contexts_may_be_detached_after_the_span_was_left() {
    let service = Service::start();
    service.run(|begin| {
        let entered = info_span!("request").entered();
        let attached = begin("inner").attach();
        let inner = active();
        drop(entered);
        assert_eq!(active(), inner);
        drop(attached);
        assert!(!active().is_valid());
    });
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]
    #[test]
    fn spans_may_be_left_in_any_order(steps in proptest::collection::vec((0..4_usize, any::<bool>()), 1..60)) {
        let service = Service::start();
        service.run(|_| {
            let spans: Vec<Span> = (0..4).map(|number| info_span!(parent: None, "span", number)).collect();
            let ids: Vec<_> = spans.iter().map(|span| span_id(&span.trace_context().unwrap())).collect();
            // The plain model: a stack from which the last entry of a span is taken when it is left.
            let mut stack: Vec<usize> = Vec::new();
            for (number, enters) in steps {
                spans[number].with_subscriber(|(id, dispatch)| if enters {
                    dispatch.enter(id);
                    stack.push(number);
                } else if let Some(at) = stack.iter().rposition(|entered| *entered == number) {
                    dispatch.exit(id);
                    stack.remove(at);
                });
                let expected = stack.last().map_or(trace::SpanId::INVALID, |number| ids[*number]);
                prop_assert_eq!(active().span_id(), expected);
            }
            while let Some(number) = stack.pop() {
                spans[number].with_subscriber(|(id, dispatch)| dispatch.exit(id));
            }
            prop_assert!(!active().is_valid());
            Ok(())
        })?;
    }
}

fn headers(pairs: &[(&str, &str)]) -> HashMap<String, String> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn through(propagator: XRayPropagator, received: &[(&str, &str)]) -> HashMap<String, String> {
    let context = propagator.extract_with_context(&Context::new(), &headers(received));
    let mut sent = HashMap::new();
    propagator.inject_context(&context, &mut sent);
    sent
}

#[test]
fn headers_pass_through_untouched() {
    let both = XRayPropagator::with_w3c();
    let sent = through(both, &[("x-amzn-trace-id", XRAY), ("traceparent", W3C), ("tracestate", "a=1,b=2")]);
    assert_eq!(sent, headers(&[("x-amzn-trace-id", XRAY), ("traceparent", W3C), ("tracestate", "a=1,b=2")]));
    let sent = through(both, &[("traceparent", W3C), ("tracestate", "A_key=that OpenTelemetry refuses")]);
    assert_eq!(sent["tracestate"], "A_key=that OpenTelemetry refuses");
    assert_eq!(sent["x-amzn-trace-id"], format!("{ROOT};Parent=00f067aa0ba902b7;Sampled=1"));
    let alone = XRayPropagator::new();
    assert_eq!(
        through(alone, &[("x-amzn-trace-id", XRAY), ("traceparent", W3C)]),
        headers(&[("x-amzn-trace-id", XRAY)])
    );
    assert!(through(alone, &[("traceparent", W3C)]).is_empty());
    for (text, expected) in [
        (format!("{ROOT};Sampled=?"), Some(format!("{ROOT};Sampled=?"))),
        (ROOT.to_owned(), Some(ROOT.to_owned())),
        (
            format!("{ROOT};Parent=00f067aa0ba902b7;Sampled=?"),
            Some(format!("{ROOT};Parent=00f067aa0ba902b7;Sampled=?")),
        ),
        ("nonsense".to_owned(), None),
        ("Sampled=?".to_owned(), None),
    ] {
        assert_eq!(through(alone, &[("x-amzn-trace-id", &text)]).get("x-amzn-trace-id"), expected.as_ref(), "{text}");
    }
    assert_eq!(alone.fields().collect::<Vec<_>>(), ["x-amzn-trace-id"]);
    assert_eq!(both.fields().collect::<Vec<_>>(), ["x-amzn-trace-id", "traceparent", "tracestate"]);
}

#[test]
fn what_opentelemetry_cannot_express_goes_around_it() {
    let service = Service::start();
    service.run(|begin| {
        let propagator = XRayPropagator::new();
        let extracted = propagator.extract(&headers(&[("x-amzn-trace-id", XRAY)]));
        let attached = extracted.attach();
        assert_eq!(current_remote_parent(), xray::parse(XRAY));
        // A span of OpenTelemetry's in between passes the pairs on, with an id of its own.
        let context = begin("inner");
        let mut sent = HashMap::new();
        propagator.inject_context(&context, &mut sent);
        let inner = context.span().span_context().span_id();
        assert_eq!(sent["x-amzn-trace-id"], format!("{ROOT};Parent={inner};Sampled=1;Lineage=25:a87bd80c:1|c:2;k=V"));
        drop(attached);
        // So does a segment of ours: what is below it in OpenTelemetry sends the pairs too.
        let segment = with_remote_parent(xray::parse(XRAY), || info_span!("segment"));
        let mut sent = HashMap::new();
        segment.in_scope(|| propagator.inject(&mut sent));
        let own = span_id(&segment.trace_context().unwrap());
        assert_eq!(sent["x-amzn-trace-id"], format!("{ROOT};Parent={own};Sampled=1;Lineage=25:a87bd80c:1|c:2;k=V"));
        // A wish, and a trace without a span, reach the segment that begins.
        for text in ["Sampled=?".to_owned(), ROOT.to_owned(), format!("{ROOT};Parent=00f067aa0ba902b7;Sampled=?")] {
            let _attached = propagator.extract(&headers(&[("x-amzn-trace-id", &text)])).attach();
            assert_eq!(current_remote_parent(), xray::parse(&text), "{text}");
        }
    });
}

proptest! {
    #[test]
    fn contexts_convert_both_ways(root in 1_u128.., parent in 1_u64.., sampled: bool, tracestate in "([a-z]{1,9}=[a-z0-9]{1,9}(,[k-z]{10}=[0-9]{1,9})?)?") {
        let header = TraceHeader {
            root: Some(crate::id::TraceId::from_bits(root)),
            parent: Some(crate::id::SpanId::from_bits(parent)),
            sampling: if sampled { Sampling::Sampled } else { Sampling::NotSampled },
            tracestate: tracestate.into(),
            extras: Box::default(),
        };
        let context = span_context(&header).unwrap();
        prop_assert!(context.is_valid() && context.is_remote());
        prop_assert_eq!(trace_header(&context), Some(header));
    }

    #[test]
    fn arbitrary_headers_never_panic(xray: String, traceparent: String, tracestate: String) {
        let received = [("x-amzn-trace-id", xray.as_str()), ("traceparent", &traceparent), ("tracestate", &tracestate)];
        drop(through(XRayPropagator::with_w3c(), &received));
    }
}

#[test]
fn what_is_no_context_is_none() {
    assert_eq!(trace_header(&SpanContext::NONE), None);
    for text in [ROOT, "Sampled=1"] {
        assert_eq!(span_context(&xray::parse(text).unwrap()), None);
    }
}
