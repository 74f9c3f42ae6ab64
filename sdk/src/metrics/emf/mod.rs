//! CloudWatch's embedded metric format: metrics as lines of a log.
//!
//! CloudWatch Logs finds the metrics in the lines it gets, whichever way they come: from a function's
//! standard output, through the CloudWatch agent, or by `PutLogEvents`. A [`Document`] is one such line
//! written by hand; [`EmfExporter`] writes them from OpenTelemetry's meters.
//!
//! ```
//! use siskin_sdk::metrics::emf::{self, Document, Unit};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let (sender, _guard) = emf::stdout()?;
//! let mut document = Document::new("Shop", 1_793_000_000_000)?;
//! document.dimension("Operation", "order")?.metric("Latency", Unit::Milliseconds, [12.5])?;
//! document.property("order", 7)?;
//! document.send(&sender);
//! # Ok(())
//! # }
//! ```
//! Specification: <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html>

mod destination;
mod document;
mod exporter;
mod histogram;
mod unit;

pub use destination::{AgentAddress, AgentAddressError, agent, cloudwatch, stdout, writer};
pub use document::{DIMENSIONS_MAX, Document, EmfError, METRICS_MAX, Resolution, VALUES_MAX};
pub use exporter::EmfExporter;
pub use histogram::{HISTOGRAM_SAMPLES_MAX, HistogramForm};
pub use unit::Unit;

#[cfg(test)]
mod tests;
