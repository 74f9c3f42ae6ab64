//! HTTP on the SDK's own threads: blocking, bounded, and never seen by the service's runtime.
//!
//! Everything the SDK asks of the network over HTTP goes through [`HttpClient`], so that certificates,
//! time, sizes, proxies and secrets in messages are dealt with in one place.

mod address;
mod answer;
#[cfg(feature = "client-tls")]
mod certificates;
mod http;
mod retry_after;
#[cfg(feature = "client-tls")]
mod tls;

#[cfg(feature = "client-tls")]
pub(crate) use address::{ADDRESS_RULE, address, shown};
pub(crate) use answer::Answer;
#[cfg(feature = "client-tls")]
pub(crate) use certificates::certificates;
pub(crate) use http::{HttpClient, HttpSettings, Way};
