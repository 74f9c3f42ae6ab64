//! Export through real sockets, files and processes.
#![expect(clippy::unwrap_used, reason = "a test fails by its panic")]

mod daemon;
#[cfg(feature = "xray-api")]
mod faults;
#[cfg(feature = "otlp")]
mod otlp;
mod process;
mod runtime;
#[cfg(any(feature = "otlp", feature = "xray-api"))]
#[cfg_attr(not(feature = "xray-api"), expect(dead_code, reason = "more is looked at in requests to X-Ray"))]
mod server;
#[cfg(feature = "spool")]
mod spool;
#[cfg(feature = "otlp")]
mod tls;
#[cfg(feature = "xray-api")]
mod tracing_service;
#[cfg(feature = "xray-api")]
mod xray_api;
