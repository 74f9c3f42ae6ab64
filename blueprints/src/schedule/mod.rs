//! When a canary runs: AWS `rate(..)`, `cron(..)` and `at(..)`, and the five fields of Unix cron.
//!
//! [`Schedule::next_after`] is a pure function of an instant. Time zones and daylight saving follow
//! [`Cron`].

pub mod at;
pub mod cron;
mod dst;
mod expression;
pub mod rate;
mod zone;

#[cfg(test)]
mod model;
#[cfg(test)]
mod tests;

pub use at::At;
pub use cron::Cron;
pub use dst::{Dst, Missing, Repeated};
pub use expression::Schedule;
pub use rate::Rate;
