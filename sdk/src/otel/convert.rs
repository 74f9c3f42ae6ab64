//! Between [`TraceHeader`] and OpenTelemetry's [`SpanContext`].

use std::str::FromStr;

use opentelemetry::trace::{SpanContext, SpanId, TraceFlags, TraceId, TraceState};

use crate::propagation::{Sampling, TraceHeader};

/// Where a [`SpanContext`] comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Origin {
    Local,
    Remote,
}

/// Converts what a caller sent; `None` without trace or span, which OpenTelemetry cannot express.
///
/// `Sampled=?` and an absent decision are "not sampled" to OpenTelemetry, which knows no third answer;
/// further pairs of X-Ray's header have no place in it. [`XRayPropagator`](super::XRayPropagator)
/// keeps both beside it. A `tracestate` that OpenTelemetry's stricter rules refuse is left out.
pub fn span_context(header: &TraceHeader) -> Option<SpanContext> {
    convert(header, Origin::Remote)
}

pub(super) fn convert(header: &TraceHeader, origin: Origin) -> Option<SpanContext> {
    let trace_id = header.root.filter(|root| root.bits() != 0)?;
    let span_id = header.parent.filter(|parent| parent.bits() != 0)?;
    let flags = match header.sampling {
        Sampling::Sampled => TraceFlags::SAMPLED,
        Sampling::NotSampled | Sampling::Requested | Sampling::Unspecified => TraceFlags::NOT_SAMPLED,
    };
    let state = TraceState::from_str(&header.tracestate).unwrap_or_default();
    let (trace_id, span_id) = (TraceId::from_bytes(trace_id.to_bytes()), SpanId::from_bytes(span_id.to_bytes()));
    Some(SpanContext::new(trace_id, span_id, flags, origin == Origin::Remote, state))
}

/// Converts a span of OpenTelemetry's into what a call made from it has to carry; `None` for a context
/// without valid ids.
pub fn trace_header(context: &SpanContext) -> Option<TraceHeader> {
    context.is_valid().then(|| TraceHeader {
        root: Some(crate::id::TraceId::from_bytes(context.trace_id().to_bytes())),
        parent: Some(crate::id::SpanId::from_bytes(context.span_id().to_bytes())),
        sampling: if context.is_sampled() { Sampling::Sampled } else { Sampling::NotSampled },
        extras: Box::default(),
        tracestate: context.trace_state().header().into_boxed_str(),
    })
}
