//! The requests: a root with 2 services below it, each with 4 queries below it.
//!
//! Every span has a text of 20-29 bytes, an integer, and a field whose value comes later; 1 request in
//! 10 logs an error. The integer is unsigned, as counts, lengths and ids are in Rust, and the late one
//! signed. Behind `tracing` that matters: tracing-opentelemetry and fastrace-tracing turn unsigned
//! integers into text.
//!
//! The modules say the same in each tracing library's own words.

pub(crate) mod by_fastrace;
pub(crate) mod by_otel;
pub(crate) mod by_tracing;
mod pending_once;
mod texts;

pub(crate) use pending_once::pending_once;
pub(crate) use texts::Texts;

/// Services a request calls.
pub(crate) const SERVICES: i64 = 2;
/// Queries a service makes.
pub(crate) const QUERIES: i64 = 4;
/// Spans of a request.
pub(crate) const SPANS_PER_REQUEST: u64 = (1 + SERVICES * (1 + QUERIES)) as u64;

/// Whether request number `request` fails.
pub(crate) const fn fails(request: i64) -> bool {
    request % 10 == 0
}
