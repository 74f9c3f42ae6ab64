//! `visual`: pictures of pages beside those that were approved.

mod baselines;

pub use baselines::BaselineArgs;
pub(super) use baselines::{baseline_place, update_policy};
