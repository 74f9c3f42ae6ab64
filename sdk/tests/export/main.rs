//! Export through real sockets, files and processes.
#![expect(clippy::unwrap_used, reason = "a test fails by its panic")]

#[cfg(feature = "metrics")]
mod aws;
mod daemon;
#[cfg(feature = "xray-api")]
mod faults;
#[cfg(feature = "otlp")]
mod otlp;
mod process;
mod runtime;
#[cfg(any(feature = "central-sampling", feature = "metrics", feature = "otlp", feature = "xray-api"))]
#[cfg_attr(not(feature = "xray-api"), expect(dead_code, reason = "more is looked at in requests to X-Ray"))]
mod server;
#[cfg(any(feature = "metrics", feature = "xray-api"))]
mod signature;
#[cfg(feature = "spool")]
mod spool;
#[cfg(feature = "otlp")]
mod tls;
#[cfg(feature = "xray-api")]
mod tracing_service;
#[cfg(feature = "xray-api")]
mod xray_api;
