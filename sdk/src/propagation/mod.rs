//! Trace context between processes: `X-Amzn-Trace-Id` and W3C's `traceparent` and `tracestate`.
//!
//! Both forms carry the same 128-bit trace id. Reading asks X-Ray's header first, then W3C's; writing
//! writes both, so that whichever the next service understands, the trace goes on.

mod carrier;
mod header;
pub mod w3c;
pub mod xray;

#[cfg(feature = "http")]
pub use carrier::{extract, inject};
pub use carrier::{extract_with, inject_with};
pub use header::{Sampling, TraceHeader};

/// The name of X-Ray's header, as header maps want it.
pub const X_AMZN_TRACE_ID: &str = "x-amzn-trace-id";
/// The name of W3C's header.
pub const TRACEPARENT: &str = "traceparent";
/// The name of W3C's vendor header.
pub const TRACESTATE: &str = "tracestate";
