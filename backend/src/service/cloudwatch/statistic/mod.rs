//! Statistics over samples: what a datapoint is made of.
//!
//! Pure: samples in, one number out. Source of the names and of what each means:
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Statistics-definitions.html>

mod aggregate;
mod distribution;
mod parse;
#[cfg(test)]
mod tests;

pub use aggregate::{Aggregate, Sample};
pub use parse::{Bounds, Percent, Statistic, UnknownStatistic};
