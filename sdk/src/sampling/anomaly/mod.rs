//! Traces that failed or were slow: which those are, and which are kept though they were not sampled.
//!
//! <https://docs.aws.amazon.com/xray/latest/devguide/xray-adaptive-sampling.html>

mod capture;
mod condition;
mod conditions;
#[cfg(feature = "anomaly-file")]
mod file;
mod outcome;
#[cfg(test)]
mod tests;

pub(super) use capture::AnomalyCapture;
pub use capture::Verdict;
pub use condition::{AnomalyCondition, AnomalyUse};
pub use conditions::AnomalyConditions;
#[cfg(feature = "anomaly-file")]
pub use file::AnomalyFileError;
pub use outcome::Outcome;
