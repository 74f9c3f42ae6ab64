//! Which trace and span a log line belongs to.

use std::fmt;

use tracing_core::span;
#[cfg(feature = "logs")]
use tracing_subscriber::registry::SpanRef;
use tracing_subscriber::registry::{LookupSpan, Scope};

use crate::id::{SpanId, TraceId};
use crate::layer;
use crate::propagation::{Sampling, TraceHeader};

/// How a trace id is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum IdForm {
    /// X-Ray's `1-64f0c1aa-0123456789abcdef01234567`, which CloudWatch links to the trace.
    #[default]
    XRay,
    /// W3C's and OpenTelemetry's 32 hexadecimal digits.
    W3c,
}

/// The ids of one span.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct SpanIds {
    pub(super) trace_id: TraceId,
    pub(super) span_id: SpanId,
    pub(super) sampled: bool,
}

impl SpanIds {
    fn of_header(header: &TraceHeader) -> Option<Self> {
        let sampled = header.sampling == Sampling::Sampled;
        Some(Self { trace_id: header.root?, span_id: header.parent?, sampled })
    }

    pub(super) fn trace_id(self, form: IdForm) -> impl fmt::Display {
        fmt::from_fn(move |f| match form {
            IdForm::XRay => fmt::Display::fmt(&self.trace_id, f),
            IdForm::W3c => fmt::Display::fmt(&self.trace_id.w3c(), f),
        })
    }
}

/// Notes the ids of a span that is being entered, once.
///
/// While an event is dispatched, `tracing` does not say which subscriber is the current one, where a
/// scoped one is set; when a span is entered it does. And an event may name any span as its parent,
/// not only the one this thread is in.
#[cfg(feature = "logs")]
pub(super) fn note<S>(span: &SpanRef<'_, S>)
where
    S: for<'lookup> LookupSpan<'lookup>,
{
    if span.extensions().get::<SpanIds>().is_none()
        && let Some(ids) = current()
    {
        span.extensions_mut().replace(ids);
    }
}

/// The ids of the nearest span of `scope` whose ids were noted.
pub(super) fn of_scope<S>(scope: Option<Scope<'_, S>>) -> Option<SpanIds>
where
    S: for<'lookup> LookupSpan<'lookup>,
{
    scope?.find_map(|span| span.extensions().get::<SpanIds>().copied())
}

/// The ids of the nearest of an event's spans, while that is being dispatched; `scope` gives them from
/// the inside outwards.
pub(super) fn in_event<I: Iterator<Item = span::Id>>(scope: impl Fn() -> I) -> Option<SpanIds> {
    SpanIds::of_header(&layer::context_in_event(scope)?)
}

/// The ids of the span this thread is in.
#[cfg(feature = "logs")]
fn current() -> Option<SpanIds> {
    SpanIds::of_header(&crate::current_context()?)
}
