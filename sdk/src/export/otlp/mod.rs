//! Spans to an OTLP/HTTP receiver.
//!
//! Source: <https://opentelemetry.io/docs/specs/otlp/#otlphttp>,
//! <https://opentelemetry.io/docs/specs/otel/protocol/exporter/>

mod answer;
mod settings;
mod transport;

pub use settings::Compression;
pub use transport::OtlpHttp;
