//! Trace context between processes: `X-Amzn-Trace-Id` and W3C's `traceparent` and `tracestate`.
//!
//! Both forms carry the same 128-bit trace id. Reading asks X-Ray's header first, then W3C's; writing
//! writes both, so that whichever the next service understands, the trace goes on.
//!
//! | carrier | read | write |
//! |---|---|---|
//! | `http::HeaderMap` (feature `http`) | `extract` | `inject` |
//! | a map or list of names and values | [`extract_pairs`] | [`inject_with`] |
//! | anything that looks headers up | [`extract_with`] | [`inject_with`] |
//! | the variable `_X_AMZN_TRACE_ID` of AWS Lambda | [`from_environment`] | |
//! | the SQS attribute `AWSTraceHeader` | [`xray::parse`] | [`xray::format`] |
//!
//! Callers' headers are bounded; [`header_losses`] counts what was left out of them.

mod carrier;
mod header;
mod losses;
mod tracestate;
pub mod w3c;
pub mod xray;

#[cfg(feature = "http")]
pub use carrier::{extract, inject};
pub use carrier::{extract_pairs, extract_with, from_environment, inject_with};
pub use header::{Sampling, TraceHeader};
pub use losses::{HeaderLosses, header_losses};

/// The name of X-Ray's header, as header maps want it.
pub const X_AMZN_TRACE_ID: &str = "x-amzn-trace-id";
/// The name of W3C's header.
pub const TRACEPARENT: &str = "traceparent";
/// The name of W3C's vendor header.
pub const TRACESTATE: &str = "tracestate";
/// The environment variable in which AWS Lambda passes X-Ray's header to an invocation.
pub const X_AMZN_TRACE_ID_VARIABLE: &str = "_X_AMZN_TRACE_ID";
/// The SQS message system attribute that carries X-Ray's header; it goes before one in the message's
/// own attributes, and costs none of their quota.
pub const AWS_TRACE_HEADER: &str = "AWSTraceHeader";
