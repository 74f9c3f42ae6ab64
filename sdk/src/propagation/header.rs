//! What travels with a request.

use crate::id::{SpanId, TraceId};

/// The caller's word on sampling.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Sampling {
    /// `Sampled=1`: the trace is recorded.
    Sampled,
    /// `Sampled=0`: it is not.
    NotSampled,
    /// `Sampled=?`: the callee decides and says so in its response.
    Requested,
    /// Nothing was said; the callee decides.
    #[default]
    Unspecified,
}

/// The context of a trace at one point: which trace, below which span, recorded or not.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TraceHeader {
    /// The trace; absent where a caller states only its wish on sampling.
    pub root: Option<TraceId>,
    /// The caller's segment or subsegment.
    pub parent: Option<SpanId>,
    /// Whether the trace is recorded.
    pub sampling: Sampling,
    /// Further `key=value` pairs of `X-Amzn-Trace-Id`, joined by `;` and unchanged: `Lineage` and
    /// whatever else has to reach the next service. Mostly empty.
    pub extras: Box<str>,
    /// `tracestate`, unchanged. Mostly empty.
    pub tracestate: Box<str>,
}

impl TraceHeader {
    /// Whether there is nothing to pass on of it, but its word on sampling.
    pub(crate) fn is_anonymous(&self) -> bool {
        self.root.is_none() && self.parent.is_none() && self.extras.is_empty() && self.tracestate.is_empty()
    }
}
