//! Logs that know their trace.
//!
//! [`TraceIds`] puts the current span's ids into the lines that `tracing_subscriber::fmt` writes:
//!
//! ```
//! use siskin_sdk::logs::TraceIds;
//! use tracing_subscriber::layer::SubscriberExt;
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let (layer, _guard) = siskin_sdk::layer(siskin_sdk::Config::new("shop"))?;
//! let lines = tracing_subscriber::fmt::layer().map_event_format(TraceIds::text);
//! let subscriber = tracing_subscriber::registry().with(layer).with(lines);
//! # drop(subscriber);
//! # Ok(())
//! # }
//! ```
//!
//! With the feature `logs`, a `LogsLayer` ships `tracing` events to CloudWatch Logs, or to whatever
//! speaks its `PutLogEvents`, or over OTLP.

mod format;
mod ids;

#[cfg(feature = "logs")]
mod cloudwatch;
#[cfg(feature = "logs")]
mod config;
#[cfg(feature = "logs")]
mod layer;
#[cfg(feature = "logs")]
mod otlp;
#[cfg(feature = "logs")]
pub(crate) mod record;
#[cfg(feature = "logs")]
mod stream;
#[cfg(feature = "logs")]
mod visit;

#[cfg(feature = "logs")]
pub use cloudwatch::{BATCH_BYTES_MAX, BATCH_EVENTS_MAX, EVENT_BYTES_MAX};
#[cfg(feature = "logs")]
pub use config::{LogsConfig, layer};
pub use format::TraceIds;
pub use ids::IdForm;
#[cfg(feature = "logs")]
pub use layer::{LineSender, LogsLayer};

#[cfg(feature = "logs")]
pub use crate::ship::{DeliveryReport, LossReason, Losses, ShippingError, ShippingGuard, Sign, UnsignedRequest};

#[cfg(feature = "logs")]
#[cfg(test)]
mod tests;
