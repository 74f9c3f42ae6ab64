//! HTTP on the SDK's own threads: blocking, bounded, and never seen by the service's runtime.

mod certificates;
mod client;
mod retry_after;

pub(super) use certificates::certificates;
pub(super) use client::{Answer, HttpClient, HttpSettings};
