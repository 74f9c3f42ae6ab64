//! OpenTelemetry's meters, shipped over OTLP or as embedded metrics.
//!
//! [`otlp`] makes a meter provider whose exports leave over OTLP/HTTP. What is measured is collected
//! on OpenTelemetry's own thread at intervals, and sent from one of the SDK's, so that a receiver that
//! is away holds up neither the service nor the next collection:
//!
//! ```no_run
//! use opentelemetry::metrics::MeterProvider;
//! use siskin_sdk::metrics::{self, OtlpConfig};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let (provider, _guard) = metrics::otlp(OtlpConfig::new("http://127.0.0.1:4747", "shop"))?;
//! let orders = provider.meter("shop").u64_counter("orders").build();
//! orders.add(1, &[]);
//! # Ok(())
//! # }
//! ```
//!
//! [`emf`] writes CloudWatch's embedded metric format, from meters or by hand.

mod config;
pub mod emf;
mod exporter;
mod guard;

pub use config::{OtlpConfig, otlp, otlp_exporter};
pub use exporter::OtlpExporter;
pub use guard::MetricsGuard;

pub use crate::ship::{DeliveryReport, LossReason, Losses, ShippingError, ShippingGuard, Sign, UnsignedRequest};

#[cfg(test)]
mod tests;
