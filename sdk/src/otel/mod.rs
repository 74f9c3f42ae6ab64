//! Beside `opentelemetry`: one trace for code that uses either.
//!
//! - [`XRayPropagator`] reads and writes `X-Amzn-Trace-Id`, and W3C's headers if wanted, wherever
//!   OpenTelemetry's instrumentation asks its propagator.
//! - [`ContextLayer`] makes the span that `tracing` is in the current one of OpenTelemetry, so that
//!   spans begun with its API are its children.
//! - [`current_remote_parent`] is the other direction: OpenTelemetry's current span as the caller of
//!   the segment that begins next.
//!
//! ```
//! use opentelemetry::trace::TraceContextExt;
//! use siskin_sdk::otel::{ContextLayer, OtelSpanExt, current_remote_parent};
//! use tracing_subscriber::layer::SubscriberExt;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let (layer, _guard) = siskin_sdk::layer(siskin_sdk::Config::new("shop"))?;
//! let subscriber = tracing_subscriber::registry().with(layer).with(ContextLayer::new());
//! tracing::subscriber::with_default(subscriber, || {
//!     // A segment below whatever OpenTelemetry's current span is.
//!     let span = siskin_sdk::with_remote_parent(current_remote_parent(), || tracing::info_span!("request"));
//!     span.in_scope(|| {
//!         // What OpenTelemetry begins here is below the segment.
//!         let context = opentelemetry::Context::current();
//!         assert_eq!(context.span().span_context(), span.otel_context().span().span_context());
//!     });
//! });
//! # Ok(())
//! # }
//! ```

mod context;
mod convert;
mod layer;
mod propagator;

pub use context::{OtelSpanExt, current_remote_parent};
pub use convert::{span_context, trace_header};
pub use layer::ContextLayer;
pub use propagator::XRayPropagator;

#[cfg(test)]
mod tests;
