//! The service graph: which services there are, who calls whom, and how that goes.

mod build;
mod shape;
mod statistics;
#[cfg(test)]
mod tests;

pub use build::{Graph, NODES_MAX};
pub use shape::{Alias, Edge, EdgeStatistics, ErrorStatistics, FaultStatistics, HistogramEntry, Service};
pub use statistics::{HISTOGRAM_BINS_MAX, Outcome, Statistics};
