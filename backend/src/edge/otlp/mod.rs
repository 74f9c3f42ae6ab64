//! OTLP over HTTP: traces, logs and metrics from any OpenTelemetry SDK or collector, in protobuf or JSON.
//!
//! | path | becomes |
//! |---|---|
//! | `/v1/traces` | segment documents ([`traces`] has the rules), taken in as `PutTraceSegments` takes them |
//! | `/v1/logs` | log events, one JSON text per record ([`logs`]) |
//! | `/v1/metrics` | datapoints ([`metrics`]) |
//!
//! Source: <https://opentelemetry.io/docs/specs/otlp/#otlphttp>

mod attributes;
mod body;
mod cumulative;
mod fault;
mod handler;
pub mod logs;
pub mod metrics;
mod span_blocks;
#[cfg(test)]
mod tests;
pub mod traces;

pub use handler::{OtlpEdge, router};
