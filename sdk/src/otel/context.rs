//! What of a trace lies in OpenTelemetry's [`Context`].

use opentelemetry::Context;
use opentelemetry::trace::TraceContextExt;

use super::convert::{Origin, convert, trace_header};
use crate::SpanExt;
use crate::propagation::TraceHeader;

/// A caller's header, beside the span context made of it: what OpenTelemetry cannot express.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct CallerHeader(pub(super) TraceHeader);

/// The span of ours that a context was made for.
#[derive(Debug, Clone, PartialEq, Eq)]
struct OwnSpan(TraceHeader);

/// What a call made in `context` has to carry: its span's ids, and beside them what its caller sent.
pub(super) fn header_of(context: &Context) -> Option<TraceHeader> {
    let caller = context.get::<CallerHeader>().map(|caller| &caller.0);
    let own = context.get::<OwnSpan>().map(|own| &own.0);
    let Some(active) = trace_header(context.span().span_context()) else {
        // Without a span there is a caller at most that named no span.
        return caller.cloned();
    };
    // A new root leaves both behind.
    let known = || [own, caller].into_iter().flatten().filter(|known| known.root == active.root);
    let itself = known().find(|known| known.parent == active.parent);
    let Some(known) = itself.or_else(|| known().next()) else { return Some(active) };
    let is_itself = itself.is_some();
    Some(TraceHeader {
        // The caller's own span: its wish on sampling is still open, and its list of vendors may be
        // one that OpenTelemetry refuses.
        sampling: if is_itself { known.sampling } else { active.sampling },
        tracestate: if is_itself { known.tracestate.clone() } else { active.tracestate },
        extras: known.extras.clone(),
        ..active
    })
}

/// The current span of OpenTelemetry, as the caller of a segment that begins now; `None` where there is
/// none, or where it is a span of ours, which needs no going abroad to be a parent.
///
/// It is for [`with_remote_parent`](crate::with_remote_parent).
pub fn current_remote_parent() -> Option<TraceHeader> {
    Context::map_current(|context| {
        let header = header_of(context)?;
        let is_own =
            context.get::<OwnSpan>().is_some_and(|own| own.0.parent == header.parent && own.0.root == header.root);
        (!is_own).then_some(header)
    })
}

/// The context in which a span of ours is OpenTelemetry's current span.
pub(super) fn with_own_span(context: &Context, header: TraceHeader) -> Context {
    match convert(&header, Origin::Local) {
        Some(span) => context.with_value(OwnSpan(header)).with_remote_span_context(span),
        None => context.clone(),
    }
}

/// OpenTelemetry's view of a span of `tracing`.
pub trait OtelSpanExt {
    /// The current [`Context`] with this span as its span, to be the parent of spans of
    /// OpenTelemetry's; the current context itself for a span that is not traced.
    ///
    /// The context outlives the span: a task may take it along.
    fn otel_context(&self) -> Context;
}

impl OtelSpanExt for tracing::Span {
    fn otel_context(&self) -> Context {
        let context = Context::current();
        match self.trace_context() {
            Some(header) => with_own_span(&context, header),
            None => context,
        }
    }
}
