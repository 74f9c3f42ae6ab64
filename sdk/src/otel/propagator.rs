//! Trace context for OpenTelemetry's instrumentation.

use std::sync::LazyLock;

use opentelemetry::Context;
use opentelemetry::propagation::text_map_propagator::FieldIter;
use opentelemetry::propagation::{Extractor, Injector, TextMapPropagator};
use opentelemetry::trace::TraceContextExt;

use super::context::{CallerHeader, header_of};
use super::convert::span_context;
use crate::propagation::{TRACEPARENT, TRACESTATE, TraceHeader, X_AMZN_TRACE_ID, extract_with, inject_with, xray};

/// Reads and writes `X-Amzn-Trace-Id`, and W3C's headers if wanted.
///
/// Nothing is lost on the way through: `Lineage` and other pairs reach the next service unchanged and
/// in order, and `Sampled=?` reaches the segment that has to answer it, although a
/// [`SpanContext`](opentelemetry::trace::SpanContext) has a place for neither.
///
/// ```
/// use opentelemetry::propagation::TextMapPropagator;
/// use siskin_sdk::otel::XRayPropagator;
///
/// let propagator = XRayPropagator::with_w3c(); // for opentelemetry::global::set_text_map_propagator
/// let received = std::collections::HashMap::from([(
///     "x-amzn-trace-id".to_owned(),
///     "Root=1-64f0c1aa-0123456789abcdef01234567;Parent=00f067aa0ba902b7;Sampled=1;Lineage=25:a87bd80c:1".to_owned(),
/// )]);
/// let context = propagator.extract(&received);
/// let mut sent = std::collections::HashMap::new();
/// propagator.inject_context(&context, &mut sent);
/// assert_eq!(sent["x-amzn-trace-id"], received["x-amzn-trace-id"]);
/// assert_eq!(sent["traceparent"], "00-64f0c1aa0123456789abcdef01234567-00f067aa0ba902b7-01");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct XRayPropagator {
    headers: Headers,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Headers {
    XRay,
    Both,
}

impl XRayPropagator {
    /// Knows X-Ray's header only, to be composed with other propagators.
    pub const fn new() -> Self {
        Self { headers: Headers::XRay }
    }

    /// Knows W3C's headers too: reading asks X-Ray's first, writing writes both, with the same ids.
    pub const fn with_w3c() -> Self {
        Self { headers: Headers::Both }
    }

    fn read(self, extractor: &dyn Extractor) -> Option<TraceHeader> {
        match self.headers {
            Headers::XRay => extractor.get(X_AMZN_TRACE_ID).and_then(xray::parse),
            Headers::Both => extract_with(|name| extractor.get(name)),
        }
    }
}

impl Default for XRayPropagator {
    fn default() -> Self {
        Self::new()
    }
}

impl TextMapPropagator for XRayPropagator {
    fn inject_context(&self, context: &Context, injector: &mut dyn Injector) {
        let Some(header) = header_of(context) else { return };
        match self.headers {
            Headers::XRay => {
                if let Some(text) = xray::format(&header) {
                    injector.set(X_AMZN_TRACE_ID, text);
                }
            }
            Headers::Both => inject_with(&header, |name, value| injector.set(name, value)),
        }
    }

    fn extract_with_context(&self, context: &Context, extractor: &dyn Extractor) -> Context {
        let Some(header) = self.read(extractor) else { return context.clone() };
        let span = span_context(&header);
        let context = context.with_value(CallerHeader(header));
        match span {
            Some(span) => context.with_remote_span_context(span),
            // A load balancer names a trace without a span, and other callers only a wish.
            None => context,
        }
    }

    fn fields(&self) -> FieldIter<'_> {
        static FIELDS: LazyLock<[String; 3]> =
            LazyLock::new(|| [X_AMZN_TRACE_ID, TRACEPARENT, TRACESTATE].map(str::to_owned));
        let count = match self.headers {
            Headers::XRay => 1,
            Headers::Both => FIELDS.len(),
        };
        FieldIter::new(FIELDS.get(..count).unwrap_or_default())
    }
}
